/* SPDX-License-Identifier: ISC */
#include "manifest.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define HEADER "EUI-64,CREDENTIAL,name,place\n"
#define PSK    "psk:000102030405060708090a0b0c0d0e0f"
#define HASH   "sha256:00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static struct manifest manifest;
static char why[8192];

static int parse(const char *text)
{
	why[0] = '\0';
	return manifest_parse(&manifest, text, strlen(text), "m.csv", why, sizeof(why));
}

static void refuse(const char *text, const char *wanted)
{
	ck_assert_int_eq(parse(text), -EINVAL);
	ck_assert_str_eq(why, wanted);
	manifest_clear(&manifest);
	ck_assert_ptr_null(manifest.device);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(name, mode), 0);
}

START_TEST(reads_devices)
{
	const struct manifest_device *d;
	eui64_text text;

	ck_assert_int_eq(parse("# from the factory\n" HEADER "02:00:00:00:00:00:00:04," PSK
			       ",lamp 4,\"stairs, 2nd \"\"floor\"\"\"\r\n"
			       "0200000000000003," HASH ",,\n"
			       "02-00-00-00-00-00-00-05,certificate,\xc3\xa4,x\n"),
			 0);
	ck_assert_str_eq(why, "");
	ck_assert_uint_eq(manifest.n, 3);
	d = &manifest.device[0];
	ck_assert_str_eq(eui64_format(&d->eui, text), "0200000000000004");
	ck_assert_uint_eq(d->line, 3);
	ck_assert_int_eq(d->credential, DTLS_CRED_PSK);
	ck_assert_uint_eq(d->psk.len, 16);
	ck_assert_uint_eq(d->psk.b[15], 0x0f);
	ck_assert_str_eq(d->name, "lamp 4");
	ck_assert_str_eq(d->place, "stairs, 2nd \"floor\"");
	d = &manifest.device[1];
	ck_assert_int_eq(d->credential, DTLS_CRED_RPK);
	ck_assert_uint_eq(d->key_hash[1], 0x11);
	ck_assert_uint_eq(d->key_hash[31], 0xff);
	ck_assert_uint_eq(d->psk.len, 0);
	ck_assert_str_eq(d->name, "");
	d = &manifest.device[2];
	ck_assert_int_eq(d->credential, DTLS_CRED_CERT);
	ck_assert_str_eq(d->name, "\xc3\xa4");
	manifest_clear(&manifest);
}
END_TEST

START_TEST(empty_manifest_is_good)
{
	ck_assert_int_eq(parse("eui-64,credential,Name,Place"), 0);
	ck_assert_uint_eq(manifest.n, 0);
	manifest_clear(&manifest);
}
END_TEST

START_TEST(header_is_needed)
{
	static const char wanted[] =
		"m.csv:%u: the first line must be EUI-64,CREDENTIAL,name,place "
		"(separated by commas)";
	char text[256];

	snprintf(text, sizeof(text), wanted, 1);
	refuse("", text);
	refuse("EUI-64;CREDENTIAL;name;place\n", text);
	refuse("0200000000000004," PSK ",lamp,\n", text);
	snprintf(text, sizeof(text), wanted, 2);
	refuse("#\nEUI-64,CREDENTIAL,place,name\n", text);
}
END_TEST

START_TEST(all_errors_are_told_by_line)
{
	refuse(HEADER "0200000000000004,psk:00,lamp,\n"
		      "02000000000004," PSK ",,\n"
		      "0200000000000005,psk:0g0102030405060708090a0b0c0d0e0f,,\n"
		      "0200000000000006,sha256:00,\"a\nb\",\n"
		      "0200000000000007,secret,,\n"
		      "0200000000000008," PSK "\n"
		      "0200000000000009," PSK ",,a\"b\n"
		      "0000000000000000," PSK ",,\n"
		      "020000000000000a," PSK ",,\x1b[2J\n",
	       "m.csv:2: credential: psk: takes 16 to 64 octets as 32 to 128 hex digits\n"
	       "m.csv:3: \"02000000000004\" is no EUI-64: 16 hex digits are needed\n"
	       "m.csv:4: credential: psk: takes 16 to 64 octets as 32 to 128 hex digits\n"
	       "m.csv:5: credential: sha256: takes 64 hex digits, the SHA-256 of the device's "
	       "SubjectPublicKeyInfo\n"
	       "m.csv:5: name: has a control character or a line break in it: remove that\n"
	       "m.csv:7: credential: is none of psk:HEX, sha256:HEX and certificate\n"
	       "m.csv:8: 2 fields, 4 are needed: EUI-64,CREDENTIAL,name,place\n"
	       "m.csv:9: a quote within a field that does not begin with one\n"
	       "m.csv:10: \"0000000000000000\" is no EUI-64: 16 hex digits are needed\n"
	       "m.csv:11: place: has a control character or a line break in it: remove that");
}
END_TEST

/* As spreadsheets write it unless told otherwise. */
START_TEST(latin1_is_told_how_to_be_converted)
{
	refuse(HEADER "0200000000000004," PSK ",T\xfcr,\n"
		      "0200000000000005," PSK ",a,\xc2\x9b"
		      "2J\n",
	       "m.csv:2: name: is not UTF-8: convert the file by \"iconv -f latin1 -t utf8\"\n"
	       "m.csv:3: place: has a control character or a line break in it: remove that");
}
END_TEST

START_TEST(doubles_are_told_with_both_lines)
{
	refuse(HEADER "0200000000000004," PSK ",a,\n"
		      "0200000000000003," PSK ",b,\n"
		      "02:00:00:00:00:00:00:04," HASH ",c,\n"
		      "0200000000000004," PSK ",d,\n",
	       "m.csv:4: 0200000000000004 is in line 2 already\n"
	       "m.csv:5: 0200000000000004 is in line 4 already");
}
END_TEST

START_TEST(messages_never_hold_a_secret)
{
	ck_assert_int_eq(parse(HEADER "0200000000000004,psk:deadbeef,,\n"
				      "0200000000000005,deadbeefdeadbeefdeadbeefdeadbeef,,\n"),
			 -EINVAL);
	ck_assert_ptr_null(strstr(why, "deadbeef"));
	manifest_clear(&manifest);
}
END_TEST

/* A manifest of `n` devices, heap. */
static char *many(unsigned n)
{
	char *text = malloc(80 * (size_t)n + 80), *end = text;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, HEADER);
	for (unsigned i = 1; i <= n; i++)
		end += sprintf(end, "02000000%08x," PSK ",lamp %u,\n", i, i);
	return text;
}

START_TEST(errors_are_bounded)
{
	char *text = malloc(64 * 1024), *end = text;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, HEADER);
	for (int i = 0; i < MANIFEST_MAX_ERRORS + 5; i++)
		end += sprintf(end, "x\n");
	ck_assert_int_eq(parse(text), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "m.csv:21: 1 fields"));
	ck_assert_ptr_null(strstr(why, "m.csv:22:"));
	ck_assert_ptr_nonnull(strstr(why, "\nm.csv: 5 errors more"));
	manifest_clear(&manifest);
	/* Whole lines only, if there is little room. */
	ck_assert_int_eq(manifest_parse(&manifest, text, strlen(text), "m.csv", why, 100), -EINVAL);
	ck_assert_str_eq(why, "m.csv:2: 1 fields, 4 are needed: EUI-64,CREDENTIAL,name,place\n"
			      "m.csv: 24 errors more");
	manifest_clear(&manifest);
	free(text);
}
END_TEST

START_TEST(as_many_devices_as_there_may_be)
{
	char *text = many(MANIFEST_MAX_DEVICES), *more = many(MANIFEST_MAX_DEVICES + 1);

	ck_assert_int_eq(parse(text), 0);
	ck_assert_uint_eq(manifest.n, MANIFEST_MAX_DEVICES);
	ck_assert_str_eq(manifest.device[4095].name, "lamp 4096");
	manifest_clear(&manifest);
	refuse(more, "m.csv:4098: more than 4096 devices");
	free(text);
	free(more);
}
END_TEST

START_TEST(file_is_for_its_owner_only)
{
	unit_enter_dir();
	write_file("m.csv", HEADER "0200000000000004," PSK ",lamp,\n", 0600);
	ck_assert_int_eq(manifest_load(&manifest, "m.csv", why, sizeof(why)), 0);
	ck_assert_uint_eq(manifest.n, 1);
	manifest_clear(&manifest);
	ck_assert_int_eq(chmod("m.csv", 0640), 0);
	ck_assert_int_eq(manifest_load(&manifest, "m.csv", why, sizeof(why)), -EACCES);
	ck_assert_ptr_nonnull(strstr(why, "chmod 600 m.csv"));
	ck_assert_int_eq(manifest_load(&manifest, "none.csv", why, sizeof(why)), -ENOENT);
	ck_assert_ptr_nonnull(strstr(why, "none.csv: No such file"));
}
END_TEST

START_TEST(shipped_example_is_good)
{
	static char text[65536];
	FILE *f = fopen(KMP_SRCDIR "/etc/manifest.csv", "re");

	ck_assert_ptr_nonnull(f);
	size_t len = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_msg(manifest_parse(&manifest, text, len, "manifest.csv", why, sizeof(why)) == 0,
		      "%s", why);
	ck_assert_uint_eq(manifest.n, 3); /* one of each kind */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(manifest.device[i].credential, i);
	manifest_clear(&manifest);
}
END_TEST

UNIT_MAIN("manifest", reads_devices, empty_manifest_is_good, header_is_needed,
	  all_errors_are_told_by_line, latin1_is_told_how_to_be_converted,
	  doubles_are_told_with_both_lines, messages_never_hold_a_secret, errors_are_bounded,
	  as_many_devices_as_there_may_be, file_is_for_its_owner_only, shipped_example_is_good)

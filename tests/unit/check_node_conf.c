/* SPDX-License-Identifier: ISC */
/* The configurations of brd and jnd: the shipped examples are good, and say the defaults. */
#include "brd/brd_conf.h"
#include "jnd/jnd_conf.h"
#include "node/node_cred.h"
#include "unit.h"

#include <errno.h>

#include <string.h>

static char why[1024];

static void write_psk(mode_t mode)
{
	FILE *f = fopen("psk", "w");

	ck_assert_ptr_nonnull(f);
	fputs("000102030405060708090a0b0c0d0e0f\n", f);
	fclose(f);
	ck_assert_int_eq(chmod("psk", mode), 0);
}

static int load_jnd(const char *const *overrides, size_t n)
{
	struct jnd_conf conf = {.border_router = IN6ADDR_ANY_INIT};
	int rc;

	why[0] = '\0';
	rc = conf_load(&jnd_conf_spec, ETC_DIR "/jnd.conf", overrides, n, &conf, why, sizeof(why));
	if (!rc)
		rc = jnd_conf_check(&conf, why, sizeof(why));
	if (!rc)
		rc = node_cred_load(&conf.node, ETC_DIR "/jnd.conf", why, sizeof(why));
	node_cred_wipe(&conf.node);
	conf_clear(&jnd_conf_spec, &conf);
	return rc;
}

START_TEST(examples_are_good)
{
	static const char *const psk[] = {"psk-file=./psk"};
	struct brd_conf conf;

	unit_enter_dir();
	write_psk(0600);
	ck_assert_msg(load_jnd(psk, 1) == 0, "%s", why);
	ck_assert_msg(conf_load(&brd_conf_spec, ETC_DIR "/brd.conf", psk, 1, &conf, why,
				sizeof(why)) == 0,
		      "%s", why);
	ck_assert_msg(brd_conf_check(&conf, why, sizeof(why)) == 0, "%s", why);
	conf_clear(&brd_conf_spec, &conf);
}
END_TEST

START_TEST(examples_say_the_defaults)
{
	struct jnd_conf shown, defaults;
	FILE *f;

	memset(&shown, 0, sizeof(shown)); /* also the padding, as they are compared whole */
	memset(&defaults, 0, sizeof(defaults));
	unit_enter_dir();
	f = fopen("empty.conf", "w");
	ck_assert_ptr_nonnull(f);
	fputs("border-router = fd00:6::1\n", f);
	fclose(f);
	ck_assert_int_eq(
		conf_load(&jnd_conf_spec, ETC_DIR "/jnd.conf", NULL, 0, &shown, why, sizeof(why)),
		0);
	ck_assert_int_eq(
		conf_load(&jnd_conf_spec, "empty.conf", NULL, 0, &defaults, why, sizeof(why)), 0);
	ck_assert_mem_eq(&shown, &defaults, sizeof(shown));
	conf_clear(&jnd_conf_spec, &shown);
	conf_clear(&jnd_conf_spec, &defaults);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const struct {
		const char *override, *says;
	} cases[] = {
		{"interface=", "interface"},
		{"interface=much-too-long-a-name", "interface"},
		{"lowpan-interface=wpan0", "both"},
		{"vrf=a/b", "vrf"},
		{"routing=udp:0", "routing"},
		{"routing=udp:65536", "routing"},
		{"routing=ip:256", "routing"},
		{"routing=ip:345", "routing"}, /* 89 in its last octet */
		{"routing=ip:6", "routing"},
		{"routing=ip:41", "routing"},
		{"routing=ip:43", "routing"},
		{"routing=ip:", "routing"},
		{"routing=tcp:89", "routing"},
		{"routing=rpl", "routing"},
		{"icmp-type=135", "icmp-type"},
		{"alone-after=7", "alone-after"},
		{"pan-id=0xffff", "pan-id"},
		{"psk-file=./absent", "absent"},
		{"border-router=::", "border-router"},
		{"border-router=ff02::1", "border-router"},
		{"ct-address=::1", "ct-address"},
		{"ct-address=fe80::1", "ct-address"},
	};

	unit_enter_dir();
	write_psk(0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const overrides[] = {"psk-file=./psk", cases[i].override};

		ck_assert_msg(load_jnd(overrides, 2) != 0, "%s", cases[i].override);
		ck_assert_msg(strstr(why, cases[i].says) != NULL, "%s: %s", cases[i].override, why);
	}
}
END_TEST

START_TEST(a_credential_that_others_read_is_refused)
{
	static const char *const psk[] = {"psk-file=./psk"};

	unit_enter_dir();
	write_psk(0640);
	ck_assert_int_eq(load_jnd(psk, 1), -EACCES);
}
END_TEST

UNIT_MAIN("node_conf", examples_are_good, examples_say_the_defaults, nonsense_is_refused,
	  a_credential_that_others_read_is_refused)

/* SPDX-License-Identifier: ISC */
#include "ctd_conf.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define WHY_LEN 4096
#define PSK_HEX "000102030405060708090a0b0c0d0e0f"

static struct ctd_conf conf;
static char why[WHY_LEN];

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(name, mode), 0);
}

static int load_file(struct ctd_conf *c, const char *path, const char *const *overrides, size_t n)
{
	int r = conf_load(&ctd_conf_spec, path, overrides, n, c, why, sizeof(why));

	return r == 0 ? ctd_conf_complete(c, path, why, sizeof(why)) : r;
}

static int load(const char *text)
{
	write_file("ctd.conf", text, 0644);
	why[0] = '\0';
	return load_file(&conf, "ctd.conf", NULL, 0);
}

static void clear(struct ctd_conf *c)
{
	ctd_conf_wipe(c);
	conf_clear(&ctd_conf_spec, c);
}

static void assert_why(const char *part)
{
	ck_assert_msg(strstr(why, part), "'%s' lacks '%s'", why, part);
}

static void refuse(const char *text, const char *part)
{
	ck_assert_int_eq(load(text), -EINVAL);
	assert_why(part);
	clear(&conf);
}

START_TEST(shipped_example_is_good)
{
	static struct ctd_conf defaults;

	unit_enter_dir();
	int r = load_file(&conf, KMP_SRCDIR "/etc/ctd.conf", NULL, 0);
	ck_assert_msg(r == 0, "%s", why);
	write_file("none.conf", "", 0644);
	ck_assert_int_eq(load_file(&defaults, "none.conf", NULL, 0), 0);
	ck_assert_mem_eq(&conf, &defaults, sizeof(conf));
	ck_assert_str_eq(conf.state_dir, KMP_STATEDIR "/ctd");
	ck_assert_str_eq(conf.socket, KMP_RUNDIR "/ctd.sock");
	clear(&conf);
	clear(&defaults);
}
END_TEST

/* The example with all that is commented out put in force: "#" right before a key or a section. */
static void uncomment_example(const char *to)
{
	FILE *in = fopen(KMP_SRCDIR "/etc/ctd.conf", "re"), *out = fopen(to, "we");
	char line[512];

	ck_assert_ptr_nonnull(in);
	ck_assert_ptr_nonnull(out);
	while (fgets(line, sizeof(line), in))
		if (line[0] == '#' && line[1] != ' ')
			fputs(line + 1, out);
	fclose(in);
	fclose(out);
}

static size_t settings_in(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[512];
	size_t n = 0;

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in))
		n += line[0] != '\t' && strstr(line, " = ") != NULL;
	fclose(in);
	return n;
}

START_TEST(example_tells_all_defaults)
{
	static struct ctd_conf defaults;

	unit_enter_dir();
	uncomment_example("all.conf");
	ck_assert_uint_eq(settings_in("all.conf"), 17);
	write_file("psk-01", PSK_HEX "\n", 0600);
	write_file("psk-02", PSK_HEX "\n", 0600);
	int r = load_file(&conf, "all.conf", NULL, 0);
	ck_assert_msg(r == 0, "%s", why);
	ck_assert_uint_eq(conf.n_devices, 2);
	ck_assert_int_eq(conf.device[0].role, CTD_BORDER_ROUTER);
	ck_assert_int_eq(conf.device[1].role, CTD_NODE);

	write_file("none.conf", "", 0644);
	ck_assert_int_eq(load_file(&defaults, "none.conf", NULL, 0), 0);
	/* The paths depend on how it was built, the rest does not. */
	memcpy(defaults.state_dir, conf.state_dir, sizeof(conf.state_dir));
	memcpy(defaults.socket, conf.socket, sizeof(conf.socket));
	ck_assert_mem_eq(&conf, &defaults, offsetof(struct ctd_conf, device));
	clear(&conf);
	clear(&defaults);
}
END_TEST

START_TEST(reads_every_setting)
{
	struct in6_addr a;

	unit_enter_dir();
	write_file("psk", PSK_HEX "\n", 0600);
	int r = load("state-dir = \"s\"\nsocket = \"c\"\nlog-level = debug\nadmission = listed\n"
		     "max-joins = 7\nicmp-type = 201\ninterface = \"eth0\"\nport = 1000\n"
		     "device-port = 1001\nlink-mtu = 512\ndtls-timeout = 1500\n"
		     "handshake-timeout = 30\nevict-deadline = 5\n"
		     "device \"02:00:00:00:00:00:00:09\" {\n name = \"lamp\"\n"
		     " address = \"fd00::9\"\n role = border-router\n psk-file = \"psk\"\n}\n");
	ck_assert_msg(r == 0, "%s", why);
	ck_assert_str_eq(conf.state_dir, "s");
	ck_assert_str_eq(conf.socket, "c");
	ck_assert_str_eq(conf.interface, "eth0");
	ck_assert_int_eq(conf.log_level, LOG_LVL_DEBUG);
	ck_assert_int_eq(conf.admission, CTD_LISTED);
	ck_assert_uint_eq(conf.max_joins, 7);
	ck_assert_uint_eq(conf.icmp_type, 201);
	ck_assert_uint_eq(conf.port, 1000);
	ck_assert_uint_eq(conf.device_port, 1001);
	ck_assert_uint_eq(conf.link_mtu, 512);
	ck_assert_uint_eq(conf.dtls_timeout_ms, 1500);
	ck_assert_uint_eq(conf.handshake_timeout_s, 30);
	ck_assert_uint_eq(conf.evict_deadline_s, 5);
	ck_assert_uint_eq(conf.n_devices, 1);

	const struct eui64 eui = {{2, 0, 0, 0, 0, 0, 0, 9}};
	const struct ctd_device *d = conf.device;
	ck_assert(eui64_equal(&d->eui, &eui));
	ck_assert_uint_eq(d->manifest_line, 0);
	ck_assert_str_eq(d->place, "");
	ck_assert_str_eq(d->name, "lamp");
	ck_assert_int_eq(d->role, CTD_BORDER_ROUTER);
	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::9", &a), 1);
	ck_assert(IN6_ARE_ADDR_EQUAL(&d->address, &a));
	ck_assert_uint_eq(d->psk.len, 16);
	ck_assert_uint_eq(d->psk.b[15], 0x0f);
	ctd_conf_wipe(&conf);
	ck_assert_uint_eq(d->psk.len, 0);
	ck_assert_uint_eq(d->psk.b[15], 0);
	clear(&conf);
}
END_TEST

START_TEST(wrong_settings_are_told_by_line)
{
	unit_enter_dir();
	refuse("admission = anyone\n", "ctd.conf:1:");
	refuse("\nmax-joins = 0\n", "ctd.conf:2:");
	refuse("icmp-type = 256\n", "icmp-type");
	refuse("icmp-type = 135\n", "icmp-type");
	refuse("link-mtu = 1281\n", "link-mtu");
	refuse("colour = red\n", "colour");
	refuse("log-level = loud\n", "log-level");
	refuse("\nsocket = \"\"\n", "ctd.conf:2: socket = \"\": must not be empty");
	refuse("state-dir = \"\"\n", "ctd.conf:1: state-dir = \"\": must not be empty");
}
END_TEST

START_TEST(wrong_devices_are_told_by_line)
{
	unit_enter_dir();
	write_file("psk", PSK_HEX "\n", 0600);
	refuse("\n\ndevice \"lamp\" { psk-file = \"psk\" }\n", "ctd.conf:3: device \"lamp\"");
	refuse("device \"0000000000000000\" { psk-file = \"psk\" }\n", "EUI-64");
	refuse("device \"0200000000000009\" { name = \"x\" }\n", "psk-file");
	refuse("device \"0200000000000009\" { psk-file = \"psk\" }\n"
	       "device \"02:00:00:00:00:00:00:09\" { psk-file = \"psk\" }\n",
	       "ctd.conf:2: device \"02:00:00:00:00:00:00:09\": this EUI-64 has a section");
	refuse("device \"0200000000000009\" { psk-file = \"psk\" address = \"fe80::1\" }\n",
	       "address");
	refuse("device \"0200000000000009\" { psk-file = \"psk\" role = border-router }\n",
	       "give its address");
}
END_TEST

START_TEST(names_are_for_terminals)
{
#define NAMED(name) "\ndevice \"0200000000000009\" { psk-file = \"psk\" name = \"" name "\" }\n"
#define TEN         "0123456789"
	unit_enter_dir();
	write_file("psk", PSK_HEX "\n", 0600);
	refuse(NAMED("T\xfcr"), "ctd.conf:2: device \"0200000000000009\": name: is not UTF-8: "
				"convert the file by \"iconv -f latin1 -t utf8\"");
	refuse(NAMED("a\x1b[2J"), "name: has a control character");
	refuse(NAMED("a\xc2\x9b"
		     "2J"),
	       "name: has a control character");
	refuse(NAMED("a\xe2\x80\xae"), "name: has a character in it that shows text in another");
	refuse(NAMED(TEN TEN TEN TEN TEN TEN "0123"), "name: longer than 63 octets");
	ck_assert_int_eq(load(NAMED(TEN TEN TEN TEN TEN TEN "0\xc3\xa4")), 0);
	ck_assert_str_eq(conf.device[0].name, TEN TEN TEN TEN TEN TEN "0\xc3\xa4");
	clear(&conf);
}
END_TEST

START_TEST(credentials_are_checked)
{
	static const char device[] = "device \"0200000000000009\" { psk-file = \"psk\" }\n";

	unit_enter_dir();
	refuse(device, "No such file");
	write_file("psk", PSK_HEX "\n", 0640);
	refuse(device, "chmod 600");
	write_file("psk", "000102030405060708090a0b0c0d0e\n", 0600); /* 15 octets */
	refuse(device, "16 to 64");
	write_file("psk", "secret\n", 0600);
	refuse(device, "hex");
	ck_assert_ptr_null(strstr(why, "secret")); /* what is in it is never shown */
	write_file("psk", PSK_HEX PSK_HEX PSK_HEX PSK_HEX "\n", 0600);
	ck_assert_int_eq(load(device), 0);
	ck_assert_uint_eq(conf.device[0].psk.len, 64);
	clear(&conf);
}
END_TEST

START_TEST(all_errors_are_told_at_once)
{
	unit_enter_dir();
	refuse("device \"one\" { psk-file = \"a\" }\ndevice \"two\" { psk-file = \"b\" }\n",
	       "ctd.conf:1: device \"one\"");
	assert_why("ctd.conf:2: device \"two\"");
	assert_why("a: No such file");
	assert_why("b: No such file");
}
END_TEST

START_TEST(overrides_replace_the_file)
{
	const char *const overrides[] = {"admission=listed", "max-joins=9"};

	unit_enter_dir();
	write_file("ctd.conf", "max-joins = 2\n", 0644);
	ck_assert_int_eq(load_file(&conf, "ctd.conf", overrides, 2), 0);
	ck_assert_int_eq(conf.admission, CTD_LISTED);
	ck_assert_uint_eq(conf.max_joins, 9);
	clear(&conf);
}
END_TEST

#define HEADER "EUI-64,CREDENTIAL,name,place\n"
#define DEVICE                                                                                     \
	"device \"0200000000000009\" {\n role = border-router\n address = \"fd00::9\"\n"           \
	" psk-file = \"psk\"\n}\n"

START_TEST(manifest_adds_devices)
{
	unit_enter_dir();
	write_file("psk", PSK_HEX "\n", 0600);
	write_file("m.csv",
		   HEADER "0200000000000002,psk:" PSK_HEX ",lamp 2,stairs\n"
			  "0200000000000003,psk:" PSK_HEX ",lamp 3,\n",
		   0600);
	int r = load("admission = manifest\nmanifest = m.csv\n" DEVICE);
	ck_assert_msg(r == 0, "%s", why);
	ck_assert_uint_eq(conf.n_devices, 3);
	ck_assert_str_eq(ctd_conf_admission_name(&conf), "manifest");
	ck_assert_uint_eq(conf.device[0].psk.len, 16);
	ck_assert(!ctd_conf_admits(&conf, &conf.device[0]));
	ck_assert_uint_eq(conf.device[1].manifest_line, 2);
	ck_assert_uint_eq(conf.device[1].psk.len, 16);
	ck_assert_str_eq(conf.device[1].name, "lamp 2");
	ck_assert_str_eq(conf.device[1].place, "stairs");
	ck_assert_int_eq(conf.device[1].role, CTD_NODE);
	ck_assert(ctd_conf_admits(&conf, &conf.device[1]));
	ck_assert_int_eq(conf.device[2].credential, DTLS_CRED_PSK);
	conf.admission = CTD_SELECTED;
	ck_assert(!ctd_conf_admits(&conf, &conf.device[1]));
	conf.admission = CTD_LISTED;
	ck_assert(ctd_conf_admits(&conf, &conf.device[0]));
	clear(&conf);
}
END_TEST

START_TEST(errors_in_the_manifest_are_told_with_the_others)
{
	unit_enter_dir();
	write_file("psk", PSK_HEX "\n", 0600);
	refuse("admission = manifest\n", "ctd.conf: admission = manifest needs manifest = FILE");
	refuse("\nmanifest = none.csv\n", "ctd.conf:2: manifest: none.csv: No such file or "
					  "directory: put it there, or correct the path");
	write_file("m.csv",
		   HEADER "0200000000000002,psk:00,,\n"
			  "0200000000000009,certificate,,\n"
			  "0200000000000003,certifcate,,\n",
		   0600);
	ck_assert_int_eq(load("manifest = m.csv\n" DEVICE "device \"x\" { psk-file = psk }\n"),
			 -EINVAL);
	assert_why("m.csv:2: credential: psk: takes");
	assert_why("m.csv:4: credential: is none of");
	ck_assert_ptr_null(strstr(why, "m.csv:4: credential = certificate"));
	assert_why("\nctd.conf:7: device \"x\": the title must be");
	assert_why("\nm.csv:3: 0200000000000009 has a section in ctd.conf too: remove one");
	clear(&conf);
	ck_assert_int_eq(chmod("m.csv", 0644), 0);
	refuse("manifest = m.csv\n", "chmod 600 m.csv");
}
END_TEST

START_TEST(missing_file_is_an_error)
{
	unit_enter_dir();
	ck_assert_int_eq(load_file(&conf, "none.conf", NULL, 0), -ENOENT);
	assert_why("none.conf");
	clear(&conf);
}
END_TEST

UNIT_MAIN("ctd_conf", shipped_example_is_good, example_tells_all_defaults, reads_every_setting,
	  wrong_settings_are_told_by_line, wrong_devices_are_told_by_line, names_are_for_terminals,
	  credentials_are_checked, all_errors_are_told_at_once, overrides_replace_the_file,
	  manifest_adds_devices, errors_in_the_manifest_are_told_with_the_others,
	  missing_file_is_an_error)

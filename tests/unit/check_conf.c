/* SPDX-License-Identifier: ISC */
#include "base/conf.h"

#include "base/eui64.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct peer {
	char title[CONF_TEXT_LEN];
	struct eui64 eui;
	uint32_t port;
};

struct sample {
	bool manage;
	uint32_t channel, any;
	char text[CONF_TEXT_LEN];
	struct eui64 eui;
	struct in6_addr addr;
	int level;
	struct peer *peers;
	size_t n_peers;
};

static const char *const levels[] = {"low", "middle", "high", NULL};

#define OPT(key, kind, field) .name = key, .type = kind, .offset = offsetof(struct sample, field)
static const struct conf_opt opts[] = {
	{OPT("manage-it", CONF_BOOL, manage), .def = "yes"},
	{OPT("channel", CONF_UINT, channel), .min = 11, .max = 26, .required = true},
	{OPT("any", CONF_UINT, any)},
	{OPT("text", CONF_TEXT, text), .def = "by default"},
	{OPT("eui-64", CONF_EUI64, eui)},
	{OPT("ct-address", CONF_ADDR, addr)},
	{OPT("level", CONF_CHOICE, level), .def = "middle", .choices = levels},
};
static const struct conf_opt peer_opts[] = {
	{.name = "eui-64",
	 .type = CONF_EUI64,
	 .offset = offsetof(struct peer, eui),
	 .required = true},
	{.name = "port", .type = CONF_UINT, .offset = offsetof(struct peer, port), .def = "5684"},
};
static const struct conf_section sections[] = {{
	.name = "peer",
	.opts = peer_opts,
	.n_opts = 2,
	.elem_size = sizeof(struct peer),
	.title_offset = offsetof(struct peer, title),
	.array_offset = offsetof(struct sample, peers),
	.count_offset = offsetof(struct sample, n_peers),
	.max = 3,
}};
static const struct conf_spec spec = {opts, sizeof(opts) / sizeof(opts[0]), sections, 1};

static struct sample sample;
static char why[4096];

static int load_octets(const char *text, size_t len, const char *const *overrides, size_t n)
{
	static bool entered;
	if (!entered)
		unit_enter_dir();
	entered = true;
	FILE *file = fopen("conf", "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
	conf_clear(&spec, &sample);
	memset(&sample, 0xee, sizeof(sample));
	return conf_load(&spec, "conf", overrides, n, &sample, why, sizeof(why));
}

static int load(const char *text)
{
	return load_octets(text, strlen(text), NULL, 0);
}

/* The file is refused with exactly these lines. */
static void refused(const char *text, const char *lines)
{
	ck_assert_msg(load(text) == -EINVAL, "accepted: %s", text);
	ck_assert_str_eq(why, lines);
}

START_TEST(absent_options_have_their_defaults)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;
	ck_assert_int_eq(load("channel = 11"), 0);
	ck_assert_str_eq(why, "");
	ck_assert(sample.manage);
	ck_assert_uint_eq(sample.any, 0);
	ck_assert_str_eq(sample.text, "by default");
	ck_assert(eui64_is_zero(&sample.eui));
	ck_assert_mem_eq(&sample.addr, &any, sizeof(any));
	ck_assert_int_eq(sample.level, 1);
	ck_assert_uint_eq(sample.n_peers, 0);
	ck_assert_ptr_null(sample.peers);
}
END_TEST

START_TEST(every_type_bare_and_quoted)
{
	static const char *const files[] = {
		"# a comment\nmanage-it = no\nchannel = 0x1A\nany = 0xffffffff\n"
		"text = /var/lib//x.y:z_1\neui-64 = 02:00:00:00:00:00:00:01\n"
		"ct-address = fd00::2\nlevel = high\n",
		"manage-it=\"No\"\n\nchannel=\"26\" any=\"4294967295\"\ntext='/var/lib//x.y:z_1'\n"
		"eui-64=\"0200000000000001\"\nct-address=\"fd00::2\"\nlevel=\"high\"",
	};
	for (size_t i = 0; i < 2; i++) {
		char addr[INET6_ADDRSTRLEN];
		eui64_text eui;
		ck_assert_msg(load(files[i]) == 0, "%s", why);
		ck_assert(!sample.manage);
		ck_assert_uint_eq(sample.channel, 26);
		ck_assert_uint_eq(sample.any, UINT32_MAX);
		ck_assert_str_eq(sample.text, "/var/lib//x.y:z_1");
		ck_assert_str_eq(eui64_format(&sample.eui, eui), "0200000000000001");
		ck_assert_str_eq(inet_ntop(AF_INET6, &sample.addr, addr, sizeof(addr)), "fd00::2");
		ck_assert_int_eq(sample.level, 2);
	}
}
END_TEST

START_TEST(sections_fill_an_array)
{
	ck_assert_msg(load("channel = 11\n"
			   "peer \"hall 1\" { eui-64 = 0200000000000001 port = 1 }\n"
			   "peer stairs {\n\teui-64 = 0200000000000002\n}\n") == 0,
		      "%s", why);
	ck_assert_uint_eq(sample.n_peers, 2);
	ck_assert_str_eq(sample.peers[0].title, "hall 1");
	ck_assert_uint_eq(sample.peers[0].eui.b[7], 1);
	ck_assert_uint_eq(sample.peers[0].port, 1);
	ck_assert_str_eq(sample.peers[1].title, "stairs");
	ck_assert_uint_eq(sample.peers[1].eui.b[7], 2);
	ck_assert_uint_eq(sample.peers[1].port, 5684);
	conf_clear(&spec, &sample);
	ck_assert_uint_eq(sample.n_peers, 0);
	ck_assert_ptr_null(sample.peers);
	conf_clear(&spec, &sample);
}
END_TEST

START_TEST(all_wrong_values_are_listed_with_their_lines)
{
	refused("manage-it = maybe\n"
		"channel = 27\n"
		"\n"
		"eui-64 = 12\n"
		"ct-address = 192.0.2.1\n"
		"level = lower\n"
		"peer x {\n"
		"\teui-64 = 0200000000000001\n"
		"\tport = many\n"
		"}\n",
		"conf:1: manage-it = \"maybe\": neither yes nor no\n"
		"conf:2: channel = \"27\": not a number from 11 to 26\n"
		"conf:4: eui-64 = \"12\": not an EUI-64 (16 hex digits)\n"
		"conf:5: ct-address = \"192.0.2.1\": not an IPv6 address\n"
		"conf:6: level = \"lower\": not one of low, middle, high\n"
		"conf:9: port = \"many\": not a number from 0 to 4294967295");
	/* Nothing of a refused file is in the structure. */
	ck_assert_uint_eq(sample.channel, 0);
	ck_assert_ptr_null(sample.peers);
}
END_TEST

START_TEST(numbers_are_strict)
{
	static const char *const wrong[] = {
		"",    "-1",         "+1",          "1 ",  " 1",  "1x",  "0x",
		"0xg", "4294967296", "0x100000000", "1e3", "1.0", "ten", "99999999999999999999999"};
	char text[128];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "channel = 11\nany = \"%s\"", wrong[i]);
		ck_assert_msg(load(text) == -EINVAL, "'%s'", wrong[i]);
	}
	ck_assert_int_eq(load("channel = 11\nany = 010"), 0);
	ck_assert_uint_eq(sample.any, 10); /* not octal */
}
END_TEST

START_TEST(unknown_keys_are_errors)
{
	refused("channel = 11\nchanel = 12\n", "conf:2: no such option 'chanel'");
	refused("channel = 11\npeer x {\n\teui = 1\n}\n", "conf:3: no such option 'eui'");
	refused("channel = 11\npear x {\n}\n", "conf:2: no such option 'pear'");
}
END_TEST

START_TEST(what_is_required_must_be_there)
{
	refused("text = x", "conf: channel is missing");
	refused("channel = 11\npeer x {\n}\n", "conf:3: section peer \"x\" lacks eui-64");
}
END_TEST

START_TEST(nothing_is_given_twice)
{
	refused("channel = 11\ntext = a\ntext = b\n", "conf:3: text is given twice");
	refused("channel = 11\npeer x {\n\tport = 1\n\tport = 1\n}\n",
		"conf:4: port is given twice");
	ck_assert_int_eq(load("channel = 11\npeer x { eui-64 = 0200000000000001 }\n"
			      "peer x { eui-64 = 0200000000000002 }\n"),
			 -EINVAL);
	ck_assert_str_eq(why, "conf:3: found duplicate title 'x'");
	/* The same option in two sections is not twice. */
	ck_assert_int_eq(load("channel = 11\npeer x { eui-64 = 0200000000000001 }\n"
			      "peer y { eui-64 = 0200000000000001 }\n"),
			 0);
}
END_TEST

START_TEST(syntax_errors_have_a_line)
{
	static const char *const wrong[] = {
		"\n\ntext = \"open", "\n\nchannel 12\n", "\n\npeer { }\n", "\n\ntext = {a, b}\n",
		"\n\ntext += b\n",   "\n\n= 3\n",        "\n\n\"\" = 3\n"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_msg(load(wrong[i]) == -EINVAL, "%s", wrong[i]);
		ck_assert_msg(strncmp(why, "conf:3: ", 8) == 0, "%s", why);
	}
}
END_TEST

/* A file of which the last part is missing must not pass for a shorter one. */
START_TEST(a_file_that_ends_too_soon_is_refused)
{
	static const char *const cut[] = {"channel = 11\npeer a {\n\teui-64 = 0200000000000001\n",
					  "channel = 11\npeer a {\n\teui-64 = 0200000000000001 # }",
					  "channel = 11\n/* } "};
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		ck_assert_msg(load(cut[i]) == -EINVAL, "%s", cut[i]);
		ck_assert_str_eq(why, "conf: ends within a section, a comment or a text: is the "
				      "last part of it missing?");
	}
	ck_assert_int_eq(load("channel = 11\npeer a { eui-64 = 0200000000000001 } # {"), 0);
	conf_clear(&spec, &sample);
}
END_TEST

START_TEST(lengths_and_counts_are_bounded)
{
	char text[1024], value[CONF_TEXT_LEN + 1];
	memset(value, 'v', sizeof(value));
	value[CONF_TEXT_LEN] = '\0';
	snprintf(text, sizeof(text), "channel = 11\ntext = %s\n", value);
	ck_assert_int_eq(load(text), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "vvv\": longer than 255 characters"));
	snprintf(text, sizeof(text), "channel = 11\npeer %s {\n\teui-64 = 0200000000000001\n}",
		 value);
	refused(text, "conf:4: the title of section peer is longer than 255 characters");
	value[CONF_TEXT_LEN - 1] = '\0';
	snprintf(text, sizeof(text), "channel = 11\ntext = %s\n", value);
	ck_assert_int_eq(load(text), 0);
	ck_assert_str_eq(sample.text, value);
	refused("channel = 11\npeer 1 {} peer 2 {} peer 3 {} peer 4 {}",
		"conf: 4 sections peer, at most 3 are allowed");
}
END_TEST

START_TEST(overrides_win_and_are_checked_alike)
{
	static const char *const good[] = {"channel=12", "text=a = b", "channel=0xd"};
	static const char *const wrong[] = {"channel=99", "chan=1", "channel", "peer=x", "=1"};
	ck_assert_int_eq(load_octets("text = x", 8, good, 3), 0);
	ck_assert_uint_eq(sample.channel, 13);
	ck_assert_str_eq(sample.text, "a = b");
	ck_assert_int_eq(load_octets("channel = 11", 12, wrong, 5), -EINVAL);
	ck_assert_str_eq(why, "-o channel: \"99\": not a number from 11 to 26\n"
			      "-o chan: no such option\n"
			      "-o channel: not KEY=VALUE\n"
			      "-o peer: no such option\n"
			      "-o : no such option");
}
END_TEST

START_TEST(a_file_that_cannot_be_read)
{
	unit_enter_dir();
	ck_assert_int_eq(conf_load(&spec, "none", NULL, 0, &sample, why, sizeof(why)), -ENOENT);
	ck_assert_str_eq(
		why, "none: No such file or directory: make it from the example in " KMP_EXAMPLEDIR
		     ", or name another by -f");
	ck_assert_int_eq(conf_load(&spec, ".", NULL, 0, &sample, why, sizeof(why)), -EISDIR);
	ck_assert_str_eq(why, ".: Is a directory");
	conf_clear(&spec, &sample);
}
END_TEST

START_TEST(a_file_that_is_no_text)
{
	static char big[(1 << 20) + 1];
	ck_assert_int_eq(load_octets("channel = 11\0text = x", 21, NULL, 0), -EILSEQ);
	memset(big, '\n', sizeof(big));
	memcpy(big, "channel = 11", 12);
	ck_assert_int_eq(load_octets(big, sizeof(big), NULL, 0), -EFBIG);
	ck_assert_int_eq(load_octets(big, sizeof(big) - 1, NULL, 0), 0);
}
END_TEST

START_TEST(a_small_buffer_for_errors_is_not_overrun)
{
	char small[12];
	unit_enter_dir();
	for (size_t len = 0; len < sizeof(small); len++) {
		memset(small, 'z', sizeof(small));
		ck_assert_int_eq(conf_load(&spec, "nonexistent", NULL, 0, &sample, small, len),
				 -ENOENT);
		ck_assert_int_eq(small[len], 'z');
		ck_assert(len == 0 || memchr(small, '\0', len));
	}
}
END_TEST

/* Run the command line parser in a process of its own: it may exit. Returns its exit status. */
static int cmdline_status(char **argv)
{
	int argc = 0, status;
	while (argv[argc])
		argc++;
	fflush(NULL);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct conf_cmdline cl;
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(99);
		conf_cmdline_parse(argc, argv, "default.conf", &cl);
		_exit(42);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define ARGV(...) ((char *[]){"ctd", __VA_ARGS__, NULL})

START_TEST(command_line)
{
	struct conf_cmdline cl;
	conf_cmdline_parse(1, ARGV(NULL), "default.conf", &cl);
	ck_assert_str_eq(cl.file, "default.conf");
	ck_assert_uint_eq(cl.n_overrides, 0);
	ck_assert(!cl.check_only && !cl.debug);
	optind = 1;
	conf_cmdline_parse(8, ARGV("-f", "x.conf", "-n", "-o", "a=1", "-do", "b=2"), "d", &cl);
	ck_assert_str_eq(cl.file, "x.conf");
	ck_assert(cl.check_only && cl.debug);
	ck_assert_uint_eq(cl.n_overrides, 2);
	ck_assert_str_eq(cl.overrides[0], "a=1");
	ck_assert_str_eq(cl.overrides[1], "b=2");
}
END_TEST

START_TEST(command_line_that_exits)
{
	char *many[2 * (CONF_MAX_OVERRIDES + 1) + 2] = {"ctd"};
	ck_assert_int_eq(cmdline_status(ARGV("-n")), 42);
	ck_assert_int_eq(cmdline_status(ARGV("-V")), 0);
	ck_assert_int_eq(cmdline_status(ARGV("-h")), 0);
	ck_assert_int_eq(cmdline_status(ARGV("-x")), 2);
	ck_assert_int_eq(cmdline_status(ARGV("-f")), 2);
	ck_assert_int_eq(cmdline_status(ARGV("more")), 2);
	for (size_t i = 0; i < CONF_MAX_OVERRIDES + 1; i++) {
		many[2 * i + 1] = "-o";
		many[2 * i + 2] = "a=b";
	}
	ck_assert_int_eq(cmdline_status(many), 2);
	many[2 * CONF_MAX_OVERRIDES + 1] = NULL;
	ck_assert_int_eq(cmdline_status(many), 42);
}
END_TEST

UNIT_MAIN("conf", absent_options_have_their_defaults, every_type_bare_and_quoted,
	  sections_fill_an_array, all_wrong_values_are_listed_with_their_lines, numbers_are_strict,
	  unknown_keys_are_errors, what_is_required_must_be_there, nothing_is_given_twice,
	  syntax_errors_have_a_line, a_file_that_ends_too_soon_is_refused,
	  lengths_and_counts_are_bounded, overrides_win_and_are_checked_alike,
	  a_file_that_cannot_be_read, a_file_that_is_no_text,
	  a_small_buffer_for_errors_is_not_overrun, command_line, command_line_that_exits)

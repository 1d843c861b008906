/* SPDX-License-Identifier: ISC */
#include "ctd_world.h"

#include "unit.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define OTHER_PSK "ff0102030405060708090a0b0c0d0e0f"
#define STRANGER  "0200000000000009"

START_TEST(admitted_then_keyed_then_joined)
{
	world_set_up(WORLD_PSK);
	world_jsr(WORLD_NAME);
	world_pass_ms(5000);
	ck_assert_int_eq(w.device.sessions, 0); /* no handshake before it is admitted */
	world_assert_text("candidates", WORLD_NAME, "state", "candidate");
	world_assert_text("candidates", WORLD_NAME, "name", "lamp");

	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(200);
	ck_assert_int_eq(w.device.sessions, 1);
	ck_assert_int_eq(w.device.puts, 1);
	const struct key_entry *key = keyset_active(&w.device.keys);
	ck_assert_ptr_nonnull(key);
	ck_assert_uint_eq(key->number, 1);
	ck_assert_uint_eq(key->index, 1);
	ck_assert_uint_eq(key->mode, 1);
	ck_assert_uint_eq(key->level, 5);
	ck_assert_uint_eq(key->key.len, KEYSET_KEY_LEN);
	world_assert_state("keyed");
	world_pass_ms(5000);
	ck_assert_int_gt(w.device.gets, 1);
	world_assert_state("keyed"); /* it answers, but not to what came secured */
	world_assert_text("nodes", WORLD_NAME, "reason", "unsecured");

	w.device.mark = BSRES_SECURED;
	world_pass_ms(10000);
	world_assert_state("joined");
	world_assert_text("nodes", WORLD_NAME, "reason", "proved");
	world_assert_text("nodes", WORLD_NAME, "address", "::1");
	world_assert_text("nodes", WORLD_NAME, "session", "up");
	world_assert_number("nodes", WORLD_NAME, "links_secured", 1);
	world_assert_number("nodes", WORLD_NAME, "links_total", 2);
	world_assert_number("nodes", WORLD_NAME, "key_index", 1);
	world_pass_ms(100000); /* nothing is asked of it */
	cJSON *nodes = world_ask("nodes", NULL);
	int answered_s = world_member_of(nodes, "nodes", WORLD_NAME, "answered_s")->valueint;
	ck_assert(answered_s >= 100 && answered_s <= 110);
	world_assert_number("nodes", WORLD_NAME, "silent_s", answered_s);
	cJSON_Delete(nodes);
	ck_assert_int_eq(w.device.sessions, 1);
	ck_assert_ptr_nonnull(strstr(w.logged, WORLD_NAME " keyed -> joined on proof: proved"));
	world_tear_down();
}
END_TEST

START_TEST(wrong_key_never_gets_in_until_it_is_right)
{
	world_set_up(OTHER_PSK);
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(60000);
	ck_assert_int_eq(w.device.sessions, 0);
	ck_assert_int_eq(w.device.puts, 0);
	ck_assert_uint_eq(w.device.keys.n, 0);
	ck_assert_ptr_nonnull(strstr(w.logged, "connecting -> admitted on session lost: handshake "
					       "failed: "));
	ck_assert_ptr_null(strstr(w.logged, "-> keying"));
	ck_assert_int_eq(secret_from_hex(&w.device.psk, WORLD_PSK), 0);
	world_pass_ms(75000);
	world_assert_state("keyed");
	world_tear_down();
}
END_TEST

START_TEST(stranger_is_shown_and_refused)
{
	world_set_up(WORLD_PSK);
	world_jsr(STRANGER);
	world_assert_text("candidates", STRANGER, "state", "denied");
	world_assert_text("candidates", STRANGER, "reason", "no credential");
	ck_assert(!world_admit(STRANGER));
	cJSON *answer = world_ask("admit", STRANGER);
	const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error"));
	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_nonnull(strstr(error, "no credential for " STRANGER));
	cJSON_Delete(answer);
	ck_assert(!world_admit("lamp"));
	world_pass_ms(60000);
	ck_assert_int_eq(w.device.sessions, 0);
	world_tear_down();
}
END_TEST

START_TEST(only_join_requests_from_usable_sources_count)
{
	struct bsreq_packet p = {.req = {.code = BSREQ_SSR}, .src = in6addr_loopback};

	world_set_up(WORLD_PSK);
	ck_assert_int_eq(eui64_parse(WORLD_NAME, &p.req.eui), 0);
	ctd_on_request(&p, w.ctd);
	p.req.code = BSREQ_JSR;
	p.src = eui64_link_local(&p.req.eui);
	ctd_on_request(&p, w.ctd);
	cJSON *answer = world_ask("candidates", NULL);
	ck_assert_ptr_null(world_member_of(answer, "candidates", WORLD_NAME, "eui"));
	cJSON_Delete(answer);
	answer = world_ask("status", NULL);
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(answer, "result");
	const cJSON *requests = cJSON_GetObjectItemCaseSensitive(status, "requests");
	const cJSON *stored = cJSON_GetObjectItemCaseSensitive(status, "store");
	ck_assert_str_eq(cJSON_GetStringValue(stored), "ok");
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(requests, "bad_source")->valueint, 1);
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(requests, "taken")->valueint, 0);
	cJSON_Delete(answer);
	world_tear_down();
}
END_TEST

START_TEST(restart_in_the_middle)
{
	world_set_up(WORLD_PSK);
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(200);
	world_assert_state("keyed");
	struct secret key = keyset_active(&w.device.keys)->key;
	ctd_free(w.ctd);
	world_pass_ms(1000);

	world_start_ctd();
	world_assert_state("keyed");
	world_pass_ms(500);
	ck_assert_int_eq(w.device.sessions, 2); /* resumed without a request */
	ck_assert_int_eq(w.device.puts, 1);
	w.device.mark = BSRES_SECURED;
	world_pass_ms(10000);
	world_assert_state("joined");
	ctd_free(w.ctd);

	world_start_ctd();
	world_pass_ms(60000);
	world_assert_state("joined");
	ck_assert_int_eq(w.device.sessions, 3); /* to see that it is so */
	ck_assert_int_eq(w.device.puts, 1);
	/* The network key is the same: who lost it gets it again. */
	ctd_device_sim_stop(&w.device);
	ctd_device_sim_start(&w.device, w.evl, (uint16_t)w.conf.device_port, WORLD_NAME, WORLD_PSK);
	world_jsr(WORLD_NAME);
	world_pass_ms(5000);
	world_assert_state("keyed");
	ck_assert(secret_equal(&key, &keyset_active(&w.device.keys)->key));
	world_tear_down();
}
END_TEST

START_TEST(admission_survives_a_restart)
{
	world_set_up(WORLD_PSK);
	ck_assert(world_admit(WORLD_NAME));
	world_assert_text("nodes", WORLD_NAME, "reason", "waiting for a request");
	ctd_free(w.ctd);
	world_start_ctd();
	world_assert_state("admitted");
	world_jsr(WORLD_NAME);
	world_pass_ms(200);
	world_assert_state("keyed");
	world_tear_down();
}
END_TEST

START_TEST(joined_device_that_was_reset_is_keyed_again)
{
	world_set_up(WORLD_PSK);
	w.device.mark = BSRES_SECURED;
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(5000);
	world_assert_state("joined");
	ctd_device_sim_stop(&w.device);
	ctd_device_sim_start(&w.device, w.evl, (uint16_t)w.conf.device_port, WORLD_NAME, WORLD_PSK);
	world_jsr(WORLD_NAME);
	world_pass_ms(5000);
	ck_assert_int_eq(w.device.puts, 1);
	ck_assert_ptr_nonnull(keyset_active(&w.device.keys));
	world_assert_state("keyed");
	world_tear_down();
}
END_TEST

START_TEST(refusing_device_is_told_with_its_reason)
{
	world_set_up(WORLD_PSK);
	w.device.refuse = COAP_MSG_CODE(4, 9);
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(200);
	world_assert_text("nodes", WORLD_NAME, "reason", "key set refused: it answered 4.09");
	world_assert_state("admitted");
	w.device.refuse = 0;
	world_pass_ms(5000);
	world_assert_state("keyed");
	world_tear_down();
}
END_TEST

START_TEST(silent_device_is_connected_to_again)
{
	world_set_up(WORLD_PSK);
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(200);
	world_assert_state("keyed");
	w.device.deaf = true;
	world_pass_ms(60000);
	ck_assert_int_gt(w.device.sessions, 1);
	world_assert_state("keyed");
	w.device.deaf = false;
	w.device.mark = BSRES_SECURED;
	world_pass_ms(120000);
	world_assert_state("joined");
	ck_assert_int_eq(w.device.puts, 1);
	world_tear_down();
}
END_TEST

START_TEST(reload_brings_new_devices_and_listed_admission)
{
	static struct ctd_conf more;
	struct ctd_conf old;

	world_set_up(WORLD_PSK);
	world_jsr(STRANGER);
	world_write_file("psk9", WORLD_PSK "\n");
	world_read_conf(&more, "admission = listed\n" WORLD_DEVICE "device \"" STRANGER
			       "\" { psk-file = \"psk9\" }\n");
	old = w.conf;
	w.conf = more;
	ctd_reload(w.ctd, &w.conf);
	ctd_conf_wipe(&old);
	conf_clear(&ctd_conf_spec, &old);
	world_assert_text("nodes", STRANGER, "role",
			  "node"); /* it asked before, and is listed now */
	world_pass_ms(2000);
	world_jsr(WORLD_NAME);
	world_pass_ms(5000);
	world_assert_state("keyed");
	ck_assert_ptr_nonnull(
		strstr(w.logged, WORLD_NAME " candidate -> admitted on admit: listed"));
	world_tear_down();
}
END_TEST

START_TEST(stranger_that_is_configured_need_not_ask_again)
{
	struct ctd_conf less;

	world_set_up(WORLD_PSK);
	world_read_conf(&less, "");
	ctd_reload(w.ctd, &less);
	world_jsr(WORLD_NAME);
	world_assert_text("candidates", WORLD_NAME, "reason", "no credential");
	ctd_reload(w.ctd, &w.conf);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(200);
	world_assert_state("keyed");
	world_tear_down();
}
END_TEST

/* --- explain and lookup --- */

static const cJSON *result_of(const cJSON *answer)
{
	return cJSON_GetObjectItemCaseSensitive(answer, "result");
}

static const char *text_of(const cJSON *o, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));

	return text ? text : "";
}

/* The event of the timeline of `answer` that contains `part`. */
static const cJSON *event_of(const cJSON *answer, const char *part)
{
	const cJSON *e;

	cJSON_ArrayForEach (e, cJSON_GetObjectItemCaseSensitive(result_of(answer), "timeline")) {
		if (strstr(text_of(e, "text"), part))
			return e;
	}
	return NULL;
}

static int count_of(const cJSON *answer, const char *part)
{
	const cJSON *e = event_of(answer, part);

	return e ? cJSON_GetObjectItemCaseSensitive(e, "count")->valueint : 0;
}

START_TEST(explained_with_advice_and_timeline)
{
	cJSON *answer;

	world_set_up(OTHER_PSK);
	for (int i = 0; i < 3; i++) {
		world_jsr(WORLD_NAME);
		world_pass_ms(2000);
	}
	answer = world_ask("explain", WORLD_NAME);
	ck_assert_str_eq(text_of(result_of(answer), "name"), "lamp");
	ck_assert_str_eq(text_of(result_of(answer), "credential"), "psk");
	ck_assert_str_eq(text_of(result_of(answer), "state"), "candidate");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "kmpctl ctd admit"));
	ck_assert_int_eq(count_of(answer, "asks to be let in"), 3);
	cJSON_Delete(answer);

	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(60000);
	answer = world_ask("explain", WORLD_NAME);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "admitted");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "reason"), "wrong key"));
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "on its label"));
	ck_assert_int_gt(count_of(answer, "wrong key"), 1);
	ck_assert_int_gt(count_of(answer, "handshake with ::1"), 1);
	cJSON_Delete(answer);

	/* What happened is not forgotten by a restart. */
	ctd_free(w.ctd);
	world_start_ctd();
	ck_assert_int_eq(secret_from_hex(&w.device.psk, WORLD_PSK), 0);
	w.device.mark = BSRES_SECURED;
	world_pass_ms(75000);
	answer = world_ask("explain", WORLD_NAME);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "joined");
	ck_assert_str_eq(text_of(result_of(answer), "advice"), "");
	ck_assert_int_gt(count_of(answer, "wrong key"), 1);
	ck_assert_str_eq(text_of(event_of(answer, "proved"), "state"), "joined");
	ck_assert_int_eq(
		cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result_of(answer), "links")),
		2);
	cJSON_Delete(answer);
	world_tear_down();
}
END_TEST

/* Until it is being tried again: what is it told to do then? */
static void assert_advice_while_trying(const char *part)
{
	cJSON *answer = world_ask("explain", WORLD_NAME);

	for (int i = 0; i < 300; i++) {
		if (strstr(text_of(result_of(answer), "reason"), "handshake with"))
			break;
		cJSON_Delete(answer);
		world_pass_ms(1000);
		answer = world_ask("explain", WORLD_NAME);
	}
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "reason"), "handshake with"));
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), part));
	cJSON_Delete(answer);
}

/* What is sent to the device from now on is not even refused. */
static int silence_device(void)
{
	const struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
					  .sin6_addr = IN6ADDR_LOOPBACK_INIT,
					  .sin6_port = htons((uint16_t)w.conf.device_port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	ctd_device_sim_stop(&w.device);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void revive_device(int fd)
{
	close(fd);
	ctd_device_sim_start(&w.device, w.evl, (uint16_t)w.conf.device_port, WORLD_NAME, WORLD_PSK);
	w.device.mark = BSRES_SECURED;
}

START_TEST(advice_stands_while_it_is_tried_again)
{
	int fd;

	world_set_up(WORLD_PSK);
	fd = silence_device();
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(90000);
	assert_advice_while_trying("its power");
	revive_device(fd);
	world_pass_ms(120000);
	world_assert_state("joined");
	fd = silence_device(); /* a member that is to be told something */
	cJSON_Delete(world_command("close", NULL));
	world_pass_ms(200000);
	assert_advice_while_trying("its power");
	revive_device(fd);
	world_tear_down();
}
END_TEST

START_TEST(strangers_are_explained_and_leave_no_trace)
{
	cJSON *answer;

	world_set_up(WORLD_PSK);
	answer = world_ask("explain", STRANGER);
	ck_assert_ptr_nonnull(strstr(text_of(answer, "error"), "nothing is known of " STRANGER));
	cJSON_Delete(answer);
	world_jsr(STRANGER);
	answer = world_ask("explain", STRANGER);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "denied");
	ck_assert_str_eq(text_of(result_of(answer), "reason"), "no credential");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "add it"));
	ck_assert_ptr_null(event_of(answer, ""));
	cJSON_Delete(answer);
	world_tear_down();
}
END_TEST

/* Who is found by `text`, or "-" if it is not exactly one device. */
static const char *found_by(const char *text)
{
	static char found[17];
	cJSON *answer = world_ask("lookup", text);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(result_of(answer), "devices");

	ck_assert(cJSON_IsArray(list));
	snprintf(found, sizeof(found), "%s",
		 cJSON_GetArraySize(list) == 1 ? text_of(cJSON_GetArrayItem(list, 0), "eui") : "-");
	cJSON_Delete(answer);
	return found;
}

START_TEST(denied_and_closed_are_in_the_timelines)
{
	cJSON *answer;

	world_set_up(WORLD_PSK);
	w.device.mark = BSRES_SECURED;
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(5000);
	world_assert_state("joined");
	answer = world_ask("close", NULL);
	ck_assert_ptr_nonnull(event_of(answer, "clos"));
	ck_assert_str_eq(text_of(event_of(answer, "clos"), "state"), "mesh");
	cJSON_Delete(answer);
	answer = world_ask("deny", WORLD_NAME);
	ck_assert_str_eq(text_of(result_of(answer), "eui"), WORLD_NAME);
	ck_assert_str_eq(text_of(result_of(answer), "name"), "lamp");
	cJSON_Delete(answer);
	answer = world_ask("explain", WORLD_NAME);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "denied");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "lets it in again"));
	ck_assert_str_eq(text_of(event_of(answer, "denied by the operator"), "state"), "denied");
	cJSON_Delete(answer);
	world_tear_down();
}
END_TEST

START_TEST(devices_are_found_by_name_and_end)
{
	world_set_up(WORLD_PSK);
	world_jsr(STRANGER);
	ck_assert_str_eq(found_by("lamp"), WORLD_NAME);
	ck_assert_str_eq(found_by("02"), WORLD_NAME);
	ck_assert_str_eq(found_by("09"), STRANGER);
	ck_assert_str_eq(found_by("02:00:00:00:00:00:00:09"), STRANGER);
	ck_assert_str_eq(found_by("Lamp"), "-");
	ck_assert_str_eq(found_by("x"), "-");
	ck_assert_str_eq(found_by("10200000000000002"), "-");
	ck_assert_str_eq(found_by(NULL), "-"); /* all: two */
	ck_assert_str_eq(found_by("0"), "-");  /* none ends so */
	world_tear_down();
}
END_TEST

/* As of a variable of the shell that is not set: not the only device there is. */
START_TEST(nobody_is_found_by_nothing)
{
	world_set_up(WORLD_PSK);
	ck_assert_str_eq(found_by(NULL), WORLD_NAME);
	ck_assert_str_eq(found_by(""), "-");
	world_tear_down();
}
END_TEST

START_TEST(second_daemon_on_the_same_state_is_refused)
{
	struct ctd *second;
	char why[1024] = "";

	world_set_up(WORLD_PSK);
	ck_assert_int_lt(ctd_new(&second, w.evl, &w.conf, why, sizeof(why)), 0);
	ck_assert_str_ne(why, "");
	world_tear_down();
}
END_TEST

/* A second one does not start, for a reason with this part. */
static void refuse_start(struct ctd_conf *conf, const char *part)
{
	struct ctd *second;
	char why[1024] = "";

	snprintf(conf->state_dir, sizeof(conf->state_dir), "other");
	ck_assert_int_lt(ctd_new(&second, w.evl, conf, why, sizeof(why)), 0);
	ck_assert_msg(strstr(why, part), "'%s' lacks '%s'", why, part);
}

START_TEST(what_keeps_it_from_starting_is_told_with_what_to_do)
{
	struct ctd_conf conf;

	world_set_up(WORLD_PSK);
	conf = w.conf;
	refuse_start(&conf, "cannot open the control socket ctd.sock: Address already in use: "
			    "another one runs already");
	snprintf(conf.socket, sizeof(conf.socket), "no/where/ctd.sock");
	refuse_start(&conf, "no/where/ctd.sock: No such file or directory: make its directory");
	snprintf(conf.interface, sizeof(conf.interface), "nope0");
	refuse_start(&conf, "there is no interface nope0: create it first, or change interface");
	world_tear_down();
}
END_TEST

UNIT_MAIN("ctd", admitted_then_keyed_then_joined, wrong_key_never_gets_in_until_it_is_right,
	  stranger_is_shown_and_refused, only_join_requests_from_usable_sources_count,
	  restart_in_the_middle, admission_survives_a_restart,
	  joined_device_that_was_reset_is_keyed_again, refusing_device_is_told_with_its_reason,
	  silent_device_is_connected_to_again, reload_brings_new_devices_and_listed_admission,
	  stranger_that_is_configured_need_not_ask_again, explained_with_advice_and_timeline,
	  advice_stands_while_it_is_tried_again, strangers_are_explained_and_leave_no_trace,
	  denied_and_closed_are_in_the_timelines,
	  what_keeps_it_from_starting_is_told_with_what_to_do, devices_are_found_by_name_and_end,
	  nobody_is_found_by_nothing, second_daemon_on_the_same_state_is_refused)

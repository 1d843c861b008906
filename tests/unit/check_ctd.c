/* SPDX-License-Identifier: ISC */
/* The commissioning tool whole, in this process: real DTLS over ::1 with a device, its store and
 * its control socket. Only Bootstrap Requests are put in by hand, since a raw socket needs
 * privileges, and time is the test's. */
#include "ctd.h"

#include "base/log.h"
#include "ctd_device.h"
#include "unit.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PSK       "000102030405060708090a0b0c0d0e0f"
#define OTHER_PSK "ff0102030405060708090a0b0c0d0e0f"
#define NAME      "0200000000000002"
#define STRANGER  "0200000000000009"
#define STEP_MS   50

static struct evl *evl;
static struct ctd *ctd;
static struct ctd_conf conf;
static struct ctd_device_sim device;
static char logged[65536];

static void on_log(enum log_level level, const char *topic, const struct eui64 *eui,
		   const char *text)
{
	size_t used = strlen(logged);
	eui64_text name = "";

	(void)topic;
	if (level <= LOG_LVL_INFO)
		snprintf(logged + used, sizeof(logged) - used, "%s %s\n",
			 eui ? eui64_format(eui, name) : "", text);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(name, 0600), 0);
}

static void read_conf(struct ctd_conf *c, const char *devices)
{
	char text[1024], why[1024];

	snprintf(text, sizeof(text),
		 "state-dir = \"state\"\nsocket = \"ctd.sock\"\ndevice-port = %u\n"
		 "dtls-timeout = 1000\nhandshake-timeout = 10\n%s",
		 ctd_device_sim_port(&device), devices);
	write_file("ctd.conf", text);
	int r = conf_load(&ctd_conf_spec, "ctd.conf", NULL, 0, c, why, sizeof(why));
	if (r == 0)
		r = ctd_conf_complete(c, "ctd.conf", why, sizeof(why));
	ck_assert_msg(r == 0, "%s", why);
}

static void start_ctd(void)
{
	char why[1024];

	ck_assert_msg(ctd_new(&ctd, evl, &conf, why, sizeof(why)) == 0, "%s", why);
}

#define DEVICE "device \"" NAME "\" { name = \"lamp\" psk-file = \"psk\" }\n"

/* A device with `psk`, and ctd which knows it by PSK. */
static void set_up(const char *psk)
{
	unit_enter_dir();
	write_file("psk", PSK "\n");
	log_set_sink(on_log);
	evl = evl_new_test();
	ck_assert_ptr_nonnull(evl);
	ctd_device_sim_start(&device, evl, 0, NAME, psk);
	read_conf(&conf, DEVICE);
	start_ctd();
}

static void tear_down(void)
{
	ctd_free(ctd);
	ctd_device_sim_stop(&device);
	ctd_conf_wipe(&conf);
	conf_clear(&ctd_conf_spec, &conf);
	evl_free(evl);
	log_set_sink(NULL);
}

/* Datagrams on ::1 are there as soon as they are sent; a few rounds exhaust what one causes. */
static void settle(void)
{
	for (int i = 0; i < 8; i++) {
		evl_test_poll(evl);
		evl_test_advance(evl, 0);
	}
}

static void pass_ms(unsigned ms)
{
	settle();
	for (unsigned t = 0; t < ms; t += STEP_MS) {
		evl_test_advance(evl, STEP_MS);
		settle();
	}
}

static void jsr(const char *name)
{
	struct bsreq_packet p = {.req = {.code = BSREQ_JSR}, .src = in6addr_loopback};

	ck_assert_int_eq(eui64_parse(name, &p.req.eui), 0);
	ctd_on_request(&p, ctd);
	settle();
}

/* --- the control socket --- */

static int connect_ctl(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "ctd.sock"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* The whole answer to a command; the caller deletes it. */
static cJSON *ask(const char *command, const char *arg)
{
	char text[8192];
	ssize_t n = -1;
	int fd = connect_ctl();

	snprintf(text, sizeof(text), "{\"v\":1,\"cmd\":\"%s\",\"args\":[%s%s%s]}\n", command,
		 arg ? "\"" : "", arg ? arg : "", arg ? "\"" : "");
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	for (int i = 0; i < 100 && n < 0; i++) {
		evl_test_poll(evl);
		n = read(fd, text, sizeof(text) - 1);
	}
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	close(fd);
	cJSON *answer = cJSON_Parse(text);
	ck_assert_msg(answer != NULL, "%s", text);
	return answer;
}

static const cJSON *member_of(const cJSON *answer, const char *list, const char *name,
			      const char *member)
{
	const cJSON *item, *result = cJSON_GetObjectItemCaseSensitive(answer, "result");

	cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(result, list)) {
		const char *eui =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "eui"));
		if (eui && strcmp(eui, name) == 0)
			return cJSON_GetObjectItemCaseSensitive(item, member);
	}
	return NULL;
}

static void assert_text(const char *list, const char *name, const char *member, const char *part)
{
	cJSON *answer = ask(list, NULL);
	const char *text = cJSON_GetStringValue(member_of(answer, list, name, member));

	ck_assert_msg(text && strstr(text, part), "%s of %s is '%s', not '%s'", member, name,
		      text ? text : "nothing", part);
	cJSON_Delete(answer);
}

static void assert_number(const char *list, const char *name, const char *member, int number)
{
	cJSON *answer = ask(list, NULL);
	const cJSON *item = member_of(answer, list, name, member);

	ck_assert(cJSON_IsNumber(item));
	ck_assert_int_eq(item->valueint, number);
	cJSON_Delete(answer);
}

static void assert_state(const char *state)
{
	assert_text("nodes", NAME, "state", state);
}

static bool admit(const char *name)
{
	cJSON *answer = ask("admit", name);
	bool ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok"));

	cJSON_Delete(answer);
	return ok;
}

/* --- tests --- */

START_TEST(admitted_then_keyed_then_joined)
{
	set_up(PSK);
	jsr(NAME);
	pass_ms(5000);
	ck_assert_int_eq(device.sessions, 0); /* no handshake before it is admitted */
	assert_text("candidates", NAME, "state", "candidate");
	assert_text("candidates", NAME, "name", "lamp");

	ck_assert(admit(NAME));
	pass_ms(200);
	ck_assert_int_eq(device.sessions, 1);
	ck_assert_int_eq(device.puts, 1);
	const struct key_entry *key = keyset_active(&device.keys);
	ck_assert_ptr_nonnull(key);
	ck_assert_uint_eq(key->number, 1);
	ck_assert_uint_eq(key->index, 1);
	ck_assert_uint_eq(key->mode, 1);
	ck_assert_uint_eq(key->level, 5);
	ck_assert_uint_eq(key->key.len, KEYSET_KEY_LEN);
	assert_state("keyed");
	pass_ms(5000);
	ck_assert_int_gt(device.gets, 1);
	assert_state("keyed"); /* it answers, but not to what came secured */
	assert_text("nodes", NAME, "reason", "unsecured");

	device.mark = BSRES_SECURED;
	pass_ms(10000);
	assert_state("joined");
	assert_text("nodes", NAME, "reason", "proved");
	assert_text("nodes", NAME, "address", "::1");
	assert_text("nodes", NAME, "session", "up");
	assert_number("nodes", NAME, "links_secured", 1);
	assert_number("nodes", NAME, "links_total", 2);
	assert_number("nodes", NAME, "key_index", 1);
	ck_assert_int_eq(device.sessions, 1);
	ck_assert_ptr_nonnull(strstr(logged, NAME " keyed -> joined on proof: proved"));
	tear_down();
}
END_TEST

START_TEST(wrong_key_never_gets_in_until_it_is_right)
{
	set_up(OTHER_PSK);
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(60000);
	ck_assert_int_eq(device.sessions, 0);
	ck_assert_int_eq(device.puts, 0);
	ck_assert_uint_eq(device.keys.n, 0);
	ck_assert_ptr_nonnull(strstr(logged, "connecting -> admitted on session lost: handshake "
					     "failed: "));
	ck_assert_ptr_null(strstr(logged, "-> keying"));
	ck_assert_int_eq(secret_from_hex(&device.psk, PSK), 0);
	pass_ms(75000);
	assert_state("keyed");
	tear_down();
}
END_TEST

START_TEST(stranger_is_shown_and_refused)
{
	set_up(PSK);
	jsr(STRANGER);
	assert_text("candidates", STRANGER, "state", "denied");
	assert_text("candidates", STRANGER, "reason", "no credential");
	ck_assert(!admit(STRANGER));
	cJSON *answer = ask("admit", STRANGER);
	const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error"));
	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_nonnull(strstr(error, "no credential for " STRANGER));
	cJSON_Delete(answer);
	ck_assert(!admit("lamp"));
	pass_ms(60000);
	ck_assert_int_eq(device.sessions, 0);
	tear_down();
}
END_TEST

START_TEST(only_join_requests_from_usable_sources_count)
{
	struct bsreq_packet p = {.req = {.code = BSREQ_SSR}, .src = in6addr_loopback};

	set_up(PSK);
	ck_assert_int_eq(eui64_parse(NAME, &p.req.eui), 0);
	ctd_on_request(&p, ctd);
	p.req.code = BSREQ_JSR;
	p.src = eui64_link_local(&p.req.eui);
	ctd_on_request(&p, ctd);
	cJSON *answer = ask("candidates", NULL);
	ck_assert_ptr_null(member_of(answer, "candidates", NAME, "eui"));
	cJSON_Delete(answer);
	answer = ask("status", NULL);
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(answer, "result");
	const cJSON *requests = cJSON_GetObjectItemCaseSensitive(status, "requests");
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(requests, "bad_source")->valueint, 1);
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(requests, "taken")->valueint, 0);
	cJSON_Delete(answer);
	tear_down();
}
END_TEST

START_TEST(restart_in_the_middle)
{
	set_up(PSK);
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(200);
	assert_state("keyed");
	struct secret key = keyset_active(&device.keys)->key;
	ctd_free(ctd);
	pass_ms(1000);

	start_ctd();
	assert_state("keyed");
	pass_ms(500);
	ck_assert_int_eq(device.sessions, 2); /* resumed without a request */
	ck_assert_int_eq(device.puts, 1);
	device.mark = BSRES_SECURED;
	pass_ms(10000);
	assert_state("joined");
	ctd_free(ctd);

	start_ctd();
	pass_ms(60000);
	assert_state("joined");
	ck_assert_int_eq(device.sessions, 3); /* to see that it is so */
	ck_assert_int_eq(device.puts, 1);
	/* The network key is the same: who lost it gets it again. */
	ctd_device_sim_stop(&device);
	ctd_device_sim_start(&device, evl, (uint16_t)conf.device_port, NAME, PSK);
	jsr(NAME);
	pass_ms(5000);
	assert_state("keyed");
	ck_assert(secret_equal(&key, &keyset_active(&device.keys)->key));
	tear_down();
}
END_TEST

START_TEST(admission_survives_a_restart)
{
	set_up(PSK);
	ck_assert(admit(NAME));
	assert_text("nodes", NAME, "reason", "waiting for a request");
	ctd_free(ctd);
	start_ctd();
	assert_state("admitted");
	jsr(NAME);
	pass_ms(200);
	assert_state("keyed");
	tear_down();
}
END_TEST

START_TEST(joined_device_that_was_reset_is_keyed_again)
{
	set_up(PSK);
	device.mark = BSRES_SECURED;
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(5000);
	assert_state("joined");
	ctd_device_sim_stop(&device);
	ctd_device_sim_start(&device, evl, (uint16_t)conf.device_port, NAME, PSK);
	jsr(NAME);
	pass_ms(5000);
	ck_assert_int_eq(device.puts, 1);
	ck_assert_ptr_nonnull(keyset_active(&device.keys));
	assert_state("keyed");
	tear_down();
}
END_TEST

START_TEST(refusing_device_is_told_with_its_reason)
{
	set_up(PSK);
	device.refuse = COAP_MSG_CODE(4, 9);
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(200);
	assert_text("nodes", NAME, "reason", "key set refused: it answered 4.09");
	assert_state("admitted");
	device.refuse = 0;
	pass_ms(5000);
	assert_state("keyed");
	tear_down();
}
END_TEST

START_TEST(silent_device_is_connected_to_again)
{
	set_up(PSK);
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(200);
	assert_state("keyed");
	device.deaf = true;
	pass_ms(60000);
	ck_assert_int_gt(device.sessions, 1);
	assert_state("keyed");
	device.deaf = false;
	device.mark = BSRES_SECURED;
	pass_ms(120000);
	assert_state("joined");
	ck_assert_int_eq(device.puts, 1);
	tear_down();
}
END_TEST

START_TEST(reload_brings_new_devices_and_listed_admission)
{
	static struct ctd_conf more;
	struct ctd_conf old;

	set_up(PSK);
	jsr(STRANGER);
	write_file("psk9", PSK "\n");
	read_conf(&more, "admission = listed\n" DEVICE "device \"" STRANGER
			 "\" { psk-file = \"psk9\" }\n");
	old = conf;
	conf = more;
	ctd_reload(ctd, &conf);
	ctd_conf_wipe(&old);
	conf_clear(&ctd_conf_spec, &old);
	assert_text("nodes", STRANGER, "role", "node"); /* it asked before, and is listed now */
	pass_ms(2000);
	jsr(NAME);
	pass_ms(5000);
	assert_state("keyed");
	ck_assert_ptr_nonnull(strstr(logged, NAME " candidate -> admitted on admit: listed"));
	tear_down();
}
END_TEST

START_TEST(stranger_that_is_configured_need_not_ask_again)
{
	struct ctd_conf less;

	set_up(PSK);
	read_conf(&less, "");
	ctd_reload(ctd, &less);
	jsr(NAME);
	assert_text("candidates", NAME, "reason", "no credential");
	ctd_reload(ctd, &conf);
	ck_assert(admit(NAME));
	pass_ms(200);
	assert_state("keyed");
	tear_down();
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

	set_up(OTHER_PSK);
	for (int i = 0; i < 3; i++) {
		jsr(NAME);
		pass_ms(2000);
	}
	answer = ask("explain", NAME);
	ck_assert_str_eq(text_of(result_of(answer), "name"), "lamp");
	ck_assert_str_eq(text_of(result_of(answer), "credential"), "psk");
	ck_assert_str_eq(text_of(result_of(answer), "state"), "candidate");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "kmpctl ctd admit"));
	ck_assert_int_eq(count_of(answer, "asks to be let in"), 3);
	cJSON_Delete(answer);

	ck_assert(admit(NAME));
	pass_ms(60000);
	answer = ask("explain", NAME);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "admitted");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "reason"), "wrong key"));
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "on its label"));
	ck_assert_int_gt(count_of(answer, "wrong key"), 1);
	ck_assert_int_gt(count_of(answer, "handshake with ::1"), 1);
	cJSON_Delete(answer);

	/* What happened is not forgotten by a restart. */
	ctd_free(ctd);
	start_ctd();
	ck_assert_int_eq(secret_from_hex(&device.psk, PSK), 0);
	device.mark = BSRES_SECURED;
	pass_ms(75000);
	answer = ask("explain", NAME);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "joined");
	ck_assert_str_eq(text_of(result_of(answer), "advice"), "");
	ck_assert_int_gt(count_of(answer, "wrong key"), 1);
	ck_assert_str_eq(text_of(event_of(answer, "proved"), "state"), "joined");
	ck_assert_int_eq(
		cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result_of(answer), "links")),
		2);
	cJSON_Delete(answer);
	tear_down();
}
END_TEST

START_TEST(strangers_are_explained_and_leave_no_trace)
{
	cJSON *answer;

	set_up(PSK);
	answer = ask("explain", STRANGER);
	ck_assert_ptr_nonnull(strstr(text_of(answer, "error"), "nothing is known of " STRANGER));
	cJSON_Delete(answer);
	jsr(STRANGER);
	answer = ask("explain", STRANGER);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "denied");
	ck_assert_str_eq(text_of(result_of(answer), "reason"), "no credential");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "add it"));
	ck_assert_ptr_null(event_of(answer, ""));
	cJSON_Delete(answer);
	tear_down();
}
END_TEST

/* Who is found by `text`, or "-" if it is not exactly one device. */
static const char *found_by(const char *text)
{
	static char found[17];
	cJSON *answer = ask("lookup", text);
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

	set_up(PSK);
	device.mark = BSRES_SECURED;
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(5000);
	assert_state("joined");
	answer = ask("close", NULL);
	ck_assert_ptr_nonnull(event_of(answer, "clos"));
	ck_assert_str_eq(text_of(event_of(answer, "clos"), "state"), "mesh");
	cJSON_Delete(answer);
	answer = ask("deny", NAME);
	ck_assert_str_eq(text_of(result_of(answer), "eui"), NAME);
	ck_assert_str_eq(text_of(result_of(answer), "name"), "lamp");
	cJSON_Delete(answer);
	answer = ask("explain", NAME);
	ck_assert_str_eq(text_of(result_of(answer), "state"), "denied");
	ck_assert_ptr_nonnull(strstr(text_of(result_of(answer), "advice"), "lets it in again"));
	ck_assert_str_eq(text_of(event_of(answer, "denied by the operator"), "state"), "denied");
	cJSON_Delete(answer);
	tear_down();
}
END_TEST

START_TEST(devices_are_found_by_name_and_end)
{
	set_up(PSK);
	jsr(STRANGER);
	ck_assert_str_eq(found_by("lamp"), NAME);
	ck_assert_str_eq(found_by("02"), NAME);
	ck_assert_str_eq(found_by("09"), STRANGER);
	ck_assert_str_eq(found_by("02:00:00:00:00:00:00:09"), STRANGER);
	ck_assert_str_eq(found_by("Lamp"), "-");
	ck_assert_str_eq(found_by("x"), "-");
	ck_assert_str_eq(found_by("10200000000000002"), "-");
	ck_assert_str_eq(found_by(NULL), "-"); /* all: two */
	ck_assert_str_eq(found_by("0"), "-");  /* none ends so */
	tear_down();
}
END_TEST

/* A command without an argument, or with one, that is taken; the caller deletes its result. */
static cJSON *command(const char *name, const char *arg)
{
	cJSON *answer = ask(name, arg), *result;

	ck_assert_msg(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok")), "%s: %s", name,
		      cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error")));
	result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
	cJSON_Delete(answer);
	return result;
}

static void assert_refused(const char *name, const char *arg, const char *part)
{
	cJSON *answer = ask(name, arg);
	const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error"));

	ck_assert_msg(error && strstr(error, part), "%s says '%s'", name, error ? error : "yes");
	cJSON_Delete(answer);
}

/* `result` is, member by member in their order, the text `wanted`, apart from its timeline, which
 * has times in it; deletes it. */
static void assert_is(cJSON *result, const char *wanted)
{
	cJSON_DeleteItemFromObjectCaseSensitive(result, "timeline");
	char *text = cJSON_PrintUnformatted(result);

	ck_assert_str_eq(text, wanted);
	cJSON_free(text);
	cJSON_Delete(result);
}

static void set_up_joined(void)
{
	set_up(PSK);
	device.mark = BSRES_SECURED;
	jsr(NAME);
	ck_assert(admit(NAME));
	pass_ms(5000);
	assert_state("joined");
}

START_TEST(mesh_is_closed_and_opened_over_dtls)
{
	set_up_joined();
	assert_refused("open", STRANGER, "the mesh is open");
	assert_is(command("close", NULL),
		  "{\"all_secured\":true,\"n\":1,\"near\":null,\"key_index\":1,\"rekey\":null,"
		  "\"behind\":[{\"eui\":\"" NAME "\",\"name\":\"lamp\",\"due\":\"close\","
		  "\"reason\":\"proved: reached under the layer-2 key\"}],"
		  "\"left_behind\":[],\"done\":0,\"total\":1}");
	settle();
	ck_assert(device.all_secured);
	ck_assert_uint_eq(device.n, 1);
	assert_is(command("mesh", NULL),
		  "{\"all_secured\":true,\"n\":1,\"near\":null,\"key_index\":1,\"rekey\":null,"
		  "\"behind\":[],\"left_behind\":[],\"done\":1,\"total\":1}");
	assert_refused("open", STRANGER, "no neighbour of " STRANGER " is known");
	cJSON_Delete(command("open", NULL));
	settle();
	ck_assert(!device.all_secured);
	ck_assert_uint_eq(device.n, 2);
	assert_text("nodes", NAME, "due", "");
	ck_assert_int_eq(device.sessions, 1);
	tear_down();
}
END_TEST

START_TEST(network_key_is_replaced_over_dtls)
{
	set_up_joined();
	struct secret first = keyset_active(&device.keys)->key;
	cJSON *mesh = command("rekey", NULL);
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(mesh, "rekey");
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(rekey, "phase")),
			 "stage");
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(rekey, "index")->valueint, 2);
	ck_assert(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(rekey, "deadline_s")));
	cJSON_Delete(mesh);
	assert_refused("rekey", NULL, "a re-key is under way (stage)");
	assert_refused("rekey", "now", "nothing but `force`");
	pass_ms(1000);
	const struct key_entry *key = keyset_active(&device.keys);
	ck_assert_uint_eq(key->index, 2);
	ck_assert(!secret_equal(&key->key, &first));
	ck_assert_int_eq(keyset_find(&device.keys, 1)->state, KEY_RETIRED);
	ck_assert_int_eq(device.puts, 4); /* to join, and one a phase */
	assert_number("nodes", NAME, "key_index", 2);
	assert_state("joined");
	assert_refused("rekey", "force", "no re-key is under way");
	tear_down();
}
END_TEST

START_TEST(evicted_device_is_spoken_to_no_more)
{
	set_up_joined();
	cJSON *mesh = command("evict", NAME);
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(mesh, "rekey");
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(rekey, "reason")),
			 "eviction of " NAME);
	ck_assert_int_ge(cJSON_GetObjectItemCaseSensitive(rekey, "deadline_s")->valueint, 59);
	cJSON_Delete(mesh);
	pass_ms(1000);
	mesh = command("mesh", NULL);
	ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(mesh, "key_index")->valueint, 2);
	cJSON_Delete(mesh);
	jsr(NAME);
	pass_ms(60000);
	ck_assert_int_eq(device.puts, 1);
	ck_assert_int_eq(device.sessions, 1);
	assert_text("candidates", NAME, "state", "denied");
	assert_text("candidates", NAME, "reason", "evicted by the operator");
	ck_assert(admit(NAME)); /* and back */
	pass_ms(5000);
	ck_assert_uint_eq(keyset_active(&device.keys)->index, 2);
	assert_refused("deny", "lamp", "not an EUI-64");
	cJSON_Delete(command("deny", NAME));
	assert_text("candidates", NAME, "state", "denied");
	tear_down();
}
END_TEST

/* What it had used of its counter is known even if nobody but the tool was told. */
START_TEST(reset_device_gets_its_counter_first)
{
	set_up_joined();
	device.fc = 5U << 20;
	jsr(NAME);
	pass_ms(11000);
	assert_number("nodes", NAME, "fc", 5 << 20);
	ctd_device_sim_stop(&device);
	ctd_device_sim_start(&device, evl, (uint16_t)conf.device_port, NAME, PSK);
	jsr(NAME);
	pass_ms(60000);
	jsr(NAME);
	pass_ms(10000);
	ck_assert_ptr_nonnull(keyset_active(&device.keys));
	ck_assert_uint_ge(device.fc, 6U << 20);
	tear_down();
}
END_TEST

START_TEST(second_daemon_on_the_same_state_is_refused)
{
	struct ctd *second;
	char why[1024] = "";

	set_up(PSK);
	ck_assert_int_lt(ctd_new(&second, evl, &conf, why, sizeof(why)), 0);
	ck_assert_str_ne(why, "");
	tear_down();
}
END_TEST

UNIT_MAIN("ctd", admitted_then_keyed_then_joined, wrong_key_never_gets_in_until_it_is_right,
	  stranger_is_shown_and_refused, only_join_requests_from_usable_sources_count,
	  restart_in_the_middle, admission_survives_a_restart,
	  joined_device_that_was_reset_is_keyed_again, refusing_device_is_told_with_its_reason,
	  silent_device_is_connected_to_again, reload_brings_new_devices_and_listed_admission,
	  stranger_that_is_configured_need_not_ask_again, explained_with_advice_and_timeline,
	  strangers_are_explained_and_leave_no_trace, denied_and_closed_are_in_the_timelines,
	  devices_are_found_by_name_and_end, mesh_is_closed_and_opened_over_dtls,
	  network_key_is_replaced_over_dtls, evicted_device_is_spoken_to_no_more,
	  reset_device_gets_its_counter_first, second_daemon_on_the_same_state_is_refused)

/* SPDX-License-Identifier: ISC */
#include "ctd_world.h"

#include "base/log.h"
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define STEP_MS 50

struct ctd_world w;

static void on_log(enum log_level level, const char *topic, const struct eui64 *eui,
		   const char *text)
{
	size_t used = strlen(w.logged);
	eui64_text name = "";

	(void)topic;
	if (level <= LOG_LVL_INFO)
		snprintf(w.logged + used, sizeof(w.logged) - used, "%s %s\n",
			 eui ? eui64_format(eui, name) : "", text);
}

void world_write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(name, 0600), 0);
}

void world_read_conf(struct ctd_conf *c, const char *devices)
{
	char text[1024], why[1024];

	snprintf(text, sizeof(text),
		 "state-dir = \"state\"\nsocket = \"ctd.sock\"\ndevice-port = %u\n"
		 "dtls-timeout = 1000\nhandshake-timeout = 10\n%s",
		 ctd_device_sim_port(&w.device), devices);
	world_write_file("ctd.conf", text);
	int r = conf_load(&ctd_conf_spec, "ctd.conf", NULL, 0, c, why, sizeof(why));
	if (r == 0)
		r = ctd_conf_complete(c, "ctd.conf", why, sizeof(why));
	ck_assert_msg(r == 0, "%s", why);
}

void world_start_ctd(void)
{
	char why[1024];

	ck_assert_msg(ctd_new(&w.ctd, w.evl, &w.conf, why, sizeof(why)) == 0, "%s", why);
}

/* A device with `psk`, and ctd which knows it by PSK. */
void world_set_up(const char *psk)
{
	unit_enter_dir();
	world_write_file("psk", WORLD_PSK "\n");
	log_set_sink(on_log);
	w.evl = evl_new_test();
	ck_assert_ptr_nonnull(w.evl);
	ctd_device_sim_start(&w.device, w.evl, 0, WORLD_NAME, psk);
	world_read_conf(&w.conf, WORLD_DEVICE);
	world_start_ctd();
}

void world_tear_down(void)
{
	ctd_free(w.ctd);
	ctd_device_sim_stop(&w.device);
	ctd_conf_wipe(&w.conf);
	conf_clear(&ctd_conf_spec, &w.conf);
	evl_free(w.evl);
	log_set_sink(NULL);
}

/* Datagrams on ::1 are there as soon as they are sent; a few rounds exhaust what one causes. */
void world_settle(void)
{
	for (int i = 0; i < 8; i++) {
		evl_test_poll(w.evl);
		evl_test_advance(w.evl, 0);
	}
}

void world_pass_ms(unsigned ms)
{
	world_settle();
	for (unsigned t = 0; t < ms; t += STEP_MS) {
		evl_test_advance(w.evl, STEP_MS);
		world_settle();
	}
}

void world_jsr(const char *name)
{
	struct bsreq_packet p = {.req = {.code = BSREQ_JSR}, .src = in6addr_loopback};

	ck_assert_int_eq(eui64_parse(name, &p.req.eui), 0);
	ctd_on_request(&p, w.ctd);
	world_settle();
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
cJSON *world_ask(const char *command, const char *arg)
{
	char text[8192];
	ssize_t n = -1;
	int fd = connect_ctl();

	snprintf(text, sizeof(text), "{\"v\":1,\"cmd\":\"%s\",\"args\":[%s%s%s]}\n", command,
		 arg ? "\"" : "", arg ? arg : "", arg ? "\"" : "");
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	for (int i = 0; i < 100 && n < 0; i++) {
		evl_test_poll(w.evl);
		n = read(fd, text, sizeof(text) - 1);
	}
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	close(fd);
	cJSON *answer = cJSON_Parse(text);
	ck_assert_msg(answer != NULL, "%s", text);
	return answer;
}

const cJSON *world_member_of(const cJSON *answer, const char *list, const char *name,
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

void world_assert_text(const char *list, const char *name, const char *member, const char *part)
{
	cJSON *answer = world_ask(list, NULL);
	const char *text = cJSON_GetStringValue(world_member_of(answer, list, name, member));

	ck_assert_msg(text && strstr(text, part), "%s of %s is '%s', not '%s'", member, name,
		      text ? text : "nothing", part);
	cJSON_Delete(answer);
}

void world_assert_number(const char *list, const char *name, const char *member, int number)
{
	cJSON *answer = world_ask(list, NULL);
	const cJSON *item = world_member_of(answer, list, name, member);

	ck_assert(cJSON_IsNumber(item));
	ck_assert_int_eq(item->valueint, number);
	cJSON_Delete(answer);
}

void world_assert_state(const char *state)
{
	world_assert_text("nodes", WORLD_NAME, "state", state);
}

bool world_admit(const char *name)
{
	cJSON *answer = world_ask("admit", name);
	bool ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok"));

	cJSON_Delete(answer);
	return ok;
}

/* A command without an argument, or with one, that is taken; the caller deletes its result. */
cJSON *world_command(const char *name, const char *arg)
{
	cJSON *answer = world_ask(name, arg), *result;

	ck_assert_msg(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok")), "%s: %s", name,
		      cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error")));
	result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
	cJSON_Delete(answer);
	return result;
}

void world_assert_refused(const char *name, const char *arg, const char *part)
{
	cJSON *answer = world_ask(name, arg);
	const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error"));

	ck_assert_msg(error && strstr(error, part), "%s says '%s'", name, error ? error : "yes");
	cJSON_Delete(answer);
}

void world_set_up_joined(void)
{
	world_set_up(WORLD_PSK);
	w.device.mark = BSRES_SECURED;
	world_jsr(WORLD_NAME);
	ck_assert(world_admit(WORLD_NAME));
	world_pass_ms(5000);
	world_assert_state("joined");
}

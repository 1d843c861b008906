/* SPDX-License-Identifier: ISC */
#include "join_world.h"

#include "coap/coap_msg.h"
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

struct join_world w;

static const struct eui64 eui = {{0x02, 0, 0, 0, 0, 0, 0, 0x09}};

static int connect_noted(void *arg, struct join *j, const struct in6_addr *addr)
{
	ck_assert_ptr_eq(arg, &w);
	ck_assert_ptr_eq(j, &w.join);
	w.connects++;
	w.to = *addr;
	return w.connect_error;
}

static void close_noted(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.closes++;
}

static int tell_noted(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	(void)j;
	w.told = due->kind;
	w.puts++;
	return w.put_error;
}

static int get_noted(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.gets++;
	return w.get_error;
}

static const char *gate_now(void *arg, const struct join *j)
{
	(void)arg;
	(void)j;
	return w.gate;
}

static bool next_due(void *arg, const struct join *j, struct due *due)
{
	(void)arg;
	if (join_state(j) == JOIN_KEYING)
		due->kind = w.floor_due ? DUE_COUNTER : DUE_KEYS;
	else
		due->kind = w.due;
	return due->kind != DUE_NOTHING;
}

static void on_taken(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	(void)j;
	ck_assert_int_eq(due->kind, w.told);
	w.taken++;
	if (due->kind == DUE_COUNTER)
		w.floor_due = false;
	else
		w.due = DUE_NOTHING;
}

static void on_refused(void *arg, struct join *j, const struct due *due, uint8_t code)
{
	(void)arg;
	(void)j;
	(void)due;
	ck_assert_uint_ge(code, COAP_MSG_CODE(4, 0));
	w.refused++;
}

static const char *hold(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	(void)j;
	w.holds++;
	return due->kind == DUE_KEYS ? w.hold : NULL;
}

static bool on_answer(void *arg, struct join *j)
{
	(void)arg;
	return j->answer.index == WORLD_KEY_INDEX;
}

static void on_missed(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.missed++;
}

static void on_change(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
	w.changes++;
}

struct in6_addr world_addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

void world_set_up(enum join_state state)
{
	w = (struct join_world){.evl = evl_new_test()};
	ck_assert_ptr_nonnull(w.evl);
	w.transport =
		(struct join_transport){connect_noted, close_noted, tell_noted, get_noted, &w};
	w.owner = (struct join_owner){.gate = gate_now,
				      .next_due = next_due,
				      .hold = hold,
				      .on_taken = on_taken,
				      .on_refused = on_refused,
				      .on_answer = on_answer,
				      .on_missed = on_missed,
				      .on_change = on_change,
				      .arg = &w};
	ck_assert_int_eq(join_init(&w.join, w.evl, &eui, state, &w.transport, &w.owner), 0);
}

void world_tear_down(void)
{
	join_fini(&w.join);
	evl_free(w.evl);
}

void world_heard_from(const char *text)
{
	struct in6_addr a = world_addr(text);

	join_heard(&w.join, &a);
	evl_test_advance(w.evl, 0);
}

void world_pass_s(uint64_t s)
{
	evl_test_advance(w.evl, s * 1000);
}

void world_assert_state(enum join_state state)
{
	ck_assert_int_eq(join_state(&w.join), state);
}

void world_assert_reason(const char *part)
{
	ck_assert_msg(strstr(w.join.reason, part), "reason '%s' lacks '%s'", w.join.reason, part);
}

void world_assert_to(const char *text)
{
	struct in6_addr a = world_addr(text);

	ck_assert(IN6_ARE_ADDR_EQUAL(&w.to, &a));
}

void world_answer(uint8_t index, enum bsres_mark mark)
{
	const struct bsres_state s = {.index = index, .mark = mark, .n_links = 1};

	join_on_answer(&w.join, 0, COAP_MSG_CODE(2, 5), &s);
}

void world_set_up_connecting(void)
{
	world_set_up(JOIN_ADMITTED);
	world_heard_from("fd00::9");
	world_assert_state(JOIN_CONNECTING);
}

void world_set_up_keyed(void)
{
	world_set_up_connecting();
	join_on_up(&w.join);
	world_assert_state(JOIN_KEYING);
	join_on_told(&w.join, 0, COAP_MSG_CODE(2, 4));
	world_assert_state(JOIN_KEYED);
}

void world_set_up_joined(void)
{
	world_set_up_keyed();
	world_pass_s(2);
	world_answer(WORLD_KEY_INDEX, BSRES_SECURED);
	world_assert_state(JOIN_JOINED);
}

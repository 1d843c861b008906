/* SPDX-License-Identifier: ISC */
#include "base/fsm.h"

#include "base/log.h"

#include "unit.h"

#include <stdint.h>
#include <stdio.h>

enum door_state { DOOR_OPEN, DOOR_CLOSED, DOOR_LOCKED };
enum door_event { DOOR_EV_PUSH, DOOR_EV_LOCK, DOOR_EV_BREAK, DOOR_EV_KNOCK, DOOR_EV_SLAM };

struct door {
	struct fsm fsm;
	int actions;
	int state_in_action;
	const void *data;
};

static void on_action(void *owner, void *data)
{
	struct door *d = owner;
	d->actions++;
	d->state_in_action = d->fsm.state;
	d->data = data;
}

/* Slamming a door closes and then locks it. */
static void on_slam(void *owner, void *data)
{
	struct door *d = owner;
	ck_assert(fsm_event(&d->fsm, DOOR_EV_LOCK, data, "slammed"));
}

static const struct fsm_row rows[] = {
	{FSM_ANY, DOOR_EV_BREAK, DOOR_OPEN, on_action},
	{FSM_ANY, DOOR_EV_KNOCK, FSM_SAME, on_action},
	{DOOR_OPEN, DOOR_EV_PUSH, DOOR_CLOSED, NULL},
	{DOOR_OPEN, DOOR_EV_SLAM, DOOR_CLOSED, on_slam},
	{DOOR_CLOSED, DOOR_EV_PUSH, DOOR_OPEN, NULL},
	{DOOR_CLOSED, DOOR_EV_LOCK, DOOR_LOCKED, on_action},
	{DOOR_LOCKED, DOOR_EV_BREAK, FSM_SAME, NULL},
};
static const char *const state_names[] = {"OPEN", "CLOSED", "LOCKED"};
static const char *const event_names[] = {"PUSH", "LOCK", "BREAK", "KNOCK", "SLAM"};
static const struct fsm_desc desc = {"door", rows, sizeof(rows) / sizeof(rows[0]), state_names,
				     event_names};
static const struct eui64 eui = {{0x02, 0, 0, 0, 0, 0, 0, 0x09}};

static char lines[1024];
static void on_line(enum log_level level, const char *topic, const struct eui64 *about,
		    const char *text)
{
	static const char letters[] = "EWID";
	size_t len = strlen(lines);
	ck_assert_str_eq(topic, "door");
	ck_assert_ptr_eq(about, &eui);
	snprintf(lines + len, sizeof(lines) - len, "%c %s\n", letters[level], text);
}

static void start(struct door *d, enum door_state initial)
{
	log_set_sink(on_line);
	log_set_level(LOG_LVL_DEBUG);
	fsm_init(&d->fsm, &desc, d, &eui, (int)initial);
}

START_TEST(a_row_moves_the_state_then_acts)
{
	struct door d = {0};
	int datum;
	start(&d, DOOR_CLOSED);
	ck_assert(fsm_event(&d.fsm, DOOR_EV_LOCK, &datum, "key turned"));
	ck_assert_int_eq(d.fsm.state, DOOR_LOCKED);
	ck_assert_int_eq(d.state_in_action, DOOR_LOCKED);
	ck_assert_ptr_eq(d.data, &datum);
	ck_assert_str_eq(lines, "I CLOSED -> LOCKED on LOCK: key turned\n");
}
END_TEST

START_TEST(what_has_no_row_is_refused)
{
	struct door d = {0};
	start(&d, DOOR_LOCKED);
	ck_assert(!fsm_event(&d.fsm, DOOR_EV_PUSH, NULL, "wind"));
	ck_assert(!fsm_event(&d.fsm, DOOR_EV_PUSH, NULL, NULL));
	ck_assert_int_eq(d.fsm.state, DOOR_LOCKED);
	ck_assert_uint_eq(d.fsm.refused, 2);
	ck_assert_int_eq(d.actions, 0);
	ck_assert_str_eq(lines, "D LOCKED refuses PUSH: wind\nD LOCKED refuses PUSH\n");
}
END_TEST

START_TEST(an_exact_row_beats_one_for_any_state)
{
	struct door d = {0};
	start(&d, DOOR_LOCKED);
	ck_assert(fsm_event(&d.fsm, DOOR_EV_BREAK, NULL, "boot"));
	ck_assert_int_eq(d.fsm.state, DOOR_LOCKED);
	ck_assert_int_eq(d.actions, 0);
	fsm_init(&d.fsm, &desc, &d, &eui, DOOR_CLOSED);
	ck_assert(fsm_event(&d.fsm, DOOR_EV_BREAK, NULL, "boot"));
	ck_assert_int_eq(d.fsm.state, DOOR_OPEN);
	ck_assert_int_eq(d.actions, 1);
	ck_assert_str_eq(lines, "D LOCKED -> LOCKED on BREAK: boot\n"
				"I CLOSED -> OPEN on BREAK: boot\n");
}
END_TEST

START_TEST(staying_is_logged_at_debug_only)
{
	struct door d = {0};
	start(&d, DOOR_CLOSED);
	ck_assert(fsm_event(&d.fsm, DOOR_EV_KNOCK, NULL, "visitor"));
	ck_assert_int_eq(d.fsm.state, DOOR_CLOSED);
	ck_assert_int_eq(d.actions, 1);
	ck_assert_str_eq(lines, "D CLOSED -> CLOSED on KNOCK: visitor\n");
}
END_TEST

START_TEST(an_action_may_feed_events)
{
	struct door d = {0};
	start(&d, DOOR_OPEN);
	ck_assert(fsm_event(&d.fsm, DOOR_EV_SLAM, NULL, NULL));
	ck_assert_int_eq(d.fsm.state, DOOR_LOCKED);
	ck_assert_str_eq(lines, "I OPEN -> CLOSED on SLAM\n"
				"I CLOSED -> LOCKED on LOCK: slammed\n");
}
END_TEST

UNIT_MAIN("fsm", a_row_moves_the_state_then_acts, what_has_no_row_is_refused,
	  an_exact_row_beats_one_for_any_state, staying_is_logged_at_debug_only,
	  an_action_may_feed_events)

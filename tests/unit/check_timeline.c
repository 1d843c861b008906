/* SPDX-License-Identifier: ISC */
#include "timeline.h"

#include "base/log.h"
#include "ctd_store.h"
#include "unit.h"

#include <string.h>

static struct evl *evl;
static struct store *store;
static struct timeline *timeline;
static char told[16384];
static char logged[1024];
static int n_logged;

static void on_log(enum log_level level, const char *topic, const struct eui64 *eui,
		   const char *text)
{
	(void)level, (void)eui;
	if (strcmp(topic, "timeline") != 0)
		return; /* the store has its say too */
	snprintf(logged, sizeof(logged), "%s", text);
	n_logged++;
}

static struct eui64 eui(unsigned n)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

static void open_timeline(void)
{
	char why[256];

	ck_assert_msg(ctd_store_open(&store, "state", why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(timeline_new(&timeline, evl, store), 0);
}

static void close_timeline(void)
{
	timeline_free(timeline);
	store_close(store);
}

static void set_up(void)
{
	unit_enter_dir();
	evl = evl_new_test();
	open_timeline();
}

static void tear_down(void)
{
	close_timeline();
	evl_free(evl);
}

static void add(unsigned n, const char *state, const char *text)
{
	struct eui64 e = eui(n);

	timeline_add(timeline, &e, state, text);
}

static void on_event(const struct timeline_event *e, void *arg)
{
	size_t used = strlen(told);

	(void)arg;
	ck_assert_int_gt(e->first_s, 0);
	ck_assert_int_ge(e->last_s, e->first_s);
	snprintf(told + used, sizeof(told) - used, "%s: %s", e->state, e->text);
	used = strlen(told);
	if (e->count > 1)
		snprintf(told + used, sizeof(told) - used, " x%u", e->count);
	strcat(told, "\n");
}

static const char *tell(unsigned n)
{
	struct eui64 e = eui(n);

	told[0] = '\0';
	ck_assert_int_eq(timeline_each(timeline, &e, on_event, NULL), 0);
	return told;
}

static int on_number(const struct store_row *row, void *arg)
{
	*(int64_t *)arg = store_col_int(row, 0);
	return 0;
}

static int64_t stored(void)
{
	int64_t n = -1;

	ck_assert_int_eq(store_query(store, on_number, &n, "SELECT count(*) FROM event", ""), 0);
	return n;
}

START_TEST(events_are_told_in_order)
{
	set_up();
	ck_assert_str_eq(tell(1), "");
	add(1, "candidate", "asks");
	add(2, "candidate", "asks");
	add(1, "admitted", "by the operator");
	add(1, "joined", "proved");
	ck_assert_str_eq(tell(1), "candidate: asks\nadmitted: by the operator\njoined: proved\n");
	ck_assert_str_eq(tell(2), "candidate: asks\n");
	ck_assert_str_eq(tell(3), "");
	tear_down();
}
END_TEST

START_TEST(new_events_are_stored_within_a_second)
{
	set_up();
	add(1, "candidate", "asks");
	ck_assert_int_eq(stored(), 0); /* gathered */
	evl_test_advance(evl, TIMELINE_NEW_MS - 1);
	add(1, "admitted", "by the operator");
	ck_assert_int_eq(stored(), 0);
	evl_test_advance(evl, 1);
	ck_assert_int_eq(stored(), 2);
	tear_down();
}
END_TEST

START_TEST(repetitions_are_counted_and_stored_seldom)
{
	int64_t n;

	set_up();
	add(1, "candidate", "asks");
	evl_test_advance(evl, TIMELINE_NEW_MS);
	for (int i = 0; i < 9; i++) {
		evl_test_advance(evl, 1000);
		add(1, "candidate", "asks");
	}
	ck_assert_str_eq(tell(1), "candidate: asks x10\n");
	ck_assert_int_eq(store_query(store, on_number, &n, "SELECT count FROM event", ""), 0);
	ck_assert_int_eq(n, 1);
	evl_test_advance(evl, TIMELINE_AGAIN_MS);
	ck_assert_int_eq(store_query(store, on_number, &n, "SELECT count FROM event", ""), 0);
	ck_assert_int_eq(n, 10);
	/* What is new does not wait for the minute. */
	add(1, "candidate", "asks");
	add(1, "admitted", "by the operator");
	evl_test_advance(evl, TIMELINE_NEW_MS);
	ck_assert_int_eq(stored(), 2);
	tear_down();
}
END_TEST

START_TEST(failures_that_repeat_are_folded)
{
	set_up();
	add(1, "admitted", "by the operator");
	for (int i = 0; i < 1000; i++) {
		add(1, "admitted", "handshake");
		add(1, "admitted", "asks");
		add(1, "admitted", "wrong key");
	}
	ck_assert_str_eq(tell(1), "admitted: by the operator\nadmitted: handshake x1000\n"
				  "admitted: asks x1000\nadmitted: wrong key x1000\n");
	tear_down();
}
END_TEST

START_TEST(nothing_is_folded_over_a_change_of_state)
{
	set_up();
	add(1, "admitted", "handshake");
	add(1, "keyed", "key set taken");
	add(1, "admitted", "handshake");
	ck_assert_str_eq(tell(1),
			 "admitted: handshake\nkeyed: key set taken\nadmitted: handshake\n");
	tear_down();
}
END_TEST

START_TEST(oldest_events_of_a_device_go)
{
	char text[32];

	set_up();
	add(2, "candidate", "asks");
	for (int i = 0; i < 3 * TIMELINE_EVENTS; i++) {
		snprintf(text, sizeof(text), "event %d", i);
		add(1, "joined", text);
		if (i % 7 == 0)
			evl_test_advance(evl, TIMELINE_NEW_MS);
	}
	evl_test_advance(evl, TIMELINE_NEW_MS);
	ck_assert_int_eq(stored(), TIMELINE_EVENTS + 1);
	ck_assert_ptr_nonnull(strstr(tell(1), "event 191\n"));
	ck_assert_int_eq(strncmp(told, "joined: event 128\n", 18), 0);
	ck_assert_str_eq(tell(2), "candidate: asks\n");
	tear_down();
}
END_TEST

START_TEST(restart_goes_on_with_the_same_log)
{
	set_up();
	add(1, "candidate", "asks");
	add(1, "admitted", "by the operator");
	add(1, "admitted", "wrong key");
	close_timeline(); /* writes what was gathered */
	open_timeline();
	ck_assert_str_eq(tell(1), "candidate: asks\nadmitted: by the operator\n"
				  "admitted: wrong key\n");
	add(1, "admitted", "wrong key");
	add(1, "keyed", "key set taken");
	close_timeline();
	open_timeline();
	ck_assert_str_eq(tell(1), "candidate: asks\nadmitted: by the operator\n"
				  "admitted: wrong key x2\nkeyed: key set taken\n");
	tear_down();
}
END_TEST

START_TEST(device_without_events_for_longest_goes)
{
	set_up();
	for (unsigned n = 0; n < TIMELINE_DEVICES; n++)
		add(n, "candidate", "asks");
	ck_assert_int_eq(timeline_flush(timeline), 0);
	ck_assert_int_eq(store_run(store, "UPDATE event SET last_s = 5, first_s = 5 WHERE eui = ?",
				   "b", eui(77).b, (size_t)8),
			 0);
	close_timeline();
	open_timeline();
	add(TIMELINE_DEVICES, "candidate", "asks");
	ck_assert_str_eq(tell(77), "");
	ck_assert_str_eq(tell(78), "candidate: asks\n");
	ck_assert_int_eq(timeline_flush(timeline), 0);
	ck_assert_int_eq(stored(), TIMELINE_DEVICES);
	tear_down();
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
	char text[2 * TIMELINE_TEXT_LEN + 1];

	set_up();
	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(&text[i], "\xc3\xa4", 2);
	text[sizeof(text) - 1] = '\0';
	add(1, "joined", text);
	add(1, "joined", text);
	tell(1);
	ck_assert_uint_eq(strlen(told), strlen("joined:  x2\n") + TIMELINE_TEXT_LEN - 2);
	tear_down();
}
END_TEST

/* The store cannot be written: nothing breaks, and what is at hand is stored when it can be again.
 */
START_TEST(failed_writes_are_tried_again)
{
	set_up();
	log_set_sink(on_log);
	add(1, "candidate", "asks");
	ck_assert_int_eq(store_run(store, "PRAGMA query_only = ON", ""), 0);
	ck_assert_int_lt(timeline_flush(timeline), 0);
	ck_assert_str_eq(tell(1), "candidate: asks\n");
	ck_assert_int_eq(store_run(store, "PRAGMA query_only = OFF", ""), 0);
	evl_test_advance(evl, TIMELINE_AGAIN_MS);
	ck_assert_int_eq(stored(), 1);
	log_set_sink(NULL);
	tear_down();
}
END_TEST

/* More events of one device than are kept at hand, while nothing can be written. */
static void lose_events(void)
{
	char text[32];

	ck_assert_int_eq(store_run(store, "PRAGMA query_only = ON", ""), 0);
	logged[0] = '\0';
	n_logged = 0;
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "event %d", i);
		add(1, "candidate", text);
	}
	ck_assert_int_eq(store_run(store, "PRAGMA query_only = OFF", ""), 0);
}

START_TEST(lost_events_are_told_each_time_that_it_begins)
{
	set_up();
	log_set_sink(on_log);
	for (int i = 0; i < 2; i++) {
		lose_events();
		ck_assert_ptr_nonnull(strstr(logged, "events are lost: make room"));
		ck_assert_int_eq(n_logged, 1); /* not for each */
		ck_assert_int_eq(timeline_flush(timeline), 0);
	}
	log_set_sink(NULL);
	tear_down();
}
END_TEST

UNIT_MAIN("timeline", events_are_told_in_order, new_events_are_stored_within_a_second,
	  repetitions_are_counted_and_stored_seldom, failures_that_repeat_are_folded,
	  nothing_is_folded_over_a_change_of_state, oldest_events_of_a_device_go,
	  restart_goes_on_with_the_same_log, device_without_events_for_longest_goes,
	  lost_events_are_told_each_time_that_it_begins, long_text_is_cut_between_characters,
	  failed_writes_are_tried_again)

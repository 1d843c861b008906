/* SPDX-License-Identifier: ISC */
#include "base/evl.h"

#include "unit.h"

#include <errno.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What happened, as text: each callback appends its letter. */
static char trace[4096];
static struct evl *loop;

static void note(void *arg)
{
	size_t len = strlen(trace);
	snprintf(trace + len, sizeof(trace) - len, "%s", (const char *)arg);
}

static struct evl_timer *timer(const char *letter)
{
	struct evl_timer *t = evl_timer_new(loop, note, (void *)(uintptr_t)letter);
	ck_assert_ptr_nonnull(t);
	return t;
}

static void on_fail(void *arg)
{
	evl_fail(arg, -ENODEV);
}

START_TEST(failure_ends_the_run)
{
	struct evl *l = evl_new();
	struct evl_timer *t = evl_timer_new(l, on_fail, l);

	evl_timer_start(t, 0);
	ck_assert_int_eq(evl_run(l), -ENODEV);
	evl_timer_free(t);
	evl_free(l);
}
END_TEST

START_TEST(timers_fire_in_order_of_deadline)
{
	loop = evl_new_test();
	struct evl_timer *a = timer("a"), *b = timer("b"), *c = timer("c"), *d = timer("d");
	evl_timer_start(c, 30);
	evl_timer_start(a, 10);
	evl_timer_start(d, 30); /* the same deadline: after c, which was started first */
	evl_timer_start(b, 20);
	evl_test_advance(loop, 9);
	ck_assert_str_eq(trace, "");
	evl_test_advance(loop, 1);
	ck_assert_str_eq(trace, "a");
	evl_test_advance(loop, 100);
	ck_assert_str_eq(trace, "abcd");
	ck_assert_uint_eq(evl_now_ms(loop), 110);
	evl_timer_free(a);
	evl_timer_free(b);
	evl_timer_free(c);
	evl_timer_free(d);
	evl_free(loop);
}
END_TEST

START_TEST(timers_stop_and_restart)
{
	loop = evl_new_test();
	struct evl_timer *a = timer("a"), *b = timer("b");
	ck_assert(!evl_timer_running(a));
	evl_timer_start(a, 10);
	evl_timer_start(b, 20);
	ck_assert(evl_timer_running(a));
	evl_timer_start(a, 30); /* the later start replaces the former */
	evl_timer_stop(b);
	evl_timer_stop(b);
	ck_assert(!evl_timer_running(b));
	evl_test_advance(loop, 29);
	ck_assert_str_eq(trace, "");
	evl_test_advance(loop, 1);
	ck_assert_str_eq(trace, "a");
	ck_assert(!evl_timer_running(a));
	evl_test_advance(loop, 1000);
	ck_assert_str_eq(trace, "a");
	evl_timer_start(a, 5);
	evl_timer_free(a); /* running */
	evl_timer_free(b);
	evl_timer_free(NULL);
	evl_test_advance(loop, 1000);
	ck_assert_str_eq(trace, "a");
	evl_free(loop);
}
END_TEST

static struct evl_timer *repeating;
static unsigned int repeats;

static void on_repeat(void *arg)
{
	ck_assert_ptr_eq(arg, &repeats);
	ck_assert_uint_eq(evl_now_ms(loop), 10 * ++repeats);
	evl_timer_start(repeating, 10);
}

START_TEST(a_timer_may_restart_itself)
{
	loop = evl_new_test();
	repeating = evl_timer_new(loop, on_repeat, &repeats);
	evl_timer_start(repeating, 10);
	evl_test_advance(loop, 105);
	ck_assert_uint_eq(repeats, 10);
	ck_assert_uint_eq(evl_now_ms(loop), 105);
	evl_timer_free(repeating);
	evl_free(loop);
}
END_TEST

static void on_free_both(void *arg)
{
	struct evl_timer **pair = arg;
	evl_timer_free(pair[0]);
	evl_timer_free(pair[1]);
	note((void *)(uintptr_t) "x");
}

START_TEST(a_timer_may_free_itself_and_others)
{
	struct evl_timer *pair[2];
	loop = evl_new_test();
	pair[0] = evl_timer_new(loop, on_free_both, pair);
	pair[1] = evl_timer_new(loop, on_free_both, pair);
	evl_timer_start(pair[0], 10);
	evl_timer_start(pair[1], 10);
	evl_test_advance(loop, 10);
	ck_assert_str_eq(trace, "x");
	evl_free(loop);
}
END_TEST

static uint64_t last_deadline;
static unsigned int fired;
static void on_ordered(void *arg)
{
	(void)arg;
	ck_assert_uint_ge(evl_now_ms(loop), last_deadline);
	last_deadline = evl_now_ms(loop);
	fired++;
}

/* Many timers, started, moved and stopped in a scrambled but fixed order. */
START_TEST(order_holds_for_many)
{
	enum { N = 500 };
	struct evl_timer *t[N];
	uint32_t x = 1;
	loop = evl_new_test();
	for (size_t i = 0; i < N; i++)
		t[i] = evl_timer_new(loop, on_ordered, NULL);
	for (size_t i = 0; i < 10 * N; i++) {
		x = x * 1664525 + 1013904223;
		if (x >> 30 == 0)
			evl_timer_stop(t[x % N]);
		else
			evl_timer_start(t[x % N], x >> 8 & 0xffff);
	}
	unsigned int running = 0;
	for (size_t i = 0; i < N; i++)
		running += evl_timer_running(t[i]);
	ck_assert_uint_gt(running, N / 2);
	evl_test_advance(loop, 0xffff);
	ck_assert_uint_eq(fired, running);
	for (size_t i = 0; i < N; i++)
		evl_timer_free(t[i]);
	evl_free(loop);
}
END_TEST

static void on_readable(int fd, void *arg)
{
	char octet[2] = {0};
	ck_assert_int_eq(read(fd, octet, 1), 1);
	note(octet);
	(void)arg;
}

static void on_writable(int fd, void *arg)
{
	struct evl_fd **f = arg;
	(void)fd;
	note((void *)(uintptr_t) "w");
	ck_assert_int_eq(evl_fd_on_writable(*f, NULL), 0);
}

START_TEST(descriptors_are_served)
{
	int in[2], out[2];
	struct evl_fd *reading, *writing;
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	loop = evl_new_test();
	reading = evl_fd_new(loop, in[0], on_readable, NULL);
	writing = evl_fd_new(loop, out[1], on_readable, &writing);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "");
	ck_assert_int_eq(write(in[1], "rs", 2), 2);
	evl_test_poll(loop);
	evl_test_poll(loop);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "rs");
	ck_assert_int_eq(evl_fd_on_writable(writing, on_writable), 0);
	evl_test_poll(loop);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "rsw");
	ck_assert_int_eq(evl_fd_on_writable(writing, on_writable), 0);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "rsww");
	evl_fd_free(reading);
	evl_fd_free(writing);
	evl_fd_free(NULL);
	evl_free(loop);
}
END_TEST

static void on_free_fd(int fd, void *arg)
{
	struct evl_fd **f = arg;
	(void)fd;
	note((void *)(uintptr_t) "f");
	evl_fd_free(*f);
}

/* Both directions are ready at once, and the first callback frees the descriptor. */
START_TEST(a_descriptor_may_free_itself)
{
	int ends[2];
	struct evl_fd *f;
	ck_assert_int_eq(pipe2(ends, 0), 0);
	loop = evl_new_test();
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	f = evl_fd_new(loop, ends[0], on_free_fd, &f);
	ck_assert_int_eq(evl_fd_on_writable(f, on_free_fd), 0);
	evl_test_poll(loop);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "f");
	evl_free(loop);
}
END_TEST

static void on_readable_pause(int fd, void *arg)
{
	struct evl_fd **f = arg;
	on_readable(fd, NULL);
	ck_assert_int_eq(evl_fd_on_readable(*f, NULL), 0);
}

START_TEST(reading_can_pause)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "pq", 2), 2);
	loop = evl_new_test();
	struct evl_fd *f = evl_fd_new(loop, ends[0], on_readable_pause, &f);
	evl_test_poll(loop);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "p");
	ck_assert_int_eq(evl_fd_on_readable(f, on_readable), 0);
	evl_test_poll(loop);
	ck_assert_str_eq(trace, "pq");
	evl_fd_free(f);
	evl_free(loop);
}
END_TEST

START_TEST(refuses_a_bad_descriptor)
{
	loop = evl_new_test();
	ck_assert_ptr_null(evl_fd_new(loop, 999, on_readable, NULL));
	evl_free(loop);
}
END_TEST

static void on_stop(void *arg)
{
	note(arg);
	evl_stop(loop);
}

static void on_signal(int signum, void *arg)
{
	ck_assert_int_eq(signum, SIGUSR1);
	note(arg);
	evl_stop(loop);
}

START_TEST(a_real_loop_runs_timers_in_order_and_stops)
{
	loop = evl_new();
	struct evl_timer *a = timer("a"), *b = timer("b"), *idle = timer("i");
	struct evl_timer *stop = evl_timer_new(loop, on_stop, (void *)(uintptr_t) "s");
	uint64_t start_ms = evl_now_ms(loop);
	evl_timer_start(stop, 20);
	evl_timer_start(idle, 60000);
	evl_timer_start(b, 10);
	evl_timer_start(a, 0);
	ck_assert_int_eq(evl_run(loop), 0);
	ck_assert_str_eq(trace, "abs");
	ck_assert_uint_ge(evl_now_ms(loop) - start_ms, 20);
	evl_timer_free(a);
	evl_timer_free(b);
	evl_timer_free(idle);
	evl_timer_free(stop);
	evl_free(loop);
}
END_TEST

/* A timer that is always due again; at its tenth time the pipe becomes readable. */
static void on_spin(void *arg)
{
	const int *ends = arg;
	if (++repeats == 10)
		ck_assert_int_eq(write(ends[1], "x", 1), 1);
	evl_timer_start(repeating, 0);
}

static void on_readable_stop(int fd, void *arg)
{
	(void)fd, (void)arg;
	evl_stop(loop);
}

START_TEST(a_spinning_timer_does_not_starve_descriptors)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	loop = evl_new();
	repeating = evl_timer_new(loop, on_spin, ends);
	struct evl_fd *f = evl_fd_new(loop, ends[0], on_readable_stop, NULL);
	evl_timer_start(repeating, 0);
	ck_assert_int_eq(evl_run(loop), 0);
	ck_assert_uint_ge(repeats, 10);
	evl_timer_free(repeating);
	evl_fd_free(f);
	evl_free(loop);
}
END_TEST

START_TEST(signals_arrive_on_the_loop)
{
	loop = evl_new();
	ck_assert_int_eq(evl_signal(loop, SIGUSR1, on_signal, (void *)(uintptr_t) "u"), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_str_eq(trace, "");
	ck_assert_int_eq(evl_run(loop), 0);
	ck_assert_str_eq(trace, "u");
	evl_free(loop);
}
END_TEST

START_TEST(a_stop_before_the_run_counts)
{
	loop = evl_new();
	evl_stop(loop);
	ck_assert_int_eq(evl_run(loop), 0);
	evl_free(loop);
}
END_TEST

UNIT_MAIN("evl", failure_ends_the_run, timers_fire_in_order_of_deadline, timers_stop_and_restart,
	  a_timer_may_restart_itself, a_timer_may_free_itself_and_others, order_holds_for_many,
	  descriptors_are_served, a_descriptor_may_free_itself, reading_can_pause,
	  refuses_a_bad_descriptor, a_real_loop_runs_timers_in_order_and_stops,
	  a_spinning_timer_does_not_starve_descriptors, signals_arrive_on_the_loop,
	  a_stop_before_the_run_counts)

/* SPDX-License-Identifier: ISC */
#include "base/evl.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#define NOT_QUEUED SIZE_MAX

struct evl_timer {
	struct evl *evl;
	evl_timer_fn fn;
	void *arg;
	uint64_t deadline_ms;
	uint64_t order; /* of starts, so that equal deadlines fire first come first served */
	size_t pos;     /* in the heap, or NOT_QUEUED */
};

struct evl_fd {
	struct evl *evl;
	int fd;
	evl_fd_fn on_readable, on_writable;
	void *arg;
	struct event *read_event, *write_event;
};

struct signal_handler {
	LIST_ENTRY(signal_handler) link;
	evl_signal_fn fn;
	void *arg;
	struct event *event;
};

/* Timers live in a binary heap of this module's own, so that a test's loop and a daemon's fire them
 * by the same code; libevent has one timeout, for the earliest of them. Room in the heap is made
 * when a timer is made: starting one cannot fail. */
struct evl {
	struct event_base *base;
	struct event *tick; /* the earliest deadline; never pending in a test's loop */
	bool test;
	int err; /* of evl_fail() */
	bool stopped;
	uint64_t test_now_ms;
	struct evl_timer **heap;
	size_t heap_len, heap_cap;
	size_t n_timers, n_fds;
	uint64_t starts;
	LIST_HEAD(, signal_handler) signals;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);

uint64_t evl_now_ms(const struct evl *evl)
{
	if (evl->test)
		return evl->test_now_ms;
	return clock_steady_ms();
}

/* What libevent has to say of failures. */
static void on_libevent_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("evl", NULL, "%s", text);
}

static struct evl *new_loop(bool test)
{
	struct evl *evl = calloc(1, sizeof(*evl));
	if (!evl)
		return NULL;
	evl->test = test;
	LIST_INIT(&evl->signals);
	event_set_log_callback(on_libevent_log);
	evl->base = event_base_new();
	if (evl->base)
		evl->tick = event_new(evl->base, -1, 0, on_tick, evl);
	if (!evl->tick) {
		evl_free(evl);
		return NULL;
	}
	return evl;
}

struct evl *evl_new(void)
{
	return new_loop(false);
}

struct evl *evl_new_test(void)
{
	return new_loop(true);
}

void evl_free(struct evl *evl)
{
	if (!evl)
		return;
	assert(evl->n_timers == 0 && evl->n_fds == 0);
	while (!LIST_EMPTY(&evl->signals)) {
		struct signal_handler *h = LIST_FIRST(&evl->signals);
		LIST_REMOVE(h, link);
		event_free(h->event);
		free(h);
	}
	if (evl->tick)
		event_free(evl->tick);
	if (evl->base)
		event_base_free(evl->base);
	free(evl->heap);
	free(evl);
}

int evl_run(struct evl *evl)
{
	assert(!evl->test);
	int r = 0;
	if (!evl->stopped)
		r = event_base_loop(evl->base, EVLOOP_NO_EXIT_ON_EMPTY);
	evl->stopped = false;
	return r < 0 ? -EIO : evl->err;
}

void evl_fail(struct evl *evl, int err)
{
	evl->err = err;
	evl_stop(evl);
}

void evl_stop(struct evl *evl)
{
	evl->stopped = true;
	event_base_loopbreak(evl->base);
}

/* --- timers --- */

static bool earlier(const struct evl_timer *a, const struct evl_timer *b)
{
	if (a->deadline_ms != b->deadline_ms)
		return a->deadline_ms < b->deadline_ms;
	return a->order < b->order;
}

static void heap_place(struct evl *evl, struct evl_timer *t, size_t pos)
{
	evl->heap[pos] = t;
	t->pos = pos;
}

/* Let `t` rise from the hole at `pos`. */
static void heap_rise(struct evl *evl, struct evl_timer *t, size_t pos)
{
	while (pos > 0 && earlier(t, evl->heap[(pos - 1) / 2])) {
		heap_place(evl, evl->heap[(pos - 1) / 2], pos);
		pos = (pos - 1) / 2;
	}
	heap_place(evl, t, pos);
}

/* Let `t` sink from the hole at `pos`. */
static void heap_sink(struct evl *evl, struct evl_timer *t, size_t pos)
{
	for (;;) {
		size_t child = 2 * pos + 1;
		if (child + 1 < evl->heap_len && earlier(evl->heap[child + 1], evl->heap[child]))
			child++;
		if (child >= evl->heap_len || !earlier(evl->heap[child], t))
			break;
		heap_place(evl, evl->heap[child], pos);
		pos = child;
	}
	heap_place(evl, t, pos);
}

static void heap_remove(struct evl *evl, struct evl_timer *t)
{
	size_t hole = t->pos;
	struct evl_timer *last = evl->heap[--evl->heap_len];

	t->pos = NOT_QUEUED;
	if (last == t)
		return;
	if (hole > 0 && earlier(last, evl->heap[(hole - 1) / 2]))
		heap_rise(evl, last, hole);
	else
		heap_sink(evl, last, hole);
}

/* Have libevent wake us for the earliest deadline. */
static void arm_tick(struct evl *evl)
{
	if (evl->test)
		return;
	if (evl->heap_len == 0) {
		event_del(evl->tick);
		return;
	}
	uint64_t now_ms = evl_now_ms(evl), deadline_ms = evl->heap[0]->deadline_ms;
	uint64_t wait_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
	struct timeval wait = {
		.tv_sec = (time_t)(wait_ms / 1000),
		.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000),
	};
	event_add(evl->tick, &wait);
}

static void fire(struct evl_timer *t)
{
	heap_remove(t->evl, t);
	t->fn(t->arg); /* last: it may free the timer */
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct evl *evl = arg;
	uint64_t now_ms = evl_now_ms(evl);
	(void)fd, (void)what;

	/* The clock is read once: a timer that restarts itself at once is soon no longer due, and
	 * the descriptors get their turn. */
	while (!evl->stopped && evl->heap_len > 0 && evl->heap[0]->deadline_ms <= now_ms)
		fire(evl->heap[0]);
	arm_tick(evl);
}

void evl_test_advance(struct evl *evl, uint64_t ms)
{
	assert(evl->test);
	uint64_t end_ms = evl->test_now_ms + ms;
	while (evl->heap_len > 0 && evl->heap[0]->deadline_ms <= end_ms) {
		evl->test_now_ms = evl->heap[0]->deadline_ms;
		fire(evl->heap[0]);
	}
	evl->test_now_ms = end_ms;
}

struct evl_timer *evl_timer_new(struct evl *evl, evl_timer_fn fn, void *arg)
{
	if (evl->n_timers == evl->heap_cap) {
		size_t cap = evl->heap_cap ? 2 * evl->heap_cap : 16;
		struct evl_timer **heap = reallocarray(evl->heap, cap, sizeof(struct evl_timer *));
		if (!heap)
			return NULL;
		evl->heap = heap;
		evl->heap_cap = cap;
	}
	struct evl_timer *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct evl_timer){.evl = evl, .fn = fn, .arg = arg, .pos = NOT_QUEUED};
	evl->n_timers++;
	return t;
}

void evl_timer_free(struct evl_timer *t)
{
	if (!t)
		return;
	evl_timer_stop(t);
	t->evl->n_timers--;
	free(t);
}

void evl_timer_start(struct evl_timer *t, uint64_t ms)
{
	struct evl *evl = t->evl;

	if (t->pos != NOT_QUEUED)
		heap_remove(evl, t);
	t->deadline_ms = evl_now_ms(evl) + ms;
	t->order = ++evl->starts;
	heap_rise(evl, t, evl->heap_len++);
	arm_tick(evl);
}

void evl_timer_stop(struct evl_timer *t)
{
	if (t->pos == NOT_QUEUED)
		return;
	heap_remove(t->evl, t);
	arm_tick(t->evl);
}

bool evl_timer_running(const struct evl_timer *t)
{
	return t->pos != NOT_QUEUED;
}

/* --- descriptors --- */

static void on_fd_readable(evutil_socket_t fd, short what, void *arg)
{
	struct evl_fd *f = arg;
	(void)what;
	f->on_readable(fd, f->arg);
}

static void on_fd_writable(evutil_socket_t fd, short what, void *arg)
{
	struct evl_fd *f = arg;
	(void)what;
	f->on_writable(fd, f->arg);
}

struct evl_fd *evl_fd_new(struct evl *evl, int fd, evl_fd_fn fn, void *arg)
{
	struct evl_fd *f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	*f = (struct evl_fd){.evl = evl, .fd = fd, .on_readable = fn, .arg = arg};
	evl->n_fds++;
	f->read_event = event_new(evl->base, fd, EV_READ | EV_PERSIST, on_fd_readable, f);
	if (!f->read_event || event_add(f->read_event, NULL) < 0) {
		evl_fd_free(f);
		return NULL;
	}
	return f;
}

int evl_fd_on_readable(struct evl_fd *f, evl_fd_fn fn)
{
	f->on_readable = fn;
	int r = fn ? event_add(f->read_event, NULL) : event_del(f->read_event);
	return r < 0 ? -ENOMEM : 0;
}

int evl_fd_on_writable(struct evl_fd *f, evl_fd_fn fn)
{
	f->on_writable = fn;
	if (!fn) {
		if (f->write_event)
			event_del(f->write_event);
		return 0;
	}
	if (!f->write_event)
		f->write_event =
			event_new(f->evl->base, f->fd, EV_WRITE | EV_PERSIST, on_fd_writable, f);
	if (!f->write_event || event_add(f->write_event, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void evl_fd_free(struct evl_fd *f)
{
	if (!f)
		return;
	if (f->read_event)
		event_free(f->read_event);
	if (f->write_event)
		event_free(f->write_event);
	f->evl->n_fds--;
	free(f);
}

void evl_test_poll(struct evl *evl)
{
	assert(evl->test);
	event_base_loop(evl->base, EVLOOP_NONBLOCK);
}

/* --- signals --- */

static void on_signal(evutil_socket_t signum, short what, void *arg)
{
	struct signal_handler *h = arg;
	(void)what;
	h->fn(signum, h->arg);
}

int evl_signal(struct evl *evl, int signum, evl_signal_fn fn, void *arg)
{
	struct signal_handler *h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	*h = (struct signal_handler){.fn = fn, .arg = arg};
	h->event = evsignal_new(evl->base, signum, on_signal, h);
	if (!h->event || event_add(h->event, NULL) < 0) {
		if (h->event)
			event_free(h->event);
		free(h);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&evl->signals, h, link);
	return 0;
}

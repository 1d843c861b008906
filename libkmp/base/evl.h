/* SPDX-License-Identifier: ISC */
/* evl: the event loop; the only user of libevent. Descriptors, timers and signals call back on one
 * thread. Timers run on a clock that a test can own: with evl_new_test() time moves only by
 * evl_test_advance(), and timers fire in order of their deadline. */
#ifndef KMP_BASE_EVL_H
#define KMP_BASE_EVL_H

#include <stdbool.h>
#include <stdint.h>

struct evl;
struct evl_timer;
struct evl_fd;

/* A loop on the monotonic clock, or NULL without memory. */
struct evl *evl_new(void);
/* A loop whose clock starts at 0 and stands still; descriptors are served by evl_test_poll(). */
struct evl *evl_new_test(void);
/* Frees the loop; every timer and descriptor of it must have been freed before. */
void evl_free(struct evl *evl);

/* Serve events until evl_stop(). Returns 0 or -errno. */
int evl_run(struct evl *evl);
void evl_stop(struct evl *evl);
/* The same, and evl_run() returns `err` (negative). */
void evl_fail(struct evl *evl, int err);
/* Milliseconds of the loop's clock. */
uint64_t evl_now_ms(const struct evl *evl);

/* Test loops only: move time by `ms`, firing what falls due on the way. */
void evl_test_advance(struct evl *evl, uint64_t ms);
/* Test loops only: serve descriptors until none is ready, without waiting. */
void evl_test_poll(struct evl *evl);

typedef void (*evl_timer_fn)(void *arg);
/* A stopped timer, or NULL without memory. */
struct evl_timer *evl_timer_new(struct evl *evl, evl_timer_fn fn, void *arg);
/* Frees; NULL is allowed. */
void evl_timer_free(struct evl_timer *t);
/* (Re)start: fires once, `ms` from now. */
void evl_timer_start(struct evl_timer *t, uint64_t ms);
void evl_timer_stop(struct evl_timer *t);
bool evl_timer_running(const struct evl_timer *t);

typedef void (*evl_fd_fn)(int fd, void *arg);
/* Call `fn` whenever `fd` (not owned) can be read. NULL without memory or if the fd is refused. */
struct evl_fd *evl_fd_new(struct evl *evl, int fd, evl_fd_fn fn, void *arg);
/* Also call `fn` whenever `fd` can be written (NULL: no longer). Returns 0 or -ENOMEM. */
int evl_fd_on_writable(struct evl_fd *f, evl_fd_fn fn);
/* Call another function whenever `fd` can be read, or none (NULL) until told again: for a peer
 * whose answer it must first take. Returns 0 or -ENOMEM. */
int evl_fd_on_readable(struct evl_fd *f, evl_fd_fn fn);
/* Frees; NULL is allowed. The descriptor stays open. */
void evl_fd_free(struct evl_fd *f);

typedef void (*evl_signal_fn)(int signum, void *arg);
/* Call `fn` on the loop when `signum` arrives. The handler lives as long as the loop.
 * Returns 0 or -ENOMEM. */
int evl_signal(struct evl *evl, int signum, evl_signal_fn fn, void *arg);

#endif

/* SPDX-License-Identifier: ISC */
/* bslayer_event: the events of the bootstrap layer, from its ring buffer to a callback. */
#include "link/bslayer.h"
#include "link/bslayer_impl.h"

#include <errno.h>

static int on_event(void *arg, void *data, size_t len)
{
	const struct bslayer_event *e = data;
	const struct bslayer *b = arg;

	if (len < sizeof(*e) || !b->on_event)
		return 0;
	const struct bslayer_notice n = {.type = e->type,
					 .reason = e->reason,
					 .eui = bslayer_eui_from_map(e->eui),
					 .counter = e->counter,
					 .len = e->len,
					 .secured = e->secured,
					 .level = e->level,
					 .key_mode = e->key_mode,
					 .key_index = e->key_index};

	b->on_event(&n, b->arg);
	return 0;
}

static void on_readable(int fd, void *arg)
{
	(void)fd;
	bslayer_poll(arg);
}

void bslayer_unwatch(struct bslayer *b)
{
	evl_fd_free(b->ring_fd);
	b->ring_fd = NULL;
	ring_buffer__free(b->ring);
	b->ring = NULL;
	b->on_event = NULL;
}

int bslayer_watch(struct bslayer *b, struct evl *evl, bslayer_fn fn, void *arg)
{
	bslayer_unwatch(b);
	if (!fn)
		return 0;
	b->on_event = fn;
	b->arg = arg;
	b->ring = ring_buffer__new(bslayer_map_fd(b, BSLAYER_MAP_EVENTS), on_event, b, NULL);
	if (!b->ring)
		return bslayer_fail(b, -errno, "opening the events");
	if (!evl)
		return 0;
	b->ring_fd = evl_fd_new(evl, ring_buffer__epoll_fd(b->ring), on_readable, b);
	if (b->ring_fd)
		return 0;
	bslayer_unwatch(b);
	return bslayer_fail(b, -ENOMEM, "watching the events");
}

int bslayer_poll(struct bslayer *b)
{
	return b->ring ? ring_buffer__consume(b->ring) : 0;
}

/* SPDX-License-Identifier: ISC */
#include "ifwatch.h"

#include "base/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#define TOPIC "interface"

struct ifwatch {
	struct evl_timer *timer;
	void (*on_replaced)(void *arg);
	void *arg;
	char name[IFNAMSIZ];
	unsigned int index;
	bool gone;
};

static void note_gone(struct ifwatch *w, bool gone)
{
	if (gone && !w->gone)
		log_warn(TOPIC, NULL, "%s is gone: no device can be heard or reached", w->name);
	if (!gone && w->gone)
		log_info(TOPIC, NULL, "%s is there again", w->name);
	w->gone = gone;
}

static void on_look(void *arg)
{
	struct ifwatch *w = arg;
	unsigned int index = if_nametoindex(w->name);

	if (index != 0 && index != w->index) {
		log_error(TOPIC, NULL, "%s was made anew: ending, to be started again", w->name);
		w->on_replaced(w->arg);
		return;
	}
	note_gone(w, index == 0);
	evl_timer_start(w->timer, IFWATCH_MS);
}

int ifwatch_new(struct ifwatch **w, struct evl *evl, const char *name,
		void (*on_replaced)(void *arg), void *arg)
{
	unsigned int index = if_nametoindex(name);
	struct ifwatch *new;

	if (index == 0)
		return -ENODEV;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = (struct ifwatch){.on_replaced = on_replaced, .arg = arg, .index = index};
	snprintf(new->name, sizeof(new->name), "%s", name);
	new->timer = evl_timer_new(evl, on_look, new);
	if (!new->timer) {
		free(new);
		return -ENOMEM;
	}
	evl_timer_start(new->timer, IFWATCH_MS);
	*w = new;
	return 0;
}

void ifwatch_free(struct ifwatch *w)
{
	if (!w)
		return;
	evl_timer_free(w->timer);
	free(w);
}

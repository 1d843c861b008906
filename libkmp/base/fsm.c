/* SPDX-License-Identifier: ISC */
#include "base/fsm.h"

#include "base/log.h"

void fsm_init(struct fsm *f, const struct fsm_desc *desc, void *owner, const struct eui64 *eui,
	      int initial)
{
	*f = (struct fsm){.desc = desc, .owner = owner, .eui = eui, .state = initial};
}

/* The row for `event` in the present state: its own before one for any state; NULL if none. */
static const struct fsm_row *find_row(const struct fsm *f, int event)
{
	const struct fsm_row *any = NULL;
	for (size_t i = 0; i < f->desc->n_rows; i++) {
		const struct fsm_row *row = &f->desc->rows[i];
		if (row->event != event)
			continue;
		if (row->state == f->state)
			return row;
		if (row->state == FSM_ANY && !any)
			any = row;
	}
	return any;
}

bool fsm_event(struct fsm *f, int event, void *data, const char *reason)
{
	const struct fsm_desc *d = f->desc;
	const struct fsm_row *row = find_row(f, event);
	const char *from = d->state_names[f->state];
	const char *name = d->event_names[event];
	const char *separator = reason ? ": " : "";

	if (!reason)
		reason = "";
	if (!row) {
		f->refused++;
		log_debug(d->topic, f->eui, "%s refuses %s%s%s", from, name, separator, reason);
		return false;
	}
	int next = row->next == FSM_SAME ? f->state : row->next;
	log_line(next == f->state || f->quiet ? LOG_LVL_DEBUG : LOG_LVL_INFO, d->topic, f->eui,
		 "%s -> %s on %s%s%s", from, d->state_names[next], name, separator, reason);
	f->state = next;
	/* Last: the action may feed further events, or free the machine. */
	if (row->action)
		row->action(f->owner, data);
	return true;
}

/* SPDX-License-Identifier: ISC */
/* fsm: state machines as tables of {state, event, next, action}. Every event goes through
 * fsm_event(), which writes one log line a transition with the device's EUI-64 and a reason, runs
 * the action and refuses what the table does not have. */
#ifndef KMP_BASE_FSM_H
#define KMP_BASE_FSM_H

#include "base/eui64.h"

#include <stdbool.h>
#include <stddef.h>

#define FSM_ANY  (-1) /* as state of a row: any state without a row of its own for the event */
#define FSM_SAME (-1) /* as next: stay */

/* Runs after the state has changed to `next`. */
typedef void (*fsm_action_fn)(void *owner, void *data);

struct fsm_row {
	int state, event, next;
	fsm_action_fn action; /* NULL: none */
};

struct fsm_desc {
	const char *topic;          /* of the log lines */
	const struct fsm_row *rows; /* searched in order, exact states before FSM_ANY */
	size_t n_rows;
	const char *const *state_names; /* by state */
	const char *const *event_names; /* by event */
};

struct fsm {
	const struct fsm_desc *desc;
	void *owner;             /* handed to actions */
	const struct eui64 *eui; /* the device meant in log lines; NULL: none */
	int state;
	uint64_t refused; /* events the table had no row for */
	bool quiet; /* transitions are logged at debug: strangers cause them (false at first) */
};

void fsm_init(struct fsm *f, const struct fsm_desc *desc, void *owner, const struct eui64 *eui,
	      int initial);

/* Feed `event`; `data` goes to the action, `reason` into the log line.
 * Returns true if the table had a row; false counts in f->refused, logs at debug and changes
 * nothing. */
bool fsm_event(struct fsm *f, int event, void *data, const char *reason);

#endif

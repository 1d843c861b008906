/* SPDX-License-Identifier: ISC */
/* advice: one sentence for the person in front of a device that is not where it should be: what to
 * do next, by the device's state and the reason why it is in it. */
#ifndef KMP_CTD_ADVICE_H
#define KMP_CTD_ADVICE_H

#include "join.h"

#include <stdbool.h>

#define ADVICE_LEN 192

struct advice_case {
	enum join_progress progress;
	bool credential; /* there is one for it */
	bool admitted;   /* it was let in */
	bool heard;      /* it has asked since ctd was started */
	const char *reason;
	bool left_behind; /* by a re-key */
	bool denied;      /* or evicted by the operator */
	bool closed;      /* the mesh is */
};

/* What to do about `c`; "" if there is nothing to do. */
const char *advice_for(const struct advice_case *c);

#endif

/* SPDX-License-Identifier: ISC */
#include "link/policy_pass.h"

#include "base/log.h"
#include "link/policy_sync.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Whoever forges frames must not fill the log: one line from one full pass to the next. */
static bool worth_a_line(struct policy *p, enum policy_drift kind)
{
	bool said = p->forged_said;

	if (kind != POLICY_DRIFT_DEV_COUNTER)
		return true;
	p->forged_said = true;
	return !said;
}

void policy_pass_repaired(struct policy_pass *pass, enum policy_drift kind, const struct eui64 *eui,
			  int err, const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (err && !pass->err)
		pass->err = err;
	if (err)
		log_error("policy", eui, "%s: %s; cannot repair: %s", policy_drift_name(kind), text,
			  strerror(-err));
	if (err || (pass->is_change && kind != POLICY_DRIFT_DEV_COUNTER))
		return;
	pass->repairs++;
	pass->p->drifts[kind]++;
	if (worth_a_line(pass->p, kind))
		log_warn("policy", eui, "drift of %s repaired: %s", policy_drift_name(kind), text);
}

bool policy_pass_unreadable(struct policy_pass *pass, int err, const char *why)
{
	if (err >= 0)
		return false;
	log_error("policy", NULL, "cannot compare: %s", why);
	if (!pass->err)
		pass->err = err;
	return true;
}

struct policy_pass policy_pass_begin(struct policy *p, bool is_change)
{
	struct policy_pass pass = {.p = p, .is_change = is_change, .blind = p->unjudged};

	/* At the start frames come by them until the programs are attached. */
	if (p->started)
		p->unjudged = false;
	return pass;
}

void policy_pass_cut_off(struct policy_pass *pass)
{
	pass->p->unjudged |= pass->blind;
}

void policy_pass_programs(struct policy_pass *pass)
{
	struct policy *p = pass->p;
	int is = pass->looked ? 1 : bslayer_attached(p->bsl);

	pass->looked = true;
	if (policy_pass_unreadable(pass, is, bslayer_error(p->bsl)) || is)
		return;
	pass->blind = p->unjudged = true;
	policy_pass_repaired(pass, POLICY_DRIFT_PROGRAM, NULL, bslayer_attach(p->bsl),
			     "not attached");
}

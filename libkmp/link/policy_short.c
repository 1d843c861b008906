/* SPDX-License-Identifier: ISC */
#include "link/policy_short.h"

#include "link/policy_dev.h"

bool policy_short_is(const struct policy_neighbour *n, uint16_t pan_id, uint16_t short_addr)
{
	return n->short_addr == short_addr &&
	       (n->short_addr == LLSEC_NO_SHORT || n->pan_id == pan_id);
}

/* First those that are nobody's or somebody else's, since each is only there once. */
void policy_short_sync(struct policy_pass *pass)
{
	struct bslayer_short_entry have[BSLAYER_MAX_NEIGHBOURS];
	struct policy *p = pass->p;
	int n = bslayer_list_shorts(p->bsl, have, BSLAYER_MAX_NEIGHBOURS);
	bool seen[POLICY_MAX_NEIGHBOURS] = {false};

	if (policy_pass_unreadable(pass, n, bslayer_error(p->bsl)))
		return;
	for (int i = 0; i < n; i++) {
		const struct policy_neighbour *want = policy_wanted_neighbour(p, &have[i].eui);

		if (want && policy_short_is(want, have[i].pan_id, have[i].short_addr))
			seen[want - p->neighbour] = true;
		else
			policy_pass_repaired(
				pass, POLICY_DRIFT_SHORT, &have[i].eui,
				bslayer_del_short(p->bsl, have[i].pan_id, have[i].short_addr),
				"0x%04x is not its own", have[i].short_addr);
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		const struct policy_neighbour *want = &p->neighbour[i];

		if (!seen[i] && want->short_addr != LLSEC_NO_SHORT)
			policy_pass_repaired(pass, POLICY_DRIFT_SHORT, &want->eui,
					     bslayer_set_short(p->bsl, want->pan_id,
							       want->short_addr, &want->eui),
					     "0x%04x was missing", want->short_addr);
	}
}

int policy_short_apply(struct policy *p)
{
	struct policy_pass pass = {.p = p, .is_change = true};

	policy_short_sync(&pass);
	policy_dev_sync(&pass);
	return pass.err;
}

/* SPDX-License-Identifier: ISC */
/* explain: everything that is known of one device, for `kmpctl ctd explain`: who it is, where it
 * stands and why, what to do about it, its links, and its timeline. */
#ifndef KMP_CTD_EXPLAIN_H
#define KMP_CTD_EXPLAIN_H

#include "ctd_ctl.h"

/* Fill `result` about `eui`. Returns 0; -ENOENT if nothing is known of it; or -errno; with a
 * sentence in `why`. */
int explain(const struct ctd_ctl *c, const struct eui64 *eui, cJSON *result, char why[CTL_WHY_LEN]);

/* Add to `result` what happened to the mesh as a whole, as an array `timeline`; empty if it cannot
 * be read. */
void explain_mesh(const struct ctd_ctl *c, cJSON *result);

#endif

/* SPDX-License-Identifier: ISC */
/* ctd_ctl_priv: what the ctd_ctl*.c files share. Without memory cJSON leaves members out: of a
 * status line, not worth more. */
#ifndef KMP_CTD_CTD_CTL_PRIV_H
#define KMP_CTD_CTD_CTL_PRIV_H

#include "ctd_ctl.h"

/* Member "eui" of `o`. */
void ctd_ctl_add_eui(cJSON *o, const struct eui64 *eui);
/* As configured, else as configured last. */
const char *ctd_ctl_name(const struct member *m);
/* The EUI-64 that is the first of `args`. Returns 0, or -EINVAL with a sentence in `why`. */
int ctd_ctl_eui(const cJSON *args, struct eui64 *eui, char why[CTL_WHY_LEN]);

/* The commands about the whole mesh (ctd_ctl_mesh.c); `arg` is the struct ctd_ctl. */
int ctd_ctl_mesh(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);
int ctd_ctl_close(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);
int ctd_ctl_open(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);
int ctd_ctl_rekey(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);
int ctd_ctl_deny(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);
int ctd_ctl_evict(void *arg, const cJSON *args, cJSON *result, char why[CTL_WHY_LEN]);

#endif

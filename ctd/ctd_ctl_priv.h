/* SPDX-License-Identifier: ISC */
/* ctd_ctl_priv: what the ctd_ctl*.c files share. Without memory cJSON leaves members out: of a
 * status line, not worth more. */
#ifndef KMP_CTD_CTD_CTL_PRIV_H
#define KMP_CTD_CTD_CTL_PRIV_H

#include "ctd_ctl.h"

/* Members of results (ctd_ctl_add.c), of the names in kmpctl(8). `m` may be NULL where so said. */

/* As configured, else as configured last; "" for NULL. */
const char *ctd_ctl_name(const struct member *m);
/* Of its last change, or what it waits for; `m` may be NULL. */
const char *ctd_ctl_reason(const struct member *m);
void ctd_ctl_add_number(cJSON *o, const char *name, uint64_t n);
/* eui */
void ctd_ctl_add_eui(cJSON *o, const struct eui64 *eui);
/* role; `m` may be NULL */
void ctd_ctl_add_role(cJSON *o, const struct member *m);
/* since_s */
void ctd_ctl_add_since(cJSON *o, const struct member *m);
/* address, session, key_index */
void ctd_ctl_add_session(cJSON *o, const struct member *m);
/* fc, all_secured, due */
void ctd_ctl_add_told(cJSON *o, const struct roster *r, const struct member *m);
/* addresses, first_heard_s, last_heard_s; of NULL only the first, empty */
void ctd_ctl_add_heard(cJSON *o, const struct candidate *e, uint64_t now_ms);

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

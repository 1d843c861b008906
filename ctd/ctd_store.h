/* SPDX-License-Identifier: ISC */
/* ctd_store: the commissioning tool's durable state as one store, with the history of its schema.
 * The tables are used by the modules named after them. */
#ifndef KMP_CTD_CTD_STORE_H
#define KMP_CTD_CTD_STORE_H

#include "base/store.h"

/* Open DIR/ctd.db; see store_open(). */
int ctd_store_open(struct store **st, const char *dir, char *why, size_t why_len);

#endif

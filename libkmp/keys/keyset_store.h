/* SPDX-License-Identifier: ISC */
/* keyset_store: the key set of a node in its store. What a request changed becomes durable as a
 * whole or not at all, before any of it is used. */
#ifndef KMP_KEYS_KEYSET_STORE_H
#define KMP_KEYS_KEYSET_STORE_H

#include "base/store.h"
#include "keys/keyset.h"

/* The table of this module: one of the migrations given to store_open(). */
extern const char keyset_store_migration[];

/* Read the set; no entries if none was ever saved. Returns 0; -EUCLEAN for a row that cannot be an
 * entry, or the -errno of the store; `ks` is empty then. */
int keyset_store_load(struct store *st, struct keyset *ks);

/* Replace what is stored by `ks` in one transaction (none may be open). Returns 0 or the -errno of
 * the store, which is then as before. */
int keyset_store_save(struct store *st, const struct keyset *ks);

#endif

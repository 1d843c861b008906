/* SPDX-License-Identifier: ISC */
/* keyset: the layer-2 keys of a node as the resource /coap-key2 carries them: entries by number,
 * their rules (one active key a scope, a used index never changes its octets, a retired key never
 * returns) and how a request changes them. No octets (keyset_msg), no storage (keyset_store).
 *
 * A key is identified as on the air: by key identifier mode, key source and key index. Its entry
 * keeps the number under which it came. The scope of a key is the neighbour it is for ("p"), or the
 * network. Whatever removes a key retires it: the entry stays with the hash of the key, so that the
 * key is recognised if it comes again; the oldest of these give way when room is needed. */
#ifndef KMP_KEYS_KEYSET_H
#define KMP_KEYS_KEYSET_H

#include "base/eui64.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYSET_MAX      32 /* entries a node holds */
#define KEYSET_KEY_LEN  16
#define KEYSET_HASH_LEN 32 /* SHA-256 of a retired key */

enum key_state { KEY_STAGED, KEY_ACTIVE, KEY_RETIRED }; /* member "t" */

struct key_entry {
	uint16_t number;      /* the entry's number in the map */
	struct secret key;    /* "k": 16 octets; empty in what GET returns; the hash once retired */
	uint8_t index;        /* "i": key index 1-255 */
	uint8_t mode;         /* "m": key identifier mode 1 or 3 (IEEE 802.15.4 table 96) */
	uint8_t level;        /* "l": security level 5, 6 or 7 */
	struct eui64 source;  /* "s": key source, mode 3; zero if absent */
	enum key_state state; /* "t" */
	struct eui64 peer;    /* "p": the neighbour a pairwise key is for; zero if absent */
	uint32_t
		retirement; /* order in which keys were retired, from 1; 0 before. Not on the air */
};

struct keyset {
	struct key_entry entry[KEYSET_MAX]; /* sorted by number */
	size_t n;
};

enum keyset_result {                  /* of applying a request; the CoAP answer */
		     KEYSET_OK,       /* 2.04 */
		     KEYSET_CREATED,  /* 2.01 */
		     KEYSET_CONFLICT, /* 4.09: key with other octets or another number, number of
					 another key, retired key */
		     KEYSET_BAD, /* 4.00: two active in a scope, bad mode, level or source, double
				    number or key, no octets for a key that is not held */
		     KEYSET_NOT_FOUND, /* 4.04 */
		     KEYSET_FULL,      /* 4.13 */
};

/* Replace all (PUT /coap-key2), add or change (POST), set one (PUT /coap-key2/{n}), delete one.
 * `ks` changes only if the result is OK or CREATED. An entry without key octets means the key
 * already held under that index. Replacing retires the keys that are not in the request, deleting
 * the one named; deleting a retired one again is OK and changes nothing. A key that becomes active
 * makes the former active one of its scope staged. */
enum keyset_result keyset_replace(struct keyset *ks, const struct keyset *with);
enum keyset_result keyset_add(struct keyset *ks, const struct keyset *more);
enum keyset_result keyset_set(struct keyset *ks, const struct key_entry *entry);
enum keyset_result keyset_delete(struct keyset *ks, uint16_t number);

/* The active key of the network scope (no peer), or NULL. */
const struct key_entry *keyset_active(const struct keyset *ks);
const struct key_entry *keyset_find(const struct keyset *ks, uint16_t number);
/* Put an entry in its place by number, no rules applied: for building a set from its parts.
 * Returns 0, -EEXIST for a number that is taken, -ENOSPC. */
int keyset_insert(struct keyset *ks, const struct key_entry *entry);
/* Wipe: a set without entries. */
void keyset_clear(struct keyset *ks);

#endif

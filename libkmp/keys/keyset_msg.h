/* SPDX-License-Identifier: ISC */
/* keyset_msg: the representations of /coap-key2: JSON (content-format 256, names k i m l s t p,
 * octets in lower-case hex) and CBOR (content-format 60, integers 1..7 in that order, EUI-64 and
 * keys as byte strings). A map from entry number to entry; "i", "m", "l" and "t" are required, a
 * member that is not in the list is refused. Parsers bound everything and never keep key octets on
 * failure. */
#ifndef KMP_KEYS_KEYSET_MSG_H
#define KMP_KEYS_KEYSET_MSG_H

#include "keys/keyset.h"
#include "keys/repr.h"

/* Read a whole set, or one entry (its number given from outside), in `format` (KEYS_FORMAT_JSON or
 * KEYS_FORMAT_CBOR). Returns 0; -EINVAL if it is not that, -ENOTSUP for another format. */
int keyset_msg_parse(int format, const uint8_t *octets, size_t len, struct keyset *ks);
int keyset_msg_parse_entry(int format, const uint8_t *octets, size_t len, uint16_t number,
			   struct key_entry *e);
/* Write `ks` into `out`; key octets only `with_keys`, and the hash of a retired key never. Returns
 * the length, -ENOBUFS or -ENOTSUP. */
int keyset_msg_build(int format, const struct keyset *ks, bool with_keys, uint8_t *out, size_t cap);

#endif

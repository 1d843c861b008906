/* SPDX-License-Identifier: ISC */
/* eui64: the name of a device on every layer: its EUI-64, in canonical order (the order in which it
 * is printed; frames on the air carry it reversed). */
#ifndef KMP_BASE_EUI64_H
#define KMP_BASE_EUI64_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eui64 {
	uint8_t b[8];
};

#define EUI64_TEXT_LEN 16                    /* digits without the final NUL */
typedef char eui64_text[EUI64_TEXT_LEN + 1]; /* "0200000000000001" */

/* Text of `eui` as 16 lower-case hex digits into `text`, which is also returned. */
const char *eui64_format(const struct eui64 *eui, eui64_text text);

/* Read 16 hex digits of either case, bare or in pairs with ':' or '-' between all pairs.
 * Returns 0, or -EINVAL for anything else. */
int eui64_parse(const char *text, struct eui64 *eui);

bool eui64_equal(const struct eui64 *a, const struct eui64 *b);
bool eui64_is_zero(const struct eui64 *eui);
/* Can a device have it? Not 0, and not all ones, which stand for none (IEEE 802.15.4). */
bool eui64_is_device(const struct eui64 *eui);

/* Where `eui` is among `n` that are in order, or would belong: 0..n. `at` tells the i-th. */
typedef const struct eui64 *(*eui64_at_fn)(const void *arg, size_t i);
size_t eui64_place(const struct eui64 *eui, size_t n, eui64_at_fn at, const void *arg);

/* Conversion from and to the order of the octets on the air (IEEE 802.15.4: least significant
 * first). */
struct eui64 eui64_from_air(const uint8_t air[8]);
void eui64_to_air(const struct eui64 *eui, uint8_t air[8]);

/* The modified EUI-64 interface identifier (RFC 4291 appendix A): the universal/local bit inverted.
 */
void eui64_to_iid(const struct eui64 *eui, uint8_t iid[8]);

/* fe80::<iid>, the link-local address of the interface with this EUI-64 (RFC 4944 section 7). */
struct in6_addr eui64_link_local(const struct eui64 *eui);

#endif

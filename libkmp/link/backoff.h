/* SPDX-License-Identifier: ISC */
/* backoff: how long to wait before asking again: a delay that doubles up to a bound, and a jitter
 * that keeps nodes which were switched on together from staying in step. The jitter comes from the
 * EUI-64s, not from chance, so that a test can say when a message leaves. */
#ifndef KMP_LINK_BACKOFF_H
#define KMP_LINK_BACKOFF_H

#include "base/eui64.h"

#include <stdint.h>

/* Number that stands for a node, or (with `peer`, else NULL) for one direction between two. */
uint64_t backoff_seed(const struct eui64 *own, const struct eui64 *peer);

/* An even-handed choice from 0 .. below-1 for the `n`th use of `seed`; 0 if `below` is 0. */
uint32_t backoff_spread(uint64_t seed, uint32_t n, uint32_t below);

/* Milliseconds from the `tries`th (1..) attempt to the next: first_ms, doubled at each one up to
 * max_ms, plus a jitter of less than a quarter of that. */
uint32_t backoff_delay_ms(uint64_t seed, uint32_t tries, uint32_t first_ms, uint32_t max_ms);

#endif

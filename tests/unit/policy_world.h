/* SPDX-License-Identifier: ISC */
/* policy_world: what the tests of policy share: a policy over the played kernel. */
#ifndef KMP_TESTS_POLICY_WORLD_H
#define KMP_TESTS_POLICY_WORLD_H

#include "policy_kernel.h"

#define K (&policy_kernel)

extern const struct eui64 A, B; /* neighbours */
extern struct policy *policy;
extern bool world_again; /* what the last world_check() said of the next */

/* A new policy over an empty kernel. */
void world_setup(void);
/* The same for a node with counters from 100 to 10000, two neighbours, of which the link with A is
 * secured, and key 1. */
void world_node(void);

/* Octets made of its index. */
struct link_key world_key(uint8_t mode, uint8_t index, uint8_t level);
/* Key `active`, and `staged` unless 0. */
void world_set_keys(uint8_t active, uint8_t staged);

int world_check(void);

#endif

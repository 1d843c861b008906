/* SPDX-License-Identifier: ISC */
#include "policy_world.h"

#include "unit.h"

#include <string.h>

const struct eui64 A = {{2, 0, 0, 0, 0, 0, 0, 1}}, B = {{2, 0, 0, 0, 0, 0, 0, 2}};
struct policy *policy;
bool world_again;

struct link_key world_key(uint8_t mode, uint8_t index, uint8_t level)
{
	struct link_key k = {.mode = mode, .index = index, .level = level};

	memset(k.key.b, index, LLSEC_KEY_LEN);
	k.key.len = LLSEC_KEY_LEN;
	return k;
}

void world_setup(void)
{
	policy_kernel_reset();
	ck_assert_int_eq(policy_new(&policy, NULL, NULL), 0);
}

void world_set_keys(uint8_t active, uint8_t staged)
{
	struct link_key k[2] = {world_key(1, active, 5), world_key(1, staged, 5)};

	k[0].active = true;
	ck_assert_int_eq(policy_set_keys(policy, k, staged ? 2 : 1), 0);
}

void world_node(void)
{
	world_setup();
	ck_assert_int_eq(policy_set_counter(policy, 100, 10000), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &B, false), 0);
	world_set_keys(1, 0);
	ck_assert_int_eq(policy_reconcile(policy), 0);
}

int world_check(void)
{
	return policy_check_counters(policy, &world_again);
}

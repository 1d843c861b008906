/* SPDX-License-Identifier: ISC */
/* What policy refuses before it touches the kernel. The rest of it needs 802.15.4 interfaces: the
 * lab's scenario link-policy. */
#include "link/policy.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static struct link_key key(uint8_t mode, uint8_t index, uint8_t level)
{
	struct link_key k = {.mode = mode, .index = index, .level = level};

	memset(k.key.b, index, LLSEC_KEY_LEN);
	k.key.len = LLSEC_KEY_LEN;
	return k;
}

static int set(const struct link_key *keys, size_t n)
{
	struct policy *p;
	int err;

	ck_assert_int_eq(policy_new(&p, NULL, NULL), 0);
	err = policy_set_keys(p, keys, n);
	policy_free(p);
	return err;
}

START_TEST(refuses_keys_that_cannot_be_installed)
{
	static const uint8_t bad[][3] = {/* mode, index, level */
					 {0, 1, 5}, {2, 1, 5}, {4, 1, 5}, {1, 0, 5},
					 {1, 1, 0}, {1, 1, 4}, {1, 1, 8}, {3, 1, 4}};
	struct link_key k;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		k = key(bad[i][0], bad[i][1], bad[i][2]);
		ck_assert_msg(set(&k, 1) == -EINVAL, "case %zu", i);
	}
	k = key(1, 1, 5);
	k.key.len = 15;
	ck_assert_int_eq(set(&k, 1), -EINVAL);
}
END_TEST

START_TEST(refuses_two_keys_with_one_id_and_two_active_ones)
{
	struct link_key k[POLICY_MAX_KEYS + 1] = {key(1, 1, 5), key(1, 1, 6)};

	ck_assert_int_eq(set(k, 2), -EINVAL);
	k[1].index = 2;
	k[0].active = k[1].active = true;
	ck_assert_int_eq(set(k, 2), -EINVAL);
	for (size_t i = 0; i < POLICY_MAX_KEYS + 1; i++)
		k[i] = key(1, (uint8_t)(i + 1), 5);
	ck_assert_int_eq(set(k, POLICY_MAX_KEYS + 1), -EINVAL);
}
END_TEST

START_TEST(every_drift_has_a_name)
{
	for (int i = 0; i < POLICY_N_DRIFTS; i++)
		ck_assert_ptr_nonnull(policy_drift_name((enum policy_drift)i));
}
END_TEST

UNIT_MAIN("policy", refuses_keys_that_cannot_be_installed,
	  refuses_two_keys_with_one_id_and_two_active_ones, every_drift_has_a_name)

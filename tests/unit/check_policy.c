/* SPDX-License-Identifier: ISC */
/* policy over a kernel that is played by policy_kernel: what it refuses, what it installs, what it
 * repairs, and that no counter goes back. On real interfaces: the lab's scenario link-policy. */
#include "policy_world.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static int set(const struct link_key *keys, size_t n)
{
	int err;

	world_setup();
	err = policy_set_keys(policy, keys, n);
	policy_free(policy);
	return err;
}

START_TEST(refuses_keys_that_cannot_be_installed)
{
	static const uint8_t bad[][3] = {/* mode, index, level */
					 {0, 1, 5}, {2, 1, 5}, {4, 1, 5}, {1, 0, 5},
					 {1, 1, 0}, {1, 1, 4}, {1, 1, 8}, {3, 1, 4}};
	struct link_key k;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		k = world_key(bad[i][0], bad[i][1], bad[i][2]);
		ck_assert_msg(set(&k, 1) == -EINVAL, "case %zu", i);
	}
	k = world_key(1, 1, 5);
	k.key.len = 15;
	ck_assert_int_eq(set(&k, 1), -EINVAL);
}
END_TEST

START_TEST(refuses_two_keys_with_one_id_and_two_active_ones)
{
	struct link_key k[POLICY_MAX_KEYS + 1] = {world_key(1, 1, 5), world_key(1, 1, 6)};

	ck_assert_int_eq(set(k, 2), -EINVAL);
	k[1].index = 2;
	k[0].active = k[1].active = true;
	ck_assert_int_eq(set(k, 2), -EINVAL);
	for (size_t i = 0; i < POLICY_MAX_KEYS + 1; i++)
		k[i] = world_key(1, (uint8_t)(i + 1), 5);
	ck_assert_int_eq(set(k, POLICY_MAX_KEYS + 1), -EINVAL);
}
END_TEST

START_TEST(every_drift_has_a_name)
{
	for (int i = 0; i < POLICY_N_DRIFTS; i++)
		ck_assert_ptr_nonnull(policy_drift_name((enum policy_drift)i));
}
END_TEST

START_TEST(what_is_wanted_is_installed)
{
	world_node();
	ck_assert(K->params.enabled && K->config.keyed);
	ck_assert_uint_eq(K->params.level, 5);
	ck_assert_uint_eq(K->params.frame_counter, 100);
	ck_assert_int_eq(K->budget, 10000 - 100);
	ck_assert_uint_eq(K->n_keys, 1);
	ck_assert_uint_eq(K->n_map_keys, 1);
	ck_assert_uint_eq(K->n_devs, 2);
	ck_assert_uint_eq(K->n_devkeys, 2);
	ck_assert_uint_eq(K->n_levels, 1);
	ck_assert(K->level[0].override);
	ck_assert(!K->deaf); /* the bootstrap layer came first */
	ck_assert_int_eq(policy_del_neighbour(policy, &B), 0);
	ck_assert_uint_eq(K->n_devs, 1);
	ck_assert_uint_eq(K->n_devkeys, 1);
	ck_assert_int_eq(policy_set_keys(policy, NULL, 0), 0);
	ck_assert(!K->params.enabled && !K->config.keyed);
	ck_assert_uint_eq(K->n_keys, 0);
	ck_assert_uint_eq(K->n_devkeys, 0);
	policy_free(policy);
}
END_TEST

START_TEST(a_key_of_a_source_is_for_that_source)
{
	struct link_key k = world_key(3, 1, 6);

	k.source = A;
	world_setup();
	ck_assert_int_eq(policy_set_neighbour(policy, &A, true), 0);
	ck_assert_int_eq(policy_set_keys(policy, &k, 1), 0);
	ck_assert_int_eq(policy_set_neighbour(policy, &B, true), 0);
	ck_assert_uint_eq(K->n_devkeys, 1);
	ck_assert(eui64_equal(&K->devkey[0].eui, &A));
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

START_TEST(drift_of_devices_is_repaired)
{
	const struct llsec_dev stranger = {.eui = {{9}}};
	const struct llsec_devkey other = {.eui = A, .id = {.mode = LLSEC_INDEX, .index = 9}};

	world_node();
	K->dev[0].exempt = true;
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert(!K->dev[0].exempt && !K->dev[1].exempt);
	K->dev[1].key_mode = 0;
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEVICE), 2);
	llsec_add_dev(NULL, &stranger);
	llsec_add_devkey(NULL, &other);
	llsec_del_devkey(NULL, &B, &(struct llsec_key_id){.mode = LLSEC_INDEX, .index = 1});
	ck_assert_int_eq(policy_reconcile(policy), 3);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_DEVICE_KEY), 2);
	ck_assert_uint_eq(K->n_devs, 2);
	ck_assert_uint_eq(K->n_devkeys, 2);
	llsec_del_dev(NULL, &A);
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert_uint_eq(K->n_devkeys, 2);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

/* Without the programs, keys would have frames accepted that nobody judges. */
START_TEST(no_keys_without_programs)
{
	world_node();
	K->attached = false;
	K->attach_fail = -EPERM;
	K->n_keys = 0;
	K->params.enabled = false;
	ck_assert_int_eq(policy_reconcile(policy), -EPERM);
	ck_assert_uint_eq(K->n_keys, 0);
	ck_assert(!K->params.enabled);
	K->attach_fail = 0;
	ck_assert_int_gt(policy_reconcile(policy), 0);
	ck_assert_uint_eq(K->n_keys, 1);
	ck_assert(K->params.enabled);
	policy_free(policy);
}
END_TEST

static const struct llsec_dev *device_of(const struct eui64 *eui)
{
	for (size_t i = 0; i < K->n_devs; i++)
		if (eui64_equal(&K->dev[i].eui, eui))
			return &K->dev[i];
	ck_abort_msg("no such device");
}

/* In the map and in the device, which keeps its keys. */
START_TEST(a_short_address_goes_with_its_holder)
{
	static const uint16_t five = 5;
	const struct eui64 nobody = {{9}};

	world_node();
	ck_assert_int_eq(policy_set_short(policy, &nobody, 0xabcd, &five), -ENOENT);
	ck_assert_int_eq(policy_set_short(policy, &A, 0xabcd, &five), 0);
	ck_assert_uint_eq(K->n_shorts, 1);
	ck_assert(eui64_equal(&K->shorts[0].eui, &A));
	ck_assert_uint_eq(K->shorts[0].short_addr, 5);
	ck_assert_uint_eq(device_of(&A)->short_addr, 5);
	ck_assert_uint_eq(device_of(&A)->pan_id, 0xabcd);
	ck_assert_uint_eq(device_of(&B)->short_addr, LLSEC_NO_SHORT);
	ck_assert_uint_eq(K->n_devkeys, 2);
	ck_assert_int_eq(policy_set_neighbour(policy, &A, false),
			 0); /* its link is another matter */
	ck_assert_int_eq(policy_reconcile(policy), 0);
	ck_assert_uint_eq(K->n_shorts, 1);
	ck_assert_int_eq(policy_set_short(policy, &A, 0xabcd, NULL), 0);
	ck_assert_uint_eq(K->n_shorts, 0);
	ck_assert_uint_eq(device_of(&A)->short_addr, LLSEC_NO_SHORT);
	ck_assert_int_eq(policy_set_short(policy, &B, 0xabcd, &five), 0);
	ck_assert_int_eq(policy_del_neighbour(policy, &B), 0);
	ck_assert_uint_eq(K->n_shorts, 0);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

START_TEST(drift_of_short_addresses_is_repaired)
{
	static const uint16_t five = 5;

	world_node();
	ck_assert_int_eq(policy_set_short(policy, &A, 0xabcd, &five), 0);
	bslayer_set_short(NULL, 0xabcd, 5, &B); /* redirected */
	bslayer_set_short(NULL, 0xabcd, 6, &B);
	ck_assert_int_eq(policy_reconcile(policy), 3);
	ck_assert_uint_eq(policy_drifts(policy, POLICY_DRIFT_SHORT), 3);
	ck_assert_uint_eq(K->n_shorts, 1);
	ck_assert(eui64_equal(&K->shorts[0].eui, &A));
	for (size_t i = 0; i < K->n_devs; i++)
		K->dev[i].short_addr = LLSEC_NO_SHORT;
	ck_assert_int_eq(policy_reconcile(policy), 1);
	ck_assert_uint_eq(device_of(&A)->short_addr, 5);
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

START_TEST(netlink_fails)
{
	uint32_t next = 5;
	int64_t budget;

	world_node();
	budget = K->budget;
	K->fail = -ETIMEDOUT;
	ck_assert_int_eq(policy_counter(policy, &next), -ETIMEDOUT);
	ck_assert_uint_eq(next, 5);
	ck_assert_int_eq(policy_set_counter(policy, 5000, 20000), -ETIMEDOUT);
	ck_assert_int_eq(K->budget, budget);
	ck_assert_int_eq(world_check(), -ETIMEDOUT);
	ck_assert_int_eq(policy_reconcile(policy), -ETIMEDOUT);
	K->fail = 0;
	ck_assert_int_eq(policy_reconcile(policy), 0);
	policy_free(policy);
}
END_TEST

UNIT_MAIN("policy", refuses_keys_that_cannot_be_installed,
	  refuses_two_keys_with_one_id_and_two_active_ones, every_drift_has_a_name,
	  what_is_wanted_is_installed, a_key_of_a_source_is_for_that_source,
	  drift_of_devices_is_repaired, no_keys_without_programs,
	  a_short_address_goes_with_its_holder, drift_of_short_addresses_is_repaired, netlink_fails)

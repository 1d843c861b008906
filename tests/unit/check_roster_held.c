/* SPDX-License-Identifier: ISC */
/* No key set leaves before it is durable that the device may hold it, and where it is: what a lost
 * answer, a crash and a full disk leave behind. */
#include "roster_world.h"

#include "coap/coap_msg.h"
#include "keys/fcounter.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define LINE      4
#define MINUTE    60000U
#define WHILE_MS  5000 /* enough for everybody to be told everything */
#define KEY_INDEX 1

static void set_up(void)
{
	world_set_up(LINE, CTD_SELECTED, 2);
	world_join_line(LINE);
}

static void assert_rekeyed(uint8_t index)
{
	ck_assert_int_eq(w.mesh.phase, MESH_STEADY);
	ck_assert_uint_eq(w.mesh.key_index, index);
	for (int i = 1; i <= LINE; i++)
		ck_assert_uint_eq(world_active_index(i), index);
}

static void assert_progress(int n, enum join_progress progress)
{
	ck_assert_str_eq(join_progress_name(join_progress(world_join(n))),
			 join_progress_name(progress));
}

static void assert_reason(int n, const char *part)
{
	ck_assert_msg(strstr(world_join(n)->reason, part), "reason '%s' lacks '%s'",
		      world_join(n)->reason, part);
}

static char told[4096];

static void on_event(void *arg, const struct eui64 *eui, const char *text)
{
	size_t used = strlen(told);

	ck_assert_ptr_eq(arg, &w);
	snprintf(told + used, sizeof(told) - used, "%d %s\n", eui ? eui->b[7] : 0, text);
}

/* --- who may hold a key without having said so --- */

static void set_up_with_newcomer(void)
{
	world_set_up(LINE + 1, CTD_SELECTED, 2);
	world_join_line(LINE);
	w.sim[LINE + 1].fc = 1U << 20;
}

static void assert_evicted_by_a_rekey(int n)
{
	ck_assert_int_eq(world_evict(n), 0);
	world_pass_ms(MINUTE + WHILE_MS);
	assert_rekeyed(2);
	ck_assert_uint_ne(world_active_index(n), 2);
}

START_TEST(lost_answer_to_the_key_set_does_not_save_from_eviction)
{
	set_up_with_newcomer();
	world_begin_keying(5);
	world_take_silently(5);
	join_on_told(world_join(5), -ETIMEDOUT, 0);
	world_pass_ms(WHILE_MS);
	ck_assert_int_lt(join_progress(world_join(5)), JOIN_IS_KEYED);
	assert_evicted_by_a_rekey(5);
	world_tear_down();
}
END_TEST

START_TEST(crash_while_keying_does_not_save_from_eviction)
{
	set_up_with_newcomer();
	world_begin_keying(5);
	world_take_silently(5);
	world_restart();
	world_pass_ms(WHILE_MS);
	assert_evicted_by_a_rekey(5);
	world_tear_down();
}
END_TEST

/* It has keys, so it does not ask. */
START_TEST(crash_while_keying_leaves_nobody_orphaned)
{
	set_up_with_newcomer();
	world_begin_keying(5);
	world_take_silently(5);
	w.sim[5].deaf = false;
	world_restart();
	w.told[5].kind = DUE_NOTHING;
	while (w.told[5].kind == DUE_NOTHING) {
		evl_test_advance(w.evl, 100);
		world_serve_one();
	}
	ck_assert_int_eq(w.told[5].kind, DUE_COUNTER); /* it might have been reset as well */
	ck_assert_uint_ge(w.told[5].change.fc, FCOUNTER_BLOCK);
	world_pass_ms(WHILE_MS);
	ck_assert_int_eq(join_progress(world_join(5)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* The same with those who are told other keys: under the new one their counters count as well. */
START_TEST(key_of_a_rekey_is_known_before_it_leaves)
{
	set_up();
	ck_assert_int_eq(world_rekey(), 0);
	while (w.mesh.phase != MESH_ACTIVATE)
		ck_assert(world_serve_one());
	w.told[4].version = 0;
	while (w.told[4].version < w.mesh.key_version)
		ck_assert(world_serve_one());
	world_crash();
	world_open();
	ck_assert_uint_eq(world_member(4)->node.fc_index, 2);
	world_tear_down();
}
END_TEST

/* About to be sent one: it never will be. */
START_TEST(held_back_from_who_is_evicted_never_leaves)
{
	set_up_with_newcomer();
	world_heard(5);
	ck_assert_int_eq(world_admit(5), 0);
	join_on_up(world_join(5));
	ck_assert(world_join(5)->held);
	ck_assert_int_eq(world_evict(5), 0);
	world_pass_ms(MINUTE);
	ck_assert_int_eq(w.puts[5], 0);
	ck_assert_str_eq(join_progress_name(join_progress(world_join(5))), "denied");
	world_tear_down();
}
END_TEST

START_TEST(who_was_never_sent_a_key_is_evicted_without_a_rekey)
{
	set_up_with_newcomer();
	world_heard(5);
	ck_assert_int_eq(world_admit(5), 0);
	ck_assert_int_eq(join_progress(world_join(5)), JOIN_IS_CONNECTING);
	ck_assert_int_eq(world_evict(5), 0);
	world_pass_ms(WHILE_MS);
	assert_rekeyed(1);
	ck_assert_int_eq(w.puts[5], 0);
	world_tear_down();
}
END_TEST

/* What a device says it did not take it may have kept: it is the one to be evicted that lies. */
START_TEST(refusal_does_not_save_from_eviction)
{
	set_up_with_newcomer();
	w.sim[5].refuse_keys = 0x83; /* 4.03: it obeys another tool */
	world_begin_keying(5);
	world_pass_ms(30 * MINUTE);
	ck_assert_int_gt(w.puts[5], 5);
	ck_assert_int_lt(w.puts[5], 240); /* ever more slowly */
	ck_assert_uint_lt(w.sim[5].fc, 3 * FCOUNTER_BLOCK);
	assert_evicted_by_a_rekey(5);
	world_tear_down();
}
END_TEST

START_TEST(failure_does_not_save_from_eviction)
{
	set_up_with_newcomer();
	w.sim[5].refuse = 0xa0; /* 5.00: who knows how far it came */
	world_begin_keying(5);
	world_pass_ms(WHILE_MS);
	ck_assert_uint_eq(world_member(5)->node.fc_index, 1);
	assert_evicted_by_a_rekey(5);
	world_tear_down();
}
END_TEST

/* A set that a member's counter went before is refused: what it was told is not counted up. */
START_TEST(counter_is_not_driven_by_keys_that_are_refused)
{
	uint32_t fc;

	set_up();
	fc = world_member(3)->node.fc;
	keyset_clear(&w.sim[3].keys);
	w.sim[3].fc = FCOUNTER_BLOCK;
	w.sim[3].refuse_keys = 0x89; /* 4.09 */
	join_check(world_join(3));
	world_pass_ms(30 * MINUTE);
	ck_assert_uint_eq(world_active_index(3), 0);
	ck_assert_uint_eq(world_member(3)->node.fc, fc);
	ck_assert_uint_eq(world_member(3)->node.fc_index, 1);
	ck_assert_uint_lt(w.sim[3].fc, 3 * FCOUNTER_BLOCK);
	w.sim[3].refuse_keys = 0;
	world_pass_ms(2 * MINUTE);
	ck_assert_int_eq(join_progress(world_join(3)), JOIN_IS_JOINED);
	world_tear_down();
}
END_TEST

/* --- the store --- */

/* Keys to a device of which the next run would know nothing could never be taken back. */
START_TEST(no_key_leaves_while_nothing_can_be_stored)
{
	world_set_up(4, CTD_LISTED, 2);
	world_open();
	roster_start(w.roster);
	roster_on_event(w.roster, on_event, &w);
	evl_test_advance(w.evl, 0);
	world_fill_disk();
	world_heard(1);
	world_heard(2);
	ck_assert_int_eq(roster_store_error(w.roster), 0); /* not tried yet */
	join_on_up(world_join(1));                         /* both at the same time */
	join_on_up(world_join(2));
	evl_test_advance(w.evl, ROSTER_KEYS_MS);
	ck_assert_int_lt(roster_store_error(w.roster), 0);
	world_heard(3);
	for (int i = 0; i < 10; i++)
		evl_test_advance(w.evl, 60000);
	for (int n = 1; n <= 3; n++) {
		ck_assert_int_eq(w.puts[n], 0);
		assert_reason(n, "state cannot be stored: make room on the disk");
	}
	ck_assert_int_eq(w.connects[3], 0);
	ck_assert_ptr_nonnull(strstr(told, "0 the state of devices cannot be stored"));
	ck_assert_ptr_null(strstr(strstr(told, "0 the state") + 1, "0 the state")); /* once */
	join_on_lost(world_join(2), "closed");                                      /* meanwhile */
	world_make_room();
	evl_test_advance(w.evl, 5000);
	ck_assert_int_eq(roster_store_error(w.roster), 0);
	ck_assert_ptr_nonnull(strstr(told, "0 the state of devices can be stored again"));
	ck_assert_int_eq(w.puts[1], 1);
	ck_assert_int_eq(w.puts[2], 0);
	ck_assert_int_eq(w.connects[3] + w.connects[2], 2); /* one of them has the other turn */
	join_on_told(world_join(1), 0, COAP_MSG_CODE(2, 4));
	assert_progress(1, JOIN_IS_KEYED);
	world_tear_down();
}
END_TEST

START_TEST(key_sets_wait_for_one_write_together)
{
	world_set_up(6, CTD_LISTED, 2);
	world_open();
	for (int n = 1; n <= 6; n++)
		world_heard(n);
	evl_test_advance(w.evl, 1000);
	for (int n = 1; n <= 6; n++) {
		ck_assert_int_eq(w.connects[n], 1); /* while the others are held back */
		join_on_up(world_join(n));
		evl_test_advance(w.evl, 0);
	}
	evl_test_advance(w.evl, ROSTER_KEYS_MS - 1);
	for (int n = 1; n <= 6; n++)
		ck_assert_int_eq(w.puts[n], 0);
	evl_test_advance(w.evl, 1);
	for (int n = 1; n <= 6; n++)
		ck_assert_int_eq(w.puts[n], 1);
	world_crash();
	world_open();
	for (int n = 1; n <= 6; n++) {
		struct in6_addr addr = world_addr(n);
		ck_assert_uint_eq(world_member(n)->node.fc_index, KEY_INDEX);
		ck_assert(IN6_ARE_ADDR_EQUAL(&world_member(n)->node.addr, &addr));
	}
	world_tear_down();
}
END_TEST

/* Forged requests in its name do not make the tool forget where it gave keys away. */
START_TEST(who_may_hold_keys_is_looked_for_where_it_got_them)
{
	struct eui64 one = world_eui(1);
	struct in6_addr forged = {.s6_addr = {0xfd, 0xbb}};

	world_set_up(1, CTD_LISTED, 1);
	world_open();
	world_heard(1);
	join_on_up(world_join(1));
	evl_test_advance(w.evl, ROSTER_KEYS_MS);
	ck_assert_int_eq(w.puts[1], 1);
	for (int run = 0; run < 2; run++) {
		world_crash();
		world_open();
		for (uint8_t i = 0; i < 20; i++) {
			forged.s6_addr[15] = i;
			roster_heard(w.roster, &one, &forged);
			evl_test_advance(w.evl, 0);
			if (join_busy(world_join(1)))
				join_on_lost(world_join(1), "timeout");
			evl_test_advance(w.evl, 200);
		}
		const struct in6_addr at = world_addr(1);
		ck_assert_ptr_nonnull(addrs_find(&world_join(1)->addrs, &at));
	}
	world_tear_down();
}
END_TEST

/* While the handshake goes on, forged requests drive its address out. */
START_TEST(address_that_was_driven_out_is_where_it_is)
{
	struct eui64 one = world_eui(1);
	struct in6_addr forged = {.s6_addr = {0xfd, 0xbb}}, addr = world_addr(1);

	world_set_up(1, CTD_LISTED, 1);
	w.device[0].address = world_addr(99);
	world_open();
	evl_test_advance(w.evl, 1);
	world_heard(1);
	ck_assert(IN6_ARE_ADDR_EQUAL(&world_join(1)->peer, &addr));
	for (uint8_t i = 0; i < 20; i++) {
		forged.s6_addr[15] = i;
		evl_test_advance(w.evl, 1);
		roster_heard(w.roster, &one, &forged);
	}
	ck_assert_ptr_null(addrs_find(&world_join(1)->addrs, &addr));
	join_on_up(world_join(1));
	evl_test_advance(w.evl, 2 * ROSTER_KEYS_MS);
	ck_assert_int_eq(w.puts[1], 1);
	world_crash();
	world_open();
	ck_assert(IN6_ARE_ADDR_EQUAL(&world_member(1)->node.addr, &addr));
	ck_assert_ptr_nonnull(addrs_find(&world_join(1)->addrs, &addr));
	world_tear_down();
}
END_TEST

/* However much there is to store, a store that failed is not tried all the time. */
START_TEST(store_that_failed_is_given_time)
{
	world_set_up(6, CTD_LISTED, 2);
	world_open();
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	world_fill_disk();
	world_heard(1);
	evl_test_advance(w.evl, 100);
	ck_assert_int_lt(roster_store_error(w.roster), 0);
	world_make_room();
	for (int n = 2; n <= 6; n++) {
		evl_test_advance(w.evl, 100);
		world_heard(n);
	}
	evl_test_advance(w.evl, 1000);
	ck_assert_int_lt(roster_store_error(w.roster), 0);
	evl_test_advance(w.evl, 4000);
	ck_assert_int_eq(roster_store_error(w.roster), 0);
	world_tear_down();
}
END_TEST

UNIT_MAIN("roster_held", address_that_was_driven_out_is_where_it_is,
	  store_that_failed_is_given_time, lost_answer_to_the_key_set_does_not_save_from_eviction,
	  crash_while_keying_does_not_save_from_eviction, crash_while_keying_leaves_nobody_orphaned,
	  key_of_a_rekey_is_known_before_it_leaves, held_back_from_who_is_evicted_never_leaves,
	  who_was_never_sent_a_key_is_evicted_without_a_rekey, refusal_does_not_save_from_eviction,
	  failure_does_not_save_from_eviction, counter_is_not_driven_by_keys_that_are_refused,
	  no_key_leaves_while_nothing_can_be_stored, key_sets_wait_for_one_write_together,
	  who_may_hold_keys_is_looked_for_where_it_got_them)

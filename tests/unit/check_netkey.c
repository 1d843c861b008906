/* SPDX-License-Identifier: ISC */
#include "netkey.h"

#include "base/log.h"
#include "ctd_store.h"
#include "unit.h"

#include <string.h>

static char logged[4096];

static void on_log(enum log_level level, const char *topic, const struct eui64 *eui,
		   const char *text)
{
	(void)level;
	(void)topic;
	(void)eui;
	strncat(logged, text, sizeof(logged) - strlen(logged) - 1);
}

static struct store *open_store(void)
{
	struct store *st;
	char why[256];

	ck_assert_msg(ctd_store_open(&st, "state", why, sizeof(why)) == 0, "%s", why);
	return st;
}

START_TEST(made_once_and_the_same_after_reopening)
{
	struct keyset first, second;
	char why[256];

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(netkey_open(&first, st, why, sizeof(why)), 0);
	ck_assert_int_eq(netkey_open(&second, st, why, sizeof(why)), 0);
	ck_assert(secret_equal(&first.entry[0].key, &second.entry[0].key));
	store_close(st);
	st = open_store();
	ck_assert_int_eq(netkey_open(&second, st, why, sizeof(why)), 0);
	ck_assert(secret_equal(&first.entry[0].key, &second.entry[0].key));
	store_close(st);
}
END_TEST

START_TEST(is_one_active_entry_of_the_network)
{
	struct keyset ks;
	char why[256];

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(netkey_open(&ks, st, why, sizeof(why)), 0);
	ck_assert_uint_eq(ks.n, 1);
	const struct key_entry *e = keyset_active(&ks);
	ck_assert_ptr_eq(e, &ks.entry[0]);
	ck_assert_uint_eq(e->number, 1);
	ck_assert_uint_eq(e->index, 1);
	ck_assert_uint_eq(e->mode, 1);
	ck_assert_uint_eq(e->level, 5);
	ck_assert_uint_eq(e->key.len, KEYSET_KEY_LEN);
	ck_assert(eui64_is_zero(&e->peer));
	ck_assert(eui64_is_zero(&e->source));
	store_close(st);
}
END_TEST

START_TEST(every_network_has_its_own)
{
	struct keyset one, two;
	struct store *st;
	char why[256];

	unit_enter_dir();
	st = open_store();
	ck_assert_int_eq(netkey_open(&one, st, why, sizeof(why)), 0);
	store_close(st);
	ck_assert_int_eq(ctd_store_open(&st, "other", why, sizeof(why)), 0);
	ck_assert_int_eq(netkey_open(&two, st, why, sizeof(why)), 0);
	store_close(st);
	ck_assert(!secret_equal(&one.entry[0].key, &two.entry[0].key));
}
END_TEST

START_TEST(rekeyed_by_staging_activating_retiring)
{
	struct keyset ks, before;
	char why[256];

	unit_enter_dir();
	struct store *st = open_store();
	ck_assert_int_eq(netkey_open(&before, st, why, sizeof(why)), 0);
	ck_assert_int_eq(netkey_stage(st, 2), 0);
	ck_assert_int_eq(netkey_load(&ks, st), 0);
	ck_assert_uint_eq(ks.n, 2);
	ck_assert_uint_eq(keyset_active(&ks)->index, 1);
	const struct key_entry *e = keyset_find(&ks, 2);
	ck_assert_int_eq(e->state, KEY_STAGED);
	ck_assert_uint_eq(e->index, 2);
	ck_assert_uint_eq(e->mode, NETKEY_MODE);
	ck_assert_uint_eq(e->level, NETKEY_LEVEL);
	ck_assert(!secret_equal(&e->key, &before.entry[0].key));
	struct secret second = e->key;

	ck_assert_int_eq(netkey_activate(st, 2), 0);
	ck_assert_int_eq(netkey_load(&ks, st), 0);
	ck_assert_uint_eq(ks.n, 2);
	ck_assert_uint_eq(keyset_active(&ks)->index, 2);
	ck_assert_int_eq(keyset_find(&ks, 1)->state, KEY_STAGED);
	ck_assert_int_eq(netkey_retire(st), 0);
	store_close(st);

	st = open_store();
	ck_assert_int_eq(netkey_open(&ks, st, why, sizeof(why)), 0);
	ck_assert_uint_eq(ks.n, 1);
	ck_assert_uint_eq(keyset_active(&ks)->index, 2);
	ck_assert(secret_equal(&second, &keyset_active(&ks)->key));
	store_close(st);
}
END_TEST

START_TEST(next_index_is_one_that_is_free)
{
	struct keyset ks = {.n = 2, .entry = {{.number = 1}, {.number = 255}}};

	ck_assert_uint_eq(netkey_next_index(&ks, 1), 2);
	ck_assert_uint_eq(netkey_next_index(&ks, 253), 254);
	ck_assert_uint_eq(netkey_next_index(&ks, 254), 2); /* 255 and 1 are taken, 0 is none */
}
END_TEST

START_TEST(never_used_if_it_is_not_durable)
{
	struct keyset ks;
	char why[256] = "";

	unit_enter_dir();
	struct store *st = open_store();
	/* A store that takes no keys stands for a disk that is full. */
	ck_assert_int_eq(store_run(st,
				   "CREATE TRIGGER full BEFORE INSERT ON netkey "
				   "BEGIN SELECT RAISE(ABORT, 'full'); END",
				   ""),
			 0);
	ck_assert_int_lt(netkey_open(&ks, st, why, sizeof(why)), 0);
	ck_assert_uint_eq(ks.n, 0);
	ck_assert_ptr_nonnull(strstr(why, "network key"));
	store_close(st);
}
END_TEST

START_TEST(key_never_reaches_the_log)
{
	char hex[2 * KEYSET_KEY_LEN + 1], why[256];
	struct keyset ks;

	unit_enter_dir();
	log_set_level(LOG_LVL_DEBUG);
	log_set_sink(on_log);
	struct store *st = open_store();
	ck_assert_int_eq(netkey_open(&ks, st, why, sizeof(why)), 0);
	for (size_t i = 0; i < KEYSET_KEY_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", ks.entry[0].key.b[i]);
	ck_assert_ptr_nonnull(strstr(logged, "network key"));
	ck_assert_ptr_null(strcasestr(logged, hex));
	store_close(st);
	log_set_sink(NULL);
}
END_TEST

UNIT_MAIN("netkey", made_once_and_the_same_after_reopening, is_one_active_entry_of_the_network,
	  every_network_has_its_own, rekeyed_by_staging_activating_retiring,
	  next_index_is_one_that_is_free, never_used_if_it_is_not_durable,
	  key_never_reaches_the_log)

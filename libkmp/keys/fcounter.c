/* SPDX-License-Identifier: ISC */
#include "keys/fcounter.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define NAME    "frame_counter"
#define EPOCH   NAME "_epoch"
#define RESTART NAME "_restart"

const char fcounter_migration[] = "CREATE TABLE sent_under ("
				  " key BLOB PRIMARY KEY,"            /* SHA-256 */
				  " epoch INTEGER NOT NULL) STRICT;"; /* the last one */

/* The name of an epoch's limit in the store. */
static void epoch_name(uint32_t epoch, char name[FCOUNTER_NAME_LEN])
{
	if (epoch == 0)
		snprintf(name, FCOUNTER_NAME_LEN, NAME);
	else
		snprintf(name, FCOUNTER_NAME_LEN, NAME ".%u", epoch);
}

static int reserved(const struct fcounter *f, uint32_t epoch, uint32_t *limit)
{
	char name[FCOUNTER_NAME_LEN];
	uint64_t r;

	epoch_name(epoch, name);
	r = store_reserved(f->store, name);
	if (r == UINT64_MAX)
		return -EIO;
	*limit = r < FCOUNTER_END ? (uint32_t)r : FCOUNTER_END;
	return 0;
}

/* Have a quarter of a block reserved behind f->next, if there is as much. Returns 1 if the limit
 * was raised, 0 or -errno. */
static int reserve(struct fcounter *f)
{
	uint32_t left = FCOUNTER_END - f->next;
	uint32_t limit = left < FCOUNTER_BLOCK ? FCOUNTER_END : f->next + FCOUNTER_BLOCK;
	int err;

	if (fcounter_budget(f) >= FCOUNTER_BLOCK / 4 || limit <= f->limit)
		return 0;
	err = store_raise(f->store, f->name, limit);
	if (err < 0)
		return err;
	f->limit = limit;
	return 1;
}

static uint32_t below_end(uint32_t next)
{
	return next < FCOUNTER_END ? next : FCOUNTER_END;
}

/* The epoch, and what is reserved in it. */
static int load(struct fcounter *f, struct store *store)
{
	int64_t epoch = 0, restarting = 0;
	int err = store_get_int(store, EPOCH, &epoch);

	if (!err)
		err = store_get_int(store, RESTART, &restarting);
	*f = (struct fcounter){
		.store = store, .epoch = (uint32_t)epoch, .restarting = restarting != 0};
	epoch_name(f->epoch, f->name);
	return err ? err : reserved(f, f->epoch, &f->limit);
}

int fcounter_start(struct fcounter *f, struct store *store, bool kernel_enabled,
		   uint32_t kernel_next)
{
	bool in_block, go_on;
	int err = load(f, store);

	if (err < 0)
		return err;
	in_block = kernel_next < f->limit && f->limit - kernel_next <= FCOUNTER_BLOCK;
	go_on = (kernel_enabled && in_block) || kernel_next > f->limit;
	f->next = f->limit;
	if (go_on && !f->restarting)
		f->next = below_end(kernel_next);
	err = reserve(f);
	return err < 0 ? err : 0;
}

int fcounter_advance(struct fcounter *f, uint32_t next)
{
	if (f->restarting)
		return 0;
	next = below_end(next);
	if (next > f->next)
		f->next = next;
	return reserve(f);
}

static int raise_to(struct fcounter *f, uint32_t floor)
{
	uint32_t before = f->next;
	int err;

	if (floor <= f->next)
		return 0;
	f->next = floor;
	err = reserve(f);
	if (err < 0)
		f->next = before;
	return err < 0 ? err : 1;
}

int fcounter_raise(struct fcounter *f, uint32_t floor)
{
	return floor > FCOUNTER_REKEY_DUE ? -ERANGE : raise_to(f, floor);
}

struct sent {
	bool any, found;
	uint32_t epoch;
};

static int on_sent(const struct store_row *row, void *arg)
{
	struct sent *sent = arg;

	sent->any = true;
	sent->found = store_col_int(row, 0) != 0;
	sent->epoch = (uint32_t)store_col_int(row, 1);
	return sent->found;
}

/* What is known of a key. The row of the key, if there is one, comes first. */
static int look_up(struct fcounter *f, const uint8_t hash[SHA256_DIGEST_LENGTH], struct sent *sent)
{
	int rc;

	*sent = (struct sent){.any = false};
	rc = store_query(
		f->store, on_sent, sent,
		"SELECT key=?1 AS found, epoch FROM sent_under ORDER BY found DESC LIMIT 1", "b",
		hash, (size_t)SHA256_DIGEST_LENGTH);
	return rc < 0 ? rc : 0;
}

static int put(struct fcounter *f, const uint8_t hash[SHA256_DIGEST_LENGTH], uint32_t epoch)
{
	return store_run(f->store,
			 "INSERT INTO sent_under(key, epoch) VALUES(?1, ?2)"
			 " ON CONFLICT(key) DO UPDATE SET epoch=excluded.epoch",
			 "bi", hash, (size_t)SHA256_DIGEST_LENGTH, (int64_t)epoch);
}

static void hash_of(const struct key_entry *e, uint8_t hash[SHA256_DIGEST_LENGTH])
{
	SHA256(e->key.b, e->key.len, hash);
}

static int finish(struct fcounter *f, int err)
{
	if (!err)
		return store_commit(f->store);
	store_rollback(f->store);
	return err;
}

/* The first active key in this store. */
static int first_life(struct fcounter *f, const struct keyset *keys)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	int err = store_begin(f->store);

	if (err)
		return err;
	for (size_t i = 0; i < keys->n && !err; i++) {
		if (keys->entry[i].state == KEY_RETIRED)
			continue;
		hash_of(&keys->entry[i], hash);
		err = put(f, hash, f->epoch);
	}
	return finish(f, err);
}

/* Durable at once: which epoch it is, that the kernel is not there yet, and the key's being used in
 * it. */
static int begin_epoch(struct fcounter *f, const uint8_t hash[SHA256_DIGEST_LENGTH])
{
	int err = store_begin(f->store);

	if (err)
		return err;
	err = store_put_int(f->store, EPOCH, (int64_t)f->epoch + 1);
	if (!err)
		err = store_put_int(f->store, RESTART, 1);
	if (!err)
		err = put(f, hash, f->epoch + 1);
	err = finish(f, err);
	if (err)
		return err;
	f->epoch++;
	epoch_name(f->epoch, f->name);
	f->next = f->limit = 0;
	f->restarting = true;
	return 0;
}

/* A key that was last sent under in an earlier epoch goes on where that one ended. */
static int return_to(struct fcounter *f, const uint8_t hash[SHA256_DIGEST_LENGTH], uint32_t epoch)
{
	uint32_t floor;
	int err = reserved(f, epoch, &floor), raised;

	if (err)
		return err;
	raised = raise_to(f, floor);
	if (raised >= 0)
		err = put(f, hash, f->epoch);
	return err ? err : raised;
}

static int use(struct fcounter *f, const uint8_t hash[SHA256_DIGEST_LENGTH],
	       const struct sent *sent)
{
	if (sent->found)
		return sent->epoch == f->epoch ? 0 : return_to(f, hash, sent->epoch);
	return fcounter_rekey_due(f) ? begin_epoch(f, hash) : put(f, hash, f->epoch);
}

int fcounter_activate(struct fcounter *f, const struct keyset *keys)
{
	const struct key_entry *active = keyset_active(keys);
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct sent sent;
	int rc;

	if (!active)
		return f->restarting;
	hash_of(active, hash);
	rc = look_up(f, hash, &sent);
	if (!rc)
		rc = sent.any ? use(f, hash, &sent) : first_life(f, keys);
	if (rc < 0 || !f->restarting)
		return rc;
	rc = reserve(f); /* the epoch began now, or before a failure or a power cut */
	return rc < 0 ? rc : 1;
}

int fcounter_restarted(struct fcounter *f)
{
	int err = store_put_int(f->store, RESTART, 0);

	if (!err)
		f->restarting = false;
	return err;
}

uint32_t fcounter_budget(const struct fcounter *f)
{
	return f->next < f->limit ? f->limit - f->next : 0;
}

bool fcounter_rekey_due(const struct fcounter *f)
{
	return f->limit >= FCOUNTER_REKEY_DUE;
}

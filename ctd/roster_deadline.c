/* SPDX-License-Identifier: ISC */
/* The deadline of a re-key, which an eviction has: the key that somebody may misuse goes, whoever
 * has not answered. But nobody is left behind that could not have answered. */
#include "base/clock.h"
#include "roster_priv.h"

static uint64_t now_ms(const struct roster *r)
{
	return evl_now_ms(r->evl);
}

void roster_watch_phase(struct roster *r)
{
	int64_t left_s = r->mesh->deadline_s - clock_wall_s(), most_s = r->conf->evict_deadline_s;

	/* The clock on the wall may have been set. */
	left_s = left_s < 0 ? 0 : left_s > most_s ? most_s : left_s;
	r->until_ms = now_ms(r) + (uint64_t)left_s * 1000;
	if (r->mesh->phase == MESH_STEADY)
		evl_timer_stop(r->look);
	else
		evl_timer_start(r->look, 0);
}

/* Is it behind only because it has not had its turn? */
static bool is_untried(const struct roster *r, const struct member *m)
{
	bool tried = m->tried_version == r->mesh->key_version;
	uint64_t since_ms = now_ms(r) - m->tried_ms,
		 deadline_ms = (uint64_t)r->conf->evict_deadline_s * 1000,
		 try_ms = deadline_ms < ROSTER_TRY_MS ? deadline_ms : ROSTER_TRY_MS;

	return roster_is_behind(r, m) && m->device && m->join.addrs.n > 0 &&
	       (!tried || (join_busy(&m->join) && since_ms < try_ms));
}

static size_t count_untried(const struct roster *r)
{
	size_t untried = 0;

	for (size_t i = 0; i < r->n; i++)
		untried += is_untried(r, r->member[i]);
	return untried;
}

/* As long as it takes to try `untried` nodes once if none of them answers, within bounds. */
static void begin_grace(struct roster *r, size_t untried)
{
	uint64_t turns = (untried + r->conf->max_joins - 1) / r->conf->max_joins;
	uint64_t most_ms = turns * r->conf->handshake_timeout_s * 1000;

	r->grace_since_ms = r->reach.since_ms;
	r->grace_ms = now_ms(r) + (most_ms < ROSTER_GRACE_MS ? most_ms : ROSTER_GRACE_MS);
	roster_announce(r, "deadline of the re-key: %zu nodes have not had their turn, tried first",
			untried);
}

/* A large mesh without sessions may take longer than to the deadline, and so may those whose way
 * was broken before: who was told nothing is left behind only after one try. */
static bool tries_go_on(struct roster *r)
{
	size_t untried = count_untried(r);

	if (untried == 0)
		return false;
	if (r->grace_since_ms != r->reach.since_ms)
		begin_grace(r, untried);
	return now_ms(r) < r->grace_ms;
}

static void say_that_it_waits(struct roster *r)
{
	if (r->waiting_version == r->mesh->key_version)
		return;
	r->waiting_version = r->mesh->key_version;
	roster_announce(r, "deadline of the re-key: %s", ROSTER_OUT_OF_REACH);
}

/* Is there a reason to wait beyond the deadline? That a border router answered before it is not
 * enough: what was sent to the others may have been lost behind it all the same. */
static bool is_to_wait(struct roster *r)
{
	if (roster_out_of_reach(r)) {
		say_that_it_waits(r);
		return true;
	}
	if (tries_go_on(r))
		return true;
	if (roster_reached_since(r, r->until_ms))
		return false;
	roster_ask_reach(r);
	return true;
}

static bool is_over(struct roster *r)
{
	return r->mesh->deadline_s > 0 && now_ms(r) >= r->until_ms && !is_to_wait(r);
}

/* When all have answered the review goes on with the phase; this is for when they do not. */
void roster_on_look(void *arg)
{
	struct roster *r = arg;

	roster_watch_reach(r);
	evl_timer_start(r->look, ROSTER_LOOK_MS);
	if (is_over(r) && roster_end_phase(r) < 0) /* it could not be stored */
		evl_timer_start(r->look, ROSTER_AGAIN_MS);
}

/* SPDX-License-Identifier: ISC */
#include "keys/fcounter.h"

#include <errno.h>

#define NAME "frame_counter"

/* Reserve a block more, or what is left before the end. */
static int reserve(struct fcounter *f)
{
	uint64_t left = FCOUNTER_END - f->limit, limit;
	int err = store_reserve(f->store, NAME, left < FCOUNTER_BLOCK ? left : FCOUNTER_BLOCK,
				FCOUNTER_END, &limit);

	if (err == 0)
		f->limit = (uint32_t)limit;
	return err;
}

/* The counter beyond the limit: it was moved behind our back, and what it passed counts as used. */
static int cover(struct fcounter *f)
{
	int err = 0;

	if (f->next > f->limit)
		err = store_raise(f->store, NAME, f->next);
	if (err == 0 && f->next > f->limit)
		f->limit = f->next;
	return err;
}

int fcounter_start(struct fcounter *f, struct store *store, bool kernel_enabled,
		   uint32_t kernel_next)
{
	uint64_t reserved = store_reserved(store, NAME);
	uint32_t limit = reserved < FCOUNTER_END ? (uint32_t)reserved : FCOUNTER_END;
	bool in_block = kernel_next < limit && limit - kernel_next <= FCOUNTER_BLOCK;
	bool go_on = (kernel_enabled && in_block) || kernel_next > limit;
	int err;

	*f = (struct fcounter){.store = store, .limit = limit};
	if (reserved == UINT64_MAX)
		return -EIO;
	err = fcounter_advance(f, go_on ? kernel_next : limit);
	return err < 0 ? err : 0;
}

int fcounter_advance(struct fcounter *f, uint32_t next)
{
	int err;

	if (next > f->next)
		f->next = next;
	if (f->next >= FCOUNTER_END)
		return -EOVERFLOW;
	err = cover(f);
	if (err < 0 || fcounter_budget(f) >= FCOUNTER_BLOCK / 4 || f->limit == FCOUNTER_END)
		return err;
	err = reserve(f);
	return err < 0 ? err : 1;
}

int fcounter_raise(struct fcounter *f, uint32_t floor)
{
	int err;

	if (floor > FCOUNTER_REKEY_DUE)
		return -ERANGE;
	if (floor <= f->next)
		return 0;
	if (f->limit < floor || f->limit - floor < FCOUNTER_BLOCK / 4) {
		err = store_raise(f->store, NAME, floor + FCOUNTER_BLOCK);
		if (err < 0)
			return err;
		f->limit = floor + FCOUNTER_BLOCK;
	}
	f->next = floor;
	return 1;
}

uint32_t fcounter_budget(const struct fcounter *f)
{
	return f->next < f->limit ? f->limit - f->next : 0;
}

bool fcounter_rekey_due(const struct fcounter *f)
{
	return f->next >= FCOUNTER_REKEY_DUE;
}

/* SPDX-License-Identifier: ISC */
#include "link/backoff.h"

#include <stddef.h>

/* FNV-1a, 64 bits: spreads neighbouring EUI-64s well, and nothing here needs to be unguessable. */
#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t fnv(uint64_t hash, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ octets[i]) * FNV_PRIME;
	return hash;
}

uint64_t backoff_seed(const struct eui64 *own, const struct eui64 *peer)
{
	uint64_t seed = fnv(FNV_START, own->b, sizeof(own->b));

	return peer ? fnv(seed, peer->b, sizeof(peer->b)) : seed;
}

uint32_t backoff_spread(uint64_t seed, uint32_t n, uint32_t below)
{
	const uint8_t octets[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
				   (uint8_t)n};

	/* The upper half: FNV mixes its low bits least. */
	return below ? (uint32_t)((fnv(seed, octets, sizeof(octets)) >> 32) % below) : 0;
}

uint32_t backoff_delay_ms(uint64_t seed, uint32_t tries, uint32_t first_ms, uint32_t max_ms)
{
	uint32_t delay = first_ms;

	for (uint32_t i = 1; i < tries && delay < max_ms; i++)
		delay = delay > max_ms / 2 ? max_ms : delay * 2;
	return delay + backoff_spread(seed, tries, delay / 4);
}

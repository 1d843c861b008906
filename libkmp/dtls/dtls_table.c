/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_table.h"

#include "dtls/dtls_priv.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define MIN_BUCKETS 16u
#define MAX_BUCKETS 4096u

int dtls_table_init(struct dtls_table *t, uint32_t expected)
{
	*t = (struct dtls_table){.n_buckets = MIN_BUCKETS};
	while (t->n_buckets < expected && t->n_buckets < MAX_BUCKETS)
		t->n_buckets *= 2;
	if (RAND_bytes((unsigned char *)&t->seed, sizeof(t->seed)) != 1)
		return -EIO;
	t->buckets = calloc(t->n_buckets, sizeof(*t->buckets));
	return t->buckets ? 0 : -ENOMEM;
}

void dtls_table_fini(struct dtls_table *t)
{
	free(t->buckets);
}

/* FNV-1a from a secret start. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

static struct dtls_session_list *bucket(const struct dtls_table *t, const struct sockaddr_in6 *peer)
{
	uint64_t h = hash(t->seed, &peer->sin6_addr, sizeof(peer->sin6_addr));

	h = hash(h, &peer->sin6_port, sizeof(peer->sin6_port));
	h = hash(h, &peer->sin6_scope_id, sizeof(peer->sin6_scope_id));
	return &t->buckets[(h ^ h >> 32) & (t->n_buckets - 1)];
}

static bool same_peer(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
	return a->sin6_port == b->sin6_port && a->sin6_scope_id == b->sin6_scope_id &&
	       IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr);
}

struct dtls_session *dtls_table_find(const struct dtls_table *t, const struct sockaddr_in6 *peer)
{
	struct dtls_session *s;

	LIST_FOREACH (s, bucket(t, peer), link)
		if (same_peer(&s->path.peer, peer))
			return s;
	return NULL;
}

struct dtls_session *dtls_table_first(const struct dtls_table *t)
{
	for (uint32_t i = 0; i < t->n_buckets; i++)
		if (!LIST_EMPTY(&t->buckets[i]))
			return LIST_FIRST(&t->buckets[i]);
	return NULL;
}

void dtls_table_insert(struct dtls_table *t, struct dtls_session *s)
{
	LIST_INSERT_HEAD(bucket(t, &s->path.peer), s, link);
	t->n++;
}

void dtls_table_remove(struct dtls_table *t, struct dtls_session *s)
{
	LIST_REMOVE(s, link);
	t->n--;
}

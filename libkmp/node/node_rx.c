/* SPDX-License-Identifier: ISC */
/* The receive counters: those that the bootstrap layer authenticated are stored now and then and
 * restored at a start, so that nothing old is accepted again. They are kept by key id, as on the
 * air; which key an id stands for is durable too, since another key under the same id is sent under
 * from any counter on. */
#include "node/node_priv.h"

#include "base/log.h"
#include "node/node_store.h"

#include <openssl/sha.h>
#include <string.h>

#define TOPIC  "counter"
#define MAX_RX BSLAYER_MAX_COUNTERS

_Static_assert(NODE_STORE_HASH_LEN == SHA256_DIGEST_LENGTH, "hashes of keys are SHA-256");

struct restore {
	struct node *node;
	int rc;
};

static void on_stored(void *arg, const struct node_store_rx *rx)
{
	struct restore *restore = arg;
	const struct bslayer_counter_entry entry = {
		.eui = rx->eui,
		.key = {.mode = rx->mode, .index = rx->index, .source = rx->source},
		.next = rx->next};
	int rc = policy_raise_counter(restore->node->policy, &entry);

	if (rc && !restore->rc)
		restore->rc = rc;
}

int node_rx_restore(struct node *node)
{
	struct restore restore = {.node = node};
	int rc = node_store_each_rx(node->store, on_stored, &restore);

	if (!rc)
		rc = restore.rc;
	node->rx_restored = !rc;
	return rc;
}

static struct bslayer_counter_entry entry[MAX_RX];

/* Written only when one has moved: an idle mesh must not wear the disk. */
void node_rx_store(struct node *node)
{
	static struct node_store_rx rx[MAX_RX];
	int rc, n = node->rx_restored ? policy_list_counters(node->policy, entry, MAX_RX) : -1;
	uint64_t sum = 0;

	for (int i = 0; i < n; i++) {
		rx[i] = (struct node_store_rx){.eui = entry[i].eui,
					       .mode = entry[i].key.mode,
					       .index = entry[i].key.index,
					       .source = entry[i].key.source,
					       .next = entry[i].next};
		sum += entry[i].next;
	}
	if (n < 0 || sum == node->rx_stored_sum)
		return;
	rc = node_store_put_rx(node->store, rx, (size_t)n);
	if (!rc) {
		node->rx_stored_sum = sum;
		return;
	}
	/* after a power cut it would accept again what it has received since */
	log_error(TOPIC, NULL, "receive counters cannot be stored: %s; ending", strerror(-rc));
	evl_fail(node->evl, rc);
}

/* The kernel's half first: if the rest fails, both are done again. */
static int match_key(struct node *node, const struct key_entry *e)
{
	const struct node_store_rx id = {.mode = e->mode, .index = e->index, .source = e->source};
	const struct bslayer_key_entry key = {
		.mode = e->mode, .index = e->index, .source = e->source};
	uint8_t hash[NODE_STORE_HASH_LEN], before[NODE_STORE_HASH_LEN];
	int rc = node_store_get_rx_key(node->store, &id, before);

	if (rc < 0)
		return rc;
	SHA256(e->key.b, e->key.len, hash);
	if (rc > 0 && secret_equal_octets(hash, before, sizeof(hash)))
		return 0;
	rc = rc > 0 ? policy_forget_counters(node->policy, &key) : 0;
	if (!rc)
		rc = node_store_put_rx_key(node->store, &id, hash);
	node->rx_stored_sum = 0;
	return rc;
}

int node_rx_match_keys(struct node *node)
{
	int rc = 0;

	for (size_t i = 0; i < node->keys.n && !rc; i++)
		if (node->keys.entry[i].state != KEY_RETIRED)
			rc = match_key(node, &node->keys.entry[i]);
	return rc;
}

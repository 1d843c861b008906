/* SPDX-License-Identifier: ISC */
#include "coap/coap_seen.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define EXCHANGE_LIFETIME_MS 247000 /* RFC 7252 section 4.8.2 with the default parameters */

static bool alive(const struct coap_seen_entry *e, uint64_t now_ms)
{
	return e->used && now_ms - e->at_ms < EXCHANGE_LIFETIME_MS;
}

const struct coap_seen_entry *coap_seen_find(const struct coap_seen *seen, uint64_t now_ms,
					     uint16_t mid)
{
	for (size_t i = 0; i < COAP_SEEN_MAX; i++)
		if (seen->entry[i].mid == mid && alive(&seen->entry[i], now_ms))
			return &seen->entry[i];
	return NULL;
}

static void forget(struct coap_seen *seen, struct coap_seen_entry *e)
{
	if (e->octets)
		OPENSSL_cleanse(e->octets, e->len);
	free(e->octets);
	seen->octets -= e->len;
	memset(e, 0, sizeof(*e));
}

static struct coap_seen_entry *oldest(struct coap_seen *seen)
{
	struct coap_seen_entry *found = NULL;

	for (size_t i = 0; i < COAP_SEEN_MAX; i++) {
		struct coap_seen_entry *e = &seen->entry[i];

		if (e->used && (!found || e->at_ms < found->at_ms))
			found = e;
	}
	return found;
}

static struct coap_seen_entry *free_entry(struct coap_seen *seen)
{
	for (size_t i = 0; i < COAP_SEEN_MAX; i++)
		if (!seen->entry[i].used)
			return &seen->entry[i];
	return NULL;
}

/* A free entry and room for `len` octets: what is over, then the oldest give way. */
static struct coap_seen_entry *make_room(struct coap_seen *seen, uint64_t now_ms, size_t len)
{
	struct coap_seen_entry *e;

	for (size_t i = 0; i < COAP_SEEN_MAX; i++)
		if (seen->entry[i].used && !alive(&seen->entry[i], now_ms))
			forget(seen, &seen->entry[i]);
	while (!(e = free_entry(seen)) || seen->octets + len > COAP_SEEN_MAX_OCTETS)
		forget(seen, oldest(seen));
	return e;
}

void coap_seen_add(struct coap_seen *seen, uint64_t now_ms, uint16_t mid, const uint8_t *octets,
		   size_t len)
{
	struct coap_seen_entry *e = make_room(seen, now_ms, len);

	*e = (struct coap_seen_entry){.used = true, .mid = mid, .at_ms = now_ms};
	if (len > 0 && (e->octets = malloc(len)) != NULL) {
		memcpy(e->octets, octets, len);
		e->len = len;
		seen->octets += len;
	}
}

void coap_seen_clear(struct coap_seen *seen)
{
	for (size_t i = 0; i < COAP_SEEN_MAX; i++)
		forget(seen, &seen->entry[i]);
}

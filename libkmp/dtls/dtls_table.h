/* SPDX-License-Identifier: ISC */
/* dtls_table: an endpoint's sessions by their peer: address, port and, for link-locals, interface.
 * A peer has one entry. */
#ifndef KMP_DTLS_DTLS_TABLE_H
#define KMP_DTLS_DTLS_TABLE_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/queue.h>

struct dtls_session;
LIST_HEAD(dtls_session_list, dtls_session);

struct dtls_table {
	struct dtls_session_list *buckets;
	uint32_t n_buckets; /* a power of two */
	uint32_t n;
	uint64_t seed; /* so that strangers cannot aim at one bucket */
};

/* Room for about `expected` entries; more only make it slower. Returns 0, -ENOMEM or -EIO. */
int dtls_table_init(struct dtls_table *t, uint32_t expected);
/* The entries must have been removed. */
void dtls_table_fini(struct dtls_table *t);

struct dtls_session *dtls_table_find(const struct dtls_table *t, const struct sockaddr_in6 *peer);
/* Any entry, or NULL. */
struct dtls_session *dtls_table_first(const struct dtls_table *t);
void dtls_table_insert(struct dtls_table *t, struct dtls_session *s);
void dtls_table_remove(struct dtls_table *t, struct dtls_session *s);

#endif

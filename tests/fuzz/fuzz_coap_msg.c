/* SPDX-License-Identifier: ISC */
/* One datagram. What is accepted must mean the same after being written and read again. */
#include "coap/coap_msg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
	if (!holds)
		abort();
}

static int same_block(const struct coap_msg_block *a, const struct coap_msg_block *b)
{
	return a->set == b->set && a->num == b->num && a->more == b->more && a->szx == b->szx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct coap_msg m, again;
	uint8_t octets[COAP_MSG_MAX];

	if (coap_msg_parse(data, len, &m) < 0)
		return 0;
	int n = coap_msg_build(&m, octets, sizeof(octets));
	require(n >= 4 && (size_t)n <= len); /* what we do not take is gone */
	require(coap_msg_parse(octets, (size_t)n, &again) == 0);
	require(again.type == m.type && again.code == m.code && again.mid == m.mid);
	require(again.token_len == m.token_len && memcmp(again.token, m.token, 8) == 0);
	require(strcmp(again.path, m.path) == 0 && strcmp(again.query, m.query) == 0);
	require(again.content_format == m.content_format && again.accept == m.accept);
	require(same_block(&again.block1, &m.block1) && same_block(&again.block2, &m.block2));
	require(again.size1 == m.size1 && again.etag_len == m.etag_len);
	require(memcmp(again.etag, m.etag, sizeof(m.etag)) == 0);
	require(again.payload_len == m.payload_len);
	require(m.payload_len == 0 || memcmp(again.payload, m.payload, m.payload_len) == 0);
	return 0;
}

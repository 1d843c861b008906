/* SPDX-License-Identifier: ISC */
/* The first octet chooses the ICMPv6 type that the node listens to, the rest is the message. What
 * is accepted must survive being written and read again. */
#include "link/bsreq_msg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t octets[BSREQ_MAX_LEN];
	struct bsreq req, again;
	size_t built;

	if (len == 0 || bsreq_parse(data[0], data + 1, len - 1, &req) < 0)
		return 0;
	require(len - 1 >= BSREQ_LEN);
	require(req.code == BSREQ_JSR || req.code == BSREQ_SSR);
	require(!eui64_is_zero(&req.eui));
	built = bsreq_build(data[0], &req, octets);
	require(built <= len - 1);
	require(bsreq_parse(data[0], octets, built, &again) == 0);
	require(again.has_short == req.has_short && again.short_addr == req.short_addr);
	require(again.code == req.code && again.lifetime == req.lifetime);
	require(eui64_equal(&again.eui, &req.eui));
	/* Beside checksum, status and reserved nothing may change. */
	require(memcmp(octets, data + 1, 2) == 0 && memcmp(octets + 6, data + 7, 10) == 0);
	return 0;
}

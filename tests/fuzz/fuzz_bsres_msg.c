/* SPDX-License-Identifier: ISC */
/* Of the first octet, bit 0 chooses JSON or CBOR, bit 1 a state or a change; the rest is the body.
 * What is accepted must be written the same again after being written and read. */
#include "keys/bsres_msg.h"

#include "keys/repr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void fuzz_state(int format, const uint8_t *octets, size_t len)
{
	uint8_t first[REPR_MAX_LEN], second[REPR_MAX_LEN];
	struct bsres_state s;

	if (bsres_state_parse(format, octets, len, &s) < 0)
		return;
	int n = bsres_state_build(format, &s, first, sizeof(first));
	require(n > 0 && bsres_state_parse(format, first, (size_t)n, &s) == 0);
	require(bsres_state_build(format, &s, second, sizeof(second)) == n);
	require(memcmp(first, second, (size_t)n) == 0);
}

static void fuzz_change(int format, const uint8_t *octets, size_t len)
{
	uint8_t first[REPR_MAX_LEN], second[REPR_MAX_LEN];
	struct bsres_change c;

	if (bsres_change_parse(format, octets, len, &c) < 0)
		return;
	int n = bsres_change_build(format, &c, first, sizeof(first));
	require(n > 0 && bsres_change_parse(format, first, (size_t)n, &c) == 0);
	require(bsres_change_build(format, &c, second, sizeof(second)) == n);
	require(memcmp(first, second, (size_t)n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	int format = data[0] & 1 ? KEYS_FORMAT_CBOR : KEYS_FORMAT_JSON;
	if (data[0] & 2)
		fuzz_change(format, data + 1, len - 1);
	else
		fuzz_state(format, data + 1, len - 1);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/* A manifest: whatever it is, what is accepted can be used, and what is refused says why, in whole
 * lines. */
#include "manifest.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_device(const struct manifest_device *d)
{
	assert(!eui64_is_zero(&d->eui) && d->line > 1);
	assert(d->credential < DTLS_CRED_KINDS);
	assert((d->credential == DTLS_CRED_PSK) == (d->psk.len > 0));
	assert(d->psk.len == 0 || (d->psk.len >= DTLS_MIN_PSK_LEN && d->psk.len <= SECRET_MAX_LEN));
	assert(memchr(d->name, '\0', sizeof(d->name)) && memchr(d->place, '\0', sizeof(d->place)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct manifest m;
	char why[1024] = "";
	int r = manifest_parse(&m, (const char *)data, len, "m.csv", why, sizeof(why));

	assert(r == 0 || r == -EINVAL);
	assert((r == 0) == (why[0] == '\0'));
	assert(r == 0 || strncmp(why, "m.csv:", 6) == 0);
	for (size_t i = 0; r == 0 && i < m.n; i++)
		check_device(&m.device[i]);
	manifest_clear(&m);
	return 0;
}

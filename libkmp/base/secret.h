/* SPDX-License-Identifier: ISC */
/* secret: key material in memory. Wiped when cleared, compared in constant time, never formatted by
 * log. Comes from files that nobody else may read, or from systemd credentials. */
#ifndef KMP_BASE_SECRET_H
#define KMP_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MAX_LEN 64

struct secret {
	uint8_t b[SECRET_MAX_LEN];
	size_t len; /* 0: no secret */
};

void secret_clear(struct secret *s);
/* Copy `len` octets in. Returns 0, or -EMSGSIZE above SECRET_MAX_LEN. */
int secret_set(struct secret *s, const void *src, size_t len);
/* `len` fresh octets from the system's generator. Returns 0, -EMSGSIZE, or -EIO if it failed. */
int secret_random(struct secret *s, size_t len);
/* Constant time in the contents; differing lengths are unequal. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* Constant-time comparison of raw octets (MACs). */
bool secret_equal_octets(const void *a, const void *b, size_t len);
/* Read hex text (2 digits an octet). Returns 0, -EINVAL or -EMSGSIZE. */
int secret_from_hex(struct secret *s, const char *text);
/* Read a file that holds hex text and at most one final newline. The file must be regular and not
 * accessible to group or others; a name without '/' is looked up in $CREDENTIALS_DIRECTORY first.
 * `min_len`, `max_len` in octets bound the secret.
 * Returns 0; -EACCES if others may read it, -EINVAL if it is not hex or out of bounds, or the errno
 * of opening and reading. On error `why` (of `why_len` octets) gets a sentence for the operator. */
int secret_from_file(struct secret *s, const char *path, size_t min_len, size_t max_len, char *why,
		     size_t why_len);

#endif

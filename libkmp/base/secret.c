/* SPDX-License-Identifier: ISC */
#include "base/secret.h"

#include "base/buf.h"
#include "base/credfile.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

/* Hex digits of the longest secret and a final newline. */
#define FILE_TEXT_LEN (2 * SECRET_MAX_LEN + 1)

void secret_clear(struct secret *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

int secret_set(struct secret *s, const void *src, size_t len)
{
	secret_clear(s);
	if (len > SECRET_MAX_LEN)
		return -EMSGSIZE;
	if (len > 0)
		memcpy(s->b, src, len);
	s->len = len;
	return 0;
}

int secret_random(struct secret *s, size_t len)
{
	secret_clear(s);
	if (len > SECRET_MAX_LEN)
		return -EMSGSIZE;
	if (RAND_priv_bytes(s->b, (int)len) != 1) {
		secret_clear(s);
		return -EIO;
	}
	s->len = len;
	return 0;
}

bool secret_equal_octets(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && secret_equal_octets(a->b, b->b, a->len);
}

int secret_from_hex(struct secret *s, const char *text)
{
	size_t digits = strlen(text);

	secret_clear(s);
	if (digits == 0 || digits % 2 != 0)
		return -EINVAL;
	if (digits / 2 > SECRET_MAX_LEN)
		return -EMSGSIZE;
	if (buf_from_hex(text, s->b, digits / 2) < 0) {
		secret_clear(s);
		return -EINVAL;
	}
	s->len = digits / 2;
	return 0;
}

/* Decode the text of a file: hex digits and at most one newline. */
static int decode(struct secret *s, char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	/* A NUL in the file would hide what follows it. */
	return strlen(text) == len ? secret_from_hex(s, text) : -EINVAL;
}

int secret_from_file(struct secret *s, const char *path, size_t min_len, size_t max_len, char *why,
		     size_t why_len)
{
	char text[FILE_TEXT_LEN + 1];
	size_t len;

	secret_clear(s);
	int r = credfile_read(path, true, text, FILE_TEXT_LEN, &len, why, why_len);
	bool was_read = r == 0 || r == -EFBIG;
	if (r == 0)
		r = decode(s, text, len);
	OPENSSL_cleanse(text, sizeof(text));
	if (was_read && r < 0) {
		snprintf(why, why_len,
			 "%s does not hold hex digits of 1 to %d octets, two an octet", path,
			 SECRET_MAX_LEN);
		return -EINVAL;
	}
	if (r == 0 && (s->len < min_len || s->len > max_len)) {
		snprintf(why, why_len, "%s holds %zu octets, needed are %zu to %zu", path, s->len,
			 min_len, max_len);
		secret_clear(s);
		return -EINVAL;
	}
	return r;
}

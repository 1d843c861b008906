/* SPDX-License-Identifier: ISC */
#include "base/secret.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Hex digits of the longest secret, a final newline, and one more to see that a file is longer. */
#define FILE_TEXT_LEN (2 * SECRET_MAX_LEN + 2)

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

/* Write the sentence for the operator and hand `error` on. */
__attribute__((format(printf, 4, 5))) static int fail(int error, char *why, size_t why_len,
						      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, why_len, fmt, args);
	va_end(args);
	return error;
}

/* Open `path`, looking up a bare name among the credentials of systemd first. O_NONBLOCK: a FIFO
 * put there must not stop the daemon. */
static int open_file(const char *path, bool *credential)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char name[PATH_MAX];

	*credential = false;
	if (dir && !strchr(path, '/')) {
		int len = snprintf(name, sizeof(name), "%s/%s", dir, path);
		if (len < 0 || (size_t)len >= sizeof(name))
			return -ENAMETOOLONG;
		int fd = open(name, flags);
		if (fd >= 0 || errno != ENOENT) {
			*credential = true;
			return fd >= 0 ? fd : -errno;
		}
	}
	int fd = open(path, flags);
	return fd >= 0 ? fd : -errno;
}

/* Refuse what is no regular file or what others can get at. What systemd hands over is exempt: it
 * grants a service's user access by an ACL, which shows as group bits. */
static int check_file(int fd, const char *path, bool credential, char *why, size_t why_len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(-errno, why, why_len, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(-EINVAL, why, why_len, "%s is not a regular file", path);
	if (!credential && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(-EACCES, why, why_len, "%s: mode %04o lets others at it: chmod 600 %s",
			    path, (unsigned int)(st.st_mode & 07777), path);
	return 0;
}

/* Read to the end of the file or of `cap` octets. */
static int read_all(int fd, char *dst, size_t cap, size_t *len)
{
	*len = 0;
	while (*len < cap) {
		ssize_t n = read(fd, dst + *len, cap - *len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	return 0;
}

/* Read and decode an open file that was checked. */
static int read_file(struct secret *s, int fd, const char *path, char *why, size_t why_len)
{
	char text[FILE_TEXT_LEN + 1];
	size_t len;
	int r = read_all(fd, text, FILE_TEXT_LEN, &len);

	if (r < 0)
		return fail(r, why, why_len, "%s: %s", path, strerror(-r));
	if (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	/* A NUL in the file would hide what follows it. */
	r = strlen(text) == len ? secret_from_hex(s, text) : -EINVAL;
	OPENSSL_cleanse(text, sizeof(text));
	if (r < 0)
		return fail(-EINVAL, why, why_len,
			    "%s does not hold hex digits of 1 to %d octets, two an octet", path,
			    SECRET_MAX_LEN);
	return 0;
}

int secret_from_file(struct secret *s, const char *path, size_t min_len, size_t max_len, char *why,
		     size_t why_len)
{
	bool credential;

	secret_clear(s);
	int fd = open_file(path, &credential);
	if (fd < 0)
		return fail(fd, why, why_len, "%s: %s", path, strerror(-fd));
	int r = check_file(fd, path, credential, why, why_len);
	if (r == 0)
		r = read_file(s, fd, path, why, why_len);
	close(fd);
	if (r == 0 && (s->len < min_len || s->len > max_len)) {
		r = fail(-EINVAL, why, why_len, "%s holds %zu octets, needed are %zu to %zu", path,
			 s->len, min_len, max_len);
		secret_clear(s);
	}
	return r;
}

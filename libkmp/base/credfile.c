/* SPDX-License-Identifier: ISC */
#include "base/credfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
static int check_file(int fd, const char *path, bool is_private, char *why, size_t why_len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(-errno, why, why_len, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(-EINVAL, why, why_len, "%s is not a regular file", path);
	if (is_private && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(-EACCES, why, why_len, "%s: mode %04o lets others at it: chmod 600 %s",
			    path, (unsigned int)(st.st_mode & 07777), path);
	return 0;
}

/* Read to the end of the file, which must come within `cap` octets. */
static int read_all(int fd, uint8_t *dst, size_t cap, size_t *len)
{
	*len = 0;
	for (;;) {
		uint8_t more;
		bool full = *len == cap;
		ssize_t n = read(fd, full ? &more : dst + *len, full ? 1 : cap - *len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0 && full)
			return -EFBIG;
		if (n > 0)
			*len += (size_t)n;
	}
}

int credfile_read(const char *path, bool is_private, void *dst, size_t cap, size_t *len, char *why,
		  size_t why_len)
{
	bool credential;
	int fd = open_file(path, &credential);

	if (fd < 0)
		return fail(fd, why, why_len, "%s: %s", path, strerror(-fd));
	int r = check_file(fd, path, is_private && !credential, why, why_len);
	if (r == 0) {
		r = read_all(fd, dst, cap, len);
		if (r < 0)
			fail(r, why, why_len, "%s: %s", path, strerror(-r));
	}
	close(fd);
	return r;
}

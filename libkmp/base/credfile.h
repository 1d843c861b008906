/* SPDX-License-Identifier: ISC */
/* credfile: files that credentials are read from. A name without '/' is one of systemd's
 * credentials (systemd.exec(5), LoadCredential=) if there is such; what is secret must be for its
 * owner only. */
#ifndef KMP_BASE_CREDFILE_H
#define KMP_BASE_CREDFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Read the regular file `path` whole, at most `cap` octets, into `dst`; a name without '/' is
 * looked up in $CREDENTIALS_DIRECTORY first. If `is_private`, group and others must have no access
 * to it. Returns 0 and *len; -EACCES if others have access; -EFBIG if it is longer; -EINVAL if it
 * is no regular file; or the -errno of opening and reading. On error `why` (of `why_len` octets)
 * gets a sentence for the operator. The caller wipes `dst`, also after an error. */
int credfile_read(const char *path, bool is_private, void *dst, size_t cap, size_t *len, char *why,
		  size_t why_len);

#endif

/* SPDX-License-Identifier: ISC */
/* ctd_cred: credentials in the configuration of ctd: its own key, certificate and the devices'
 * anchor, and what each device is known by (DESIGN, Credentials). */
#ifndef KMP_CTD_CTD_CRED_H
#define KMP_CTD_CTD_CRED_H

#include "ctd_conf.h"

/* Read our own private-key, certificate and device-anchor into conf->auth, if they are set. Returns
 * 0, or -errno with a line "FILE:LINE: text" in `why`; `path` is the file. */
int ctd_cred_load_own(struct ctd_conf *conf, const char *path, char *why, size_t why_len);

/* Read what the section of `d` knows it by: exactly one of psk-file, key-hash and `credential =
 * certificate`. Returns 0, or -EINVAL with what is wrong in `why`. */
int ctd_cred_load_device(struct ctd_device *d, char *why, size_t why_len);

/* Have we what it takes to authenticate `d`, and ourselves to it? After the former two. Returns
 * NULL, or what is missing. */
const char *ctd_cred_missing(const struct ctd_conf *conf, const struct ctd_device *d);

#endif

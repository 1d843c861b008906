/* SPDX-License-Identifier: ISC */
/* jnd: a mesh node: asks its commissioning tool for admission by Join Secure Requests until
 * answered, takes keys over DTLS, secures its links and forwards for others. */
#ifndef JND_JND_H
#define JND_JND_H

#include "base/daemon.h"

extern const struct daemon_desc jnd_desc;

#endif

/* SPDX-License-Identifier: ISC */
/* pindir: the directory of an interface in the bpf file system. What the bootstrap layer pins lies
 * in it (bslayer), and who has it locked has the interface (iface_claim()). Nobody but its owner
 * can open it, and so nobody else can lock it. Names are the machine's: of two interfaces of one
 * name, in two network namespaces, only one can have a bootstrap layer. */
#ifndef KMP_LINK_PINDIR_H
#define KMP_LINK_PINDIR_H

#include <limits.h>

#define PINDIR_FS  "/sys/fs/bpf" /* where the bpf file system is mounted; tests have another */
#define PINDIR_TOP "wpan-kmp"    /* in it, with a directory for each interface */

/* The path of `map` (a name, or "" for the directory itself) of the interface `wpan` below `fs`. */
void pindir_path(const char *fs, const char *wpan, const char *map, char path[PATH_MAX]);

/* Make the directory of `wpan` below `fs` if it is missing, open to this user alone. Returns 0;
 * -ENODEV if `fs` is no bpf file system and that cannot be; -EPERM also if others own or may enter
 * what is there under the name PINDIR_TOP; -errno. */
int pindir_make(const char *fs, const char *wpan);

#endif

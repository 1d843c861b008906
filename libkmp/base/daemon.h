/* SPDX-License-Identifier: ISC */
/* daemon: the frame that every daemon runs in: command line, configuration, log, signals, readiness
 * and watchdog for systemd, and no more privileges than it needs once it has opened everything. */
#ifndef KMP_BASE_DAEMON_H
#define KMP_BASE_DAEMON_H

#include "base/conf.h"
#include "base/evl.h"
#include "base/log.h"

#include <stddef.h>

#define DAEMON_WHY_LEN 4096

struct daemon_desc {
	const char *name;         /* "jnd" */
	const char *default_file; /* configuration */
	const struct conf_spec *spec;
	size_t conf_size;
	/* What no single option can tell: consistency, credentials. 0 or -errno with `why`. */
	int (*check)(const void *conf, char *why, size_t why_len);
	/* Read into `conf` what it refers to, such as credentials; NULL: nothing. 0 or -errno with
	 * `why`, whole lines "FILE:LINE: text" about `path`. */
	int (*complete)(void *conf, const char *path, char *why, size_t why_len);
	/* Wipe what that read, before `conf` is freed; NULL: nothing. */
	void (*wipe)(void *conf);
	enum log_level (*log_level)(const void *conf);
	/* Open everything and begin; *state is handed to the functions below. 0 or -errno with
	 * `why`. */
	int (*start)(struct evl *evl, const void *conf, void **state, char *why, size_t why_len);
	/* SIGHUP: `conf` is the configuration read and checked anew, valid as long as the daemon;
	 * the one before is freed after the return. NULL: SIGHUP only says that a restart is
	 * needed. */
	void (*reload)(void *state, const void *conf);
	void (*stop)(void *state);
	/* Capabilities (CAP_*) kept after start. */
	const unsigned int *caps;
	size_t n_caps;
};

/* Run to the end. Returns the exit status: 0 ended by a signal or -n found nothing wrong,
 * EX_CONFIG for a bad configuration, 1 otherwise; usage errors exit 2. */
int daemon_main(const struct daemon_desc *desc, int argc, char **argv);

#endif

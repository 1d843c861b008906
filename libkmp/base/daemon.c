/* SPDX-License-Identifier: ISC */
#include "base/daemon.h"

#include <cap-ng.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#define TOPIC "daemon"

struct daemon {
	const struct daemon_desc *desc;
	struct conf_cmdline cmdline;
	struct evl *evl;
	void *conf, *state;
	struct evl_timer *watchdog;
	uint64_t watchdog_ms;
};

static void conf_free(const struct daemon *d, void *conf)
{
	if (!conf)
		return;
	if (d->desc->wipe)
		d->desc->wipe(conf);
	conf_clear(d->desc->spec, conf);
	free(conf);
}

/* The rules that no single option can tell. */
static int conf_check(const struct daemon *d, const void *conf, char *why, size_t why_len)
{
	char reason[DAEMON_WHY_LEN / 2] = "";
	int rc = d->desc->check ? d->desc->check(conf, reason, sizeof(reason)) : 0;

	if (rc)
		snprintf(why, why_len, "%s: %s", d->cmdline.file, reason);
	return rc;
}

/* Read and check the configuration into a fresh structure. NULL with `why` if it is not good. */
static void *conf_read(const struct daemon *d, char *why, size_t why_len)
{
	void *conf = calloc(1, d->desc->conf_size);
	int rc = -ENOMEM;

	why[0] = '\0';
	if (conf)
		rc = conf_load(d->desc->spec, d->cmdline.file, d->cmdline.overrides,
			       d->cmdline.n_overrides, conf, why, why_len);
	if (!rc)
		rc = conf_check(d, conf, why, why_len);
	if (!rc && d->desc->complete)
		rc = d->desc->complete(conf, d->cmdline.file, why, why_len);
	if (!rc)
		return conf;
	if (!why[0])
		snprintf(why, why_len, "%s: %s", d->cmdline.file, strerror(-rc));
	conf_free(d, conf);
	return NULL;
}

static enum log_level level_of(const struct daemon *d)
{
	return d->cmdline.debug ? LOG_LVL_DEBUG : d->desc->log_level(d->conf);
}

static void on_end(int signum, void *arg)
{
	struct daemon *d = arg;

	log_info(TOPIC, NULL, "ending on %s", strsignal(signum));
	evl_stop(d->evl);
}

/* A line of the log for each: the log is of lines. */
static void log_lines(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		log_error(TOPIC, NULL, "%s", line);
}

static void on_hup(int signum, void *arg)
{
	struct daemon *d = arg;
	char why[DAEMON_WHY_LEN];
	void *conf, *old = d->conf;

	(void)signum;
	if (!d->desc->reload) {
		log_warn(TOPIC, NULL, "SIGHUP ignored: restart to read the configuration again");
		return;
	}
	conf = conf_read(d, why, sizeof(why));
	if (!conf) {
		log_error(TOPIC, NULL,
			  "configuration kept as it was, %s has errors:", d->cmdline.file);
		log_lines(why);
		return;
	}
	d->desc->reload(d->state, conf);
	d->conf = conf;
	conf_free(d, old);
	log_set_level(level_of(d));
	log_info(TOPIC, NULL, "configuration %s read again", d->cmdline.file);
}

static int signals_init(struct daemon *d)
{
	int rc = evl_signal(d->evl, SIGTERM, on_end, d);

	signal(SIGPIPE, SIG_IGN);
	if (!rc)
		rc = evl_signal(d->evl, SIGINT, on_end, d);
	if (!rc)
		rc = evl_signal(d->evl, SIGHUP, on_hup, d);
	return rc;
}

#ifdef HAVE_SYSTEMD
static void on_watchdog(void *arg)
{
	struct daemon *d = arg;

	sd_notify(0, "WATCHDOG=1");
	evl_timer_start(d->watchdog, d->watchdog_ms);
}

static void say_ready(struct daemon *d)
{
	uint64_t usec = 0;

	sd_notify(0, "READY=1");
	if (sd_watchdog_enabled(0, &usec) <= 0)
		return;
	d->watchdog_ms = usec / 2000; /* half the time that systemd waits */
	d->watchdog = evl_timer_new(d->evl, on_watchdog, d);
	if (d->watchdog)
		on_watchdog(d);
}
#else
static void say_ready(struct daemon *d)
{
	(void)d;
}
#endif

static int keep_caps(const struct daemon_desc *desc, char *why, size_t why_len)
{
	if (geteuid() != 0)
		return 0;
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < desc->n_caps; i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, desc->caps[i])) {
			snprintf(why, why_len, "capability %u is unknown to this system",
				 desc->caps[i]);
			return -EINVAL;
		}
	/* Not the bounding set: changing that needs CAP_SETPCAP, and the units bound it already. */
	if (capng_apply(CAPNG_SELECT_CAPS)) {
		snprintf(why, why_len, "cannot drop capabilities: %s", strerror(errno));
		return -EPERM;
	}
	return 0;
}

static int run(struct daemon *d, char *why, size_t why_len)
{
	int rc = signals_init(d);

	if (!rc)
		rc = d->desc->start(d->evl, d->conf, &d->state, why, why_len);
	if (rc)
		return rc;
	rc = keep_caps(d->desc, why, why_len);
	if (!rc) {
		say_ready(d);
		rc = evl_run(d->evl);
	}
	evl_timer_free(d->watchdog);
	d->desc->stop(d->state);
	return rc;
}

int daemon_main(const struct daemon_desc *desc, int argc, char **argv)
{
	struct daemon d = {.desc = desc};
	char why[DAEMON_WHY_LEN];
	int rc = -ENOMEM;

	conf_cmdline_parse(argc, argv, desc->default_file, &d.cmdline);
	d.conf = conf_read(&d, why, sizeof(why));
	if (!d.conf) {
		fprintf(stderr, "%s: %s\n", desc->name, why);
		return EX_CONFIG;
	}
	if (d.cmdline.check_only) {
		printf("%s: %s is good\n", desc->name, d.cmdline.file);
		conf_free(&d, d.conf);
		return 0;
	}
	log_open(desc->name, level_of(&d), getenv("JOURNAL_STREAM") && !d.cmdline.debug);
	why[0] = '\0';
	d.evl = evl_new();
	if (d.evl)
		rc = run(&d, why, sizeof(why));
	if (rc)
		log_error(TOPIC, NULL, "ended: %s", why[0] ? why : strerror(-rc));
	evl_free(d.evl);
	conf_free(&d, d.conf);
	return rc ? 1 : 0;
}

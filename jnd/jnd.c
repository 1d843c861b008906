/* SPDX-License-Identifier: ISC */
#include "jnd.h"

#include "jnd_conf.h"
#include "jsr_send.h"
#include "link/rtwatch.h"
#include "node/node.h"
#include "node/node_daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct jnd {
	const struct jnd_conf *conf;
	struct node *node;
	struct jsr_send *jsr;
	struct rtwatch *routes;
};

static int send_jsr(void *arg, uint32_t tries)
{
	struct jnd *jnd = arg;

	(void)tries;
	return node_send_jsr(jnd->node, jnd_conf_jsr_destination(jnd->conf));
}

/* Only a completed handshake answers a JSR: anyone can begin one. */
static void on_ct(void *arg, bool up)
{
	struct jnd *jnd = arg;

	if (up)
		jsr_send_on_handshake(jnd->jsr);
	else
		jsr_send_on_session_end(jnd->jsr);
}

static void on_asking(void *arg, bool asking)
{
	struct jnd *jnd = arg;

	if (!jnd->jsr) /* what was durable; start() looks itself */
		return;
	if (asking)
		jsr_send_start(jnd->jsr);
	else
		jsr_send_stop(jnd->jsr);
}

static void on_routes(void *arg)
{
	struct jnd *jnd = arg;

	jsr_send_on_routes(jnd->jsr);
}

static void status(void *arg, cJSON *result)
{
	struct jnd *jnd = arg;

	cJSON_AddStringToObject(result, "jsr", jsr_send_state_name(jsr_send_state(jnd->jsr)));
	cJSON_AddNumberToObject(result, "jsr_tries", jsr_send_tries(jnd->jsr));
}

static void stop(void *state)
{
	struct jnd *jnd = state;

	rtwatch_free(jnd->routes);
	node_free(jnd->node);
	jsr_send_free(jnd->jsr);
	free(jnd);
}

static int start(struct evl *evl, const void *conf, void **state, char *why, size_t why_len)
{
	struct jnd *jnd = calloc(1, sizeof(*jnd));
	const struct node_ops ops = {
		.on_ct = on_ct, .on_asking = on_asking, .status = status, .arg = jnd};
	char reason[NODE_WHY_LEN];
	int rc;

	if (!jnd)
		return -ENOMEM;
	jnd->conf = conf;
	rc = node_new(&jnd->node, evl, &jnd->conf->node, true, &ops, reason);
	if (rc) {
		snprintf(why, why_len, "%s", reason);
		free(jnd);
		return rc;
	}
	jnd->jsr = jsr_send_new(evl, node_eui(jnd->node), send_jsr, jnd);
	rc = jnd->jsr ? rtwatch_new(&jnd->routes, evl, on_routes, jnd) : -ENOMEM;
	if (rc) {
		stop(jnd);
		return rc;
	}
	if (node_asks(jnd->node))
		jsr_send_start(jnd->jsr);
	*state = jnd;
	return 0;
}

static int check(const void *conf, char *why, size_t why_len)
{
	return jnd_conf_check(conf, why, why_len);
}

const struct daemon_desc jnd_desc = {
	.name = "jnd",
	.default_file = KMP_SYSCONFDIR "/jnd.conf",
	.spec = &jnd_conf_spec,
	.conf_size = sizeof(struct jnd_conf),
	.check = check,
	.complete = node_daemon_complete,
	.wipe = node_daemon_wipe,
	.log_level = node_daemon_level,
	.start = start,
	.stop = stop,
	.caps = node_caps,
	.n_caps = NODE_N_CAPS,
};

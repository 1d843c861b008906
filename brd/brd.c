/* SPDX-License-Identifier: ISC */
#include "brd.h"

#include "base/log.h"
#include "brd_conf.h"
#include "jsr_fwd.h"
#include "node/node.h"
#include "node/node_daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC "jsr"

#define WARN_GAP_MS 60000 /* between two warnings that anybody can cause */

struct brd {
	struct evl *evl;
	const struct brd_conf *conf;
	struct node *node;
	struct jsr_fwd *fwd;
	uint64_t next_warning_ms;
};

/* A source to which nothing would go by the mesh is nobody's there, and the CT could not answer it.
 * Where the kernel does not tell, the JSR is not forwarded either: a device asks again. */
static bool by_mesh(void *arg, const struct in6_addr *src)
{
	struct brd *brd = arg;
	uint64_t now_ms = evl_now_ms(brd->evl);
	int rc = node_sends_by_mesh(brd->node, src);

	if (rc < 0 && now_ms >= brd->next_warning_ms) {
		brd->next_warning_ms = now_ms + WARN_GAP_MS;
		log_warn(TOPIC, NULL, "the kernel does not tell its route to a source: %s",
			 strerror(-rc));
	}
	return rc > 0;
}

/* draft-kumar-6lo-selective-bootstrap section 5.3.2, figure 4, steps 3 and 4. */
static void on_jsr(void *arg, const struct bsreq_packet *p)
{
	struct brd *brd = arg;
	enum jsr_fwd_verdict verdict = jsr_fwd_judge(brd->fwd, &p->req, &p->src);
	char src[INET6_ADDRSTRLEN];
	int rc;

	inet_ntop(AF_INET6, &p->src, src, sizeof(src));
	if (verdict != JSR_FWD_FORWARD) {
		log_debug(TOPIC, &p->req.eui, "from %s not forwarded: %s", src,
			  jsr_fwd_verdict_name(verdict));
		return;
	}
	rc = node_forward_jsr(brd->node, p, &brd->conf->ct_address);
	if (rc)
		log_warn(TOPIC, &p->req.eui, "from %s not forwarded: %s; it will be repeated", src,
			 strerror(-rc));
	else
		log_info(TOPIC, &p->req.eui, "from %s forwarded to the commissioning tool", src);
}

static void on_link(void *arg, const struct eui64 *eui, bool secured)
{
	struct brd *brd = arg;

	if (secured)
		jsr_fwd_admit(brd->fwd, eui);
	else
		jsr_fwd_dismiss(brd->fwd, eui);
}

static void status(void *arg, cJSON *result)
{
	struct brd *brd = arg;
	cJSON *jsr = cJSON_AddObjectToObject(result, "jsr");

	for (int i = 0; i < JSR_FWD_VERDICTS; i++) {
		uint64_t n = jsr_fwd_count(brd->fwd, (enum jsr_fwd_verdict)i);

		if (n)
			cJSON_AddNumberToObject(jsr, jsr_fwd_verdict_name((enum jsr_fwd_verdict)i),
						(double)n);
	}
}

static void stop(void *state)
{
	struct brd *brd = state;

	node_free(brd->node);
	jsr_fwd_free(brd->fwd);
	free(brd);
}

static int start(struct evl *evl, const void *conf, void **state, char *why, size_t why_len)
{
	struct brd *brd = calloc(1, sizeof(*brd));
	const struct node_ops ops = {
		.on_jsr = on_jsr, .on_link = on_link, .status = status, .arg = brd};
	struct jsr_fwd_conf limits = jsr_fwd_default;
	char reason[NODE_WHY_LEN];
	int rc;

	if (!brd)
		return -ENOMEM;
	brd->evl = evl;
	brd->conf = conf;
	limits.by_mesh = by_mesh;
	limits.arg = brd;
	if (!IN6_IS_ADDR_UNSPECIFIED(&brd->conf->mesh_prefix)) {
		limits.prefix = brd->conf->mesh_prefix;
		limits.prefix_len = 64;
	}
	brd->fwd = jsr_fwd_new(evl, &limits);
	if (!brd->fwd) {
		free(brd);
		return -ENOMEM;
	}
	/* not the mesh alone: the CT comes by the backbone */
	rc = node_new(&brd->node, evl, &brd->conf->node, false, &ops, reason);
	if (rc) {
		snprintf(why, why_len, "%s", reason);
		stop(brd);
		return rc;
	}
	*state = brd;
	return 0;
}

static int check(const void *conf, char *why, size_t why_len)
{
	return brd_conf_check(conf, why, why_len);
}

const struct daemon_desc brd_desc = {
	.name = "brd",
	.default_file = KMP_SYSCONFDIR "/brd.conf",
	.spec = &brd_conf_spec,
	.conf_size = sizeof(struct brd_conf),
	.check = check,
	.complete = node_daemon_complete,
	.wipe = node_daemon_wipe,
	.log_level = node_daemon_level,
	.start = start,
	.stop = stop,
	.caps = node_caps,
	.n_caps = NODE_N_CAPS,
};

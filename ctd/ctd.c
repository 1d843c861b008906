/* SPDX-License-Identifier: ISC */
#include "ctd.h"

#include "base/ctl.h"
#include "base/daemon.h"
#include "candidates.h"
#include "ctd_conf.h"
#include "ctd_ctl.h"
#include "ctd_store.h"
#include "ifwatch.h"
#include "join_driver.h"
#include "mesh.h"
#include "roster.h"
#include "timeline.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC "ctd"

struct ctd {
	struct evl *evl;
	const struct ctd_conf *conf;
	struct store *store;
	struct timeline *timeline;
	struct mesh mesh;
	struct candidates *candidates;
	struct join_driver *driver;
	struct roster *roster;
	struct bsreq_sock *requests;
	struct ifwatch *ifwatch; /* NULL: all interfaces */
	struct ctl_server *ctl;
	struct ctd_ctl view;
};

/* --- configuration --- */

/* A stranger that asked may be configured now: then it need not ask again. */
static void welcome(struct ctd *c, const struct candidate *e)
{
	for (size_t i = 0; i < e->addrs.n; i++)
		roster_heard(c->roster, &e->eui, &e->addrs.entry[i].addr);
}

static void judge_candidates(struct ctd *c)
{
	for (size_t i = 0; i < candidates_count(c->candidates); i++) {
		const struct candidate *e = candidates_at(c->candidates, i);
		bool known = roster_knows(c->roster, &e->eui);

		if (known && !e->known)
			welcome(c, e);
		candidates_set_known(c->candidates, &e->eui, known);
	}
}

void ctd_reload(struct ctd *c, const struct ctd_conf *conf)
{
	int r;

	c->conf = conf;
	c->view.conf = conf;
	r = join_driver_set_auth(c->driver, conf->auth);
	if (r < 0)
		log_error(TOPIC, NULL, "certificate and key are the former ones: %s", strerror(-r));
	r = roster_configure(c->roster, conf);
	if (r < 0)
		log_error(TOPIC, NULL, "not all devices are configured: %s", strerror(-r));
	judge_candidates(c);
	log_info(TOPIC, NULL, "%zu devices configured, admission %s", conf->n_devices,
		 ctd_conf_admission_name(conf));
}

/* --- events --- */

/* The state in which something happens to a device, as its timeline has it: what passes within a
 * second is none, or the attempts of a join that fails would not be folded. */
static const char *lasting_state(const struct join *j)
{
	enum join_progress progress = join_progress(j);

	return join_progress_name(progress == JOIN_IS_CONNECTING || progress == JOIN_IS_KEYING
					  ? JOIN_IS_ADMITTED
					  : progress);
}

static void on_event(void *arg, const struct eui64 *eui, const char *text)
{
	struct ctd *c = arg;
	const struct member *m = eui ? roster_find(c->roster, eui) : NULL;

	if (!eui)
		timeline_add(c->timeline, &timeline_mesh, "mesh", text);
	else if (m)
		timeline_add(c->timeline, eui, lasting_state(&m->join), text);
}

/* --- requests --- */

static void log_request(const struct ctd *c, const struct bsreq_packet *p, bool known)
{
	const struct candidate *e = candidates_find(c->candidates, &p->req.eui);
	char src[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &p->src, src, sizeof(src));
	log_line(e && e->count == 1 ? LOG_LVL_INFO : LOG_LVL_DEBUG, "jsr", &p->req.eui,
		 "asks to be let in, from %s%s", src, known ? "" : ": no credential");
}

void ctd_on_request(const struct bsreq_packet *p, void *arg)
{
	struct ctd *c = arg;
	bool known = roster_knows(c->roster, &p->req.eui);

	if (p->req.code != BSREQ_JSR)
		return; /* an SSR is between neighbours (section 5.3.1) */
	if (candidates_heard(c->candidates, &p->req.eui, known, &p->src, evl_now_ms(c->evl)) !=
	    CANDIDATES_TAKEN)
		return;
	log_request(c, p, known);
	if (known)
		on_event(c, &p->req.eui, "asks to be let in");
	roster_heard(c->roster, &p->req.eui, &p->src);
}

/* --- opening --- */

static int cred_of(void *arg, const struct eui64 *eui, struct dtls_cred *cred)
{
	const struct ctd *c = arg;
	const struct member *m = roster_find(c->roster, eui);
	const struct ctd_device *d = m ? m->device : NULL;

	if (!d)
		return -ENOKEY;
	*cred = (struct dtls_cred){.kind = (enum dtls_cred_kind)d->credential, .psk = d->psk};
	eui64_format(eui, cred->identity);
	memcpy(cred->key_hash, d->key_hash, sizeof(cred->key_hash));
	return 0;
}

void ctd_free(struct ctd *c)
{
	if (!c)
		return;
	ctl_server_free(c->ctl);
	ifwatch_free(c->ifwatch);
	bsreq_sock_free(c->requests);
	roster_free(c->roster);
	join_driver_free(c->driver);
	candidates_free(c->candidates);
	timeline_free(c->timeline);
	mesh_close(&c->mesh);
	if (c->store)
		store_close(c->store);
	free(c);
}

static const char *interface(const struct ctd *c)
{
	return c->conf->interface[0] ? c->conf->interface : NULL;
}

/* Without its capabilities ctd cannot bind again by itself. */
static void on_replaced(void *arg)
{
	struct ctd *c = arg;

	evl_fail(c->evl, -ENODEV);
}

int ctd_listen(struct ctd *c, char *why, size_t why_len)
{
	int r = bsreq_sock_new(&c->requests, c->evl, interface(c), (uint8_t)c->conf->icmp_type,
			       ctd_on_request, c);

	c->view.requests = c->requests;
	if (r < 0)
		snprintf(why, why_len, "cannot listen for requests (ICMPv6 type %u): %s%s",
			 c->conf->icmp_type, strerror(-r),
			 r == -EPERM ? ": ctd needs CAP_NET_RAW, start it as root" : "");
	if (r < 0 || !interface(c))
		return r;
	r = ifwatch_new(&c->ifwatch, c->evl, interface(c), on_replaced, c);
	if (r < 0)
		snprintf(why, why_len, "cannot watch %s: %s", interface(c), strerror(-r));
	return r;
}

static int open_driver(struct ctd *c, char *why, size_t why_len)
{
	const struct ctd_conf *conf = c->conf;
	const struct join_driver_config config = {
		.dtls = {.local = in6addr_any,
			 .port = (uint16_t)conf->port,
			 .ifname = interface(c),
			 .link_mtu = conf->link_mtu,
			 .first_timeout_ms = conf->dtls_timeout_ms,
			 .handshake_timeout_ms = conf->handshake_timeout_s * 1000,
			 .max_sessions = CTD_CONF_MAX_DEVICES,
			 .auth = conf->auth},
		.device_port = (uint16_t)conf->device_port,
		.keys = &c->mesh.keys,
		.cred_of = cred_of,
		.arg = c};
	int r = join_driver_new(&c->driver, c->evl, &config);

	if (r == -ENODEV)
		snprintf(why, why_len,
			 "cannot open the DTLS endpoint: there is no interface %s: create it "
			 "first, or "
			 "change interface in the configuration",
			 conf->interface);
	else if (r < 0)
		snprintf(why, why_len, "cannot open the DTLS endpoint at UDP port %u: %s%s",
			 conf->port, strerror(-r),
			 r == -EADDRINUSE ? ": end who has it, or change port in the configuration"
					  : "");
	return r;
}

static int open_timeline(struct ctd *c, char *why, size_t why_len)
{
	int r = timeline_new(&c->timeline, c->evl, c->store);

	if (r < 0)
		snprintf(why, why_len, "cannot load the timeline: %s", strerror(-r));
	return r;
}

static int open_roster(struct ctd *c, char *why, size_t why_len)
{
	int r;

	c->candidates = candidates_new();
	r = c->candidates ? roster_new(&c->roster, c->evl, c->store, c->conf, &c->mesh,
				       join_driver_transport(c->driver))
			  : -ENOMEM;
	if (r < 0)
		snprintf(why, why_len, "cannot load the nodes: %s", strerror(-r));
	else
		roster_on_event(c->roster, on_event, c);
	return r;
}

static int open_ctl(struct ctd *c, char *why, size_t why_len)
{
	int r;

	c->view = (struct ctd_ctl){.evl = c->evl,
				   .conf = c->conf,
				   .roster = c->roster,
				   .candidates = c->candidates,
				   .driver = c->driver,
				   .timeline = c->timeline,
				   .requests = c->requests,
				   .started_ms = evl_now_ms(c->evl)};
	r = ctl_server_new(&c->ctl, c->evl, c->conf->socket, ctd_ctl_commands, ctd_ctl_n_commands,
			   &c->view);
	if (r < 0)
		snprintf(why, why_len, "cannot open the control socket %s: %s%s", c->conf->socket,
			 strerror(-r), ctl_server_hint(r));
	return r;
}

static int open_all(struct ctd *c, char *why, size_t why_len)
{
	int r = ctd_store_open(&c->store, c->conf->state_dir, why, why_len);

	if (r == 0)
		r = mesh_open(&c->mesh, c->store, why, why_len);
	if (r == 0)
		r = open_driver(c, why, why_len);
	if (r == 0)
		r = open_timeline(c, why, why_len);
	if (r == 0)
		r = open_roster(c, why, why_len);
	if (r == 0)
		r = open_ctl(c, why, why_len);
	return r;
}

int ctd_new(struct ctd **c, struct evl *evl, const struct ctd_conf *conf, char *why, size_t why_len)
{
	struct ctd *new = calloc(1, sizeof(*new));
	int r;

	if (!new) {
		snprintf(why, why_len, "no memory");
		return -ENOMEM;
	}
	new->evl = evl;
	new->conf = conf;
	r = open_all(new, why, why_len);
	if (r < 0) {
		ctd_free(new);
		return r;
	}
	*c = new;
	log_info(TOPIC, NULL, "%zu devices configured, admission %s", conf->n_devices,
		 ctd_conf_admission_name(conf));
	roster_start(new->roster);
	return 0;
}

/* --- the daemon --- */

static int start(struct evl *evl, const void *conf, void **state, char *why, size_t why_len)
{
	struct ctd *c;
	int r = ctd_new(&c, evl, conf, why, why_len);

	if (r < 0)
		return r;
	r = ctd_listen(c, why, why_len);
	if (r < 0)
		ctd_free(c);
	else
		*state = c;
	return r;
}

static void stop(void *state)
{
	ctd_free(state);
}

static void reload(void *state, const void *conf)
{
	ctd_reload(state, conf);
}

static int complete(void *conf, const char *path, char *why, size_t why_len)
{
	return ctd_conf_complete(conf, path, why, why_len);
}

static void wipe(void *conf)
{
	ctd_conf_wipe(conf);
}

static enum log_level level(const void *conf)
{
	return (enum log_level)((const struct ctd_conf *)conf)->log_level;
}

int ctd_main(int argc, char **argv)
{
	/* No capabilities are kept: the raw socket was all that needed one. */
	static const struct daemon_desc desc = {
		.name = "ctd",
		.default_file = CTD_CONF_FILE,
		.spec = &ctd_conf_spec,
		.conf_size = sizeof(struct ctd_conf),
		.complete = complete,
		.wipe = wipe,
		.log_level = level,
		.start = start,
		.reload = reload,
		.stop = stop,
	};

	return daemon_main(&desc, argc, argv);
}

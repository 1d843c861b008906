/* SPDX-License-Identifier: ISC */
/* linktool: drives libkmp/link from a shell, for scenarios. Every command works on what is pinned
 * and in the kernel, so a node's state lasts from one call to the next. Only `up`, `attach` and
 * `policy` attach programs, and only they and `show` load any: that takes most of a second. */
#include "linktool.h"

#include "base/buf.h"
#include "link/bslayer.h"
#include "link/iface.h"
#include "link/llsec.h"
#include "link/policy.h"
#include "node/node_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 64

struct tool {
	struct iface_state iface;
	struct llsec *llsec;
	struct bslayer *bsl;
	enum bslayer_start start;
};

static int say(int err, const char *what, const char *why)
{
	if (err < 0)
		fprintf(stderr, "linktool: %s: %s (%s)\n", what, why, strerror(-err));
	return err < 0;
}

unsigned long linktool_number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (end == text || *end) {
		fprintf(stderr, "linktool: %s is no number\n", text);
		exit(2);
	}
	return n;
}

static struct eui64 eui_of(const char *text)
{
	struct eui64 eui;

	if (eui64_parse(text, &eui)) {
		fprintf(stderr, "linktool: %s is no EUI-64\n", text);
		exit(2);
	}
	return eui;
}

static const char *text_of(const struct eui64 *eui)
{
	static eui64_text text[4];
	static unsigned int next;

	return eui64_format(eui, text[next++ % 4]);
}

static struct bslayer_key_entry key_of(char **arg)
{
	struct bslayer_key_entry k = {.mode = (uint8_t)linktool_number(arg[0]),
				      .index = (uint8_t)linktool_number(arg[1])};

	if (k.mode == 3 && arg[2])
		k.source = eui_of(arg[2]);
	return k;
}

static const char *state_of(const struct tool *t)
{
	switch (t->start) {
	case BSLAYER_FRESH:
		return "fresh";
	case BSLAYER_REUSED:
		return "reused";
	case BSLAYER_REPLACED:
		return "replaced";
	}
	return "?";
}

static int cmd_show(struct tool *t, char **arg)
{
	(void)arg;
	printf("eui=%s pan=0x%04x short=0x%04x page=%u channel=%u wpan=%u%s lowpan=%s/%u%s "
	       "master=%u state=%s attached=%d in_place=%d\n",
	       text_of(&t->iface.eui), t->iface.pan_id, t->iface.short_addr, t->iface.page,
	       t->iface.channel, t->iface.wpan_index, t->iface.wpan_up ? " up" : "",
	       t->iface.lowpan, t->iface.lowpan_index, t->iface.lowpan_up ? " up" : "",
	       t->iface.master_index, state_of(t), bslayer_attached(t->bsl),
	       bslayer_in_place(t->bsl));
	return 0;
}

static int cmd_attach(struct tool *t, char **arg)
{
	(void)arg;
	return say(bslayer_attach(t->bsl), "attach", bslayer_error(t->bsl));
}

static int cmd_neighbour(struct tool *t, char **arg)
{
	struct eui64 eui = eui_of(arg[0]);

	return say(bslayer_set_neighbour(t->bsl, &eui, strcmp(arg[1], "secured") == 0), "neighbour",
		   bslayer_error(t->bsl));
}

static int cmd_forget(struct tool *t, char **arg)
{
	struct eui64 eui = eui_of(arg[0]);

	return say(bslayer_del_neighbour(t->bsl, &eui), "forget", bslayer_error(t->bsl));
}

static int cmd_neighbours(struct tool *t, char **arg)
{
	struct bslayer_neighbour_entry e[BSLAYER_MAX_NEIGHBOURS];
	int n = bslayer_list_neighbours(t->bsl, e, BSLAYER_MAX_NEIGHBOURS);

	(void)arg;
	for (int i = 0; i < n; i++)
		printf("%s %s\n", text_of(&e[i].eui), e[i].secured ? "secured" : "unsecured");
	return say(n, "neighbours", bslayer_error(t->bsl));
}

static int cmd_short(struct tool *t, char **arg)
{
	struct eui64 eui = eui_of(arg[2]);

	return say(bslayer_set_short(t->bsl, (uint16_t)linktool_number(arg[0]),
				     (uint16_t)linktool_number(arg[1]), &eui),
		   "short", bslayer_error(t->bsl));
}

static int cmd_key(struct tool *t, char **arg)
{
	struct bslayer_key_entry k = key_of(arg);

	return say(bslayer_add_key(t->bsl, &k), "key", bslayer_error(t->bsl));
}

static int cmd_unkey(struct tool *t, char **arg)
{
	struct bslayer_key_entry k = key_of(arg);

	return say(bslayer_del_key(t->bsl, &k), "unkey", bslayer_error(t->bsl));
}

static int cmd_set(struct tool *t, char **arg)
{
	struct bslayer_config c;
	int err = bslayer_get_config(t->bsl, &c);
	unsigned long v = linktool_number(arg[1]);
	struct bslayer_settings s = {.eui = t->iface.eui,
				     .pan_id = t->iface.pan_id,
				     .short_addr = t->iface.short_addr,
				     .levels = c.levels,
				     .icmp_type = c.icmp_type,
				     .routing_protocol = c.routing_protocol,
				     .routing_port = c.routing_port,
				     .dtls_port = c.dtls_port,
				     .coap_rate = c.coap_rate,
				     .coap_burst = c.coap_burst,
				     .budget_low = c.budget_low};

	if (err)
		return say(err, "set", bslayer_error(t->bsl));
	if (strcmp(arg[0], "keyed") == 0)
		err = bslayer_set_keyed(t->bsl, v);
	else if (strcmp(arg[0], "all-secured") == 0)
		err = bslayer_set_all_secured(t->bsl, v);
	else if (strcmp(arg[0], "levels") == 0)
		s.levels = (uint8_t)v;
	else if (strcmp(arg[0], "icmp-type") == 0)
		s.icmp_type = (uint8_t)v;
	else if (strcmp(arg[0], "routing-protocol") == 0)
		s.routing_protocol = (uint8_t)v;
	else if (strcmp(arg[0], "routing-port") == 0)
		s.routing_port = (uint16_t)v;
	else if (strcmp(arg[0], "dtls-port") == 0)
		s.dtls_port = (uint16_t)v;
	else if (strcmp(arg[0], "coap-rate") == 0)
		s.coap_rate = s.coap_burst = (uint16_t)v;
	else if (strcmp(arg[0], "budget-low") == 0)
		s.budget_low = (uint32_t)v;
	else
		return linktool_usage();
	if (!err && strcmp(arg[0], "keyed") != 0 && strcmp(arg[0], "all-secured") != 0)
		err = bslayer_set_settings(t->bsl, &s);
	return say(err, "set", bslayer_error(t->bsl));
}

static int cmd_counter(struct tool *t, char **arg)
{
	struct bslayer_counter_entry c = {.eui = eui_of(arg[0]),
					  .next = (uint32_t)linktool_number(arg[1]),
					  .key = key_of(arg + 2)};

	return say(bslayer_raise_counter(t->bsl, &c), "counter", bslayer_error(t->bsl));
}

static int cmd_counters(struct tool *t, char **arg)
{
	static struct bslayer_counter_entry e[BSLAYER_MAX_COUNTERS];
	int n = bslayer_list_counters(t->bsl, e, BSLAYER_MAX_COUNTERS);

	(void)arg;
	for (int i = 0; i < n; i++)
		printf("%s mode %u index %u source %s next %u\n", text_of(&e[i].eui), e[i].key.mode,
		       e[i].key.index, text_of(&e[i].key.source), e[i].next);
	return say(n, "counters", bslayer_error(t->bsl));
}

/* Its number, or -1. */
static int count_of(const char *name)
{
	for (int n = 0; n < BSLAYER_N_COUNTS; n++) {
		if (!strcmp(bslayer_count_name((enum bslayer_count)n), name))
			return n;
	}
	return -1;
}

static int cmd_counts(struct tool *t, char **arg)
{
	uint64_t counts[BSLAYER_N_COUNTS];
	int err = bslayer_read_counts(t->bsl, counts);
	int which = arg[0] ? count_of(arg[0]) : 0;

	if (err || which < 0)
		return say(err ? err : -ENOENT, "counts", bslayer_error(t->bsl));
	if (arg[0]) {
		printf("%llu\n", (unsigned long long)counts[which]);
		return 0;
	}
	for (int i = 0; i < BSLAYER_N_COUNTS; i++) {
		if (counts[i])
			printf("%s=%llu\n", bslayer_count_name((enum bslayer_count)i),
			       (unsigned long long)counts[i]);
	}
	return 0;
}

static int cmd_budget(struct tool *t, char **arg)
{
	if (arg[0] && arg[0][0] == '+')
		bslayer_add_budget(t->bsl, (int64_t)linktool_number(arg[0] + 1));
	else if (arg[0])
		bslayer_set_budget(t->bsl, (int64_t)linktool_number(arg[0]));
	printf("%lld\n", (long long)bslayer_budget(t->bsl));
	return 0;
}

static void on_event(const struct bslayer_notice *n, void *arg)
{
	static const char *const type[] = {"?", "heard", "refused", "budget"};

	(void)arg;
	printf("%s %s %s len=%u secured=%d level=%u mode=%u index=%u counter=%u\n", type[n->type],
	       text_of(&n->eui), bslayer_count_name(n->reason), n->len, n->secured, n->level,
	       n->key_mode, n->key_index, n->counter);
}

static int cmd_events(struct tool *t, char **arg)
{
	int err = bslayer_watch(t->bsl, NULL, on_event, NULL);

	(void)arg;
	if (!err)
		err = bslayer_poll(t->bsl);
	return say(err, "events", bslayer_error(t->bsl));
}

static int list_llsec(struct llsec *h)
{
	struct llsec_seclevel sl[16];
	struct llsec_devkey dk[64];
	struct llsec_params p;
	struct llsec_key key[64];
	struct llsec_dev dev[64];
	char text[LLSEC_KEY_ID_TEXT], hex[2 * SECRET_MAX_LEN + 1];
	size_t n;
	int err = llsec_get_params(h, &p);

	if (err)
		return err;
	printf("params enabled=%d level=%u %s counter=%u\n", p.enabled, p.level,
	       llsec_key_id_format(&p.key, text), p.frame_counter);
	err = llsec_list_keys(h, key, 64, &n);
	for (size_t i = 0; i < n && !err; i++) {
		/* with its octets: tshark needs them to judge a capture */
		printf("key %s %s\n", llsec_key_id_format(&key[i].id, text),
		       buf_to_hex(key[i].key.b, key[i].key.len, hex));
		secret_clear(&key[i].key);
	}
	if (!err)
		err = llsec_list_devs(h, dev, 64, &n);
	for (size_t i = 0; i < n && !err; i++)
		printf("dev %s key-mode=%u exempt=%d short=0x%04x\n", text_of(&dev[i].eui),
		       dev[i].key_mode, dev[i].exempt, dev[i].short_addr);
	if (!err)
		err = llsec_list_devkeys(h, dk, 64, &n);
	for (size_t i = 0; i < n && !err; i++)
		printf("devkey %s %s counter=%u\n", text_of(&dk[i].eui),
		       llsec_key_id_format(&dk[i].id, text), dk[i].frame_counter);
	if (!err)
		err = llsec_list_seclevels(h, sl, 16, &n);
	for (size_t i = 0; i < n && !err; i++)
		printf("levels 0x%02x type=%u override=%d\n", sl[i].levels, sl[i].frame_type,
		       sl[i].override);
	return err;
}

static struct llsec_key_id llsec_id(char **arg)
{
	struct bslayer_key_entry k = key_of(arg);

	return (struct llsec_key_id){.mode = k.mode, .index = k.index, .source = k.source};
}

/* llsec WHAT ...: the kernel's tables behind the back of policy, to make drift. */
static int cmd_llsec(struct tool *t, char **arg)
{
	struct llsec_params p = {0};
	struct secret key = {{0}, 0};
	struct llsec_dev dev = {.short_addr = LLSEC_NO_SHORT};
	struct llsec_devkey dk;
	struct llsec_key_id id;
	int err = -EINVAL;

	if (strcmp(arg[0], "list") == 0)
		return say(list_llsec(t->llsec), "llsec list", llsec_error(t->llsec));
	if (!arg[1])
		return linktool_usage();
	if (strcmp(arg[0], "add-key") == 0 && arg[2] && arg[3]) {
		id = llsec_id(arg + 2);
		err = secret_from_hex(&key, arg[1]);
		if (!err)
			err = llsec_add_key(t->llsec, &id, &key);
	} else if (strcmp(arg[0], "del-key") == 0 && arg[2]) {
		id = llsec_id(arg + 1);
		err = llsec_del_key(t->llsec, &id);
	} else if (strcmp(arg[0], "add-dev") == 0) {
		dev.eui = eui_of(arg[1]);
		err = llsec_add_dev(t->llsec, &dev);
	} else if (strcmp(arg[0], "del-dev") == 0) {
		dev.eui = eui_of(arg[1]);
		err = llsec_del_dev(t->llsec, &dev.eui);
	} else if (strcmp(arg[0], "add-devkey") == 0 && arg[2] && arg[3] && arg[4]) {
		dk.eui = eui_of(arg[1]);
		dk.frame_counter = (uint32_t)linktool_number(arg[2]);
		dk.id = llsec_id(arg + 3);
		err = llsec_add_devkey(t->llsec, &dk);
	} else if (strcmp(arg[0], "del-devkey") == 0 && arg[2] && arg[3]) {
		dk.eui = eui_of(arg[1]);
		dk.id = llsec_id(arg + 2);
		err = llsec_del_devkey(t->llsec, &dk.eui, &dk.id);
	} else if (strcmp(arg[0], "level") == 0) {
		p.level = (uint8_t)linktool_number(arg[1]);
		err = llsec_set_params(t->llsec, &p, LLSEC_SET_LEVEL);
	} else if (strcmp(arg[0], "enabled") == 0) {
		p.enabled = linktool_number(arg[1]) != 0;
		err = llsec_set_params(t->llsec, &p, LLSEC_SET_ENABLED);
	} else if (strcmp(arg[0], "out-key") == 0 && arg[2]) {
		p.key = llsec_id(arg + 1);
		err = llsec_set_params(t->llsec, &p, LLSEC_SET_KEY);
	} else if (strcmp(arg[0], "counter") == 0 && arg[2]) {
		p.enabled = true;
		p.frame_counter = (uint32_t)linktool_number(arg[1]);
		err = llsec_set_params(
			t->llsec, &p,
			LLSEC_SET_COUNTER |
				(linktool_number(arg[2]) ? (unsigned)LLSEC_SET_ENABLED : 0u));
	}
	secret_clear(&key);
	return say(err, "llsec", llsec_error(t->llsec));
}

/* key=MODE:INDEX:LEVEL:HEX[:active] */
static int parse_key(char *text, struct link_key *k)
{
	char *field[5] = {0}, *save = NULL;
	size_t n = 0;

	for (char *f = strtok_r(text, ":", &save); f && n < 5; f = strtok_r(NULL, ":", &save))
		field[n++] = f;
	if (n < 4)
		return -EINVAL;
	*k = (struct link_key){.mode = (uint8_t)linktool_number(field[0]),
			       .index = (uint8_t)linktool_number(field[1]),
			       .level = (uint8_t)linktool_number(field[2]),
			       .active = n == 5};
	return secret_from_hex(&k->key, field[3]);
}

struct wanted {
	struct link_key key[POLICY_MAX_KEYS];
	size_t n_keys;
	uint32_t floor, limit;
	const char *then; /* a shell command between two passes */
};

/* EUI:SHORT of a neighbour that was named before. */
static int want_short(struct policy *p, uint16_t pan_id, char *value)
{
	char *colon = strchr(value, ':');
	uint16_t short_addr;
	struct eui64 eui;

	if (!colon)
		return -EINVAL;
	*colon++ = '\0';
	eui = eui_of(value);
	short_addr = (uint16_t)linktool_number(colon);
	return policy_set_short(p, &eui, pan_id, &short_addr);
}

static int want(struct policy *p, struct wanted *w, uint16_t pan_id, char *text)
{
	char *value = strchr(text, '=');
	struct eui64 eui;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (strcmp(text, "key") == 0 && w->n_keys < POLICY_MAX_KEYS)
		return parse_key(value, &w->key[w->n_keys++]);
	if (strcmp(text, "secured") == 0 || strcmp(text, "unsecured") == 0) {
		eui = eui_of(value);
		return policy_set_neighbour(p, &eui, text[0] == 's');
	}
	if (strcmp(text, "short") == 0)
		return want_short(p, pan_id, value);
	if (strcmp(text, "all-secured") == 0)
		return policy_set_all_secured(p, linktool_number(value));
	if (strcmp(text, "floor") == 0)
		w->floor = (uint32_t)linktool_number(value);
	else if (strcmp(text, "limit") == 0)
		w->limit = (uint32_t)linktool_number(value);
	else if (strcmp(text, "then") == 0)
		w->then = value;
	else
		return -EINVAL;
	return 0;
}

/* policy WORDS: the whole wanted state, then a reconcile; then another, if a command spoils
 * something. */
static int cmd_policy(struct tool *t, char **arg)
{
	struct wanted w = {.n_keys = 0};
	struct policy *p;
	int err = policy_new(&p, t->llsec, t->bsl);

	if (!err)
		err = bslayer_attach(t->bsl); /* as a daemon has done before */
	for (int i = 0; !err && arg[i]; i++)
		err = want(p, &w, t->iface.pan_id, arg[i]);
	if (!err && w.limit)
		err = policy_set_counter(p, w.floor, w.limit);
	if (!err && arg[0])
		err = policy_set_keys(p, w.key, w.n_keys);
	if (!err)
		err = policy_reconcile(p);
	if (err >= 0 && w.then && system(w.then) == 0)
		err = policy_reconcile(p);
	if (err >= 0) {
		printf("repairs=%d", err);
		for (int i = 0; i < POLICY_N_DRIFTS; i++) {
			if (policy_drifts(p, (enum policy_drift)i))
				printf(" %s=%llu", policy_drift_name((enum policy_drift)i),
				       (unsigned long long)policy_drifts(p, (enum policy_drift)i));
		}
		printf(" left=%lld\n", (long long)bslayer_budget(t->bsl));
	}
	policy_free(p);
	return say(err, "policy", llsec_error(t->llsec));
}

struct command {
	const char *name;
	int min_args;
	int (*run)(struct tool *t, char **arg);
	const char *help;
};

static const struct command commands[] = {
	{"show", 0, cmd_show, ""},
	{"attach", 0, cmd_attach, ""},
	{"neighbour", 2, cmd_neighbour, "EUI secured|unsecured"},
	{"forget", 1, cmd_forget, "EUI"},
	{"neighbours", 0, cmd_neighbours, ""},
	{"short", 3, cmd_short, "PAN SHORT EUI"},
	{"key", 2, cmd_key, "MODE INDEX [SOURCE]"},
	{"unkey", 2, cmd_unkey, "MODE INDEX [SOURCE]"},
	{"set", 2, cmd_set,
	 "keyed|all-secured|levels|icmp-type|routing-protocol|routing-port|dtls-port|coap-rate|"
	 "budget-low N"},
	{"counter", 4, cmd_counter, "EUI NEXT MODE INDEX [SOURCE]"},
	{"counters", 0, cmd_counters, ""},
	{"counts", 0, cmd_counts, "[NAME]"},
	{"budget", 0, cmd_budget, "[N|+N]"},
	{"events", 0, cmd_events, ""},
	{"llsec", 1, cmd_llsec,
	 "list | add-key HEX MODE INDEX [SOURCE] | del-key MODE INDEX [SOURCE] | add-dev EUI | "
	 "del-dev EUI | add-devkey EUI COUNTER MODE INDEX [SOURCE] | del-devkey EUI MODE INDEX "
	 "[SOURCE] | level N | enabled N | out-key MODE INDEX [SOURCE] | counter N "
	 "WITH-ENABLED"},
	{"policy", 0, cmd_policy,
	 "[key=MODE:INDEX:LEVEL:HEX[:active]] [secured=EUI] [unsecured=EUI] [short=EUI:SHORT] "
	 "[all-secured=N] "
	 "[floor=N "
	 "limit=N] [then=SHELL-COMMAND] ..."},
};

int linktool_usage(void)
{
	fprintf(stderr, "linktool WPAN up LOWPAN PAN PAGE CHANNEL [SHORT [VRF]]\n"
			"linktool STATE-DIR reserve COUNTER\n"
			"linktool LOWPAN send ADDRESS PORT OCTETS [MARK]\n"
			"linktool LOWPAN receive PORT MILLISECONDS\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "linktool WPAN %s %s\n", commands[i].name, commands[i].help);
	return 2;
}

typedef int (*layer_fn)(struct bslayer **b, const char *wpan, unsigned int wpan_index,
			unsigned int lowpan_index, enum bslayer_start *start);

/* How the bootstrap layer is opened for a command. NULL: not at all. */
static layer_fn layer_for(const struct command *c)
{
	if (c->run == cmd_llsec)
		return NULL;
	return c->run == cmd_show || c->run == cmd_attach || c->run == cmd_policy
		       ? bslayer_new
		       : bslayer_new_maps;
}

static int tool_open(struct tool *t, const char *wpan, layer_fn open_layer)
{
	char why[IFACE_WHY_LEN];
	int err = iface_read(wpan, &t->iface, why);

	if (err)
		return say(err, "open", why);
	err = llsec_new(&t->llsec, wpan);
	if (err)
		return say(err, "open", "llsec");
	if (open_layer)
		err = open_layer(&t->bsl, wpan, t->iface.wpan_index, t->iface.lowpan_index,
				 &t->start);
	return say(err, "open", "bootstrap layer");
}

/* As a daemon does it: configured, attached, up. */
static int cmd_up(const char *wpan, int argc, char **arg)
{
	struct iface_want w = {.short_addr = IFACE_KEEP_SHORT};
	struct tool t = {.start = BSLAYER_FRESH};
	char why[IFACE_WHY_LEN], *defaults[] = {"levels", "0"};
	int err, changed;

	if (argc < 4)
		return linktool_usage();
	snprintf(w.wpan, sizeof(w.wpan), "%s", wpan);
	snprintf(w.lowpan, sizeof(w.lowpan), "%s", arg[0]);
	w.pan_id = (uint16_t)linktool_number(arg[1]);
	w.page = (uint8_t)linktool_number(arg[2]);
	w.channel = (uint8_t)linktool_number(arg[3]);
	if (argc > 4)
		w.short_addr = (uint16_t)linktool_number(arg[4]);
	if (argc > 5)
		snprintf(w.vrf, sizeof(w.vrf), "%s", arg[5]);
	err = iface_configure(&w, &t.iface, &changed, why);
	if (err)
		return say(err, "configure", why);
	if (tool_open(&t, wpan, bslayer_new) || cmd_set(&t, defaults) || cmd_attach(&t, arg))
		return 1;
	printf("changed=%d state=%s\n", changed, state_of(&t));
	bslayer_free(t.bsl);
	llsec_free(t.llsec);
	return say(iface_up(&t.iface, why), "up", why);
}

/* DIR reserve N: a node that has not been started yet goes on from N. */
static int cmd_reserve(const char *dir, const char *n)
{
	struct store *store;
	char why[200];
	int err = node_store_open(&store, dir, why, sizeof(why));

	if (err)
		return say(err, "store", why);
	err = store_raise(store, "frame_counter", linktool_number(n));
	store_close(store);
	return say(err, "reserve", dir);
}

int main(int argc, char **argv)
{
	struct tool t = {.start = BSLAYER_FRESH};
	char *arg[MAX_ARGS] = {0};

	if (argc < 3 || argc - 3 >= MAX_ARGS)
		return linktool_usage();
	for (int i = 3; i < argc; i++)
		arg[i - 3] = argv[i];
	if (strcmp(argv[2], "up") == 0)
		return cmd_up(argv[1], argc - 3, arg);
	if (strcmp(argv[2], "send") == 0)
		return linktool_send(argv[1], argc - 3, arg);
	if (strcmp(argv[2], "receive") == 0)
		return linktool_receive(argv[1], argc - 3, arg);
	if (strcmp(argv[2], "reserve") == 0 && argc == 4)
		return cmd_reserve(argv[1], argv[3]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[2], commands[i].name) != 0)
			continue;
		if (argc - 3 < commands[i].min_args)
			return linktool_usage();
		if (tool_open(&t, argv[1], layer_for(&commands[i])))
			return 1;
		int rc = commands[i].run(&t, arg);

		bslayer_free(t.bsl);
		llsec_free(t.llsec);
		return rc;
	}
	return linktool_usage();
}

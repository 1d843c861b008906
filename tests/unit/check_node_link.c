/* SPDX-License-Identifier: ISC */
/* A node's link side over a played kernel: what was durable is in it before the node serves, and
 * what the kernel or the store did not take is tried again. Policy, counters and store are real. */
#include "keys/keyset_store.h"
#include "link/neightab.h"
#include "node/node_priv.h"
#include "node/node_store.h"
#include "policy_kernel.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define K (&policy_kernel)

static const struct eui64 OWN = {{2, 0, 0, 0, 0, 0, 0, 1}}, NEIGHBOUR = {{2, 0, 0, 0, 0, 0, 0, 2}};
static const struct node_conf conf = {.icmp_type = 200};
static struct node node;
static unsigned int keyed_told, ssrs, jsrs;
static bsreq_fn on_bsreq;                /* the node's */
static enum bslayer_start bslayer_start; /* what the bootstrap layer says that it finds */
static bool in_place;                    /* the programs of the daemon before are there */

int llsec_new(struct llsec **h, const char *ifname)
{
	(void)ifname;
	*h = NULL;
	return 0;
}

void llsec_free(struct llsec *h)
{
	(void)h;
}

int bslayer_new(struct bslayer **b, const char *wpan, unsigned int wpan_index,
		unsigned int lowpan_index, enum bslayer_start *start)
{
	(void)wpan, (void)wpan_index, (void)lowpan_index;
	*b = NULL;
	*start = bslayer_start;
	return 0;
}

int bslayer_in_place(struct bslayer *b)
{
	(void)b;
	return in_place;
}

void bslayer_free(struct bslayer *b)
{
	(void)b;
}

int bslayer_set_settings(struct bslayer *b, const struct bslayer_settings *s)
{
	(void)b, (void)s;
	return 0;
}

int bslayer_watch(struct bslayer *b, struct evl *evl, bslayer_fn fn, void *arg)
{
	(void)b, (void)evl, (void)fn, (void)arg;
	return 0;
}

const char *bslayer_count_name(enum bslayer_count n)
{
	(void)n;
	return "";
}

int bsreq_sock_new(struct bsreq_sock **s, struct evl *evl, const char *ifname, uint8_t type,
		   bsreq_fn fn, void *arg)
{
	(void)evl, (void)ifname, (void)type, (void)arg;
	on_bsreq = fn;
	*s = (struct bsreq_sock *)&node; /* only its being there is looked at */
	return 0;
}

void bsreq_sock_free(struct bsreq_sock *s)
{
	(void)s;
}

int bsreq_sock_send(struct bsreq_sock *s, const struct bsreq *req, const struct in6_addr *src,
		    const struct in6_addr *dst, unsigned int ifindex)
{
	(void)s, (void)src, (void)dst, (void)ifindex;
	ssrs += req->code == BSREQ_SSR;
	return 0;
}

int node_iface_check(struct node *n)
{
	(void)n;
	return 0;
}

int neightab_each(unsigned int ifindex, void (*fn)(void *arg, const struct eui64 *eui), void *arg)
{
	(void)ifindex, (void)fn, (void)arg;
	return 0;
}

int neightab_add(unsigned int ifindex, const struct eui64 *eui)
{
	(void)ifindex, (void)eui;
	return 0;
}

bool node_keyed(const struct node *n)
{
	return keyset_active(&n->keys) != NULL;
}

bool node_asks(const struct node *n)
{
	return !node_keyed(n) || n->alone;
}

static void on_asking(void *arg, bool asking)
{
	(void)arg;
	keyed_told += !asking;
}

static void on_jsr(void *arg, const struct bsreq_packet *p)
{
	(void)arg, (void)p;
	jsrs++;
}

/* The daemon starts on what is in the store. */
static void start(void)
{
	char why[NODE_WHY_LEN] = "";

	memset(&node, 0, sizeof(node));
	node.evl = evl_new_test();
	node.conf = &conf;
	node.iface = (struct iface_state){.eui = OWN, .short_addr = NODE_NO_SHORT};
	node.ops.on_asking = on_asking;
	node.ops.on_jsr = on_jsr;
	ck_assert_msg(node_store_open(&node.store, "state", why, sizeof(why)) == 0, "%s", why);
	keyed_told = ssrs = jsrs = 0;
	ck_assert_msg(node_link_open(&node, why) == 0, "%s", why);
	ck_assert_msg(node_link_serve(&node, why) == 0, "%s", why);
}

static void stop(void)
{
	node_link_close(&node);
	store_close(node.store);
	keyset_clear(&node.keys);
	evl_free(node.evl);
}

static void take_key(void)
{
	struct key_entry e = {.number = 1,
			      .index = 1,
			      .mode = 1,
			      .level = 5,
			      .state = KEY_ACTIVE,
			      .key = {.len = KEYSET_KEY_LEN}};

	ck_assert_int_eq(keyset_insert(&node.keys, &e), 0);
	ck_assert_int_eq(keyset_store_save(node.store, &node.keys), 0);
}

static void hear_ssr(void)
{
	const struct bsreq ssr = {.code = BSREQ_SSR, .lifetime = 1440, .eui = NEIGHBOUR};
	const struct in6_addr src = eui64_link_local(&NEIGHBOUR);

	ck_assert(bootstrap_on_ssr(node.bootstrap, &ssr, &src, true));
}

START_TEST(keys_that_the_kernel_did_not_take_are_tried_again)
{
	unit_enter_dir();
	policy_kernel_reset();
	start();
	ck_assert_int_eq(bootstrap_heard(node.bootstrap, &NEIGHBOUR), 0);
	take_key();
	K->fail = -ETIMEDOUT;
	ck_assert_int_lt(node_link_apply_keys(&node), 0);
	evl_test_advance(node.evl, 1000);
	ck_assert_uint_eq(keyed_told, 0);
	K->fail = 0;
	evl_test_advance(node.evl, 1000);
	ck_assert(K->params.enabled);
	ck_assert_ptr_nonnull(policy_kernel_devkey(&NEIGHBOUR, 1));
	/* It is told, and announced to the neighbour, as if it had been taken at once. */
	ck_assert_uint_eq(keyed_told, 1);
	evl_test_advance(node.evl, 1000);
	ck_assert_uint_gt(ssrs, 0);
	evl_test_advance(node.evl, 30000);
	ck_assert_uint_eq(keyed_told, 1);
	stop();
}
END_TEST

static void count(void *arg, const struct node_store_neighbour *nb)
{
	*(unsigned int *)arg += eui64_equal(&nb->eui, &NEIGHBOUR);
}

static unsigned int stored_links(void)
{
	unsigned int n = 0;

	ck_assert_int_eq(node_store_each_neighbour(node.store, count, &n), 0);
	return n;
}

/* For the first time, and it has had a key for a while. */
static void start_keyed(void)
{
	unit_enter_dir();
	policy_kernel_reset();
	start();
	take_key();
	ck_assert_int_eq(node_link_apply_keys(&node), 0);
	evl_test_advance(node.evl, 1000);
}

/* The daemon goes while the kernel's counter is ahead of what was judged, and starts again. */
static uint32_t counter_after_restart(enum bslayer_start found, bool by_programs, uint32_t ahead)
{
	start_keyed();
	hear_ssr();
	ck_assert(policy_kernel_receive(&NEIGHBOUR, 1, 41, true));
	stop();
	policy_kernel_devkey(&NEIGHBOUR, 1)->frame_counter = ahead;
	K->attached = false; /* this daemon's are not */
	bslayer_start = found;
	in_place = by_programs;
	start();
	bslayer_start = BSLAYER_FRESH;
	evl_test_advance(node.evl, 2 * NODE_TICK_MS);
	stop();
	return policy_kernel_devkey(&NEIGHBOUR, 1)->frame_counter;
}

/* Else what a stranger forged would have the neighbour's own frames refused. */
START_TEST(what_was_judged_before_the_start_stays_so)
{
	ck_assert_uint_eq(counter_after_restart(BSLAYER_REUSED, true, 500), 42);
}
END_TEST

/* Else what came could be replayed. */
START_TEST(what_came_without_programs_is_used_up)
{
	ck_assert_uint_eq(counter_after_restart(BSLAYER_REUSED, false, 50), 50);
}
END_TEST

START_TEST(what_was_judged_on_other_maps_is_used_up)
{
	ck_assert_uint_eq(counter_after_restart(BSLAYER_REPLACED, true, 50), 50);
}
END_TEST

START_TEST(links_that_the_store_did_not_take_are_tried_again)
{
	start_keyed();
	ck_assert_int_eq(store_run(node.store,
				   "CREATE TRIGGER refuse BEFORE INSERT ON neighbour BEGIN"
				   " SELECT RAISE(ABORT, 'no'); END",
				   ""),
			 0);
	hear_ssr();
	ck_assert_uint_eq(K->n_neighbours, 1);
	evl_test_advance(node.evl, NODE_TICK_MS);
	ck_assert_uint_eq(stored_links(), 0);
	ck_assert_int_eq(store_run(node.store, "DROP TRIGGER refuse", ""), 0);
	evl_test_advance(node.evl, NODE_TICK_MS);
	ck_assert_uint_eq(stored_links(), 1);
	stop();
}
END_TEST

START_TEST(what_was_durable_is_in_the_kernel_before_it_serves)
{
	start_keyed();
	hear_ssr();
	ck_assert(policy_kernel_receive(&NEIGHBOUR, 1, 41, true));
	evl_test_advance(node.evl, NODE_TICK_MS);
	stop();
	/* a power cut: the kernel knows nothing any more */
	policy_kernel_reset();
	start();
	ck_assert_uint_eq(K->params.frame_counter, FCOUNTER_BLOCK);
	ck_assert_int_eq(K->budget, FCOUNTER_BLOCK);
	ck_assert(K->neighbour[0].secured);
	ck_assert(!policy_kernel_receive(&NEIGHBOUR, 1, 41, true));
	ck_assert(policy_kernel_receive(&NEIGHBOUR, 1, 42, true));
	stop();
}
END_TEST

/* Else the kernel would not take a frame of it when it is back, nor an SSR. */
START_TEST(who_had_a_link_is_heard_after_a_restart)
{
	start_keyed();
	ck_assert_int_eq(bootstrap_heard(node.bootstrap, &NEIGHBOUR), 0);
	ck_assert_uint_eq(stored_links(), 0); /* it could be anybody */
	hear_ssr();
	evl_test_advance(node.evl, 24 * 3600 * 1000); /* its registration is over */
	ck_assert(!K->neighbour[0].secured);
	stop();
	policy_kernel_reset();
	start();
	ck_assert_uint_eq(K->n_neighbours, 1);
	ck_assert(!K->neighbour[0].secured);
	ck_assert(policy_kernel_receive(&NEIGHBOUR, 1, 42, true));
	evl_test_advance(node.evl, 1000);
	hear_ssr();
	ck_assert(K->neighbour[0].secured);
	stop();
}
END_TEST

static void receive(uint8_t code, uint32_t mark)
{
	struct bsreq_packet p = {.req = {.code = code, .lifetime = 1440, .eui = NEIGHBOUR},
				 .src = eui64_link_local(&NEIGHBOUR),
				 .mark = mark};

	on_bsreq(&p, &node);
}

/* Section 5.3.4: an SSR that was not secured counts for nothing, whatever it says. */
START_TEST(only_a_secured_ssr_secures)
{
	const struct bootstrap *b;

	unit_enter_dir();
	policy_kernel_reset();
	start();
	b = node.bootstrap;
	receive(BSREQ_SSR, LINK_MARK_RX_SECURED);
	ck_assert_uint_eq(bootstrap_refusals(b, BOOTSTRAP_NOT_KEYED), 1);
	take_key();
	ck_assert_int_eq(node_link_apply_keys(&node), 0);
	evl_test_advance(node.evl, 1000);
	receive(BSREQ_SSR, LINK_MARK_RX_UNSECURED);
	receive(BSREQ_SSR, 0);
	ck_assert_uint_eq(bootstrap_refusals(b, BOOTSTRAP_NOT_SECURED), 2);
	ck_assert_uint_eq(bootstrap_accepted(b) + jsrs, 0);
	receive(BSREQ_SSR, LINK_MARK_RX_SECURED);
	ck_assert_uint_eq(bootstrap_accepted(b), 1);
	receive(BSREQ_JSR, LINK_MARK_RX_UNSECURED);
	ck_assert_uint_eq(jsrs, 1);
	ck_assert_uint_eq(bootstrap_accepted(b), 1);
	stop();
}
END_TEST

/* What the node could not restore must not become durable. */
START_TEST(a_key_to_send_to_one_neighbour_is_not_for_this_node)
{
	struct keyset set = {.n = 0};
	struct key_entry e = {.number = 1,
			      .index = 1,
			      .mode = 1,
			      .level = 5,
			      .state = KEY_ACTIVE,
			      .key = {.len = KEYSET_KEY_LEN}};

	ck_assert_int_eq(node_link_check_keys(&set), 0);
	ck_assert_int_eq(keyset_insert(&set, &e), 0);
	ck_assert_int_eq(node_link_check_keys(&set), 0);
	e.number = e.index = 2;
	e.peer = NEIGHBOUR;
	e.key.b[0] = 2;
	struct keyset two = set;
	ck_assert_int_eq(keyset_set(&two, &e), KEYSET_CREATED);
	ck_assert_int_eq(node_link_check_keys(&two), -ENOTSUP);
	set.n = 0;
	ck_assert_int_eq(keyset_set(&set, &e), KEYSET_CREATED);
	ck_assert_int_eq(node_link_check_keys(&set), -ENOTSUP);
	e.state = KEY_STAGED;
	set.n = 0;
	two = set;
	ck_assert_int_eq(keyset_set(&two, &e), KEYSET_CREATED);
	ck_assert_int_eq(node_link_check_keys(&two), 0);
}
END_TEST

UNIT_MAIN("node_link", what_was_judged_before_the_start_stays_so,
	  what_came_without_programs_is_used_up, what_was_judged_on_other_maps_is_used_up,
	  keys_that_the_kernel_did_not_take_are_tried_again,
	  links_that_the_store_did_not_take_are_tried_again,
	  what_was_durable_is_in_the_kernel_before_it_serves,
	  who_had_a_link_is_heard_after_a_restart, only_a_secured_ssr_secures,
	  a_key_to_send_to_one_neighbour_is_not_for_this_node)

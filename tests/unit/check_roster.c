/* SPDX-License-Identifier: ISC */
#include "roster.h"

#include "coap/coap_msg.h"
#include "ctd_store.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define KEY_INDEX 1
#define N_DEVICES 6 /* number 1 may be a border router */

/* A roster with a transport that only notes who is being connected to and asked. */
struct world {
	struct evl *evl;
	struct store *store;
	struct ctd_conf conf;
	struct ctd_device device[N_DEVICES];
	struct join_transport transport;
	struct roster *roster;
	struct mesh mesh;
	int connects[N_DEVICES + 1], puts[N_DEVICES + 1], gets[N_DEVICES + 1];
	struct due told[N_DEVICES + 1]; /* last */
};

static struct world w;

static int number(const struct join *j)
{
	return j->eui.b[7];
}

static int connect_noted(void *arg, struct join *j, const struct in6_addr *addr)
{
	(void)arg;
	(void)addr;
	w.connects[number(j)]++;
	return 0;
}

static void close_noted(void *arg, struct join *j)
{
	(void)arg;
	(void)j;
}

static int tell_noted(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	w.puts[number(j)]++;
	w.told[number(j)] = *due;
	return 0;
}

static int get_noted(void *arg, struct join *j)
{
	(void)arg;
	w.gets[number(j)]++;
	return 0;
}

static struct eui64 eui(int n)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, 0, (uint8_t)n}};
}

static struct in6_addr addr(int n)
{
	struct in6_addr a = {.s6_addr = {0xfd}};

	a.s6_addr[15] = (uint8_t)n;
	return a;
}

static void open_roster(void)
{
	char why[256];

	ck_assert_msg(ctd_store_open(&w.store, "state", why, sizeof(why)) == 0, "%s", why);
	ck_assert_msg(mesh_open(&w.mesh, w.store, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(roster_new(&w.roster, w.evl, w.store, &w.conf, &w.mesh, &w.transport), 0);
}

static void close_roster(void)
{
	roster_free(w.roster);
	mesh_close(&w.mesh);
	store_close(w.store);
}

static void set_up(size_t n_devices, enum ctd_admission admission, uint32_t max_joins)
{
	unit_enter_dir();
	w = (struct world){.evl = evl_new_test()};
	w.transport =
		(struct join_transport){connect_noted, close_noted, tell_noted, get_noted, &w};
	for (int i = 0; i < N_DEVICES; i++) {
		w.device[i].eui = eui(i + 1);
		snprintf(w.device[i].name, sizeof(w.device[i].name), "lamp %d", i + 1);
	}
	w.conf.device = w.device;
	w.conf.n_devices = n_devices;
	w.conf.admission = (int)admission;
	w.conf.max_joins = max_joins;
	w.conf.evict_deadline_s = 60;
}

static void make_router(void)
{
	w.device[0].role = CTD_BORDER_ROUTER;
	w.device[0].address = addr(1);
}

static void tear_down(void)
{
	close_roster();
	evl_free(w.evl);
}

static const struct member *member(int n)
{
	struct eui64 e = eui(n);
	const struct member *m = roster_find(w.roster, &e);

	ck_assert_ptr_nonnull(m);
	return m;
}

static struct join *join(int n)
{
	return (struct join *)&member(n)->join;
}

static void assert_progress(int n, enum join_progress progress)
{
	ck_assert_str_eq(join_progress_name(join_progress(join(n))), join_progress_name(progress));
}

static void assert_reason(int n, const char *part)
{
	ck_assert_msg(strstr(join(n)->reason, part), "reason '%s' lacks '%s'", join(n)->reason,
		      part);
}

static int admit(int n)
{
	struct eui64 e = eui(n);
	char why[256];
	int r = roster_admit(w.roster, &e, why, sizeof(why));

	evl_test_advance(w.evl, 0);
	return r;
}

static void heard(int n)
{
	struct eui64 e = eui(n);
	struct in6_addr a = addr(n);

	roster_heard(w.roster, &e, &a);
	evl_test_advance(w.evl, 0);
}

static void keyed(int n)
{
	join_on_up(join(n));
	join_on_told(join(n), 0, COAP_MSG_CODE(2, 4));
	evl_test_advance(w.evl, 0);
	assert_progress(n, JOIN_IS_KEYED);
}

static void answer(int n, enum bsres_mark mark)
{
	const struct bsres_state s = {.index = KEY_INDEX, .mark = mark};

	join_on_answer(join(n), 0, COAP_MSG_CODE(2, 5), &s);
	evl_test_advance(w.evl, 0);
}

START_TEST(selected_admits_only_whom_the_operator_names)
{
	set_up(2, CTD_SELECTED, 4);
	open_roster();
	roster_start(w.roster);
	heard(1);
	heard(2);
	assert_progress(1, JOIN_IS_CANDIDATE);
	ck_assert_int_eq(w.connects[1] + w.connects[2], 0);
	ck_assert_int_eq(admit(2), 0);
	assert_progress(2, JOIN_IS_CONNECTING);
	assert_progress(1, JOIN_IS_CANDIDATE);
	ck_assert_int_eq(admit(2), -EALREADY);
	tear_down();
}
END_TEST

START_TEST(listed_admits_the_configured_when_they_ask)
{
	set_up(2, CTD_LISTED, 4);
	open_roster();
	roster_start(w.roster);
	assert_progress(1, JOIN_IS_CANDIDATE); /* not before it asks */
	heard(1);
	assert_progress(1, JOIN_IS_CONNECTING);
	heard(3); /* not configured */
	struct eui64 three = eui(3);
	ck_assert_ptr_null(roster_find(w.roster, &three));
	ck_assert_uint_eq(roster_count(w.roster), 2);
	tear_down();
}
END_TEST

START_TEST(without_credential_nobody_is_admitted)
{
	struct eui64 three = eui(3);
	char why[256];

	set_up(2, CTD_SELECTED, 4);
	open_roster();
	ck_assert_int_eq(roster_admit(w.roster, &three, why, sizeof(why)), -ENOKEY);
	ck_assert_ptr_nonnull(strstr(why, "no credential for 0200000000000003"));
	ck_assert(!roster_knows(w.roster, &three));
	tear_down();
}
END_TEST

START_TEST(admission_is_durable_or_refused)
{
	set_up(1, CTD_SELECTED, 4);
	open_roster();
	ck_assert_int_eq(store_run(w.store,
				   "CREATE TRIGGER full BEFORE INSERT ON node "
				   "BEGIN SELECT RAISE(ABORT, 'full'); END",
				   ""),
			 0);
	heard(1);
	ck_assert_int_lt(admit(1), 0);
	assert_progress(1, JOIN_IS_CANDIDATE);
	ck_assert_int_eq(w.connects[1], 0);
	tear_down();
}
END_TEST

START_TEST(at_most_max_joins_at_once_and_each_gets_its_turn)
{
	set_up(6, CTD_LISTED, 2);
	open_roster();
	roster_start(w.roster);
	for (int n = 1; n <= 6; n++)
		heard(n);
	assert_progress(2, JOIN_IS_CONNECTING);
	assert_progress(3, JOIN_IS_ADMITTED);
	assert_reason(3, "waiting for its turn");
	keyed(1); /* who is keyed makes room */
	assert_progress(3, JOIN_IS_CONNECTING);
	assert_progress(4, JOIN_IS_ADMITTED);
	join_on_lost(join(2), "timeout"); /* who fails goes behind the others */
	evl_test_advance(w.evl, 0);
	assert_progress(4, JOIN_IS_CONNECTING);
	join_on_lost(join(3), "timeout");
	evl_test_advance(w.evl, 0);
	assert_progress(5, JOIN_IS_CONNECTING);
	evl_test_advance(w.evl, 3000); /* 2 and 3 want again, 6 has not had its turn */
	assert_reason(2, "waiting for its turn");
	join_on_lost(join(4), "timeout");
	evl_test_advance(w.evl, 0);
	assert_progress(6, JOIN_IS_CONNECTING);
	join_on_lost(join(5), "timeout");
	evl_test_advance(w.evl, 0);
	assert_progress(2, JOIN_IS_CONNECTING);
	tear_down();
}
END_TEST

START_TEST(border_router_comes_first)
{
	set_up(3, CTD_SELECTED, 4);
	make_router();
	open_roster();
	heard(2);
	ck_assert_int_eq(admit(2), 0);
	assert_reason(2, "waiting for border router");
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING); /* without a request, without the operator */
	assert_progress(2, JOIN_IS_ADMITTED);
	join_on_lost(join(1), "timeout");
	evl_test_advance(w.evl, 2000);
	assert_progress(2, JOIN_IS_ADMITTED);
	assert_progress(1, JOIN_IS_CONNECTING);
	keyed(1);
	assert_progress(2, JOIN_IS_CONNECTING);
	evl_test_advance(w.evl, 2000);
	answer(1, BSRES_WIRED);
	assert_progress(1, JOIN_IS_JOINED);
	tear_down();
}
END_TEST

START_TEST(news_reaches_all_that_are_keyed)
{
	set_up(3, CTD_LISTED, 4);
	open_roster();
	heard(1);
	keyed(1);
	for (int i = 0; i < 5; i++) {
		evl_test_advance(w.evl, 40000);
		answer(1, BSRES_UNSECURED);
	}
	evl_test_advance(w.evl, 2000);
	int before = w.gets[1];
	heard(2);
	keyed(2); /* 1 may have a secured link now */
	ck_assert_int_eq(w.gets[1], before + 1);
	answer(1, BSRES_SECURED);
	assert_progress(1, JOIN_IS_JOINED);
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.gets[2], 1); /* and 2, now that 1 has joined */
	tear_down();
}
END_TEST

/* What a joined node said of its links is old once one of its neighbours has joined. */
START_TEST(neighbours_of_who_joined_are_asked_again)
{
	const struct bsres_state state = {.index = KEY_INDEX,
					  .mark = BSRES_SECURED,
					  .link = {{.eui = eui(1), .secured = true}},
					  .n_links = 1};
	int before[4];

	set_up(3, CTD_LISTED, 4);
	open_roster();
	for (int n = 1; n <= 3; n++) {
		heard(n);
		keyed(n);
		if (n < 3)
			answer(n, BSRES_SECURED);
	}
	evl_test_advance(w.evl, 60000);
	for (int n = 1; n <= 3; n++)
		before[n] = w.gets[n];
	join_on_answer(join(3), 0, COAP_MSG_CODE(2, 5), &state); /* 3 has a link with 1 */
	evl_test_advance(w.evl, 60000);
	assert_progress(3, JOIN_IS_JOINED);
	ck_assert_int_eq(w.gets[1], before[1] + 1);
	ck_assert_int_eq(w.gets[2], before[2]);
	tear_down();
}
END_TEST

START_TEST(restart_goes_on_where_it_was)
{
	set_up(4, CTD_SELECTED, 4);
	open_roster();
	for (int n = 1; n <= 3; n++) {
		heard(n);
		ck_assert_int_eq(admit(n), 0);
	}
	heard(4);
	keyed(2);
	keyed(3);
	evl_test_advance(w.evl, 2000);
	answer(3, BSRES_SECURED);
	close_roster();

	memset(w.connects, 0, sizeof(w.connects));
	open_roster();
	assert_progress(1, JOIN_IS_ADMITTED);
	assert_progress(2, JOIN_IS_KEYED);
	assert_progress(3, JOIN_IS_JOINED);
	assert_progress(4, JOIN_IS_CANDIDATE);
	assert_reason(3, "proved");
	ck_assert_int_eq(member(3)->node.key_index, KEY_INDEX);
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	ck_assert_int_eq(w.connects[1], 0); /* was never reached: its request tells the address */
	ck_assert_int_eq(w.connects[2], 1); /* resumed without one */
	ck_assert_int_eq(w.connects[3], 0); /* nothing to do */
	join_on_up(join(2));
	answer(2, BSRES_SECURED);
	assert_progress(2, JOIN_IS_JOINED);
	tear_down();
}
END_TEST

START_TEST(restart_tries_again_where_it_failed)
{
	set_up(1, CTD_LISTED, 4);
	open_roster();
	heard(1);
	join_on_lost(join(1), "timeout");
	close_roster();
	open_roster();
	assert_reason(1, "handshake failed: timeout");
	roster_start(w.roster);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING);
	ck_assert_int_eq(w.connects[1], 2);
	tear_down();
}
END_TEST

START_TEST(removed_device_is_not_admitted_anew)
{
	struct eui64 one = eui(1);

	set_up(3, CTD_SELECTED, 4);
	open_roster();
	heard(2);
	heard(3);
	admit(1);
	admit(2);
	admit(3);
	keyed(3);
	struct ctd_conf less = w.conf;
	less.n_devices = 0;
	ck_assert_int_eq(roster_configure(w.roster, &less), 0);
	assert_progress(1, JOIN_IS_DENIED);
	assert_progress(2, JOIN_IS_DENIED);
	assert_progress(3, JOIN_IS_KEYED); /* it has the key already */
	ck_assert(roster_knows(w.roster, &one));
	ck_assert_int_eq(admit(1), -ENOKEY);
	heard(1);
	assert_progress(1, JOIN_IS_DENIED);
	join_on_lost(join(3), "closed");
	evl_test_advance(w.evl, 5000);
	assert_reason(3, "not in the configuration");
	ck_assert_int_eq(w.connects[3], 1);
	/* back again: what was admitted is */
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	evl_test_advance(w.evl, 0);
	assert_progress(1, JOIN_IS_CONNECTING);
	assert_progress(2, JOIN_IS_CONNECTING);
	ck_assert_int_eq(w.connects[3], 2);
	tear_down();
}
END_TEST

START_TEST(removed_before_restart_is_denied_after_it)
{
	set_up(1, CTD_SELECTED, 4);
	open_roster();
	heard(1);
	admit(1);
	close_roster();
	w.conf.n_devices = 0;
	open_roster();
	roster_start(w.roster);
	assert_progress(1, JOIN_IS_DENIED);
	heard(1);
	evl_test_advance(w.evl, 60000);
	ck_assert_int_eq(w.connects[1], 1); /* the one before */
	tear_down();
}
END_TEST

START_TEST(new_device_is_usable_after_reload_and_strangers_are_forgotten)
{
	struct eui64 three = eui(3);

	set_up(2, CTD_SELECTED, 4);
	open_roster();
	struct ctd_conf more = w.conf;
	more.n_devices = 3;
	ck_assert_int_eq(roster_configure(w.roster, &more), 0);
	heard(3);
	ck_assert_int_eq(admit(3), 0);
	assert_progress(3, JOIN_IS_CONNECTING);
	ck_assert_int_eq(roster_configure(w.roster, &w.conf), 0);
	assert_progress(3, JOIN_IS_DENIED); /* admitted: remembered */
	more.n_devices = 1;
	ck_assert_int_eq(roster_configure(w.roster, &more), 0);
	struct eui64 two = eui(2);
	ck_assert(!roster_knows(w.roster, &two));
	ck_assert(roster_knows(w.roster, &three));
	ck_assert_uint_eq(roster_count(w.roster), 2);
	tear_down();
}
END_TEST

static char told[1024];

static void on_event(void *arg, const struct eui64 *eui, const char *text)
{
	size_t used = strlen(told);

	ck_assert_ptr_eq(arg, &w);
	snprintf(told + used, sizeof(told) - used, "%d %s\n", eui ? eui->b[7] : 0, text);
}

START_TEST(listener_hears_of_every_change_with_its_reason)
{
	static const char *const parts[] = {"2 admitted by the operator\n",
					    "2 handshake with fd00::2\n", "2 authenticated\n",
					    "2 key set taken", "2 proved"};
	const char *at = told;

	set_up(2, CTD_SELECTED, 4);
	open_roster();
	roster_on_event(w.roster, on_event, &w);
	heard(2);
	admit(2);
	keyed(2);
	evl_test_advance(w.evl, 2000);
	answer(2, BSRES_SECURED);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at != NULL, "no '%s' in its place in: %s", parts[i], told);
		ck_assert_ptr_null(strstr(at + 1, parts[i])); /* once each */
	}
	roster_on_event(w.roster, NULL, NULL);
	told[0] = '\0';
	join_on_lost(join(2), "closed");
	ck_assert_str_eq(told, "");
	tear_down();
}
END_TEST

UNIT_MAIN("roster", listener_hears_of_every_change_with_its_reason,
	  selected_admits_only_whom_the_operator_names, listed_admits_the_configured_when_they_ask,
	  without_credential_nobody_is_admitted, admission_is_durable_or_refused,
	  at_most_max_joins_at_once_and_each_gets_its_turn, border_router_comes_first,
	  news_reaches_all_that_are_keyed, neighbours_of_who_joined_are_asked_again,
	  restart_goes_on_where_it_was, restart_tries_again_where_it_failed,
	  removed_device_is_not_admitted_anew, removed_before_restart_is_denied_after_it,
	  new_device_is_usable_after_reload_and_strangers_are_forgotten)

/* SPDX-License-Identifier: ISC */
#include "link/bootstrap.h"

#include "base/log.h"
#include "link/backoff.h"
#include "unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OWN        0xff
#define OWN_SHORT  0x1000
#define MINUTE_MS  60000u
#define REFRESH_MS (BOOTSTRAP_SSR_LIFETIME * MINUTE_MS / 3)

/* What the layer did, as text: "ssr2" an SSR to device 2, "link2+" its link secured, "nbr2-"
 * dropped, each with a blank after it. */
static char trace[16384];
static int send_result;
static struct evl *evl;
static struct bootstrap *b;

static struct eui64 device(unsigned int n)
{
	return (struct eui64){{0x02, 0, 0, 0, 0, 0, 0, (uint8_t)n}};
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	size_t len = strlen(trace);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trace + len, sizeof(trace) - len, fmt, ap);
	va_end(ap);
	ck_assert_uint_lt(strlen(trace), sizeof(trace) - 1);
}

static int on_send_ssr(void *arg, const struct eui64 *eui, uint16_t lifetime)
{
	ck_assert_ptr_eq(arg, trace);
	ck_assert_uint_eq(lifetime, BOOTSTRAP_SSR_LIFETIME);
	note("ssr%u ", eui->b[7]);
	return send_result;
}

static void on_link(void *arg, const struct eui64 *eui, bool secured)
{
	ck_assert_ptr_eq(arg, trace);
	note("link%u%c ", eui->b[7], secured ? '+' : '-');
}

static void on_neighbour(void *arg, const struct eui64 *eui, bool present)
{
	ck_assert_ptr_eq(arg, trace);
	note("nbr%u%c ", eui->b[7], present ? '+' : '-');
}

static void on_short(void *arg, const struct eui64 *eui, const uint16_t *short_addr)
{
	ck_assert_ptr_eq(arg, trace);
	if (short_addr)
		note("short%u=%x ", eui->b[7], *short_addr);
	else
		note("short%u- ", eui->b[7]);
}

static void expect(const char *done)
{
	ck_assert_str_eq(trace, done);
	trace[0] = '\0';
}

static void setup(void)
{
	static const struct bootstrap_ops ops = {on_send_ssr, on_link, on_neighbour, on_short,
						 trace};
	static const uint16_t own_short = OWN_SHORT;
	struct eui64 own = device(OWN);

	trace[0] = '\0';
	send_result = 0;
	evl = evl_new_test();
	b = bootstrap_new(evl, &own, &own_short, &ops);
	ck_assert_ptr_nonnull(b);
	evl_test_advance(evl, 10000); /* so that no time is 0 */
}

static void teardown(void)
{
	bootstrap_free(b);
	evl_free(evl);
}

static void heard(unsigned int n)
{
	struct eui64 eui = device(n);

	ck_assert_int_eq(bootstrap_heard(b, &eui), 0);
}

static bool ssr_with(unsigned int n, uint16_t lifetime)
{
	struct bsreq req = {.code = BSREQ_SSR, .lifetime = lifetime, .eui = device(n)};
	struct in6_addr src = eui64_link_local(&req.eui);

	return bootstrap_on_ssr(b, &req, &src, true);
}

static bool ssr(unsigned int n)
{
	return ssr_with(n, BOOTSTRAP_SSR_LIFETIME);
}

static int forget(unsigned int n)
{
	struct eui64 eui = device(n);

	return bootstrap_forget(b, &eui);
}

static int restore(unsigned int n, bool secured)
{
	struct eui64 eui = device(n);

	return bootstrap_restore(b, &eui, secured, NULL);
}

static struct bootstrap_neighbour get(unsigned int n)
{
	struct bootstrap_neighbour found;
	struct eui64 eui = device(n);

	for (size_t i = 0; bootstrap_get(b, i, &found); i++)
		if (eui64_equal(&found.eui, &eui))
			return found;
	ck_abort_msg("device %u is not in the list", n);
}

static void expect_state(unsigned int n, enum link_state state)
{
	ck_assert_str_eq(link_state_name(get(n).state), link_state_name(state));
}

static uint32_t repetition_ms(unsigned int n, uint32_t tries)
{
	struct eui64 own = device(OWN), eui = device(n);

	return backoff_delay_ms(backoff_seed(&own, &eui), tries, 1000,
				tries <= 8 ? MINUTE_MS : 15 * MINUTE_MS);
}

/* When the SSR to a restored neighbour leaves. */
static uint32_t restored_ms(unsigned int n)
{
	struct eui64 own = device(OWN), eui = device(n);

	return backoff_spread(backoff_seed(&own, &eui), 0, BOOTSTRAP_RESTORED_REFRESH_MS);
}

/* The jitter lets a refresh leave earlier, never later. */
static uint32_t refresh_ms(unsigned int n)
{
	struct eui64 own = device(OWN), eui = device(n);
	uint32_t early = backoff_spread(backoff_seed(&own, &eui), 0, REFRESH_MS / 16);

	ck_assert_uint_lt(early, REFRESH_MS / 16);
	return REFRESH_MS - early;
}

/* --- the machine as a table --- */

#define REFUSED (-2)

/* Every pair of state and event, decided here by hand. */
static const int expected[LINK_STATES][LINK_EVENTS] = {
	[LINK_IDLE] =
		{
			[LINK_EV_KEYED] = LINK_SSR_SENT,
			[LINK_EV_UNKEYED] = REFUSED, /* nothing to lose */
			[LINK_EV_RESTORED] = LINK_SECURED,
			[LINK_EV_SSR] = LINK_SECURED, /* of a neighbour not heard before */
			[LINK_EV_WITHDRAWN] = LINK_SSR_SENT,
			[LINK_EV_SSR_DUE] = REFUSED, /* neither timer runs */
			[LINK_EV_EXPIRED] = REFUSED,
			[LINK_EV_FORGOTTEN] = REFUSED, /* nothing to take back */
			[LINK_EV_ALONE] = REFUSED,     /* nothing to give up */
		},
	[LINK_SSR_SENT] =
		{
			[LINK_EV_KEYED] = REFUSED, /* has keys already */
			[LINK_EV_UNKEYED] = LINK_IDLE,
			[LINK_EV_RESTORED] = REFUSED, /* only into a new entry */
			[LINK_EV_SSR] = LINK_SECURED,
			[LINK_EV_WITHDRAWN] = LINK_SSR_SENT,
			[LINK_EV_SSR_DUE] = LINK_SSR_SENT,
			[LINK_EV_EXPIRED] = REFUSED, /* no registration runs */
			[LINK_EV_FORGOTTEN] = REFUSED,
			[LINK_EV_ALONE] = REFUSED,
		},
	[LINK_SECURED] =
		{
			[LINK_EV_KEYED] = LINK_SECURED,
			[LINK_EV_UNKEYED] = LINK_IDLE,
			[LINK_EV_RESTORED] = REFUSED,
			[LINK_EV_SSR] = LINK_SECURED,
			[LINK_EV_WITHDRAWN] = LINK_SSR_SENT,
			[LINK_EV_SSR_DUE] = LINK_SECURED,
			[LINK_EV_EXPIRED] = LINK_IDLE,
			[LINK_EV_FORGOTTEN] = LINK_IDLE,
			[LINK_EV_ALONE] = LINK_SSR_SENT,
		},
};

/* The table's answer to one pair; exactly one row may give it. */
static int next_by_table(int state, int event)
{
	int next = REFUSED, rows = 0;

	for (size_t i = 0; i < link_machine.n_rows; i++) {
		const struct fsm_row *row = &link_machine.rows[i];
		if (row->state != state || row->event != event)
			continue;
		next = row->next == FSM_SAME ? state : row->next;
		rows++;
	}
	ck_assert_int_le(rows, 1);
	return next;
}

START_TEST(table_decides_every_pair)
{
	size_t rows = 0;

	for (int state = 0; state < LINK_STATES; state++) {
		ck_assert_ptr_nonnull(link_machine.state_names[state]);
		for (int event = 0; event < LINK_EVENTS; event++) {
			ck_assert_ptr_nonnull(link_machine.event_names[event]);
			ck_assert_msg(next_by_table(state, event) == expected[state][event],
				      "%s on %s", link_machine.state_names[state],
				      link_machine.event_names[event]);
			rows += expected[state][event] != REFUSED;
		}
	}
	/* No row for any state, none besides those looked at. */
	ck_assert_uint_eq(link_machine.n_rows, rows);
}
END_TEST

/* A pair without a row changes nothing and acts on nothing, so the machine alone may be fed. */
START_TEST(machine_refuses_the_others)
{
	for (int state = 0; state < LINK_STATES; state++) {
		for (int event = 0; event < LINK_EVENTS; event++) {
			struct fsm f;
			if (expected[state][event] != REFUSED)
				continue;
			fsm_init(&f, &link_machine, NULL, NULL, state);
			ck_assert(!fsm_event(&f, event, NULL, NULL));
			ck_assert_int_eq(f.state, state);
			ck_assert_uint_eq(f.refused, 1);
		}
	}
}
END_TEST

/* --- each row through the interface --- */

START_TEST(idle_until_keyed)
{
	setup();
	heard(1);
	heard(2);
	heard(1);
	expect("nbr1+ nbr2+ ");
	expect_state(1, LINK_IDLE);
	evl_test_advance(evl, 100000);
	expect("");

	bootstrap_set_keyed(b, true); /* IDLE, KEYED */
	expect("ssr1 ssr2 ");
	expect_state(1, LINK_SSR_SENT);
	expect_state(2, LINK_SSR_SENT);
	ck_assert_uint_eq(get(1).ssr_tries, 1);
	bootstrap_set_keyed(b, true); /* a changed key */
	expect("");
	heard(3); /* later: at once */
	expect("nbr3+ ssr3 ");
	expect_state(3, LINK_SSR_SENT);
	heard(3);
	expect("");
	teardown();
}
END_TEST

/* SSR_SENT, SSR_DUE: after 1, 2, 4 .. 60 s, each with its jitter; after eight of them more rarely,
 * for as long as the neighbour is heard. */
START_TEST(repeats_until_answered)
{
	setup();
	heard(1);
	bootstrap_set_keyed(b, true);
	expect("nbr1+ ssr1 ");
	for (uint32_t tries = 1; tries <= 12; tries++) {
		ck_assert_uint_eq(get(1).ssr_tries, tries);
		heard(1);
		evl_test_advance(evl, repetition_ms(1, tries) - 1);
		expect("");
		evl_test_advance(evl, 1);
		expect("ssr1 ");
	}
	evl_test_advance(evl, 2000);
	ck_assert(ssr(1)); /* SSR_SENT, SSR: ours of two seconds ago may not have arrived */
	expect("ssr1 link1+ ");
	ck_assert_uint_eq(get(1).ssr_tries, 0);
	evl_test_advance(evl, 1000000);
	expect("");
	teardown();
}
END_TEST

START_TEST(repetitions_of_two_neighbours_part)
{
	setup();
	heard(1);
	heard(2);
	bootstrap_set_keyed(b, true);
	expect("nbr1+ nbr2+ ssr1 ssr2 ");
	ck_assert_uint_ne(repetition_ms(1, 1), repetition_ms(2, 1));
	evl_test_advance(evl, 1249);
	expect(repetition_ms(1, 1) < repetition_ms(2, 1) ? "ssr1 ssr2 " : "ssr2 ssr1 ");
	teardown();
}
END_TEST

/* The answer to our own SSR, which left within the second, is not answered again. */
START_TEST(answer_ends_the_exchange)
{
	setup();
	heard(1);
	bootstrap_set_keyed(b, true);
	evl_test_advance(evl, 20);
	expect("nbr1+ ssr1 ");
	ck_assert(ssr(1)); /* SSR_SENT, SSR */
	expect("link1+ ");
	expect_state(1, LINK_SECURED);
	ck_assert_uint_eq(get(1).expires_ms, evl_now_ms(evl) + BOOTSTRAP_SSR_LIFETIME * MINUTE_MS);
	for (int why = 0; why < BOOTSTRAP_REFUSALS; why++)
		ck_assert_uint_eq(bootstrap_refusals(b, (enum bootstrap_refusal)why), 0);
	teardown();
}
END_TEST

/* A neighbour that refused our SSR for want of keys has its own answered, though ours was lately
 * sent. */
START_TEST(ssr_that_is_no_answer_is_answered)
{
	setup();
	heard(1);
	bootstrap_set_keyed(b, true);
	expect("nbr1+ ssr1 ");
	evl_test_advance(evl, 250);
	ck_assert(ssr(1));
	expect("ssr1 link1+ ");
	/* were it an answer after all, the neighbour's answer to ours ends it */
	ck_assert(!ssr(1));
	expect("");
	teardown();
}
END_TEST

START_TEST(ssr_of_a_stranger_is_answered)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr(7)); /* IDLE, SSR; section 5.3.4: first the answer, then the link */
	expect("nbr7+ ssr7 link7+ ");
	expect_state(7, LINK_SECURED);
	teardown();
}
END_TEST

/* SECURED, SSR: a lost answer must not leave the link half secured for ever. */
START_TEST(ssr_on_a_secured_link_is_answered_once_a_second)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr(1));
	expect("nbr1+ ssr1 link1+ ");
	evl_test_advance(evl, 999);
	ck_assert(!ssr(1));
	expect("");
	ck_assert_uint_eq(bootstrap_refusals(b, BOOTSTRAP_TOO_SOON), 1);
	ck_assert(ssr(2)); /* the limit is each neighbour's own */
	expect("nbr2+ ssr2 link2+ ");
	evl_test_advance(evl, 1);
	ck_assert(ssr(1));
	expect("ssr1 ");
	expect_state(1, LINK_SECURED);
	teardown();
}
END_TEST

/* SECURED, SSR_DUE at a third of the lifetime, a little earlier at most; an answer of ours counts
 * as well as a refresh. */
START_TEST(refreshes_at_a_third)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_with(1, UINT16_MAX));
	expect("nbr1+ ssr1 link1+ ");
	evl_test_advance(evl, refresh_ms(1) - 1);
	expect("");
	evl_test_advance(evl, 1);
	expect("ssr1 ");
	ck_assert_uint_eq(get(1).ssr_tries, 1);
	evl_test_advance(evl, 30);
	ck_assert(ssr(1)); /* the answer; renews at our side too */
	expect("");
	ck_assert_uint_eq(get(1).ssr_tries, 0);
	evl_test_advance(evl, REFRESH_MS / 2);
	ck_assert(ssr(1)); /* the neighbour's refresh */
	expect("ssr1 ");
	evl_test_advance(evl, refresh_ms(1) - 1);
	expect("");
	evl_test_advance(evl, 1);
	expect("ssr1 ");
	expect_state(1, LINK_SECURED);
	teardown();
}
END_TEST

/* Who does not answer may have lost us, and hears us again only once it has our SSR. */
START_TEST(an_unanswered_refresh_is_repeated)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_with(1, UINT16_MAX));
	evl_test_advance(evl, refresh_ms(1));
	expect("nbr1+ ssr1 link1+ ssr1 ");
	evl_test_advance(evl, 1250);
	expect("ssr1 ");
	evl_test_advance(evl, 2500);
	expect("ssr1 ");
	ck_assert_uint_eq(get(1).ssr_tries, 3);
	ck_assert_uint_eq(bootstrap_accepted(b), 1);
	ck_assert(ssr(1));
	ck_assert_uint_eq(bootstrap_accepted(b), 2);
	trace[0] = '\0'; /* an answer, if ours left longer ago than a round trip */
	evl_test_advance(evl, refresh_ms(1) - 1);
	expect("");
	evl_test_advance(evl, 1);
	expect("ssr1 ");
	expect_state(1, LINK_SECURED);
	teardown();
}
END_TEST

/* SECURED, EXPIRED: the neighbour's lifetime counts, not ours; then the node asks again. */
START_TEST(registration_expires)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_with(1, 2));
	expect("nbr1+ ssr1 link1+ ");
	evl_test_advance(evl, 2 * MINUTE_MS - 1);
	expect("");
	expect_state(1, LINK_SECURED);
	evl_test_advance(evl, 1);
	expect("link1- ssr1 ");
	expect_state(1, LINK_SSR_SENT);
	ck_assert_uint_eq(get(1).expires_ms, 0);
	ck_assert_uint_eq(get(1).ssr_tries, 1);
	evl_test_advance(evl, 10);
	ck_assert(ssr_with(1, 1));
	expect("link1+ ");
	evl_test_advance(evl, 59000);
	ck_assert(ssr_with(1, 1)); /* refreshed in time */
	expect("ssr1 ");
	evl_test_advance(evl, 59999);
	expect("");
	evl_test_advance(evl, 1);
	expect("link1- ssr1 ");
	teardown();
}
END_TEST

/* Lifetime 0: IDLE, SSR_SENT and SECURED, WITHDRAWN. */
START_TEST(lifetime_0_withdraws)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_with(1, 0));
	expect("nbr1+ ");
	expect_state(1, LINK_SSR_SENT);
	ck_assert(ssr_with(1, 0));
	expect("");
	evl_test_advance(evl, 1250);
	expect("ssr1 ");
	ck_assert(ssr(1));
	expect("link1+ ");
	ck_assert(ssr_with(1, 0)); /* not too soon for this */
	expect("link1- ");
	expect_state(1, LINK_SSR_SENT);
	ck_assert_uint_eq(get(1).expires_ms, 0);
	evl_test_advance(evl, 999);
	expect("");
	evl_test_advance(evl, 251);
	expect("ssr1 ");
	evl_test_advance(evl, 24 * 60 * MINUTE_MS);
	ck_assert_ptr_null(strstr(trace, "link")); /* the registration's timer is gone */
	teardown();
}
END_TEST

/* SECURED, FORGOTTEN, then asked at once like any unsecured neighbour; other states: nothing. */
START_TEST(forgets_on_demand)
{
	setup();
	ck_assert_int_eq(forget(1), -ENOENT);
	heard(1);
	ck_assert_int_eq(forget(1), 0);
	bootstrap_set_keyed(b, true);
	ck_assert_int_eq(forget(1), 0);
	expect("nbr1+ ssr1 ");
	ck_assert(ssr(1));
	expect("link1+ ");
	ck_assert_int_eq(forget(1), 0);
	expect("link1- ssr1 ");
	expect_state(1, LINK_SSR_SENT);
	evl_test_advance(evl, 1250);
	expect("ssr1 ");
	ck_assert(ssr(1)); /* keyed again */
	expect("link1+ ");
	teardown();
}
END_TEST

/* SSR_SENT and SECURED, UNKEYED: all timers end with it. */
START_TEST(losing_the_keys_unsecures_all)
{
	setup();
	heard(1);
	bootstrap_set_keyed(b, true);
	ck_assert(ssr(2));
	expect("nbr1+ ssr1 nbr2+ ssr2 link2+ ");
	bootstrap_set_keyed(b, false);
	expect("link2- ");
	expect_state(1, LINK_IDLE);
	expect_state(2, LINK_IDLE);
	bootstrap_set_keyed(b, false);
	heard(3);
	expect("nbr3+ ");
	evl_test_advance(evl, 29 * MINUTE_MS);
	expect("");
	ck_assert(!ssr(1));
	ck_assert_uint_eq(bootstrap_refusals(b, BOOTSTRAP_NOT_KEYED), 1);
	bootstrap_set_keyed(b, true);
	expect("ssr1 ssr2 ssr3 ");
	teardown();
}
END_TEST

/* IDLE, RESTORED; SECURED, KEYED. */
START_TEST(restores_what_was_durable)
{
	setup();
	ck_assert_int_eq(restore(1, true), 0);
	ck_assert_int_eq(restore(2, false), 0);
	ck_assert_int_eq(restore(1, true), -EEXIST);
	ck_assert_int_eq(restore(OWN, true), -EINVAL);
	expect("link1+ nbr2+ ");
	expect_state(1, LINK_SECURED);
	expect_state(2, LINK_IDLE);
	ck_assert_uint_eq(get(1).expires_ms, evl_now_ms(evl) + BOOTSTRAP_SSR_LIFETIME * MINUTE_MS);
	evl_test_advance(evl, 20000);
	expect("");
	bootstrap_set_keyed(b, true);
	expect("ssr2 ");
	ck_assert(ssr(2));
	expect("link2+ ");
	evl_test_advance(evl, restored_ms(1));
	expect("ssr1 ");
	expect_state(1, LINK_SECURED);
	ck_assert(ssr(1));
	ck_assert_int_eq(restore(3, true), 0); /* the keys may come first */
	expect("link3+ ");
	evl_test_advance(evl, restored_ms(3));
	expect("ssr3 ");
	teardown();
}
END_TEST

/* A restored link of a node that never gets its keys back ends with the registration. */
START_TEST(restored_link_expires_unkeyed)
{
	setup();
	ck_assert_int_eq(restore(1, true), 0);
	ck_assert_int_eq(restore(2, true), 0);
	expect("link1+ link2+ ");
	ck_assert_int_eq(forget(2), 0);
	expect("link2- ");
	evl_test_advance(evl, BOOTSTRAP_SSR_LIFETIME * MINUTE_MS);
	expect("link1- ");
	expect_state(1, LINK_IDLE);

	ck_assert_int_eq(restore(3, true), 0);
	bootstrap_set_keyed(b, false); /* the store has links but no keys */
	expect("link3+ link3- ");
	teardown();
}
END_TEST

/* An SSR that could not be sent is repeated like one without answer, asking, answering or
 * refreshing. */
START_TEST(failed_sends_are_repeated)
{
	setup();
	send_result = -ENOBUFS;
	heard(1);
	bootstrap_set_keyed(b, true);
	expect("nbr1+ ssr1 ");
	evl_test_advance(evl, 1250);
	expect("ssr1 ");
	ck_assert(ssr(1)); /* nothing went within the second: an answer is tried */
	expect("ssr1 link1+ ");
	expect_state(1, LINK_SECURED);
	ck_assert(ssr(1)); /* and was not sent, so it is not too soon */
	expect("ssr1 ");
	evl_test_advance(evl, 1250);
	expect("ssr1 ");
	send_result = 0;
	evl_test_advance(evl, 2500);
	expect("ssr1 ");
	evl_test_advance(evl, 1000);
	ck_assert(ssr(1));
	expect("ssr1 ");
	evl_test_advance(evl, REFRESH_MS - REFRESH_MS / 16 - 2500);
	expect("");
	teardown();
}
END_TEST

/* --- refusals --- */

static void expect_refused(enum bootstrap_refusal why, const struct bsreq *req,
			   const struct in6_addr *src, bool secured)
{
	uint64_t before[BOOTSTRAP_REFUSALS];

	for (int i = 0; i < BOOTSTRAP_REFUSALS; i++)
		before[i] = bootstrap_refusals(b, (enum bootstrap_refusal)i);
	ck_assert(!bootstrap_on_ssr(b, req, src, secured));
	for (int i = 0; i < BOOTSTRAP_REFUSALS; i++)
		ck_assert_msg(bootstrap_refusals(b, (enum bootstrap_refusal)i) ==
				      before[i] + (i == (int)why),
			      "%s, counter %s", bootstrap_refusal_name(why),
			      bootstrap_refusal_name((enum bootstrap_refusal)i));
	expect("");
}

START_TEST(refuses_inconsistent_ssrs)
{
	struct bsreq req = {.code = BSREQ_SSR, .lifetime = 1440, .eui = device(1)};
	struct bsreq ours = {.code = BSREQ_SSR, .lifetime = 1440, .eui = device(OWN)};
	struct in6_addr good = eui64_link_local(&req.eui), own = eui64_link_local(&ours.eui), src;

	setup();
	expect_refused(BOOTSTRAP_NOT_KEYED, &req, &good, true);
	bootstrap_set_keyed(b, true);
	expect_refused(BOOTSTRAP_NOT_SECURED, &req, &good, false);
	src = good;
	src.s6_addr[0] = 0x20;
	expect_refused(BOOTSTRAP_NOT_LINK_LOCAL, &req, &src, true);
	/* Any one octet besides those that make it link-local: interface identifier or zeroes. */
	for (size_t i = 2; i < 16; i++) {
		src = good;
		src.s6_addr[i] ^= 0x01;
		expect_refused(BOOTSTRAP_EUI_MISMATCH, &req, &src, true);
	}
	/* The EUI-64 unmodified in the address. */
	src = good;
	src.s6_addr[8] ^= 0x02;
	expect_refused(BOOTSTRAP_EUI_MISMATCH, &req, &src, true);
	expect_refused(BOOTSTRAP_EUI_MISMATCH, &ours, &own, true);
	ck_assert(bootstrap_on_ssr(b, &req, &good, true));
	expect("nbr1+ ssr1 link1+ ");
	/* Neither does a refused one touch a link that is there, nor does a withdrawal. */
	req.lifetime = 0;
	expect_refused(BOOTSTRAP_NOT_SECURED, &req, &good, false);
	expect_state(1, LINK_SECURED);
	teardown();
}
END_TEST

START_TEST(secured_neighbours_are_never_displaced)
{
	struct bsreq req = {.code = BSREQ_SSR, .lifetime = 1440, .eui = device(100)};
	struct in6_addr src = eui64_link_local(&req.eui);
	struct bootstrap_neighbour n;

	setup();
	bootstrap_set_keyed(b, true);
	for (unsigned int i = 1; i <= BOOTSTRAP_MAX_NEIGHBOURS; i++)
		ck_assert(ssr(i));
	trace[0] = '\0';
	ck_assert_int_eq(bootstrap_heard(b, &req.eui), -ENOSPC);
	expect_refused(BOOTSTRAP_TABLE_FULL, &req, &src, true);
	for (unsigned int i = 1; i <= BOOTSTRAP_MAX_NEIGHBOURS; i++)
		expect_state(i, LINK_SECURED);
	ck_assert(!bootstrap_get(b, BOOTSTRAP_MAX_NEIGHBOURS, &n));
	ck_assert(!bootstrap_get(b, SIZE_MAX, &n));
	/* Those that are there are still served. */
	evl_test_advance(evl, 1000);
	ck_assert(ssr(BOOTSTRAP_MAX_NEIGHBOURS));
	expect("ssr64 ");
	teardown();
}
END_TEST

START_TEST(full_table_drops_who_was_heard_longest_ago)
{
	setup();
	for (unsigned int i = 1; i <= BOOTSTRAP_MAX_NEIGHBOURS; i++) {
		heard(i);
		evl_test_advance(evl, 10);
	}
	heard(1);
	trace[0] = '\0';
	heard(100);
	expect("nbr2- nbr100+ ");
	bootstrap_set_keyed(b, true);
	evl_test_advance(evl, 4 * MINUTE_MS); /* all have been asked often enough */
	trace[0] = '\0';
	ck_assert(ssr(3)); /* secured: 4 is next */
	expect("ssr3 link3+ ");
	ck_assert(ssr(101));
	expect("nbr4- nbr101+ ssr101 link101+ ");
	heard(102);
	expect("nbr5- nbr102+ ssr102 ");
	/* A dropped neighbour's timers are gone, a new one's start from the beginning. */
	evl_test_advance(evl, 1250);
	ck_assert_ptr_null(strstr(trace, "ssr5 "));
	ck_assert_ptr_nonnull(strstr(trace, "ssr102 "));
	ck_assert_uint_eq(get(102).ssr_tries, 2);
	teardown();
}
END_TEST

/* However many are heard, only so many SSRs go to those who may be nobody; who asks by itself is
 * answered at once. */
START_TEST(asking_is_bounded_altogether)
{
	unsigned int n = 0;

	setup();
	bootstrap_set_keyed(b, true);
	for (unsigned int i = 1; i <= 40; i++)
		heard(i);
	for (const char *p = trace; (p = strstr(p, "ssr")); p++)
		n++;
	ck_assert_uint_eq(n, BOOTSTRAP_ASK_BURST);
	trace[0] = '\0';
	ck_assert(ssr(40));
	expect("ssr40 link40+ ");
	evl_test_advance(evl, 60 * 1000); /* repetitions of the first ones as well */
	n = 0;
	for (const char *p = trace; (p = strstr(p, "ssr")); p++)
		n++;
	ck_assert_uint_le(n, 60 * 1000 / BOOTSTRAP_ASK_GAP_MS);
	for (unsigned int i = 1; i <= 39; i++) /* and everybody's turn has come */
		ck_assert_uint_ge(get(i).ssr_tries, 1);
	teardown();
}
END_TEST

static unsigned int lines;

static void on_line(enum log_level level, const char *topic, const struct eui64 *eui,
		    const char *text)
{
	(void)topic, (void)eui, (void)text;
	lines += level <= LOG_LVL_INFO;
}

/* The log is on a disk, too. */
START_TEST(strangers_do_not_fill_the_log)
{
	setup();
	bootstrap_set_keyed(b, true);
	lines = 0;
	log_set_sink(on_line);
	for (unsigned int i = 1; i <= 200; i++) {
		heard(i);
		evl_test_advance(evl, 100);
	}
	ck_assert_uint_eq(lines, 0);
	ck_assert(ssr_with(200, 1440)); /* this one has keys */
	ck_assert_uint_ge(lines, 1);
	log_set_sink(NULL);
	teardown();
}
END_TEST

START_TEST(strangers_age)
{
	setup();
	heard(1);
	heard(2);
	evl_test_advance(evl, BOOTSTRAP_AGE_MS - 1);
	expect("nbr1+ nbr2+ ");
	heard(1);
	evl_test_advance(evl, 1);
	expect("nbr2- ");
	evl_test_advance(evl, BOOTSTRAP_AGE_MS - 2);
	expect("");
	evl_test_advance(evl, 1);
	expect("nbr1- ");
	heard(1); /* again as if for the first time */
	expect("nbr1+ ");
	bootstrap_set_keyed(b, true); /* asked in vain */
	evl_test_advance(evl, BOOTSTRAP_AGE_MS);
	ck_assert_ptr_nonnull(strstr(trace, "ssr1 nbr1- "));
	trace[0] = '\0';
	evl_test_advance(evl, 24 * 60 * MINUTE_MS);
	expect("");
	teardown();
}
END_TEST

/* One that had keys may send an SSR at any time, which the kernel lets through from those only that
 * are neighbours; it goes when its place is needed, after all strangers. */
START_TEST(who_was_secured_does_not_age)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_with(1, 1));
	evl_test_advance(evl, 24 * 60 * MINUTE_MS);
	ck_assert_ptr_null(strstr(trace, "nbr1-"));
	expect_state(1, LINK_SSR_SENT);
	for (unsigned int i = 2; i <= BOOTSTRAP_MAX_NEIGHBOURS; i++)
		heard(i);
	trace[0] = '\0';
	heard(100); /* 1 was heard longest ago */
	ck_assert_ptr_nonnull(strstr(trace, "nbr2- nbr100+ "));
	ck_assert(ssr(1));
	expect_state(1, LINK_SECURED);
	teardown();
}
END_TEST

/* --- short addresses --- */

static bool ssr_from(unsigned int n, uint16_t short_addr)
{
	struct bsreq req = {.code = BSREQ_SSR,
			    .lifetime = 1,
			    .eui = device(n),
			    .has_short = true,
			    .short_addr = short_addr};
	struct in6_addr src = eui64_link_local(&req.eui);

	return bootstrap_on_ssr(b, &req, &src, true);
}

START_TEST(an_ssr_binds_a_short_address)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_from(1, 0));
	expect("nbr1+ ssr1 link1+ short1=0 ");
	ck_assert(get(1).has_short);
	ck_assert_uint_eq(get(1).short_addr, 0);
	evl_test_advance(evl, 1000);
	ck_assert(ssr_from(1, 0)); /* refreshed */
	expect("ssr1 ");
	evl_test_advance(evl, 1000);
	ck_assert(ssr_from(1, 7)); /* changed */
	expect("ssr1 short1=7 ");
	evl_test_advance(evl, 1000);
	ck_assert(ssr(1)); /* given up */
	expect("ssr1 short1- ");
	ck_assert(!get(1).has_short);
	teardown();
}
END_TEST

START_TEST(a_short_address_has_one_holder)
{
	setup();
	bootstrap_set_keyed(b, true);
	ck_assert(ssr_from(1, 5));
	expect("nbr1+ ssr1 link1+ short1=5 ");
	ck_assert(!ssr_from(2, 5));
	ck_assert(!ssr_from(2, OWN_SHORT));
	ck_assert_uint_eq(bootstrap_refusals(b, BOOTSTRAP_SHORT_TAKEN), 2);
	expect(""); /* neither answered nor listed */
	ck_assert(ssr_from(2, 6));
	expect("nbr2+ ssr2 link2+ short2=6 ");
	evl_test_advance(evl, 1000);
	ck_assert(!ssr_from(2, 5)); /* what it has it keeps */
	ck_assert_uint_eq(get(2).short_addr, 6);
	expect("");
	ck_assert_int_eq(forget(1),
			 0); /* 1 starts over: it keeps its address while nobody claims it */
	expect("link1- ssr1 ");
	ck_assert(get(1).has_short);
	ck_assert(ssr_from(2, 5));
	expect("ssr2 short1- short2=5 ");
	ck_assert(!get(1).has_short);
	ck_assert_uint_eq(get(2).short_addr, 5);
	teardown();
}
END_TEST

START_TEST(refused_ssrs_bind_nothing)
{
	struct bsreq req = {.code = BSREQ_SSR,
			    .lifetime = 1,
			    .eui = device(1),
			    .has_short = true,
			    .short_addr = 5};
	struct in6_addr src = eui64_link_local(&req.eui), other = eui64_link_local(&req.eui);

	setup();
	heard(1);
	ck_assert(!bootstrap_on_ssr(b, &req, &src, true)); /* no keys */
	bootstrap_set_keyed(b, true);
	ck_assert(!bootstrap_on_ssr(b, &req, &src, false)); /* unsecured */
	other.s6_addr[15] ^= 1;
	ck_assert(!bootstrap_on_ssr(b, &req, &other, true));
	req.lifetime = 0; /* withdrawn */
	ck_assert(bootstrap_on_ssr(b, &req, &src, true));
	expect("nbr1+ ssr1 ");
	ck_assert(!get(1).has_short);
	teardown();
}
END_TEST

START_TEST(a_restored_neighbour_keeps_its_short_address)
{
	static const uint16_t five = 5;
	struct eui64 one = device(1);

	setup();
	ck_assert_int_eq(bootstrap_restore(b, &one, true, &five), 0);
	expect("link1+ short1=5 ");
	bootstrap_set_keyed(b, true);
	ck_assert(!ssr_from(2, 5));
	teardown();
}
END_TEST

START_TEST(refuses_to_be_its_own_neighbour)
{
	struct eui64 own = device(OWN), zero = {{0}};

	setup();
	ck_assert_int_eq(bootstrap_heard(b, &own), -EINVAL);
	ck_assert_int_eq(bootstrap_heard(b, &zero), -EINVAL);
	expect("");
	teardown();
}
END_TEST

START_TEST(everything_has_a_name)
{
	for (int i = 0; i < BOOTSTRAP_REFUSALS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(bootstrap_refusal_name((enum bootstrap_refusal)i),
					 bootstrap_refusal_name((enum bootstrap_refusal)j));
	ck_assert_str_eq(link_state_name(LINK_SECURED), "secured");
	ck_assert_str_eq(link_state_name(LINK_SSR_SENT), "ssr-sent");
	ck_assert_str_eq(link_state_name(LINK_IDLE), "idle");
}
END_TEST

/* --- two nodes against each other --- */

/* Each end's SSRs reach the other end after a flight of 10 ms. */
#define FLIGHT_MS 10

struct end {
	struct bootstrap *b;
	struct eui64 eui;
	struct end *other;
	struct evl_timer *flight; /* of an SSR towards the other end */
	bool secured, deaf;
	unsigned int sent;
};

static int end_send(void *arg, const struct eui64 *eui, uint16_t lifetime)
{
	struct end *e = arg;

	ck_assert(eui64_equal(eui, &e->other->eui));
	ck_assert_uint_eq(lifetime, BOOTSTRAP_SSR_LIFETIME);
	e->sent++;
	evl_timer_start(e->flight, FLIGHT_MS);
	return 0;
}

static void on_landing(void *arg)
{
	struct end *e = arg;
	struct bsreq req = {.code = BSREQ_SSR, .lifetime = BOOTSTRAP_SSR_LIFETIME, .eui = e->eui};
	struct in6_addr src = eui64_link_local(&e->eui);

	if (!e->other->deaf)
		bootstrap_on_ssr(e->other->b, &req, &src, true);
}

static void end_link(void *arg, const struct eui64 *eui, bool secured)
{
	struct end *e = arg;

	ck_assert(eui64_equal(eui, &e->other->eui));
	e->secured = secured;
}

static void end_neighbour(void *arg, const struct eui64 *eui, bool present)
{
	(void)arg, (void)eui;
	ck_assert(present);
}

static void end_init(struct end *e, unsigned int n, struct end *other)
{
	struct bootstrap_ops ops = {end_send, end_link, end_neighbour, NULL, e};

	*e = (struct end){.eui = device(n), .other = other};
	e->b = bootstrap_new(evl, &e->eui, NULL, &ops);
	e->flight = evl_timer_new(evl, on_landing, e);
}

static void end_fini(struct end *e)
{
	evl_timer_free(e->flight);
	bootstrap_free(e->b);
}

/* The farther node is keyed long after the nearer one; the first answer is lost. */
START_TEST(two_nodes_secure_their_link)
{
	struct end near, far;

	evl = evl_new_test();
	end_init(&near, 1, &far);
	end_init(&far, 2, &near);
	ck_assert_int_eq(bootstrap_heard(near.b, &far.eui), 0);
	ck_assert_int_eq(bootstrap_heard(far.b, &near.eui), 0);
	bootstrap_set_keyed(near.b, true);
	evl_test_advance(evl, 500000);
	ck_assert(!near.secured && !far.secured);
	near.sent = 0;

	far.deaf = true;
	bootstrap_set_keyed(far.b, true);
	evl_test_advance(evl, 3 * FLIGHT_MS);
	ck_assert(near.secured && !far.secured); /* half secured */
	far.deaf = false;
	evl_test_advance(evl, 5000);
	ck_assert(near.secured && far.secured);
	ck_assert_uint_le(near.sent, 3);
	ck_assert_uint_le(far.sent, 4);

	/* For a week each refresh is one SSR and its answer, three pairs a day. */
	near.sent = far.sent = 0;
	evl_test_advance(evl, 7ull * 24 * 60 * MINUTE_MS);
	ck_assert(near.secured && far.secured);
	ck_assert_uint_ge(near.sent, 20);
	ck_assert_uint_le(near.sent, 23);
	ck_assert_uint_eq(near.sent, far.sent);

	/* One falls silent: the other's registration of it ends. */
	far.deaf = true;
	bootstrap_set_keyed(far.b, false);
	evl_test_advance(evl, BOOTSTRAP_SSR_LIFETIME * MINUTE_MS);
	ck_assert(!near.secured && !far.secured);
	end_fini(&near);
	end_fini(&far);
	evl_free(evl);
}
END_TEST

START_TEST(all_are_dropped_at_once)
{
	struct bootstrap_neighbour nb;

	setup();
	bootstrap_set_keyed(b, true);
	ck_assert_int_eq(restore(1, true), 0);
	ck_assert_int_eq(restore(2, false), 0);
	heard(3);
	trace[0] = '\0';
	bootstrap_clear(b);
	expect("nbr1- nbr2- nbr3- ");
	ck_assert(!bootstrap_get(b, 0, &nb));
	evl_test_advance(evl, 24 * 60 * MINUTE_MS); /* nobody is asked, and nothing expires */
	expect("");
	ck_assert(ssr(1)); /* who is there is a neighbour as any other */
	expect_state(1, LINK_SECURED);
	teardown();
}
END_TEST

UNIT_MAIN("bootstrap", table_decides_every_pair, machine_refuses_the_others, idle_until_keyed,
	  repeats_until_answered, repetitions_of_two_neighbours_part, answer_ends_the_exchange,
	  ssr_that_is_no_answer_is_answered, ssr_of_a_stranger_is_answered,
	  ssr_on_a_secured_link_is_answered_once_a_second, refreshes_at_a_third,
	  an_unanswered_refresh_is_repeated, registration_expires, lifetime_0_withdraws,
	  forgets_on_demand, losing_the_keys_unsecures_all, restores_what_was_durable,
	  restored_link_expires_unkeyed, failed_sends_are_repeated, refuses_inconsistent_ssrs,
	  secured_neighbours_are_never_displaced, full_table_drops_who_was_heard_longest_ago,
	  asking_is_bounded_altogether, strangers_age, strangers_do_not_fill_the_log,
	  who_was_secured_does_not_age, an_ssr_binds_a_short_address,
	  a_short_address_has_one_holder, refused_ssrs_bind_nothing,
	  a_restored_neighbour_keeps_its_short_address, refuses_to_be_its_own_neighbour,
	  everything_has_a_name, two_nodes_secure_their_link, all_are_dropped_at_once)

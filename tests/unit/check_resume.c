/* SPDX-License-Identifier: ISC */
/* A manifest of a thousand devices that all ask, and power cuts in between: what is on the disk
 * when the power goes is all that the next run has. Who holds keys asks for nothing any more.
 * Nobody is lost, and nobody who has joined is put through a handshake again. */
#include "roster.h"

#include "coap/coap_msg.h"
#include "ctd_store.h"
#include "timeline.h"
#include "unit.h"

#include <string.h>
#include <time.h>

#define N_DEVICES   1000
#define FEW_DEVICES 24
#define MAX_JOINS   16
#define KEY_INDEX   1
#define LOAD_MS     2000 /* generous: with sanitizers on a busy machine */

static struct evl *evl;
static struct store *store;
static struct mesh mesh;
static struct roster *roster;
static struct timeline *timeline;
static struct ctd_conf conf;
static char state_dir[16] = "state";
static unsigned connects[N_DEVICES + 1], joined[N_DEVICES + 1], holds[N_DEVICES + 1];
static struct join *connecting[MAX_JOINS], *keying[N_DEVICES], *asked[N_DEVICES];
static size_t n_connecting, n_keying, n_asked;

static unsigned number(const struct join *j)
{
	return (unsigned)j->eui.b[6] << 8 | j->eui.b[7];
}

static int on_connect(void *arg, struct join *j, const struct in6_addr *addr)
{
	(void)arg, (void)addr;
	ck_assert_uint_lt(n_connecting, MAX_JOINS);
	connecting[n_connecting++] = j;
	connects[number(j)]++;
	return 0;
}

static void on_close(void *arg, struct join *j)
{
	(void)arg, (void)j;
}

/* The device takes it; whether the tool hears of that is another matter. */
static int on_tell(void *arg, struct join *j, const struct due *due)
{
	(void)arg;
	ck_assert_uint_lt(n_keying, N_DEVICES);
	keying[n_keying++] = j;
	holds[number(j)] |= due->kind == DUE_KEYS;
	return 0;
}

static int on_get(void *arg, struct join *j)
{
	(void)arg;
	ck_assert_uint_lt(n_asked, N_DEVICES);
	asked[n_asked++] = j;
	return 0;
}

static const struct join_transport transport = {
	.connect = on_connect, .close = on_close, .tell = on_tell, .get = on_get};

static void on_event(void *arg, const struct eui64 *eui, const char *text)
{
	(void)arg;
	if (eui)
		timeline_add(timeline, eui, "x", text);
}

/* --- the building --- */

static struct eui64 eui(unsigned n)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

static unsigned n_devices;

static void write_manifest(unsigned n_listed)
{
	FILE *f = fopen("m.csv", "we");

	ck_assert_ptr_nonnull(f);
	n_devices = n_listed;
	fputs("EUI-64,CREDENTIAL,name,place\n", f);
	for (unsigned n = 1; n <= n_listed; n++)
		fprintf(f, "020000000000%04x,psk:%032x,lamp %u,room %u\n", n, n, n, n / 4);
	fclose(f);
	ck_assert_int_eq(chmod("m.csv", 0600), 0);
	f = fopen("ctd.conf", "we");
	fprintf(f, "admission = manifest\nmanifest = m.csv\nmax-joins = %d\n", MAX_JOINS);
	fclose(f);
}

static void load_conf(void)
{
	char why[4096] = "";
	int r = conf_load(&ctd_conf_spec, "ctd.conf", NULL, 0, &conf, why, sizeof(why));

	if (r == 0)
		r = ctd_conf_complete(&conf, "ctd.conf", why, sizeof(why));
	ck_assert_msg(r == 0, "%s", why);
	ck_assert_uint_eq(conf.n_devices, n_devices);
}

static void power_on(void)
{
	char why[256];

	ck_assert_msg(ctd_store_open(&store, state_dir, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(timeline_new(&timeline, evl, store), 0);
	ck_assert_int_eq(mesh_open(&mesh, store, why, sizeof(why)), 0);
	ck_assert_int_eq(roster_new(&roster, evl, store, &conf, &mesh, &transport), 0);
	roster_on_event(roster, on_event, NULL);
	roster_start(roster);
}

/* What is gathered but not written is lost with the power: closing after it is of no use. */
static void power_cut(void)
{
	ck_assert_int_eq(store_run(store, "PRAGMA query_only = ON", ""), 0);
	roster_free(roster);
	mesh_close(&mesh);
	timeline_free(timeline);
	store_close(store);
	n_connecting = n_keying = n_asked = 0;
}

/* --- what devices do --- */

/* Who holds no keys asks again and again. */
static void all_ask(void)
{
	struct in6_addr addr = {.s6_addr = {0xfd}};

	for (unsigned n = 1; n <= n_devices; n++) {
		struct eui64 e = eui(n);
		if (holds[n])
			continue;
		addr.s6_addr[14] = (uint8_t)(n >> 8);
		addr.s6_addr[15] = (uint8_t)n;
		roster_heard(roster, &e, &addr);
	}
}

static void prove(struct join *j)
{
	const struct bsres_state state = {.index = holds[number(j)] ? KEY_INDEX : 0,
					  .mark = BSRES_SECURED};

	join_on_answer(j, 0, COAP_MSG_CODE(2, 5), &state);
	if (join_progress(j) == JOIN_IS_JOINED)
		joined[number(j)] = 1;
}

/* Give those who are held back until it is stored the moment that they need. Returns whether there
 * are any. */
static bool store_held(void)
{
	for (size_t i = 0; i < roster_count(roster); i++)
		if (roster_at(roster, i)->join.held) {
			evl_test_advance(evl, ROSTER_KEYS_MS);
			return true;
		}
	return false;
}

/* Whatever is under way goes one step on; time passes only for those who are held back. */
static void answer_all(void)
{
	struct join *list[N_DEVICES];
	size_t n = n_keying;

	memcpy(list, keying, n * sizeof(list[0]));
	n_keying = 0;
	for (size_t i = 0; i < n; i++)
		join_on_told(list[i], 0, COAP_MSG_CODE(2, 4));
	n = n_connecting;
	memcpy(list, connecting, n * sizeof(list[0]));
	n_connecting = 0;
	for (size_t i = 0; i < n; i++)
		join_on_up(list[i]);
	n = n_asked;
	memcpy(list, asked, n * sizeof(list[0]));
	n_asked = 0;
	for (size_t i = 0; i < n; i++)
		prove(list[i]);
	evl_test_advance(evl, 0);
	store_held();
}

static void step(void)
{
	answer_all();
	evl_test_advance(evl, 100);
}

/* One answer comes in; false: nothing is under way. Handshakes first, so that there always is a key
 * set on its way. */
static bool answer_one(void)
{
	if (n_connecting > 0)
		join_on_up(connecting[--n_connecting]);
	else if (n_keying > 0)
		join_on_told(keying[--n_keying], 0, COAP_MSG_CODE(2, 4));
	else if (n_asked > 0)
		prove(asked[--n_asked]);
	else
		return store_held();
	evl_test_advance(evl, 0);
	return true;
}

static unsigned count_joined(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < roster_count(roster); i++)
		n += join_progress(&roster_at(roster, i)->join) == JOIN_IS_JOINED;
	return n;
}

static uint64_t cpu_ms(void)
{
	struct timespec ts;

	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Run until `wanted` have joined. */
static void run_until(unsigned wanted)
{
	for (int i = 0; i < 100000 && count_joined() < wanted; i++)
		step();
	ck_assert_uint_ge(count_joined(), wanted);
}

/* The same conditions after each power cut; those of `stored` had joined some time before it. */
static void check_resumed(unsigned before, const unsigned *stored)
{
	ck_assert_uint_eq(roster_count(roster), N_DEVICES);
	ck_assert_uint_ge(count_joined(), before);
	for (unsigned n = 1; n <= N_DEVICES; n++) {
		struct eui64 e = eui(n);
		const struct member *m = roster_find(roster, &e);
		ck_assert_ptr_nonnull(m);
		ck_assert(m->admitted);
		ck_assert(!stored[n] || join_progress(&m->join) == JOIN_IS_JOINED);
	}
}

static void count_event(const struct timeline_event *e, void *arg)
{
	(void)e;
	++*(unsigned *)arg;
}

START_TEST(thousand_devices_survive_power_cuts)
{
	unsigned handshakes[N_DEVICES + 1], stored[N_DEVICES + 1], events;

	unit_enter_dir();
	write_manifest(N_DEVICES);
	evl = evl_new_test();
	load_conf();
	power_on();
	all_ask();
	for (unsigned cut = 1; cut <= 3; cut++) {
		run_until(cut * 300);
		unsigned before = count_joined();
		memcpy(stored, joined, sizeof(stored));
		for (unsigned i = 0; i < cut; i++) /* of which nothing is written by itself */
			answer_all();
		memcpy(handshakes, connects, sizeof(handshakes));
		power_cut();
		uint64_t started_ms = cpu_ms();
		power_on();
		ck_assert_uint_lt(cpu_ms() - started_ms, LOAD_MS);
		check_resumed(before, stored);
		all_ask();
		run_until(before + 20);
		for (unsigned n = 1; n <= N_DEVICES; n++)
			ck_assert_msg(!joined[n] || connects[n] <= handshakes[n] + 1,
				      "device %u: %u handshakes", n, connects[n]);
	}
	memcpy(handshakes, connects, sizeof(handshakes));
	run_until(N_DEVICES);
	/* Who had joined was left alone: one handshake each, and one more where a cut came between.
	 */
	for (unsigned n = 1; n <= N_DEVICES; n++) {
		ck_assert_uint_ge(connects[n], 1);
		ck_assert_uint_le(connects[n], 4);
		ck_assert_uint_eq(joined[n], 1);
	}
	for (unsigned n = 1; n <= N_DEVICES; n += 111) {
		struct eui64 e = eui(n);
		events = 0;
		ck_assert_int_eq(timeline_each(timeline, &e, count_event, &events), 0);
		ck_assert_uint_ge(events, 3);
	}
	power_cut();
	ctd_conf_wipe(&conf);
	conf_clear(&ctd_conf_spec, &conf);
	evl_free(evl);
}
END_TEST

/* Wherever the power is cut, before what is written by itself is written: all get in who asked, and
 * those who hold keys without having said so are not asked to ask. */
START_TEST(power_may_be_cut_at_every_step)
{
	unsigned steps = 0;
	bool cut_short = true;

	unit_enter_dir();
	write_manifest(FEW_DEVICES);
	evl = evl_new_test();
	load_conf();
	for (; cut_short; steps++) {
		snprintf(state_dir, sizeof(state_dir), "state%u", steps);
		memset(holds, 0, sizeof(holds));
		memset(joined, 0, sizeof(joined));
		power_on();
		all_ask();
		evl_test_advance(evl, 0);
		for (unsigned i = 0; i < steps && cut_short; i++)
			cut_short = answer_one();
		power_cut();
		power_on();
		all_ask();
		for (int i = 0; i < 1000 && count_joined() < FEW_DEVICES; i++)
			step();
		ck_assert_msg(count_joined() == FEW_DEVICES, "cut after %u steps: %u joined", steps,
			      count_joined());
		power_cut();
	}
	ck_assert_uint_ge(steps, 2 * FEW_DEVICES);
	ctd_conf_wipe(&conf);
	conf_clear(&ctd_conf_spec, &conf);
	evl_free(evl);
}
END_TEST

START_TEST(thousand_devices_load_quickly)
{
	uint64_t started_ms;

	unit_enter_dir();
	write_manifest(N_DEVICES);
	started_ms = cpu_ms();
	load_conf();
	ck_assert_uint_lt(cpu_ms() - started_ms, LOAD_MS);
	ck_assert_str_eq(conf.device[N_DEVICES - 1].name, "lamp 1000");
	ctd_conf_wipe(&conf);
	conf_clear(&ctd_conf_spec, &conf);
}
END_TEST

UNIT_MAIN("resume", thousand_devices_survive_power_cuts, power_may_be_cut_at_every_step,
	  thousand_devices_load_quickly)

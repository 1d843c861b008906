/* SPDX-License-Identifier: ISC */
/* Bodies in blocks between two sessions, over a line that a test may tap, cut and forge. */
#include "coap/coap_sess.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define CODE     COAP_MSG_CODE
#define MAX_SENT 1024

struct end {
	struct coap_sess *sess, *peer;
	bool is_server;
};

static struct evl *evl;
static struct end client, server;

/* The line. */
static size_t largest;
static unsigned int n_sent;
static uint64_t lost;        /* bit n: the nth message, either way, does not arrive */
static unsigned int doubled; /* the message that arrives twice, from 1 */
/* What is done to an answer on its way, and when: the nth message. */
static void (*forge)(struct coap_msg *m);
static unsigned int forge_at;

/* The resource. */
static uint8_t body[COAP_SESS_BODY_MAX];
static size_t body_len;
static unsigned int n_gets, n_puts, change_at; /* the GET at which the body changes, from 1 */
static bool changes_always;
static uint8_t stored[COAP_SESS_BODY_MAX];
static size_t stored_len;

/* What became of a request. */
static struct {
	int calls, error;
	uint8_t code;
	uint8_t payload[COAP_SESS_BODY_MAX];
	size_t len;
} outcome;

/* Messages under way; delivered in order by run(), not from inside a send. */
static struct {
	struct end *to;
	uint8_t octets[COAP_MSG_MAX];
	size_t len;
} queue[8];
static size_t n_queued;

static void enqueue(struct end *to, const uint8_t *octets, size_t len)
{
	ck_assert_uint_lt(n_queued, sizeof(queue) / sizeof(queue[0]));
	queue[n_queued].to = to;
	memcpy(queue[n_queued].octets, octets, len);
	queue[n_queued++].len = len;
}

static size_t forged(const uint8_t *octets, size_t len, uint8_t *out)
{
	uint8_t copy[COAP_MSG_MAX];
	struct coap_msg m;

	memcpy(copy, octets, len);
	ck_assert_int_eq(coap_msg_parse(copy, len, &m), 0);
	forge(&m);
	int r = coap_msg_build(&m, out, COAP_MSG_MAX);
	ck_assert_int_gt(r, 0);
	return (size_t)r;
}

static int on_send(void *arg, const uint8_t *octets, size_t len)
{
	struct end *from = arg, *to = from->is_server ? &client : &server;
	unsigned int n = n_sent++;
	uint8_t out[COAP_MSG_MAX];

	ck_assert_uint_lt(n, MAX_SENT);
	if (len > largest)
		largest = len;
	if (n < 64 && (lost >> n & 1) != 0)
		return 0;
	memcpy(out, octets, len);
	if (forge && n == forge_at)
		len = forged(octets, len, out);
	enqueue(to, out, len);
	if (n + 1 == doubled)
		enqueue(to, out, len);
	return 0;
}

static void on_serve(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		     uint8_t *payload_buf, size_t cap)
{
	(void)arg;
	answer->content_format = request->content_format;
	if (request->code == COAP_MSG_PUT) {
		n_puts++;
		ck_assert_uint_le(request->payload_len, sizeof(stored));
		memcpy(stored, request->payload, request->payload_len);
		stored_len = request->payload_len;
		answer->code = CODE(2, 4);
		return;
	}
	n_gets++;
	if (n_gets == change_at || changes_always)
		body[0]++;
	ck_assert_uint_le(body_len, cap);
	memcpy(payload_buf, body, body_len);
	answer->code = strcmp(request->path, "none") == 0 ? CODE(4, 4) : CODE(2, 5);
	answer->payload = payload_buf;
	answer->payload_len = answer->code == CODE(2, 5) ? body_len : 0;
}

static void on_answer(void *arg, int error, const struct coap_msg *answer)
{
	(void)arg;
	ck_assert((error == 0) == (answer != NULL));
	outcome.calls++;
	outcome.error = error;
	if (answer) {
		ck_assert(!answer->block1.set && !answer->block2.set);
		outcome.code = answer->code;
		outcome.len = answer->payload_len;
		if (answer->payload_len > 0)
			memcpy(outcome.payload, answer->payload, answer->payload_len);
	}
}

static void open_both(size_t client_max, size_t server_max)
{
	struct coap_sess_config config = {.ack_timeout_ms = 2000, .max_retransmit = 4};
	struct coap_sess_ops ops = {.send = on_send, .arg = &client};

	evl = evl_new_test();
	config.max_message = client_max;
	client.sess = coap_sess_new(evl, &config, &ops);
	config.max_message = server_max;
	server.is_server = true;
	ops.arg = &server;
	ops.serve = on_serve;
	server.sess = coap_sess_new(evl, &config, &ops);
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7 + i / 256);
}

static void close_both(void)
{
	coap_sess_free(client.sess);
	coap_sess_free(server.sess);
	evl_free(evl);
}

static void deliver_one(void)
{
	struct end *to = queue[0].to;
	uint8_t octets[COAP_MSG_MAX];
	size_t len = queue[0].len;

	memcpy(octets, queue[0].octets, len);
	memmove(&queue[0], &queue[1], --n_queued * sizeof(queue[0]));
	coap_sess_input(to->sess, octets, len);
}

static void deliver(void)
{
	while (n_queued > 0)
		deliver_one();
}

/* Until the request is over. */
static void run(void)
{
	deliver();
	for (int i = 0; i < 1000 && outcome.calls == 0; i++) {
		evl_test_advance(evl, 500);
		deliver();
	}
	ck_assert_int_eq(outcome.calls, 1);
}

static void request(uint8_t method, const char *path, size_t len)
{
	struct coap_msg m = {.code = method,
			     .content_format = len > 0 ? 60 : -1,
			     .accept = -1,
			     .payload = body,
			     .payload_len = len};

	strcpy(m.path, path);
	memset(&outcome, 0, sizeof(outcome));
	ck_assert_int_eq(coap_sess_request(client.sess, &m, on_answer, NULL), 0);
}

static void get(size_t len)
{
	body_len = len;
	request(COAP_MSG_GET, "a", 0);
	run();
}

static void put(size_t len)
{
	request(COAP_MSG_PUT, "a", len);
	run();
}

static void ck_got(size_t len)
{
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_uint_eq(outcome.code, CODE(2, 5));
	ck_assert_uint_eq(outcome.len, len);
	ck_assert_mem_eq(outcome.payload, body, len);
}

static void ck_put(size_t len)
{
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_uint_eq(outcome.code, CODE(2, 4));
	ck_assert_uint_eq(n_puts, 1);
	ck_assert_uint_eq(stored_len, len);
	ck_assert_mem_eq(stored, body, len);
}

static const size_t lens[] = {1, 16, 100, 1000, 1024, 1025, 2048, 4095, 4096};
#define N_LENS (sizeof(lens) / sizeof(lens[0]))

START_TEST(answers_of_any_size)
{
	static const size_t max[] = {0, 512, 179, 64};

	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i < N_LENS; i++) {
			open_both(0, max[k]);
			largest = n_sent = 0;
			get(lens[i]);
			ck_got(lens[i]);
			ck_assert_uint_le(largest, max[k] ? max[k] : COAP_MSG_MAX);
			close_both();
		}
}
END_TEST

START_TEST(bodies_of_any_size)
{
	static const size_t max[] = {0, 512, 179, 64};

	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i < N_LENS; i++) {
			open_both(max[k], 0);
			largest = n_sent = n_puts = 0;
			put(lens[i]);
			ck_put(lens[i]);
			ck_assert_uint_le(largest, max[k] ? max[k] : COAP_MSG_MAX);
			close_both();
		}
}
END_TEST

START_TEST(small_ones_take_one_message)
{
	open_both(0, 0);
	get(1000);
	ck_assert_uint_eq(n_sent, 2);
	put(1000);
	ck_assert_uint_eq(n_sent, 4);
	put(2000);
	ck_assert_uint_eq(n_sent, 8);
	close_both();
}
END_TEST

/* Whatever message is lost or comes twice: the same outcome, and a PUT acts once. */
START_TEST(any_message_may_get_lost_or_doubled)
{
	for (unsigned int n = 0; n < 8; n++) {
		open_both(0, 0);
		n_sent = n_puts = n_gets = 0;
		lost = UINT64_C(1) << n;
		put(4096);
		ck_put(4096);
		n_sent = 0;
		get(4096);
		ck_got(4096);
		ck_assert_uint_eq(n_gets, 4);
		close_both();

		open_both(0, 0);
		n_sent = n_puts = n_gets = 0;
		lost = 0;
		doubled = n + 1;
		put(4096);
		ck_put(4096);
		n_sent = 0;
		get(4096);
		ck_got(4096);
		ck_assert_uint_eq(n_gets, 4);
		doubled = 0;
		close_both();
	}
}
END_TEST

START_TEST(a_changed_representation_is_read_anew)
{
	open_both(0, 0);
	change_at = 3;
	get(4096);
	ck_got(4096);
	ck_assert_uint_eq(n_gets, 3 + 4);
	change_at = 0;
	changes_always = true;
	get(4096);
	ck_assert_int_eq(outcome.error, -ESTALE);
	close_both();
}
END_TEST

START_TEST(too_large_both_ways)
{
	struct coap_msg m = {.code = COAP_MSG_PUT,
			     .content_format = -1,
			     .accept = -1,
			     .payload = body,
			     .payload_len = COAP_SESS_BODY_MAX + 1};

	open_both(0, 0);
	ck_assert_int_eq(coap_sess_request(client.sess, &m, on_answer, NULL), -EMSGSIZE);
	ck_assert_uint_eq(n_sent, 0);
	close_both();
}
END_TEST

/* --- a server that behaves otherwise --- */

static void small_blocks(struct coap_msg *m)
{
	m->block1.szx = 1;
}

static void want_smaller(struct coap_msg *m)
{
	m->code = CODE(4, 13);
	m->block1.szx = 1;
}

static void incomplete(struct coap_msg *m)
{
	m->code = CODE(4, 8);
	m->block1.set = false;
}

static void refused(struct coap_msg *m)
{
	m->code = CODE(4, 13);
	m->block1.set = false;
}

static void other_block(struct coap_msg *m)
{
	m->block1.num++;
	m->block2.num++;
}

static void bare_continue(struct coap_msg *m)
{
	m->code = CODE(2, 31);
	m->block1.set = m->block2.set = false;
}

static void short_block(struct coap_msg *m)
{
	m->payload_len--;
}

static void endless(struct coap_msg *m)
{
	m->block2.more = true;
}

static void forge_nth(void (*with)(struct coap_msg *m), unsigned int n)
{
	forge = with;
	forge_at = n_sent + n;
}

START_TEST(a_server_may_want_smaller_blocks)
{
	open_both(0, 0);
	forge_nth(small_blocks, 1); /* of the 2.31: 32 octets from now on */
	put(4096);
	ck_put(4096);
	ck_assert_uint_eq(n_sent, 2 * (1 + 3072 / 32));
	n_puts = 0;
	forge_nth(want_smaller, 1); /* and from the start */
	put(2048);
	ck_put(2048);
	close_both();
}
END_TEST

START_TEST(a_server_that_forgot_is_told_again)
{
	open_both(0, 0);
	forge_nth(incomplete, 5);
	put(4096);
	ck_put(4096);
	ck_assert_uint_eq(n_sent, 2 * (3 + 4));
	close_both();
}
END_TEST

START_TEST(errors_of_the_server_are_answers)
{
	open_both(0, 0);
	forge_nth(refused, 1);
	put(4096);
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_uint_eq(outcome.code, CODE(4, 13));
	forge_nth(incomplete, 1); /* of a first block: nothing to start over */
	put(4096);
	ck_assert_uint_eq(outcome.code, CODE(4, 8));
	forge_nth(refused, 3); /* between two blocks of an answer: nothing of it is left */
	get(4096);
	ck_assert_uint_eq(outcome.code, CODE(4, 13));
	ck_assert_uint_eq(outcome.len, 1024);
	ck_assert_uint_eq(n_puts, 0);
	close_both();
}
END_TEST

START_TEST(a_server_that_breaks_the_rules)
{
	static const struct {
		void (*forge)(struct coap_msg *m);
		unsigned int at;
		bool get;
		int error;
	} cases[] = {
		{other_block, 1, false, -EBADMSG},   {bare_continue, 1, false, -EBADMSG},
		{bare_continue, 7, false, -EBADMSG}, {other_block, 1, true, -EBADMSG},
		{other_block, 3, true, -EBADMSG},    {bare_continue, 1, true, -EBADMSG},
		{short_block, 3, true, -EBADMSG},    {endless, 7, true, -EMSGSIZE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_both(0, 0);
		n_puts = 0;
		forge_nth(cases[i].forge, cases[i].at);
		if (cases[i].get)
			get(4096);
		else
			put(4096);
		if (cases[i].error == -EMSGSIZE) /* asks beyond the end: the server refuses */
			ck_assert(outcome.error == 0 && outcome.code == CODE(4, 0));
		else
			ck_assert_msg(outcome.error == cases[i].error, "case %zu: %d", i,
				      outcome.error);
		close_both();
	}
}
END_TEST

/* Each message arrives, but late: over in how many seconds? */
static unsigned int crawl(void)
{
	unsigned int s = 0;

	for (; outcome.calls == 0 && s < 3600; s++) {
		size_t n = s % 20 == 0 ? n_queued : 0;
		while (n-- > 0)
			deliver_one();
		evl_test_advance(evl, 1000);
	}
	ck_assert_int_eq(outcome.calls, 1);
	return s;
}

START_TEST(a_body_that_trickles_is_given_up)
{
	const unsigned int most_s = 2 * 93; /* MAX_TRANSMIT_WAIT */

	open_both(64, 64);
	body_len = 4096;
	request(COAP_MSG_GET, "a", 0);
	ck_assert_uint_le(crawl(), most_s);
	ck_assert_int_eq(outcome.error, -ETIMEDOUT);
	ck_assert_uint_gt(n_gets, 2); /* it did arrive, block by block */
	request(COAP_MSG_PUT, "a", 4096);
	ck_assert_uint_le(crawl(), most_s);
	ck_assert_int_eq(outcome.error, -ETIMEDOUT);
	ck_assert_uint_eq(n_puts, 0);
	body_len = 64; /* two blocks do not take too long */
	request(COAP_MSG_GET, "a", 0);
	crawl();
	ck_got(64);
	close_both();
}
END_TEST

/* --- a client that behaves otherwise --- */

static uint16_t mid = 0x100;

static struct coap_msg block_of(uint32_t num, bool more, uint8_t szx, size_t len)
{
	return (struct coap_msg){.type = COAP_MSG_CON,
				 .code = COAP_MSG_PUT,
				 .mid = mid++,
				 .path = "a",
				 .content_format = 60,
				 .accept = -1,
				 .block1 = {.set = true, .num = num, .more = more, .szx = szx},
				 .payload = body,
				 .payload_len = len};
}

/* The server's answer to `m`. */
static struct coap_msg ask(struct coap_msg m)
{
	static uint8_t octets[COAP_MSG_MAX];
	struct coap_msg answer;
	int len = coap_msg_build(&m, octets, sizeof(octets));

	ck_assert_int_gt(len, 0);
	n_queued = 0;
	coap_sess_input(server.sess, octets, (size_t)len);
	ck_assert_uint_eq(n_queued, 1);
	memcpy(octets, queue[0].octets, queue[0].len);
	ck_assert_int_eq(coap_msg_parse(octets, queue[0].len, &answer), 0);
	ck_assert_uint_eq(answer.mid, m.mid);
	return answer;
}

START_TEST(half_a_body_is_forgotten)
{
	open_both(0, 0);
	ck_assert_uint_eq(ask(block_of(0, true, 2, 64)).code, CODE(2, 31));
	evl_test_advance(evl, COAP_SESS_BLOCK_MS - 1);
	ck_assert_uint_eq(ask(block_of(1, true, 2, 64)).code, CODE(2, 31)); /* a sign of life */
	evl_test_advance(evl, COAP_SESS_BLOCK_MS - 1);
	ck_assert_uint_eq(coap_sess_stats(server.sess)->abandoned, 0);
	evl_test_advance(evl, 1);
	ck_assert_uint_eq(coap_sess_stats(server.sess)->abandoned, 1);
	ck_assert_uint_eq(ask(block_of(2, false, 2, 64)).code, CODE(4, 8));
	ck_assert_uint_eq(n_puts, 0);
	/* what is freed in between is freed whole */
	ck_assert_uint_eq(ask(block_of(0, true, 2, 64)).code, CODE(2, 31));
	close_both();
}
END_TEST

START_TEST(answers_echo_the_block)
{
	struct coap_msg a, m;

	open_both(0, 0);
	a = ask(block_of(0, true, 6, 1024));
	ck_assert_uint_eq(a.code, CODE(2, 31));
	ck_assert(a.block1.set && a.block1.more && a.block1.num == 0 && a.block1.szx == 6);
	a = ask(block_of(1, false, 6, 10));
	ck_assert_uint_eq(a.code, CODE(2, 4));
	ck_assert(a.block1.set && !a.block1.more && a.block1.num == 1);
	ck_assert_uint_eq(stored_len, 1034);
	m = block_of(0, true, 6, 1024);
	m.size1 = 10000;
	a = ask(m);
	ck_assert_uint_eq(a.code, CODE(4, 13));
	ck_assert_uint_eq(a.size1, COAP_SESS_BODY_MAX);
	ck_assert_uint_eq(ask(block_of(0, true, 7, 64)).code, CODE(4, 0));
	/* the same octets of a POST are another request: refused, not mixed in */
	ck_assert_uint_eq(ask(block_of(0, true, 2, 64)).code, CODE(2, 31));
	m = block_of(1, false, 2, 10);
	m.code = COAP_MSG_POST;
	ck_assert_uint_eq(ask(m).code, CODE(4, 8));
	ck_assert_uint_eq(n_puts, 1);
	ck_assert_uint_eq(coap_sess_stats(server.sess)->abandoned, 3);
	close_both();
}
END_TEST

START_TEST(a_duplicate_of_a_block_is_answered_once)
{
	struct coap_msg m, a;

	open_both(0, 0);
	ask(block_of(0, true, 2, 64));
	m = block_of(1, false, 2, 10);
	ck_assert_uint_eq(ask(m).code, CODE(2, 4));
	a = ask(m);
	ck_assert_uint_eq(a.code, CODE(2, 4));
	ck_assert_uint_eq(n_puts, 1);
	ck_assert_uint_eq(coap_sess_stats(server.sess)->duplicates, 1);
	close_both();
}
END_TEST

UNIT_MAIN("coap_xfer", answers_of_any_size, bodies_of_any_size, small_ones_take_one_message,
	  any_message_may_get_lost_or_doubled, a_changed_representation_is_read_anew,
	  too_large_both_ways, a_server_may_want_smaller_blocks, a_server_that_forgot_is_told_again,
	  errors_of_the_server_are_answers, a_server_that_breaks_the_rules,
	  a_body_that_trickles_is_given_up, half_a_body_is_forgotten, answers_echo_the_block,
	  a_duplicate_of_a_block_is_answered_once)

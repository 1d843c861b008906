/* SPDX-License-Identifier: ISC */
#include "coap/coap_seen.h"
#include "coap/coap_sess.h"

#include "unit.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

static struct evl *evl;
static struct coap_sess *sess;

/* What the session sent. */
static struct {
	uint8_t octets[COAP_MSG_MAX];
	size_t len;
	struct coap_msg m; /* the last one, parsed */
	uint64_t at_ms;
	int count;
} sent;
static int send_error;

/* What became of a request. */
static struct {
	int calls, error;
	bool has_answer;
	uint8_t code;
	size_t payload_len;
} outcome;

static int served;
static uint8_t random_value;

static int on_send(void *arg, const uint8_t *octets, size_t len)
{
	(void)arg;
	if (send_error != 0)
		return send_error;
	ck_assert_uint_le(len, sizeof(sent.octets));
	memcpy(sent.octets, octets, len);
	sent.len = len;
	ck_assert_int_eq(coap_msg_parse(sent.octets, len, &sent.m), 0);
	sent.at_ms = evl_now_ms(evl);
	sent.count++;
	return 0;
}

static void on_serve(void *arg, const struct coap_msg *request, struct coap_msg *answer,
		     uint8_t *payload_buf, size_t cap)
{
	(void)arg;
	served++;
	if (strcmp(request->path, "none") == 0)
		return;
	memset(payload_buf, 'x', cap);
	answer->code = COAP_MSG_CODE(2, 5);
	answer->content_format = 60;
	answer->payload = payload_buf;
	answer->payload_len = strcmp(request->path, "big") == 0 ? cap + 200 : 3;
}

/* The first message id and the spread of timeouts follow from random_value. */
static void on_random(void *arg, uint8_t *octets, size_t len)
{
	(void)arg;
	memset(octets, random_value, len);
}

static void on_answer(void *arg, int error, const struct coap_msg *answer)
{
	ck_assert_ptr_eq(arg, &outcome);
	outcome.calls++;
	outcome.error = error;
	outcome.has_answer = answer != NULL;
	if (answer != NULL) {
		outcome.code = answer->code;
		outcome.payload_len = answer->payload_len;
	}
}

static void open_session(void)
{
	static const struct coap_sess_config config = {.ack_timeout_ms = 2000, .max_retransmit = 4};
	static const struct coap_sess_ops ops = {
		.send = on_send, .serve = on_serve, .random = on_random};
	evl = evl_new_test();
	sess = coap_sess_new(evl, &config, &ops);
	ck_assert_ptr_nonnull(sess);
}

static void close_session(void)
{
	coap_sess_free(sess);
	evl_free(evl);
}

static int request(void)
{
	struct coap_msg m = {.code = COAP_MSG_GET, .path = "a", .content_format = -1, .accept = -1};
	return coap_sess_request(sess, &m, on_answer, &outcome);
}

/* A message of the peer; `token_of` is one whose token it bears. */
static void input(enum coap_msg_type type, uint8_t code, uint16_t mid,
		  const struct coap_msg *token_of)
{
	struct coap_msg m = {
		.type = type, .code = code, .mid = mid, .content_format = -1, .accept = -1};
	uint8_t octets[64];
	if (token_of != NULL) {
		m.token_len = token_of->token_len;
		memcpy(m.token, token_of->token, sizeof(m.token));
	}
	if (code == COAP_MSG_GET)
		strcpy(m.path, "a");
	int len = coap_msg_build(&m, octets, sizeof(octets));
	ck_assert_int_gt(len, 0);
	coap_sess_input(sess, octets, (size_t)len);
}

#define CONTENT COAP_MSG_CODE(2, 5)
#define EMPTY   COAP_MSG_CODE(0, 0)

START_TEST(request_goes_out)
{
	/* CON GET, message id 0x0000, token 00, Uri-Path a */
	static const uint8_t expected[] = {0x41, 0x01, 0x00, 0x00, 0x00, 0xb1, 'a'};
	open_session();
	ck_assert_int_eq(request(), 0);
	ck_assert_uint_eq(sent.len, sizeof(expected));
	ck_assert_mem_eq(sent.octets, expected, sizeof(expected));
	ck_assert_int_eq(outcome.calls, 0);
	close_session();
}
END_TEST

START_TEST(piggybacked_answer)
{
	open_session();
	request();
	struct coap_msg req = sent.m;
	input(COAP_MSG_ACK, CONTENT, req.mid, &req);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_uint_eq(outcome.code, CONTENT);
	ck_assert_int_eq(sent.count, 1); /* nobody acknowledges an ACK */
	/* It comes again: nothing is waiting for it. */
	input(COAP_MSG_ACK, CONTENT, req.mid, &req);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_uint_eq(coap_sess_stats(sess)->unmatched, 1);
	evl_test_advance(evl, 200000);
	ck_assert_int_eq(sent.count, 1);
	close_session();
}
END_TEST

START_TEST(retransmission_doubles)
{
	random_value = 1;
	open_session();
	request(); /* spread 01 01: 2000 + 2000 * 0x0101/0xffff/2 = 2003 */
	uint8_t first[COAP_MSG_MAX];
	size_t len = sent.len;
	memcpy(first, sent.octets, len);
	uint64_t expected_ms = 0;
	for (int i = 0; i < 4; i++) {
		expected_ms += 2003U << i;
		evl_test_advance(evl, (2003U << i) - 1);
		ck_assert_int_eq(sent.count, 1 + i);
		evl_test_advance(evl, 1);
		ck_assert_int_eq(sent.count, 2 + i);
		ck_assert_uint_eq(sent.at_ms, expected_ms);
		ck_assert_uint_eq(sent.len, len);
		ck_assert_mem_eq(sent.octets, first, len);
	}
	ck_assert_int_eq(outcome.calls, 0);
	evl_test_advance(evl, (2003U << 4) - 1);
	ck_assert_int_eq(outcome.calls, 0);
	evl_test_advance(evl, 1);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(outcome.error, -ETIMEDOUT);
	ck_assert(!outcome.has_answer);
	ck_assert_int_eq(sent.count, 5);
	ck_assert_uint_eq(coap_sess_stats(sess)->retransmitted, 4);
	close_session();
}
END_TEST

START_TEST(first_timeout_is_spread)
{
	random_value = 0xff;
	open_session();
	request(); /* spread ff ff: 3000 */
	evl_test_advance(evl, 2999);
	ck_assert_int_eq(sent.count, 1);
	evl_test_advance(evl, 1);
	ck_assert_int_eq(sent.count, 2);
	close_session();
}
END_TEST

START_TEST(answer_to_a_retransmission)
{
	open_session();
	request();
	evl_test_advance(evl, 7000);
	ck_assert_int_eq(sent.count, 3);
	input(COAP_MSG_ACK, CONTENT, sent.m.mid, &sent.m);
	ck_assert_int_eq(outcome.calls, 1);
	evl_test_advance(evl, 200000);
	ck_assert_int_eq(sent.count, 3);
	close_session();
}
END_TEST

START_TEST(separate_answer)
{
	open_session();
	request();
	struct coap_msg req = sent.m;
	input(COAP_MSG_ACK, EMPTY, req.mid, NULL);
	evl_test_advance(evl, 60000); /* no retransmission any more */
	ck_assert_int_eq(sent.count, 1);
	ck_assert_int_eq(outcome.calls, 0);
	input(COAP_MSG_CON, CONTENT, 0x7000, &req);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_int_eq(sent.count, 2);
	ck_assert_int_eq(sent.m.type, COAP_MSG_ACK);
	ck_assert_uint_eq(sent.m.code, EMPTY);
	ck_assert_uint_eq(sent.m.mid, 0x7000);
	/* Our ACK was lost: the answer comes again and is acknowledged again, no more. */
	input(COAP_MSG_CON, CONTENT, 0x7000, &req);
	ck_assert_int_eq(sent.count, 3);
	ck_assert_int_eq(sent.m.type, COAP_MSG_ACK);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_uint_eq(coap_sess_stats(sess)->duplicates, 1);
	close_session();
}
END_TEST

START_TEST(separate_answer_overtakes_the_ack)
{
	open_session();
	request();
	struct coap_msg req = sent.m;
	input(COAP_MSG_NON, CONTENT, 0x7000, &req);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(sent.count, 1); /* a NON is not acknowledged */
	input(COAP_MSG_ACK, EMPTY, req.mid, NULL);
	ck_assert_uint_eq(coap_sess_stats(sess)->unmatched, 1);
	close_session();
}
END_TEST

START_TEST(separate_answer_never_comes)
{
	open_session();
	request();
	input(COAP_MSG_ACK, EMPTY, sent.m.mid, NULL);
	evl_test_advance(evl, 92999); /* MAX_TRANSMIT_WAIT */
	ck_assert_int_eq(outcome.calls, 0);
	evl_test_advance(evl, 1);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(outcome.error, -ETIMEDOUT);
	close_session();
}
END_TEST

START_TEST(reset_ends_a_request)
{
	open_session();
	request();
	input(COAP_MSG_RST, EMPTY, (uint16_t)(sent.m.mid + 1), NULL);
	ck_assert_int_eq(outcome.calls, 0);
	ck_assert_uint_eq(coap_sess_stats(sess)->unmatched, 1);
	input(COAP_MSG_RST, EMPTY, sent.m.mid, NULL);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(outcome.error, -ECONNRESET);
	close_session();
}
END_TEST

START_TEST(wrong_token)
{
	open_session();
	request();
	struct coap_msg req = sent.m, other = sent.m;
	other.token[0] ^= 1;
	input(COAP_MSG_ACK, CONTENT, req.mid, &other);
	ck_assert_int_eq(outcome.calls, 0);
	other.token[0] ^= 1;
	other.token_len = 0;
	input(COAP_MSG_ACK, CONTENT, req.mid, &other);
	ck_assert_int_eq(outcome.calls, 0);
	ck_assert_uint_eq(coap_sess_stats(sess)->unmatched, 2);
	/* An answer that nobody asked for is reset if confirmable. */
	input(COAP_MSG_CON, CONTENT, 0x7000, &other);
	ck_assert_int_eq(sent.m.type, COAP_MSG_RST);
	ck_assert_uint_eq(sent.m.mid, 0x7000);
	input(COAP_MSG_NON, CONTENT, 0x7001, &other);
	ck_assert_int_eq(sent.count, 2);
	close_session();
}
END_TEST

START_TEST(several_at_once)
{
	struct coap_msg req[COAP_SESS_MAX_PENDING];
	open_session();
	for (int i = 0; i < COAP_SESS_MAX_PENDING; i++) {
		ck_assert_int_eq(request(), 0);
		req[i] = sent.m;
	}
	ck_assert_int_eq(request(), -EBUSY);
	ck_assert_int_eq(sent.count, COAP_SESS_MAX_PENDING);
	/* The id of one with the token of another is neither. */
	input(COAP_MSG_ACK, CONTENT, req[0].mid, &req[1]);
	ck_assert_int_eq(outcome.calls, 0);
	input(COAP_MSG_ACK, CONTENT, req[1].mid, &req[1]);
	ck_assert_int_eq(outcome.calls, 1);
	ck_assert_int_eq(request(), 0);
	close_session();
	ck_assert_int_eq(outcome.calls, 1 + COAP_SESS_MAX_PENDING);
	ck_assert_int_eq(outcome.error, -ECONNRESET);
}
END_TEST

START_TEST(request_is_served)
{
	/* ACK 2.05, Content-Format 60, "xxx" */
	static const uint8_t expected[] = {0x60, 0x45, 0x12, 0x34, 0xc1, 0x3c, 0xff, 'x', 'x', 'x'};
	open_session();
	input(COAP_MSG_CON, COAP_MSG_GET, 0x1234, NULL);
	ck_assert_int_eq(served, 1);
	ck_assert_uint_eq(sent.len, sizeof(expected));
	ck_assert_mem_eq(sent.octets, expected, sizeof(expected));
	/* A NON is answered by a NON with an id of ours. */
	struct coap_msg token = {.token = {1, 2, 3}, .token_len = 3};
	input(COAP_MSG_NON, COAP_MSG_GET, 0x1235, &token);
	ck_assert_int_eq(served, 2);
	ck_assert_int_eq(sent.m.type, COAP_MSG_NON);
	ck_assert_uint_eq(sent.m.mid, 0);
	ck_assert_uint_eq(sent.m.token_len, 3);
	ck_assert_mem_eq(sent.m.token, token.token, 3);
	close_session();
}
END_TEST

START_TEST(duplicate_gets_the_same_answer)
{
	open_session();
	input(COAP_MSG_CON, COAP_MSG_GET, 0x1234, NULL);
	uint8_t first[COAP_MSG_MAX];
	size_t len = sent.len;
	memcpy(first, sent.octets, len);
	for (int i = 0; i < 4; i++) {
		evl_test_advance(evl, 60000);
		input(COAP_MSG_CON, COAP_MSG_GET, 0x1234, NULL);
		ck_assert_int_eq(sent.count, 2 + i);
		ck_assert_uint_eq(sent.len, len);
		ck_assert_mem_eq(sent.octets, first, len);
	}
	ck_assert_int_eq(served, 1);
	ck_assert_uint_eq(coap_sess_stats(sess)->duplicates, 4);
	/* After EXCHANGE_LIFETIME the id may mean another message. */
	evl_test_advance(evl, 7000);
	input(COAP_MSG_CON, COAP_MSG_GET, 0x1234, NULL);
	ck_assert_int_eq(served, 2);
	/* Of a duplicated NON nothing is heard. */
	input(COAP_MSG_NON, COAP_MSG_GET, 0x2000, NULL);
	int count = sent.count;
	input(COAP_MSG_NON, COAP_MSG_GET, 0x2000, NULL);
	ck_assert_int_eq(sent.count, count);
	ck_assert_int_eq(served, 3);
	close_session();
}
END_TEST

START_TEST(memory_of_duplicates_is_bounded)
{
	open_session();
	for (uint16_t mid = 0; mid <= COAP_SEEN_MAX; mid++) {
		input(COAP_MSG_CON, COAP_MSG_GET, mid, NULL);
		evl_test_advance(evl, 10);
	}
	ck_assert_int_eq(served, COAP_SEEN_MAX + 1);
	for (uint16_t mid = 1; mid <= COAP_SEEN_MAX; mid++)
		input(COAP_MSG_CON, COAP_MSG_GET, mid, NULL);
	ck_assert_int_eq(served, COAP_SEEN_MAX + 1);
	input(COAP_MSG_CON, COAP_MSG_GET, 0, NULL); /* the oldest was forgotten */
	ck_assert_int_eq(served, COAP_SEEN_MAX + 2);
	close_session();
}
END_TEST

START_TEST(answers_that_cannot_be_sent)
{
	struct coap_msg m = {.code = COAP_MSG_GET, .content_format = -1, .accept = -1};
	uint8_t octets[32];
	open_session();
	strcpy(m.path, "none"); /* the handler says nothing */
	int len = coap_msg_build(&m, octets, sizeof(octets));
	coap_sess_input(sess, octets, (size_t)len);
	ck_assert_uint_eq(sent.m.code, COAP_MSG_CODE(5, 0));
	strcpy(m.path, "big"); /* or too much */
	m.mid = 1;
	len = coap_msg_build(&m, octets, sizeof(octets));
	coap_sess_input(sess, octets, (size_t)len);
	ck_assert_int_eq(served, 2);
	ck_assert_uint_eq(sent.m.code, COAP_MSG_CODE(5, 0));
	ck_assert_uint_eq(sent.m.payload_len, 0);
	close_session();
}
END_TEST

START_TEST(without_resources)
{
	static const struct coap_sess_config config = {.ack_timeout_ms = 2000, .max_retransmit = 4};
	static const struct coap_sess_ops ops = {.send = on_send};
	evl = evl_new_test();
	sess = coap_sess_new(evl, &config, &ops);
	input(COAP_MSG_CON, COAP_MSG_GET, 1, NULL);
	ck_assert_uint_eq(sent.m.code, COAP_MSG_CODE(4, 4));
	/* Two requests at once have different tokens. */
	request();
	struct coap_msg first = sent.m;
	request();
	ck_assert_mem_ne(first.token, sent.m.token, 8);
	ck_assert_uint_eq((uint16_t)(first.mid + 1), sent.m.mid);
	close_session();
}
END_TEST

START_TEST(ping_is_reset)
{
	open_session();
	input(COAP_MSG_CON, EMPTY, 0x4711, NULL);
	ck_assert_uint_eq(sent.len, 4);
	ck_assert_mem_eq(sent.octets, "\x70\x00\x47\x11", 4);
	close_session();
}
END_TEST

START_TEST(malformed_is_counted)
{
	static const struct {
		size_t len;
		uint8_t octets[8];
		bool reset;
	} wrong[] = {
		{0, {0}, false},
		{3, {0x40, 0x01, 0x00}, false},
		{4, {0x80, 0x01, 0x00, 0x07}, false},            /* version 2: silence */
		{5, {0x40, 0x01, 0x00, 0x07, 0xff}, true},       /* CON */
		{5, {0x50, 0x01, 0x00, 0x07, 0xff}, false},      /* NON */
		{5, {0x60, 0x45, 0x00, 0x07, 0xff}, false},      /* ACK */
		{5, {0x70, 0x45, 0x00, 0x07, 0xff}, false},      /* RST */
		{4, {0x60, 0x01, 0x00, 0x07}, false},            /* a request in an ACK */
		{4, {0x70, 0x45, 0x00, 0x07}, false},            /* an answer in a RST */
		{4, {0x50, 0x00, 0x00, 0x07}, false},            /* an empty NON */
		{4, {0x40, 0x21, 0x00, 0x07}, true},             /* reserved class 1 */
		{6, {0x49, 0x01, 0x00, 0x07, 0x00, 0x00}, true}, /* token length 9 */
	};
	uint64_t n = sizeof(wrong) / sizeof(wrong[0]);
	int resets = 0;
	open_session();
	for (size_t i = 0; i < n; i++) {
		coap_sess_input(sess, wrong[i].octets, wrong[i].len);
		resets += wrong[i].reset;
		ck_assert_int_eq(sent.count, resets);
		if (wrong[i].reset)
			ck_assert_mem_eq(sent.octets, "\x70\x00\x00\x07", 4);
	}
	ck_assert_uint_eq(coap_sess_stats(sess)->malformed, n);
	ck_assert_int_eq(served, 0);
	close_session();
}
END_TEST

START_TEST(bad_options)
{
	/* GET with If-Match, token ee; 2.05 with Uri-Path */
	uint8_t get[] = {0x41, 0x01, 0x00, 0x07, 0xee, 0x11, 'e'};
	uint8_t content[] = {0x41, 0x45, 0x00, 0x07, 0xee, 0xb1, 'a'};
	open_session();
	coap_sess_input(sess, get, sizeof(get));
	ck_assert_int_eq(sent.m.type, COAP_MSG_ACK);
	ck_assert_uint_eq(sent.m.code, COAP_MSG_CODE(4, 2));
	ck_assert_uint_eq(sent.m.token[0], 0xee);
	get[0] = 0x51; /* NON: rejected in silence */
	coap_sess_input(sess, get, sizeof(get));
	ck_assert_int_eq(sent.count, 1);
	coap_sess_input(sess, content, sizeof(content));
	ck_assert_int_eq(sent.m.type, COAP_MSG_RST);
	content[0] = 0x61;
	coap_sess_input(sess, content, sizeof(content));
	ck_assert_int_eq(sent.count, 2);
	ck_assert_uint_eq(coap_sess_stats(sess)->bad_options, 4);
	ck_assert_int_eq(served, 0);
	close_session();
}
END_TEST

START_TEST(send_fails)
{
	open_session();
	send_error = -EHOSTUNREACH;
	ck_assert_int_eq(request(), -EHOSTUNREACH);
	struct coap_msg big = {.code = COAP_MSG_PUT,
			       .content_format = -1,
			       .accept = -1,
			       .payload = sent.octets,
			       .payload_len = COAP_SESS_BODY_MAX + 1};
	ck_assert_int_eq(coap_sess_request(sess, &big, on_answer, &outcome), -EMSGSIZE);
	evl_test_advance(evl, 200000);
	ck_assert_int_eq(outcome.calls, 0);
	/* What fails later is retransmitted like what is lost. */
	send_error = 0;
	request();
	send_error = -ENETUNREACH;
	evl_test_advance(evl, 3000);
	send_error = 0;
	evl_test_advance(evl, 6000);
	ck_assert_int_eq(sent.count, 2);
	input(COAP_MSG_ACK, CONTENT, sent.m.mid, &sent.m);
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_int_eq(outcome.calls, 1);
	close_session();
}
END_TEST

/* Of the CT, which holds hundreds: what a session takes while nothing is under way, and after it
 * was used. */
START_TEST(an_idle_session_is_small)
{
	enum { N = 100 };
	static struct coap_sess *many[N + 1];
	static const struct coap_sess_config config = {.ack_timeout_ms = 2000, .max_retransmit = 4};
	static const struct coap_sess_ops ops = {.send = on_send};
	evl = evl_new_test();
	size_t before = 0;
	for (int i = 0; i <= N; i++) {
		many[i] = sess = coap_sess_new(evl, &config, &ops);
		ck_assert_int_eq(request(), 0);
		input(COAP_MSG_ACK, CONTENT, sent.m.mid, &sent.m);
		if (i == 0) /* now what is opened once is open; 0 under sanitizers */
			before = mallinfo2().uordblks;
	}
	size_t each = (mallinfo2().uordblks - before) / N;
	printf("an idle session takes %zu octets\n", each);
	ck_assert_uint_le(each, 2048);
	for (int i = 0; i <= N; i++)
		coap_sess_free(many[i]);
	evl_free(evl);
}
END_TEST

static void on_answer_free(void *arg, int error, const struct coap_msg *answer)
{
	on_answer(arg, error, answer);
	coap_sess_free(sess);
	sess = NULL;
}

START_TEST(answer_frees_the_session)
{
	struct coap_msg m = {.code = COAP_MSG_GET, .content_format = -1, .accept = -1};
	for (int i = 0; i < 3; i++) {
		open_session();
		ck_assert_int_eq(coap_sess_request(sess, &m, on_answer_free, &outcome), 0);
		if (i == 0)
			input(COAP_MSG_ACK, CONTENT, sent.m.mid, &sent.m);
		else if (i == 1)
			input(COAP_MSG_CON, CONTENT, 0x7000, &sent.m);
		else
			evl_test_advance(evl, 200000);
		ck_assert_ptr_null(sess);
		ck_assert_int_eq(outcome.calls, 1 + i);
		evl_free(evl);
	}
}
END_TEST

static int retry_result;

static void on_answer_retry(void *arg, int error, const struct coap_msg *answer)
{
	on_answer(arg, error, answer);
	retry_result = request();
}

START_TEST(answer_starts_a_request)
{
	struct coap_msg m = {.code = COAP_MSG_GET, .content_format = -1, .accept = -1};
	open_session();
	coap_sess_request(sess, &m, on_answer_retry, &outcome);
	input(COAP_MSG_ACK, CONTENT, sent.m.mid, &sent.m);
	ck_assert_int_eq(retry_result, 0);
	ck_assert_int_eq(sent.count, 2);
	coap_sess_request(sess, &m, on_answer_retry, &outcome);
	close_session(); /* ends two requests; there is nobody to retry with */
	ck_assert_int_eq(outcome.calls, 3);
	ck_assert_int_eq(retry_result, -ECONNRESET);
}
END_TEST

UNIT_MAIN("coap_sess", request_goes_out, piggybacked_answer, retransmission_doubles,
	  first_timeout_is_spread, answer_to_a_retransmission, separate_answer,
	  separate_answer_overtakes_the_ack, separate_answer_never_comes, reset_ends_a_request,
	  wrong_token, several_at_once, request_is_served, duplicate_gets_the_same_answer,
	  memory_of_duplicates_is_bounded, answers_that_cannot_be_sent, without_resources,
	  ping_is_reset, malformed_is_counted, bad_options, send_fails, answer_frees_the_session,
	  answer_starts_a_request, an_idle_session_is_small)

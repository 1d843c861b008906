/* SPDX-License-Identifier: ISC */
#include "coap/coap_msg.h"

#include "base/buf.h"

#include <coap3/coap.h>
#include <errno.h>
#include <string.h>

#define COAP_VERSION   1
#define HEADER_LEN     4
#define TOKEN_MAX      8
#define ETAG_MAX       8
#define PAYLOAD_MARKER 0xFF
#define OPTION_CAP     (5 + COAP_MSG_PATH_LEN) /* head and value of an option we write */

#define CODE_CLASS(code) ((code) >> 5)

enum { IN_REQUEST = 1, IN_RESPONSE = 2 };

/* An option we take, RFC 7252 table 4 and RFC 7959 table 1: where it may be, how long, whether more
 * than once. */
struct option_rule {
	uint16_t number;
	uint8_t where;
	uint16_t min_len, max_len;
	bool repeatable;
	/* Keep it; -EPROTO if it does not fit. NULL: it says nothing to us. */
	int (*keep)(struct coap_msg *m, bool repeated, const coap_option_t *opt);
};

/* Append a segment to text joined by `joint`. What would look like two segments, or end the text,
 * is refused with the rest of the control characters. */
static int append_segment(char *text, size_t cap, char joint, bool first, const coap_option_t *opt)
{
	size_t len = strlen(text);

	if (len + !first + opt->length >= cap)
		return -EPROTO;
	for (size_t i = 0; i < opt->length; i++)
		if (opt->value[i] == (uint8_t)joint || opt->value[i] < ' ')
			return -EPROTO;
	if (!first)
		text[len++] = joint;
	memcpy(text + len, opt->value, opt->length);
	text[len + opt->length] = '\0';
	return 0;
}

static int keep_path(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	return append_segment(m->path, sizeof(m->path), '/', !repeated, opt);
}

static int keep_query(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	return append_segment(m->query, sizeof(m->query), '&', !repeated, opt);
}

static int keep_content_format(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	(void)repeated;
	m->content_format = (int)coap_decode_var_bytes(opt->value, opt->length);
	return 0;
}

static int keep_accept(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	(void)repeated;
	m->accept = (int)coap_decode_var_bytes(opt->value, opt->length);
	return 0;
}

/* RFC 7959 section 2.2: NUM, M and SZX in as many octets as they need. */
static void keep_block(struct coap_msg_block *block, const coap_option_t *opt)
{
	uint32_t value = coap_decode_var_bytes(opt->value, opt->length);

	*block = (struct coap_msg_block){
		.set = true, .num = value >> 4, .more = (value & 8) != 0, .szx = value & 7};
}

static int keep_block1(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	(void)repeated;
	keep_block(&m->block1, opt);
	return 0;
}

static int keep_block2(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	(void)repeated;
	keep_block(&m->block2, opt);
	return 0;
}

static int keep_size1(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	(void)repeated;
	m->size1 = coap_decode_var_bytes(opt->value, opt->length);
	return 0;
}

static int keep_etag(struct coap_msg *m, bool repeated, const coap_option_t *opt)
{
	(void)repeated;
	m->etag_len = opt->length;
	memcpy(m->etag, opt->value, opt->length);
	return 0;
}

/* Elective options that are not here are ignored anyway. */
static const struct option_rule option_rules[] = {
	{COAP_OPTION_URI_HOST, IN_REQUEST, 1, 255, false, NULL},
	{COAP_OPTION_ETAG, IN_RESPONSE, 1, ETAG_MAX, false, keep_etag},
	{COAP_OPTION_URI_PORT, IN_REQUEST, 0, 2, false, NULL},
	{COAP_OPTION_URI_PATH, IN_REQUEST, 0, 255, true, keep_path},
	{COAP_OPTION_CONTENT_FORMAT, IN_REQUEST | IN_RESPONSE, 0, 2, false, keep_content_format},
	{COAP_OPTION_URI_QUERY, IN_REQUEST, 0, 255, true, keep_query},
	{COAP_OPTION_ACCEPT, IN_REQUEST, 0, 2, false, keep_accept},
	{COAP_OPTION_BLOCK2, IN_REQUEST | IN_RESPONSE, 0, 3, false, keep_block2},
	{COAP_OPTION_BLOCK1, IN_REQUEST | IN_RESPONSE, 0, 3, false, keep_block1},
	{COAP_OPTION_SIZE1, IN_REQUEST | IN_RESPONSE, 0, 4, false, keep_size1},
};

static const struct option_rule *rule_of(uint16_t number)
{
	for (size_t i = 0; i < sizeof(option_rules) / sizeof(option_rules[0]); i++)
		if (option_rules[i].number == number)
			return &option_rules[i];
	return NULL;
}

/* Value of a delta or length nibble with its extension, RFC 7252 section 3.1; 15 is reserved. */
static int nibble_value(struct buf_reader *r, unsigned nibble, uint32_t *value)
{
	switch (nibble) {
	case 13:
		*value = 13U + buf_get_u8(r);
		break;
	case 14:
		*value = 269U + buf_get_u16(r);
		break;
	case 15:
		return -EBADMSG;
	default:
		*value = nibble;
	}
	return buf_ok(r) ? 0 : -EBADMSG;
}

/* Consume one option after checking that all of it is there and that its number stays below 2^16;
 * only then libcoap gets to see it. */
static int option_next(struct buf_reader *r, uint16_t *number, coap_option_t *opt)
{
	struct buf_reader look = *r;
	uint8_t head = buf_get_u8(&look);
	uint32_t delta, len;
	const uint8_t *whole;

	if (nibble_value(&look, head >> 4, &delta) < 0 || nibble_value(&look, head & 15, &len) < 0)
		return -EBADMSG;
	if (*number + delta > UINT16_MAX || len > buf_left(&look))
		return -EBADMSG;
	len += (uint32_t)(look.pos - r->pos);
	whole = buf_take(r, len);
	if (whole == NULL || coap_opt_parse(whole, len, opt) != len)
		return -EBADMSG;
	*number = (uint16_t)(*number + delta);
	return 0;
}

/* Take one option into the message: 0, or -EPROTO for a critical one that is not as it should be,
 * RFC 7252 sections 5.4.1 (unknown), 5.4.3 (length) and 5.4.5 (repeated). */
static int option_keep(struct coap_msg *m, uint16_t number, bool repeated, const coap_option_t *opt)
{
	const struct option_rule *rule = rule_of(number);
	uint8_t where = CODE_CLASS(m->code) == 0 ? IN_REQUEST : IN_RESPONSE;
	bool known = rule != NULL && (rule->where & where) != 0 && opt->length >= rule->min_len &&
		     opt->length <= rule->max_len && (rule->repeatable || !repeated);

	if (!known)
		return (number & 1) != 0 ? -EPROTO : 0;
	return rule->keep != NULL ? rule->keep(m, repeated, opt) : 0;
}

/* All options and the payload. A malformed message is that whatever its options are. */
static int parse_rest(struct buf_reader *r, struct coap_msg *m)
{
	uint16_t number = 0;
	int result = 0;

	while (buf_left(r) > 0) {
		uint16_t before = number;
		bool first = number == 0;
		coap_option_t opt;

		if (r->data[r->pos] == PAYLOAD_MARKER) {
			buf_skip(r, 1);
			m->payload_len = buf_left(r);
			m->payload = buf_take(r, m->payload_len);
			return m->payload_len > 0 ? result : -EBADMSG;
		}
		if (option_next(r, &number, &opt) < 0)
			return -EBADMSG;
		if (result == 0)
			result = option_keep(m, number, !first && number == before, &opt);
	}
	return result;
}

/* Empty messages are four octets, classes 1, 6 and 7 are reserved: RFC 7252 sections 4.1 and 3. */
static bool code_valid(uint8_t code, size_t len)
{
	switch (CODE_CLASS(code)) {
	case 0:
		return code != 0 || len == HEADER_LEN;
	case 2:
	case 4:
	case 5:
		return true;
	default:
		return false;
	}
}

int coap_msg_parse(const uint8_t *octets, size_t len, struct coap_msg *m)
{
	struct buf_reader r;
	uint8_t first;

	memset(m, 0, sizeof(*m));
	m->content_format = m->accept = -1;
	buf_reader_init(&r, octets, len);
	first = buf_get_u8(&r);
	m->code = buf_get_u8(&r);
	m->mid = buf_get_u16(&r);
	if (!buf_ok(&r))
		return -EBADMSG;
	if (first >> 6 != COAP_VERSION)
		return -EPROTONOSUPPORT;
	m->type = (enum coap_msg_type)(first >> 4 & 3);
	if (len > COAP_MSG_MAX || (first & 15) > TOKEN_MAX || !code_valid(m->code, len))
		return -EBADMSG;
	m->token_len = first & 15;
	buf_get(&r, m->token, m->token_len);
	return buf_ok(&r) ? parse_rest(&r, m) : -EBADMSG;
}

/* Options must be put in the order of their numbers: *last is the number before. */
static void put_option(struct buf_writer *w, uint16_t *last, uint16_t number, const void *value,
		       size_t len)
{
	uint8_t octets[OPTION_CAP];
	size_t n = coap_opt_encode(octets, sizeof(octets), (uint16_t)(number - *last), value, len);

	if (n == 0)
		w->failed = true;
	buf_put(w, octets, n);
	*last = number;
}

static void put_segments(struct buf_writer *w, uint16_t *last, uint16_t number, const char *text,
			 char joint)
{
	const char *end;

	if (*text == '\0')
		return;
	do {
		end = strchrnul(text, joint);
		put_option(w, last, number, text, (size_t)(end - text));
		text = end + 1;
	} while (*end != '\0');
}

static void put_uint(struct buf_writer *w, uint16_t *last, uint16_t number, uint32_t n)
{
	uint8_t value[4];

	put_option(w, last, number, value, coap_encode_var_safe(value, sizeof(value), n));
}

static void put_format(struct buf_writer *w, uint16_t *last, uint16_t number, int format)
{
	if (format >= 0 && format <= UINT16_MAX)
		put_uint(w, last, number, (uint32_t)format);
}

static void put_block(struct buf_writer *w, uint16_t *last, uint16_t number,
		      const struct coap_msg_block *block)
{
	if (block->set)
		put_uint(w, last, number,
			 block->num << 4 | (block->more ? 8u : 0u) | (block->szx & 7u));
}

static void put_options(struct buf_writer *w, const struct coap_msg *m)
{
	uint16_t last = 0;

	if (m->etag_len > 0)
		put_option(w, &last, COAP_OPTION_ETAG, m->etag, m->etag_len);
	put_segments(w, &last, COAP_OPTION_URI_PATH, m->path, '/');
	put_format(w, &last, COAP_OPTION_CONTENT_FORMAT, m->content_format);
	put_segments(w, &last, COAP_OPTION_URI_QUERY, m->query, '&');
	put_format(w, &last, COAP_OPTION_ACCEPT, m->accept);
	put_block(w, &last, COAP_OPTION_BLOCK2, &m->block2);
	put_block(w, &last, COAP_OPTION_BLOCK1, &m->block1);
	if (m->size1 > 0)
		put_uint(w, &last, COAP_OPTION_SIZE1, m->size1);
}

int coap_msg_build(const struct coap_msg *m, uint8_t *out, size_t cap)
{
	struct buf_writer w;

	if (m->token_len > TOKEN_MAX || m->etag_len > ETAG_MAX)
		return -ENOBUFS;
	buf_writer_init(&w, out, cap < COAP_MSG_MAX ? cap : COAP_MSG_MAX);
	buf_put_u8(&w,
		   (uint8_t)(COAP_VERSION << 6 | (unsigned)m->type << 4 | (unsigned)m->token_len));
	buf_put_u8(&w, m->code);
	buf_put_u16(&w, m->mid);
	buf_put(&w, m->token, m->token_len);
	put_options(&w, m);
	if (m->payload_len > 0) {
		buf_put_u8(&w, PAYLOAD_MARKER);
		buf_put(&w, m->payload, m->payload_len);
	}
	return buf_written(&w) ? (int)w.len : -ENOBUFS;
}

const char *coap_msg_code_name(uint8_t code)
{
	static const struct {
		uint8_t code;
		const char *name;
	} names[] = {
		{COAP_MSG_CODE(0, 0), "0.00 Empty"},
		{COAP_MSG_CODE(0, 1), "0.01 GET"},
		{COAP_MSG_CODE(0, 2), "0.02 POST"},
		{COAP_MSG_CODE(0, 3), "0.03 PUT"},
		{COAP_MSG_CODE(0, 4), "0.04 DELETE"},
		{COAP_MSG_CODE(2, 1), "2.01 Created"},
		{COAP_MSG_CODE(2, 2), "2.02 Deleted"},
		{COAP_MSG_CODE(2, 3), "2.03 Valid"},
		{COAP_MSG_CODE(2, 4), "2.04 Changed"},
		{COAP_MSG_CODE(2, 5), "2.05 Content"},
		{COAP_MSG_CODE(2, 31), "2.31 Continue"},
		{COAP_MSG_CODE(4, 0), "4.00 Bad Request"},
		{COAP_MSG_CODE(4, 1), "4.01 Unauthorized"},
		{COAP_MSG_CODE(4, 2), "4.02 Bad Option"},
		{COAP_MSG_CODE(4, 3), "4.03 Forbidden"},
		{COAP_MSG_CODE(4, 4), "4.04 Not Found"},
		{COAP_MSG_CODE(4, 5), "4.05 Method Not Allowed"},
		{COAP_MSG_CODE(4, 6), "4.06 Not Acceptable"},
		{COAP_MSG_CODE(4, 8), "4.08 Request Entity Incomplete"},
		{COAP_MSG_CODE(4, 9), "4.09 Conflict"},
		{COAP_MSG_CODE(4, 12), "4.12 Precondition Failed"},
		{COAP_MSG_CODE(4, 13), "4.13 Request Entity Too Large"},
		{COAP_MSG_CODE(4, 15), "4.15 Unsupported Content-Format"},
		{COAP_MSG_CODE(5, 0), "5.00 Internal Server Error"},
		{COAP_MSG_CODE(5, 1), "5.01 Not Implemented"},
		{COAP_MSG_CODE(5, 2), "5.02 Bad Gateway"},
		{COAP_MSG_CODE(5, 3), "5.03 Service Unavailable"},
		{COAP_MSG_CODE(5, 4), "5.04 Gateway Timeout"},
		{COAP_MSG_CODE(5, 5), "5.05 Proxying Not Supported"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return "unknown code";
}

/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_msg.h"

#include "base/buf.h"

/* RFC 6347 sections 4.1 and 4.2.2, RFC 5246 sections 6.2.1 and 7.4. */
#define TYPE_ALERT        21
#define TYPE_HANDSHAKE    22
#define VERSION_MAJOR     0xfe
#define VERSION_DTLS12    0xfefd
#define CLIENT_HELLO      1
#define SEQUENCE_LEN      6
#define ALERT_LEVEL_FATAL 2
#define MIN_FRAGMENT_LEN  (2 + DTLS_RANDOM_LEN) /* client_version and random */

struct record {
	uint8_t type;
	uint16_t epoch;
	struct buf_reader fragment;
};

/* Take the next record off `r`; false if there is no whole one. */
static bool next_record(struct buf_reader *r, struct record *record)
{
	record->type = buf_get_u8(r);
	uint8_t major = buf_get_u8(r);
	buf_skip(r, 1);
	record->epoch = buf_get_u16(r);
	buf_skip(r, SEQUENCE_LEN);
	record->fragment = buf_sub(r, buf_get_u16(r));
	return buf_ok(r) && major == VERSION_MAJOR;
}

bool dtls_msg_client_hello(const uint8_t *data, size_t len, uint8_t random[DTLS_RANDOM_LEN])
{
	struct buf_reader r;
	struct record record;

	buf_reader_init(&r, data, len);
	if (!next_record(&r, &record) || record.type != TYPE_HANDSHAKE || record.epoch != 0)
		return false;

	struct buf_reader *f = &record.fragment;
	uint8_t msg_type = buf_get_u8(f);
	buf_skip(f, 3 + 2); /* length, message_seq */
	uint32_t fragment_offset = (uint32_t)buf_get_u8(f) << 16 | buf_get_u16(f);
	uint32_t fragment_len = (uint32_t)buf_get_u8(f) << 16 | buf_get_u16(f);
	buf_skip(f, 2); /* client_version */
	buf_get(f, random, DTLS_RANDOM_LEN);
	return buf_ok(f) && msg_type == CLIENT_HELLO && fragment_offset == 0 &&
	       fragment_len >= MIN_FRAGMENT_LEN;
}

bool dtls_msg_is_handshake(const uint8_t *data, size_t len)
{
	struct buf_reader r;
	struct record record;

	buf_reader_init(&r, data, len);
	return next_record(&r, &record) && (record.epoch == 0 || record.type == TYPE_HANDSHAKE);
}

bool dtls_msg_has_sealed_handshake(const uint8_t *data, size_t len)
{
	struct buf_reader r;
	struct record record;

	buf_reader_init(&r, data, len);
	while (next_record(&r, &record))
		if (record.epoch != 0 && record.type == TYPE_HANDSHAKE)
			return true;
	return false;
}

void dtls_msg_build_alert(uint8_t out[DTLS_ALERT_LEN], enum dtls_alert alert)
{
	struct buf_writer w;

	buf_writer_init(&w, out, DTLS_ALERT_LEN);
	buf_put_u8(&w, TYPE_ALERT);
	buf_put_u16(&w, VERSION_DTLS12);
	buf_put_u64(&w, UINT64_C(0x0000ffffffffffff)); /* epoch 0, sequence number 2^48 - 1 */
	buf_put_u16(&w, 2);
	buf_put_u8(&w, ALERT_LEVEL_FATAL);
	buf_put_u8(&w, (uint8_t)alert);
}

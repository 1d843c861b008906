/* SPDX-License-Identifier: ISC */
#include "keys/repr.h"

#include <cbor.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CBOR_HEAD_MAX 9 /* octets before the content of an item, RFC 8949 section 3 */

static bool is_json(const struct repr_writer *w)
{
	return w->format == KEYS_FORMAT_JSON;
}

int repr_writer_init(struct repr_writer *w, int format, uint8_t *out, size_t cap)
{
	if (format != KEYS_FORMAT_JSON && format != KEYS_FORMAT_CBOR)
		return -ENOTSUP;
	w->format = format;
	w->comma = false;
	buf_writer_init(&w->w, out, cap);
	return 0;
}

int repr_writer_finish(const struct repr_writer *w)
{
	return buf_written(&w->w) && w->w.len <= INT_MAX ? (int)w->w.len : -ENOBUFS;
}

static void put_text(struct repr_writer *w, const char *text)
{
	buf_put(&w->w, text, strlen(text));
}

/* JSON text of a value or key, after a comma where one is due. */
static void put_json(struct repr_writer *w, const char *text)
{
	if (w->comma)
		put_text(w, ",");
	put_text(w, text);
	w->comma = true;
}

static void put_open(struct repr_writer *w, const char *bracket)
{
	put_json(w, bracket);
	w->comma = false;
}

static void put_close(struct repr_writer *w, const char *bracket)
{
	put_text(w, bracket);
	w->comma = true;
}

void repr_put_map(struct repr_writer *w, size_t n)
{
	uint8_t head[CBOR_HEAD_MAX];

	if (is_json(w))
		put_open(w, "{");
	else
		buf_put(&w->w, head, cbor_encode_map_start(n, head, sizeof(head)));
}

void repr_put_map_end(struct repr_writer *w)
{
	if (is_json(w))
		put_close(w, "}");
}

void repr_put_array(struct repr_writer *w, size_t n)
{
	uint8_t head[CBOR_HEAD_MAX];

	if (is_json(w))
		put_open(w, "[");
	else
		buf_put(&w->w, head, cbor_encode_array_start(n, head, sizeof(head)));
}

void repr_put_array_end(struct repr_writer *w)
{
	if (is_json(w))
		put_close(w, "]");
}

void repr_put_field(struct repr_writer *w, const struct repr_field *field)
{
	if (!is_json(w)) {
		repr_put_uint(w, field->number);
		return;
	}
	put_json(w, "\"");
	put_text(w, field->name);
	put_text(w, "\":");
	w->comma = false;
}

void repr_put_numbered(struct repr_writer *w, uint32_t number)
{
	char text[sizeof("\"4294967295\":")];

	if (!is_json(w)) {
		repr_put_uint(w, number);
		return;
	}
	snprintf(text, sizeof(text), "\"%" PRIu32 "\":", number);
	put_json(w, text);
	w->comma = false;
}

void repr_put_uint(struct repr_writer *w, uint32_t value)
{
	uint8_t head[CBOR_HEAD_MAX];
	char text[sizeof("4294967295")];

	if (is_json(w)) {
		snprintf(text, sizeof(text), "%" PRIu32, value);
		put_json(w, text);
	} else {
		buf_put(&w->w, head, cbor_encode_uint(value, head, sizeof(head)));
	}
}

void repr_put_bool(struct repr_writer *w, bool value)
{
	uint8_t head[CBOR_HEAD_MAX];

	if (is_json(w))
		put_json(w, value ? "true" : "false");
	else
		buf_put(&w->w, head, cbor_encode_bool(value, head, sizeof(head)));
}

/* Digit by digit into the output: no copy of a key's text is left anywhere. */
static void put_hex(struct repr_writer *w, const uint8_t *octets, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	put_json(w, "\"");
	for (size_t i = 0; i < len; i++) {
		buf_put_u8(&w->w, (uint8_t)digits[octets[i] >> 4]);
		buf_put_u8(&w->w, (uint8_t)digits[octets[i] & 15]);
	}
	put_text(w, "\"");
}

void repr_put_octets(struct repr_writer *w, const void *octets, size_t len)
{
	uint8_t head[CBOR_HEAD_MAX];

	if (is_json(w)) {
		put_hex(w, octets, len);
		return;
	}
	buf_put(&w->w, head, cbor_encode_bytestring_start(len, head, sizeof(head)));
	buf_put(&w->w, octets, len);
}

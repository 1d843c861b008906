/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <errno.h>
#include <string.h>

/* What an empty reader points at, so that no pointer arithmetic ever starts from NULL. */
static const uint8_t nothing[1];

void buf_reader_init(struct buf_reader *r, const void *data, size_t len)
{
	*r = (struct buf_reader){.data = data ? data : nothing, .len = data ? len : 0};
}

const uint8_t *buf_take(struct buf_reader *r, size_t len)
{
	if (r->failed || len > r->len - r->pos) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *p = r->data + r->pos;
	r->pos += len;
	return p;
}

/* The next `len` (at most 8) octets as a big-endian integer; 0 if they are not there. */
static uint64_t get_integer(struct buf_reader *r, size_t len)
{
	const uint8_t *p = buf_take(r, len);
	uint64_t v = 0;
	for (size_t i = 0; p && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t buf_get_u8(struct buf_reader *r)
{
	return (uint8_t)get_integer(r, 1);
}

uint16_t buf_get_u16(struct buf_reader *r)
{
	return (uint16_t)get_integer(r, 2);
}

void buf_get(struct buf_reader *r, void *dst, size_t len)
{
	const uint8_t *p = buf_take(r, len);
	if (len == 0)
		return;
	if (p)
		memcpy(dst, p, len);
	else
		memset(dst, 0, len);
}

void buf_skip(struct buf_reader *r, size_t len)
{
	buf_take(r, len);
}

struct buf_reader buf_sub(struct buf_reader *r, size_t len)
{
	const uint8_t *p = buf_take(r, len);
	return (struct buf_reader){
		.data = p ? p : nothing,
		.len = p ? len : 0,
		.failed = !p,
	};
}

size_t buf_left(const struct buf_reader *r)
{
	return r->failed ? 0 : r->len - r->pos;
}

bool buf_ok(const struct buf_reader *r)
{
	return !r->failed;
}

bool buf_done(const struct buf_reader *r)
{
	return !r->failed && r->pos == r->len;
}

void buf_writer_init(struct buf_writer *w, void *data, size_t cap)
{
	*w = (struct buf_writer){.data = data, .cap = cap};
}

void buf_put(struct buf_writer *w, const void *src, size_t len)
{
	if (w->failed || len > w->cap - w->len) {
		w->failed = true;
		return;
	}
	if (len > 0)
		memcpy(w->data + w->len, src, len);
	w->len += len;
}

/* Append the low `len` (at most 8) octets of `v`, big-endian. */
static void put_integer(struct buf_writer *w, uint64_t v, size_t len)
{
	uint8_t octets[8];
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	buf_put(w, octets, len);
}

void buf_put_u8(struct buf_writer *w, uint8_t v)
{
	put_integer(w, v, 1);
}

void buf_put_u16(struct buf_writer *w, uint16_t v)
{
	put_integer(w, v, 2);
}

void buf_put_u32(struct buf_writer *w, uint32_t v)
{
	put_integer(w, v, 4);
}

void buf_put_u64(struct buf_writer *w, uint64_t v)
{
	put_integer(w, v, 8);
}

bool buf_written(const struct buf_writer *w)
{
	return !w->failed;
}

/* The value of a hex digit of either case, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int buf_from_hex(const char *text, void *dst, size_t len)
{
	uint8_t *out = dst;
	for (size_t i = 0; i < len; i++) {
		/* The second digit is only looked at if the first was one: never past the NUL. */
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
		if (low < 0)
			return -EINVAL;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * len] == '\0' ? 0 : -EINVAL;
}

const char *buf_to_hex(const void *src, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = src;
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

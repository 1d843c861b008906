/* SPDX-License-Identifier: ISC */
/* buf: the one reader and the one writer of octets that come from or go to the network. Both have a
 * sticky error: after the first access beyond the end every further access does nothing and reads
 * as zero, so a parser tests once, at its end. Integers are big-endian (network order). */
#ifndef KMP_BASE_BUF_H
#define KMP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf_reader {
	const uint8_t *data;
	size_t len, pos;
	bool failed;
};

void buf_reader_init(struct buf_reader *r, const void *data, size_t len);
uint8_t buf_get_u8(struct buf_reader *r);
uint16_t buf_get_u16(struct buf_reader *r);
/* Copy `len` octets out; zeroes `dst` if they are not there. */
void buf_get(struct buf_reader *r, void *dst, size_t len);
void buf_skip(struct buf_reader *r, size_t len);
/* A reader over the next `len` octets, which are consumed from `r`; a failed reader if they are not
 * there. */
struct buf_reader buf_sub(struct buf_reader *r, size_t len);
/* Pointer to the next `len` octets, which are consumed; NULL (and failure) if they are not there.
 * For handing whole octet strings to a library; field by field parsing copies out. */
const uint8_t *buf_take(struct buf_reader *r, size_t len);
size_t buf_left(const struct buf_reader *r);
bool buf_ok(const struct buf_reader *r);
/* True if nothing failed and nothing is left over. */
bool buf_done(const struct buf_reader *r);

struct buf_writer {
	uint8_t *data;
	size_t cap, len;
	bool failed;
};

void buf_writer_init(struct buf_writer *w, void *data, size_t cap);
void buf_put_u8(struct buf_writer *w, uint8_t v);
void buf_put_u16(struct buf_writer *w, uint16_t v);
void buf_put_u32(struct buf_writer *w, uint32_t v);
void buf_put_u64(struct buf_writer *w, uint64_t v);
void buf_put(struct buf_writer *w, const void *src, size_t len);
bool buf_written(const struct buf_writer *w);

/* Hex text. `buf_from_hex` reads exactly 2*len digits followed by NUL; returns 0 or -EINVAL.
 * `buf_to_hex` writes 2*len lower-case digits and NUL into `text` (2*len+1 octets). */
int buf_from_hex(const char *text, void *dst, size_t len);
const char *buf_to_hex(const void *src, size_t len, char *text);

#endif

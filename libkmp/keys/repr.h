/* SPDX-License-Identifier: ISC */
/* repr: the representations of our resources, read and written once for both formats: JSON (read by
 * cJSON, octets as hex text, members by name) and CBOR (RFC 8949, by libcbor, octets as byte
 * strings, members by number). Maps, arrays, unsigned integers, booleans and octets of a known
 * length are all there is; everything else, indefinite lengths and tags included, is refused. */
#ifndef KMP_KEYS_REPR_H
#define KMP_KEYS_REPR_H

#include "base/buf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* application/coap-group+json: what draft-kumar-6lo-selective-bootstrap section 6 builds on */
#define KEYS_FORMAT_JSON 256
#define KEYS_FORMAT_CBOR 60 /* application/cbor, RFC 8949 section 9.3 */

#define REPR_MAX_LEN 4096 /* octets of a representation that is read */

/* A member of a map: its name in JSON, its number in CBOR. */
struct repr_field {
	const char *name;
	uint8_t number;
};

/* One value of a representation; lives as long as its reader and the octets given to it. */
struct repr_value {
	const cJSON *json;   /* NULL: CBOR */
	const uint8_t *cbor; /* exactly one well-formed item */
	size_t cbor_len;
};

struct repr_reader {
	struct repr_value root;
	cJSON *tree;
};

/* The members of a map or the items of an array that are still to come. */
struct repr_iter {
	bool is_json;
	const cJSON *json;
	struct buf_reader cbor;
	size_t left;
};

/* Check `octets` as a whole and make the outermost value r->root. Returns 0; -EINVAL if it is not
 * one well-formed value, too long included; -ENOTSUP for a format other than the two. Close the
 * reader after success; what cJSON copied is wiped then. */
int repr_reader_open(struct repr_reader *r, int format, const uint8_t *octets, size_t len);
void repr_reader_close(struct repr_reader *r);

/* Look into a map or an array of at most `max` members. Returns 0, or -EINVAL for anything else. */
int repr_map(const struct repr_value *v, size_t max, struct repr_iter *it);
int repr_array(const struct repr_value *v, size_t max, struct repr_iter *it);

/* The next member or item: 1 with *v, 0 at the end, or -EINVAL. Of a map of fields, *field is the
 * index in `fields`, or `n_fields` for a member unknown to us. Of a map by number, keys up to `max`
 * (decimal text without sign or leading zeros in JSON). Nothing is said about doubles. */
int repr_next_field(struct repr_iter *it, const struct repr_field *fields, size_t n_fields,
		    size_t *field, struct repr_value *v);
int repr_next_numbered(struct repr_iter *it, uint32_t max, uint32_t *number, struct repr_value *v);
int repr_next_item(struct repr_iter *it, struct repr_value *v);

/* Copy a value out: an integer up to `max`, a boolean, exactly `len` octets. Returns 0 or -EINVAL.
 */
int repr_uint(const struct repr_value *v, uint32_t max, uint32_t *out);
int repr_bool(const struct repr_value *v, bool *out);
int repr_octets(const struct repr_value *v, void *dst, size_t len);

struct repr_writer {
	int format;
	struct buf_writer w;
	bool comma; /* JSON: the next key or value needs one before it */
};

/* Write into `out`. Returns 0, or -ENOTSUP for a format other than the two. */
int repr_writer_init(struct repr_writer *w, int format, uint8_t *out, size_t cap);
/* Length of all that was written, or -ENOBUFS if it did not fit. */
int repr_writer_finish(const struct repr_writer *w);

/* A map or an array of exactly `n` members, which follow, then its end. */
void repr_put_map(struct repr_writer *w, size_t n);
void repr_put_map_end(struct repr_writer *w);
void repr_put_array(struct repr_writer *w, size_t n);
void repr_put_array_end(struct repr_writer *w);
/* The key of a member; its value follows. */
void repr_put_field(struct repr_writer *w, const struct repr_field *field);
void repr_put_numbered(struct repr_writer *w, uint32_t number);
void repr_put_uint(struct repr_writer *w, uint32_t value);
void repr_put_bool(struct repr_writer *w, bool value);
void repr_put_octets(struct repr_writer *w, const void *octets, size_t len);

#endif

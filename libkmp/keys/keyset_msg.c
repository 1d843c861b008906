/* SPDX-License-Identifier: ISC */
#include "keys/keyset_msg.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

enum { F_KEY, F_INDEX, F_MODE, F_LEVEL, F_SOURCE, F_STATE, F_PEER, N_FIELDS };

static const struct repr_field fields[N_FIELDS] = {
	[F_KEY] = {"k", 1},    [F_INDEX] = {"i", 2}, [F_MODE] = {"m", 3}, [F_LEVEL] = {"l", 4},
	[F_SOURCE] = {"s", 5}, [F_STATE] = {"t", 6}, [F_PEER] = {"p", 7},
};

#define REQUIRED (1U << F_INDEX | 1U << F_MODE | 1U << F_LEVEL | 1U << F_STATE)

static int get_key(const struct repr_value *v, struct secret *key)
{
	uint8_t octets[KEYSET_KEY_LEN];
	int err = repr_octets(v, octets, sizeof(octets));

	if (err == 0)
		err = secret_set(key, octets, sizeof(octets));
	OPENSSL_cleanse(octets, sizeof(octets));
	return err;
}

static int get_u8(const struct repr_value *v, uint8_t max, uint8_t *out)
{
	uint32_t n;

	if (repr_uint(v, max, &n) < 0)
		return -EINVAL;
	*out = (uint8_t)n;
	return 0;
}

static int get_state(const struct repr_value *v, enum key_state *state)
{
	uint32_t n;

	if (repr_uint(v, KEY_RETIRED, &n) < 0)
		return -EINVAL;
	*state = (enum key_state)n;
	return 0;
}

/* Whether the values make sense together is for keyset to say. */
static int get_member(size_t field, const struct repr_value *v, struct key_entry *e)
{
	switch (field) {
	case F_KEY:
		return get_key(v, &e->key);
	case F_INDEX:
		return get_u8(v, UINT8_MAX, &e->index);
	case F_MODE:
		return get_u8(v, 3, &e->mode);
	case F_LEVEL:
		return get_u8(v, 7, &e->level);
	case F_SOURCE:
		return repr_octets(v, e->source.b, sizeof(e->source.b));
	case F_STATE:
		return get_state(v, &e->state);
	case F_PEER:
		return repr_octets(v, e->peer.b, sizeof(e->peer.b));
	}
	return -EINVAL; /* a member we do not know */
}

static int get_entry(const struct repr_value *map, uint16_t number, struct key_entry *e)
{
	struct repr_value v;
	struct repr_iter it;
	unsigned seen = 0;
	size_t field;
	int more;

	memset(e, 0, sizeof(*e));
	e->number = number;
	if (repr_map(map, N_FIELDS, &it) < 0)
		return -EINVAL;
	while ((more = repr_next_field(&it, fields, N_FIELDS, &field, &v)) > 0) {
		if ((seen & 1U << field) != 0 || get_member(field, &v, e) < 0)
			return -EINVAL;
		seen |= 1U << field;
	}
	return more == 0 && (seen & REQUIRED) == REQUIRED ? 0 : -EINVAL;
}

static int get_set(const struct repr_value *map, struct keyset *ks)
{
	struct key_entry e;
	struct repr_value v;
	struct repr_iter it;
	uint32_t number;
	int more;

	if (repr_map(map, KEYSET_MAX, &it) < 0)
		return -EINVAL;
	while ((more = repr_next_numbered(&it, UINT16_MAX, &number, &v)) > 0) {
		bool ok = get_entry(&v, (uint16_t)number, &e) == 0 && keyset_insert(ks, &e) == 0;

		secret_clear(&e.key);
		if (!ok)
			return -EINVAL;
	}
	return more;
}

int keyset_msg_parse(int format, const uint8_t *octets, size_t len, struct keyset *ks)
{
	struct repr_reader r;
	int err = repr_reader_open(&r, format, octets, len);

	memset(ks, 0, sizeof(*ks));
	if (err < 0)
		return err;
	err = get_set(&r.root, ks);
	repr_reader_close(&r);
	if (err < 0)
		keyset_clear(ks);
	return err;
}

int keyset_msg_parse_entry(int format, const uint8_t *octets, size_t len, uint16_t number,
			   struct key_entry *e)
{
	struct repr_reader r;
	int err = repr_reader_open(&r, format, octets, len);

	memset(e, 0, sizeof(*e));
	if (err < 0)
		return err;
	err = get_entry(&r.root, number, e);
	repr_reader_close(&r);
	if (err < 0) {
		secret_clear(&e->key);
		memset(e, 0, sizeof(*e));
	}
	return err;
}

static void put_eui(struct repr_writer *w, size_t field, const struct eui64 *eui)
{
	if (eui64_is_zero(eui))
		return;
	repr_put_field(w, &fields[field]);
	repr_put_octets(w, eui->b, sizeof(eui->b));
}

static void put_uint(struct repr_writer *w, size_t field, uint32_t value)
{
	repr_put_field(w, &fields[field]);
	repr_put_uint(w, value);
}

static void put_entry(struct repr_writer *w, const struct key_entry *e, bool with_keys)
{
	bool key = with_keys && e->state != KEY_RETIRED && e->key.len > 0;

	repr_put_map(w, 4U + key + !eui64_is_zero(&e->source) + !eui64_is_zero(&e->peer));
	if (key) {
		repr_put_field(w, &fields[F_KEY]);
		repr_put_octets(w, e->key.b, e->key.len);
	}
	put_uint(w, F_INDEX, e->index);
	put_uint(w, F_MODE, e->mode);
	put_uint(w, F_LEVEL, e->level);
	put_eui(w, F_SOURCE, &e->source);
	put_uint(w, F_STATE, (uint32_t)e->state);
	put_eui(w, F_PEER, &e->peer);
	repr_put_map_end(w);
}

int keyset_msg_build(int format, const struct keyset *ks, bool with_keys, uint8_t *out, size_t cap)
{
	struct repr_writer w;
	int err = repr_writer_init(&w, format, out, cap);

	if (err < 0)
		return err;
	repr_put_map(&w, ks->n);
	for (size_t i = 0; i < ks->n; i++) {
		repr_put_numbered(&w, ks->entry[i].number);
		put_entry(&w, &ks->entry[i], with_keys);
	}
	repr_put_map_end(&w);
	return repr_writer_finish(&w);
}

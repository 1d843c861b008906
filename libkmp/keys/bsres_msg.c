/* SPDX-License-Identifier: ISC */
#include "keys/bsres_msg.h"

#include "keys/repr.h"

#include <errno.h>
#include <string.h>

enum { F_ALL_SECURED, F_N, F_FC, F_LINKS, F_INDEX, F_MARK, F_FORGET, N_FIELDS };

static const struct repr_field fields[N_FIELDS] = {
	[F_ALL_SECURED] = {"all_secured", 1},
	[F_N] = {"n", 2},
	[F_FC] = {"fc", 3},
	[F_LINKS] = {"links", 4},
	[F_INDEX] = {"index", 5},
	[F_MARK] = {"mark", 6},
	[F_FORGET] = {"forget", 7},
};

#define STATE_FIELDS                                                                               \
	(1U << F_ALL_SECURED | 1U << F_N | 1U << F_FC | 1U << F_LINKS | 1U << F_INDEX |            \
	 1U << F_MARK)
#define MAX_MEMBERS 32 /* a newer node may tell more than we know */

enum { L_EUI, L_SECURED, N_LINK_FIELDS };

static const struct repr_field link_fields[N_LINK_FIELDS] = {
	[L_EUI] = {"eui", 1},
	[L_SECURED] = {"secured", 2},
};

#define LINK_FIELDS (1U << L_EUI | 1U << L_SECURED)

static int get_link(const struct repr_value *map, struct bsres_link *link)
{
	struct repr_value v;
	struct repr_iter it;
	unsigned seen = 0;
	size_t field;
	int err = repr_map(map, MAX_MEMBERS, &it), more = 0;

	while (err == 0 &&
	       (more = repr_next_field(&it, link_fields, N_LINK_FIELDS, &field, &v)) > 0) {
		if (field == N_LINK_FIELDS)
			continue;
		if ((seen & 1U << field) != 0)
			return -EINVAL;
		seen |= 1U << field;
		err = field == L_EUI ? repr_octets(&v, link->eui.b, sizeof(link->eui.b))
				     : repr_bool(&v, &link->secured);
	}
	return err == 0 && more == 0 && seen == LINK_FIELDS ? 0 : -EINVAL;
}

static int get_links(const struct repr_value *array, struct bsres_state *s)
{
	struct repr_value v;
	struct repr_iter it;
	int err = repr_array(array, BSRES_MAX_LINKS, &it), more = 0;

	while (err == 0 && (more = repr_next_item(&it, &v)) > 0)
		err = get_link(&v, &s->link[s->n_links++]);
	return err < 0 ? err : more;
}

static int get_forget(const struct repr_value *array, struct bsres_change *c)
{
	struct repr_value v;
	struct repr_iter it;
	int err = repr_array(array, BSRES_MAX_FORGET, &it), more = 0;

	while (err == 0 && (more = repr_next_item(&it, &v)) > 0)
		err = repr_octets(&v, c->forget[c->n_forget++].b, sizeof(c->forget[0].b));
	return err < 0 ? err : more;
}

static int get_index(const struct repr_value *v, uint8_t *index)
{
	uint32_t n;

	if (repr_uint(v, UINT8_MAX, &n) < 0)
		return -EINVAL;
	*index = (uint8_t)n;
	return 0;
}

static int get_mark(const struct repr_value *v, enum bsres_mark *mark)
{
	uint32_t n;

	if (repr_uint(v, BSRES_SECURED, &n) < 0)
		return -EINVAL;
	*mark = (enum bsres_mark)n;
	return 0;
}

static int get_state_member(size_t field, const struct repr_value *v, struct bsres_state *s)
{
	switch (field) {
	case F_ALL_SECURED:
		return repr_bool(v, &s->all_secured);
	case F_N:
		return repr_uint(v, UINT32_MAX, &s->n);
	case F_FC:
		return repr_uint(v, UINT32_MAX, &s->fc);
	case F_LINKS:
		return get_links(v, s);
	case F_INDEX:
		return get_index(v, &s->index);
	case F_MARK:
		return get_mark(v, &s->mark);
	}
	return 0; /* a member we do not know */
}

static int get_state(const struct repr_value *map, struct bsres_state *s)
{
	struct repr_value v;
	struct repr_iter it;
	unsigned seen = 0;
	size_t field;
	int more;

	if (repr_map(map, MAX_MEMBERS, &it) < 0)
		return -EINVAL;
	while ((more = repr_next_field(&it, fields, N_FIELDS, &field, &v)) > 0) {
		if (field < N_FIELDS && (seen & 1U << field) != 0)
			return -EINVAL;
		if (get_state_member(field, &v, s) < 0)
			return -EINVAL;
		seen |= 1U << field;
	}
	return more == 0 && (seen & STATE_FIELDS) == STATE_FIELDS ? 0 : -EINVAL;
}

int bsres_state_parse(int format, const uint8_t *octets, size_t len, struct bsres_state *s)
{
	struct repr_reader r;
	int err = repr_reader_open(&r, format, octets, len);

	memset(s, 0, sizeof(*s));
	if (err < 0)
		return err;
	err = get_state(&r.root, s);
	repr_reader_close(&r);
	return err;
}

static int get_change_member(size_t field, const struct repr_value *v, struct bsres_change *c)
{
	switch (field) {
	case F_ALL_SECURED:
		c->has_all_secured = true;
		return repr_bool(v, &c->all_secured);
	case F_N:
		return repr_uint(v, UINT32_MAX, &c->n);
	case F_FC:
		c->has_fc = true;
		return repr_uint(v, UINT32_MAX, &c->fc);
	case F_FORGET:
		return get_forget(v, c);
	}
	return -EINVAL; /* nothing is changed by a request that is only half understood */
}

static int get_change(const struct repr_value *map, struct bsres_change *c)
{
	struct repr_value v;
	struct repr_iter it;
	unsigned seen = 0;
	size_t field;
	int more;

	if (repr_map(map, N_FIELDS, &it) < 0)
		return -EINVAL;
	while ((more = repr_next_field(&it, fields, N_FIELDS, &field, &v)) > 0) {
		if ((seen & 1U << field) != 0 || get_change_member(field, &v, c) < 0)
			return -EINVAL;
		seen |= 1U << field;
	}
	return more == 0 && c->has_all_secured == ((seen & 1U << F_N) != 0) ? 0 : -EINVAL;
}

int bsres_change_parse(int format, const uint8_t *octets, size_t len, struct bsres_change *c)
{
	struct repr_reader r;
	int err = repr_reader_open(&r, format, octets, len);

	memset(c, 0, sizeof(*c));
	if (err < 0)
		return err;
	err = get_change(&r.root, c);
	repr_reader_close(&r);
	return err;
}

static void put_uint(struct repr_writer *w, size_t field, uint32_t value)
{
	repr_put_field(w, &fields[field]);
	repr_put_uint(w, value);
}

static void put_all_secured(struct repr_writer *w, bool all_secured, uint32_t n)
{
	repr_put_field(w, &fields[F_ALL_SECURED]);
	repr_put_bool(w, all_secured);
	put_uint(w, F_N, n);
}

static void put_link(struct repr_writer *w, const struct bsres_link *link)
{
	repr_put_map(w, N_LINK_FIELDS);
	repr_put_field(w, &link_fields[L_EUI]);
	repr_put_octets(w, link->eui.b, sizeof(link->eui.b));
	repr_put_field(w, &link_fields[L_SECURED]);
	repr_put_bool(w, link->secured);
	repr_put_map_end(w);
}

int bsres_state_build(int format, const struct bsres_state *s, uint8_t *out, size_t cap)
{
	struct repr_writer w;
	int err = repr_writer_init(&w, format, out, cap);

	if (err < 0)
		return err;
	repr_put_map(&w, 6);
	put_all_secured(&w, s->all_secured, s->n);
	put_uint(&w, F_FC, s->fc);
	repr_put_field(&w, &fields[F_LINKS]);
	repr_put_array(&w, s->n_links);
	for (size_t i = 0; i < s->n_links; i++)
		put_link(&w, &s->link[i]);
	repr_put_array_end(&w);
	put_uint(&w, F_INDEX, s->index);
	put_uint(&w, F_MARK, (uint32_t)s->mark);
	repr_put_map_end(&w);
	return repr_writer_finish(&w);
}

int bsres_change_build(int format, const struct bsres_change *c, uint8_t *out, size_t cap)
{
	struct repr_writer w;
	int err = repr_writer_init(&w, format, out, cap);

	if (err < 0)
		return err;
	repr_put_map(&w, (c->has_all_secured ? 2U : 0U) + (c->has_fc ? 1U : 0U) +
				 (c->n_forget > 0 ? 1U : 0U));
	if (c->has_all_secured)
		put_all_secured(&w, c->all_secured, c->n);
	if (c->has_fc)
		put_uint(&w, F_FC, c->fc);
	if (c->n_forget > 0) {
		repr_put_field(&w, &fields[F_FORGET]);
		repr_put_array(&w, c->n_forget);
		for (size_t i = 0; i < c->n_forget; i++)
			repr_put_octets(&w, c->forget[i].b, sizeof(c->forget[i].b));
		repr_put_array_end(&w);
	}
	repr_put_map_end(&w);
	return repr_writer_finish(&w);
}

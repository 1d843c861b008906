/* SPDX-License-Identifier: ISC */
#include "keys/repr.h"

#include <cbor.h>
#include <errno.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* libcbor passes lengths as size_t up to 0.8, as uint64_t later. */
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 9
typedef size_t cbor_length;
#else
typedef uint64_t cbor_length;
#endif

enum token_kind { TOKEN_NONE, TOKEN_UINT, TOKEN_BOOL, TOKEN_OCTETS, TOKEN_ARRAY, TOKEN_MAP };

/* The head of a CBOR item; for octets the whole item. */
struct token {
	enum token_kind kind;
	uint64_t n; /* value, length or number of members */
	const uint8_t *octets;
};

static void on_uint64(void *arg, uint64_t v)
{
	*(struct token *)arg = (struct token){.kind = TOKEN_UINT, .n = v};
}

static void on_uint32(void *arg, uint32_t v)
{
	on_uint64(arg, v);
}

static void on_uint16(void *arg, uint16_t v)
{
	on_uint64(arg, v);
}

static void on_uint8(void *arg, uint8_t v)
{
	on_uint64(arg, v);
}

static void on_bool(void *arg, bool v)
{
	*(struct token *)arg = (struct token){.kind = TOKEN_BOOL, .n = v};
}

static void on_octets(void *arg, cbor_data octets, cbor_length len)
{
	*(struct token *)arg = (struct token){.kind = TOKEN_OCTETS, .n = len, .octets = octets};
}

static void on_array(void *arg, cbor_length n)
{
	*(struct token *)arg = (struct token){.kind = TOKEN_ARRAY, .n = n};
}

static void on_map(void *arg, cbor_length n)
{
	*(struct token *)arg = (struct token){.kind = TOKEN_MAP, .n = n};
}

static struct cbor_callbacks token_callbacks(void)
{
	struct cbor_callbacks cb = cbor_empty_callbacks;

	cb.uint8 = on_uint8;
	cb.uint16 = on_uint16;
	cb.uint32 = on_uint32;
	cb.uint64 = on_uint64;
	cb.boolean = on_bool;
	cb.byte_string = on_octets;
	cb.array_start = on_array;
	cb.map_start = on_map;
	return cb;
}

/* Consume one token; kinds without a callback of ours stay TOKEN_NONE and are refused. */
static int token_next(struct buf_reader *r, struct token *t)
{
	struct cbor_callbacks cb = token_callbacks();
	struct cbor_decoder_result res;

	*t = (struct token){.kind = TOKEN_NONE};
	if (!buf_ok(r) || buf_left(r) == 0)
		return -EINVAL;
	res = cbor_stream_decode(r->data + r->pos, buf_left(r), &cb, t);
	if (res.status != CBOR_DECODER_FINISHED || t->kind == TOKEN_NONE)
		return -EINVAL;
	buf_skip(r, res.read);
	return buf_ok(r) ? 0 : -EINVAL;
}

/* Consume one whole item. Every item takes an octet at least: a count beyond what is left is a lie,
 * and the loop ends after at most that many rounds. */
static int item_skip(struct buf_reader *r)
{
	struct token t;

	for (uint64_t open = 1; open > 0; open--) {
		if (open > buf_left(r) || token_next(r, &t) < 0)
			return -EINVAL;
		if ((t.kind == TOKEN_ARRAY || t.kind == TOKEN_MAP) && t.n > buf_left(r))
			return -EINVAL;
		if (t.kind == TOKEN_ARRAY)
			open += t.n;
		else if (t.kind == TOKEN_MAP)
			open += 2 * t.n;
	}
	return 0;
}

/* Consume one whole item as a value. */
static int item_take(struct buf_reader *r, struct repr_value *v)
{
	const uint8_t *start = r->data + r->pos;
	size_t before = buf_left(r);

	if (item_skip(r) < 0)
		return -EINVAL;
	*v = (struct repr_value){.cbor = start, .cbor_len = before - buf_left(r)};
	return 0;
}

static int cbor_open(struct repr_reader *r, const uint8_t *octets, size_t len)
{
	struct buf_reader in;

	buf_reader_init(&in, octets, len);
	return item_take(&in, &r->root) == 0 && buf_done(&in) ? 0 : -EINVAL;
}

/* What cJSON allocates may hold key octets as text, also when parsing fails half-way. */
static void wiping_free(void *p)
{
	if (p != NULL)
		OPENSSL_cleanse(p, malloc_usable_size(p));
	free(p);
}

/* cJSON takes control characters for white space; RFC 8259 section 2 does not. */
static bool json_characters(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (octets[i] < ' ' && memchr("\t\r\n", octets[i], 3) == NULL)
			return false;
	return true;
}

static int json_open(struct repr_reader *r, const uint8_t *octets, size_t len)
{
	char text[REPR_MAX_LEN + 1]; /* cJSON wants the final NUL */

	if (!json_characters(octets, len))
		return -EINVAL;
	memcpy(text, octets, len);
	text[len] = '\0';
	cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = malloc, .free_fn = wiping_free});
	r->tree = cJSON_ParseWithLengthOpts(text, len + 1, NULL, 1);
	OPENSSL_cleanse(text, sizeof(text));
	r->root = (struct repr_value){.json = r->tree};
	return r->tree != NULL ? 0 : -EINVAL;
}

int repr_reader_open(struct repr_reader *r, int format, const uint8_t *octets, size_t len)
{
	memset(r, 0, sizeof(*r));
	if (format != KEYS_FORMAT_JSON && format != KEYS_FORMAT_CBOR)
		return -ENOTSUP;
	if (len == 0 || len > REPR_MAX_LEN)
		return -EINVAL;
	return format == KEYS_FORMAT_JSON ? json_open(r, octets, len) : cbor_open(r, octets, len);
}

void repr_reader_close(struct repr_reader *r)
{
	cJSON_Delete(r->tree);
	memset(r, 0, sizeof(*r));
}

static int cbor_members(const struct repr_value *v, enum token_kind kind, size_t max,
			struct repr_iter *it)
{
	struct token t;

	buf_reader_init(&it->cbor, v->cbor, v->cbor_len);
	if (token_next(&it->cbor, &t) < 0 || t.kind != kind || t.n > max)
		return -EINVAL;
	it->left = (size_t)t.n;
	return 0;
}

static int json_members(const struct repr_value *v, size_t max, struct repr_iter *it)
{
	int n = cJSON_GetArraySize(v->json);

	if (n < 0 || (size_t)n > max)
		return -EINVAL;
	it->is_json = true;
	it->json = v->json->child;
	it->left = (size_t)n;
	return 0;
}

int repr_map(const struct repr_value *v, size_t max, struct repr_iter *it)
{
	memset(it, 0, sizeof(*it));
	if (v->json == NULL)
		return cbor_members(v, TOKEN_MAP, max, it);
	return cJSON_IsObject(v->json) ? json_members(v, max, it) : -EINVAL;
}

int repr_array(const struct repr_value *v, size_t max, struct repr_iter *it)
{
	memset(it, 0, sizeof(*it));
	if (v->json == NULL)
		return cbor_members(v, TOKEN_ARRAY, max, it);
	return cJSON_IsArray(v->json) ? json_members(v, max, it) : -EINVAL;
}

static int cbor_key(struct repr_iter *it, uint64_t *number)
{
	struct token t;

	if (token_next(&it->cbor, &t) < 0 || t.kind != TOKEN_UINT)
		return -EINVAL;
	*number = t.n;
	return 0;
}

/* The value after the key, or the next item of an array. */
int repr_next_item(struct repr_iter *it, struct repr_value *v)
{
	if (it->left == 0)
		return 0;
	it->left--;
	if (!it->is_json)
		return item_take(&it->cbor, v) < 0 ? -EINVAL : 1;
	*v = (struct repr_value){.json = it->json};
	it->json = it->json->next;
	return 1;
}

int repr_next_field(struct repr_iter *it, const struct repr_field *fields, size_t n_fields,
		    size_t *field, struct repr_value *v)
{
	uint64_t number = 0;

	if (it->left == 0)
		return 0;
	if (!it->is_json && cbor_key(it, &number) < 0)
		return -EINVAL;
	for (*field = 0; *field < n_fields; (*field)++)
		if (it->is_json ? strcmp(fields[*field].name, it->json->string) == 0
				: fields[*field].number == number)
			break;
	return repr_next_item(it, v);
}

static int decimal(const char *text, uint64_t *number)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 9 || text[len] != '\0' || (text[0] == '0' && len > 1))
		return -EINVAL;
	*number = strtoull(text, NULL, 10);
	return 0;
}

int repr_next_numbered(struct repr_iter *it, uint32_t max, uint32_t *number, struct repr_value *v)
{
	uint64_t n = 0;

	if (it->left == 0)
		return 0;
	if ((it->is_json ? decimal(it->json->string, &n) : cbor_key(it, &n)) < 0 || n > max)
		return -EINVAL;
	*number = (uint32_t)n;
	return repr_next_item(it, v);
}

/* A value that is one token of `kind`. */
static int scalar(const struct repr_value *v, enum token_kind kind, struct token *t)
{
	struct buf_reader in;

	buf_reader_init(&in, v->cbor, v->cbor_len);
	return token_next(&in, t) == 0 && t->kind == kind ? 0 : -EINVAL;
}

int repr_uint(const struct repr_value *v, uint32_t max, uint32_t *out)
{
	struct token t;

	if (v->json == NULL) {
		if (scalar(v, TOKEN_UINT, &t) < 0 || t.n > max)
			return -EINVAL;
		*out = (uint32_t)t.n;
		return 0;
	}
	if (!cJSON_IsNumber(v->json) || !(v->json->valuedouble >= 0) ||
	    v->json->valuedouble > (double)max)
		return -EINVAL;
	*out = (uint32_t)v->json->valuedouble;
	return (double)*out < v->json->valuedouble ? -EINVAL : 0; /* no fractions */
}

int repr_bool(const struct repr_value *v, bool *out)
{
	struct token t;

	if (v->json == NULL) {
		if (scalar(v, TOKEN_BOOL, &t) < 0)
			return -EINVAL;
		*out = t.n != 0;
		return 0;
	}
	*out = cJSON_IsTrue(v->json);
	return cJSON_IsBool(v->json) ? 0 : -EINVAL;
}

int repr_octets(const struct repr_value *v, void *dst, size_t len)
{
	struct buf_reader in;
	struct token t;

	if (v->json != NULL)
		return cJSON_IsString(v->json) ? buf_from_hex(v->json->valuestring, dst, len)
					       : -EINVAL;
	if (scalar(v, TOKEN_OCTETS, &t) < 0 || t.n != len)
		return -EINVAL;
	buf_reader_init(&in, t.octets, (size_t)t.n);
	buf_get(&in, dst, len);
	return buf_done(&in) ? 0 : -EINVAL;
}

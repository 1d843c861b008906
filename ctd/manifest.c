/* SPDX-License-Identifier: ISC */
#include "manifest.h"

#include "base/buf.h"
#include "base/credfile.h"
#include "base/utf8.h"
#include "csv.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum column { COLUMN_EUI, COLUMN_CREDENTIAL, COLUMN_NAME, COLUMN_PLACE, COLUMNS };

static const char *const titles[COLUMNS] = {"EUI-64", "CREDENTIAL", "name", "place"};

struct parser {
	struct manifest *m;
	size_t cap;
	const char *path;
	char *why;
	size_t why_len, why_used;
	size_t errors, told;
};

/* --- complaints --- */

/* Whole lines only. */
static void append_why(struct parser *p, const char *text)
{
	int n = snprintf(p->why + p->why_used, p->why_len - p->why_used, "%s%s",
			 p->why_used ? "\n" : "", text);

	if (n > 0 && (size_t)n < p->why_len - p->why_used) {
		p->why_used += (size_t)n;
		p->told++;
	} else if (p->why_len > 0) {
		p->why[p->why_used] = '\0';
	}
}

__attribute__((format(printf, 3, 4))) static void complain(struct parser *p, unsigned line,
							   const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (p->errors++ >= MANIFEST_MAX_ERRORS)
		return;
	n = snprintf(text, sizeof(text), "%.255s:%u: ", p->path, line);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	append_why(p, text);
}

static void count_untold(struct parser *p)
{
	char text[320];

	if (p->errors == p->told)
		return;
	snprintf(text, sizeof(text), "%.255s: %zu errors more", p->path, p->errors - p->told);
	append_why(p, text);
}

/* --- one device --- */

const char *manifest_check_text(const char *text)
{
	return strlen(text) >= MANIFEST_TEXT_LEN ? "longer than 63 octets" : utf8_check(text);
}

static const char *parse_text(const char *from, char to[MANIFEST_TEXT_LEN])
{
	const char *why = manifest_check_text(from);

	if (!why)
		strcpy(to, from); /* measured above */
	return why;
}

static const char *parse_psk(const char *hex, struct manifest_device *d)
{
	if (secret_from_hex(&d->psk, hex) == 0 && d->psk.len >= DTLS_MIN_PSK_LEN)
		return NULL;
	return "psk: takes 16 to 64 octets as 32 to 128 hex digits";
}

static const char *parse_hash(const char *hex, struct manifest_device *d)
{
	if (buf_from_hex(hex, d->key_hash, sizeof(d->key_hash)) == 0)
		return NULL;
	return "sha256: takes 64 hex digits, the SHA-256 of the device's SubjectPublicKeyInfo";
}

/* The value is not repeated in messages: it may be a secret. */
static const char *parse_credential(const char *text, struct manifest_device *d)
{
	if (strncmp(text, "psk:", 4) == 0) {
		d->credential = DTLS_CRED_PSK;
		return parse_psk(text + 4, d);
	}
	if (strncmp(text, "sha256:", 7) == 0) {
		d->credential = DTLS_CRED_RPK;
		return parse_hash(text + 7, d);
	}
	if (strcmp(text, "certificate") != 0)
		return "is none of psk:HEX, sha256:HEX and certificate";
	d->credential = DTLS_CRED_CERT;
	return NULL;
}

static void parse_device(struct parser *p, const struct csv_record *r, struct manifest_device *d)
{
	const char *why;

	*d = (struct manifest_device){.line = r->line};
	if (eui64_parse(r->field[COLUMN_EUI], &d->eui) < 0 || !eui64_is_device(&d->eui))
		complain(p, r->line, "\"%.32s\" is no EUI-64: 16 hex digits are needed",
			 r->field[COLUMN_EUI]);
	if ((why = parse_credential(r->field[COLUMN_CREDENTIAL], d)))
		complain(p, r->line, "credential: %s", why);
	if ((why = parse_text(r->field[COLUMN_NAME], d->name)))
		complain(p, r->line, "name: %s", why);
	if ((why = parse_text(r->field[COLUMN_PLACE], d->place)))
		complain(p, r->line, "place: %s", why);
}

/* --- the file --- */

/* Room for one more; what moves is wiped where it was. */
static int make_room(struct parser *p)
{
	size_t cap = p->cap ? p->cap * 2 : 64;
	struct manifest_device *device;

	if (p->m->n < p->cap)
		return 0;
	device = calloc(cap, sizeof(*device));
	if (!device)
		return -ENOMEM;
	if (p->m->n > 0) {
		memcpy(device, p->m->device, p->m->n * sizeof(*device));
		OPENSSL_cleanse(p->m->device, p->m->n * sizeof(*device));
	}
	free(p->m->device);
	p->m->device = device;
	p->cap = cap;
	return 0;
}

static int add_record(struct parser *p, const struct csv_record *r)
{
	if (r->n != COLUMNS) {
		complain(p, r->line, "%zu fields, %d are needed: %s,%s,%s,%s", r->n, COLUMNS,
			 titles[0], titles[1], titles[2], titles[3]);
		return 0;
	}
	if (p->m->n == MANIFEST_MAX_DEVICES) {
		complain(p, r->line, "more than %d devices", MANIFEST_MAX_DEVICES);
		return 0;
	}
	if (make_room(p) < 0)
		return -ENOMEM;
	parse_device(p, r, &p->m->device[p->m->n++]);
	return 0;
}

/* Without a header line the first device would be taken for one, or the columns be in any order. */
static bool is_header(const struct csv_record *r)
{
	if (r->n != COLUMNS)
		return false;
	for (int i = 0; i < COLUMNS; i++)
		if (strcasecmp(r->field[i], titles[i]) != 0)
			return false;
	return true;
}

static int parse_records(struct parser *p, struct csv *csv, struct csv_record *r)
{
	const char *reason;
	int found = csv_next(csv, r, &reason), error = 0;

	if (found != 1 || !is_header(r)) {
		complain(p, r->line, "the first line must be %s,%s,%s,%s (separated by commas)",
			 titles[0], titles[1], titles[2], titles[3]);
		return 0;
	}
	while (error == 0 && (found = csv_next(csv, r, &reason)) != 0) {
		if (found < 0)
			complain(p, r->line, "%s", reason);
		else
			error = add_record(p, r);
	}
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct manifest_device *const *x = a, *const *y = b;
	int order = memcmp((*x)->eui.b, (*y)->eui.b, sizeof((*x)->eui.b));

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

/* Sorts pointers: what is sorted is copied, and credentials are not to be. */
static int find_doubles(struct parser *p)
{
	const struct manifest *m = p->m;
	const struct manifest_device **sorted = calloc(m->n + 1, sizeof(const void *));
	eui64_text text;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < m->n; i++)
		sorted[i] = &m->device[i];
	qsort(sorted, m->n, sizeof(sorted[0]), compare);
	for (size_t i = 1; i < m->n; i++)
		if (eui64_equal(&sorted[i]->eui, &sorted[i - 1]->eui) &&
		    !eui64_is_zero(&sorted[i]->eui))
			complain(p, sorted[i]->line, "%s is in line %u already",
				 eui64_format(&sorted[i]->eui, text), sorted[i - 1]->line);
	free(sorted);
	return 0;
}

int manifest_parse(struct manifest *m, const char *text, size_t len, const char *path, char *why,
		   size_t why_len)
{
	struct parser p = {.m = m, .path = path, .why = why, .why_len = why_len};
	struct csv_record record;
	struct csv csv;
	int error;

	*m = (struct manifest){.device = NULL};
	csv_init(&csv, text, len);
	error = parse_records(&p, &csv, &record);
	OPENSSL_cleanse(&record, sizeof(record));
	if (error == 0)
		error = find_doubles(&p);
	count_untold(&p);
	if (error == 0 && p.errors > 0)
		error = -EINVAL;
	return error;
}

int manifest_load(struct manifest *m, const char *path, char *why, size_t why_len)
{
	char *text = malloc(MANIFEST_MAX_LEN);
	size_t len = 0;
	int error;

	*m = (struct manifest){.device = NULL};
	if (!text) {
		snprintf(why, why_len, "%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	error = credfile_read(path, true, text, MANIFEST_MAX_LEN, &len, why, why_len);
	if (error == 0)
		error = manifest_parse(m, text, len, path, why, why_len);
	OPENSSL_cleanse(text, len);
	free(text);
	return error;
}

void manifest_clear(struct manifest *m)
{
	if (m->device)
		OPENSSL_cleanse(m->device, m->n * sizeof(m->device[0]));
	free(m->device);
	*m = (struct manifest){.device = NULL};
}

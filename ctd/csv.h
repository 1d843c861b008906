/* SPDX-License-Identifier: ISC */
/* csv: one record after another of comma-separated values (RFC 4180 section 2): fields may stand in
 * double quotes, in which a comma, a line break, and a doubled double quote are text; lines end in
 * CRLF or LF. Beyond RFC 4180: empty lines, and lines whose first character is `#`, are skipped. */
#ifndef KMP_CTD_CSV_H
#define KMP_CTD_CSV_H

#include <stddef.h>

#define CSV_MAX_FIELDS 8
#define CSV_FIELD_LEN  256 /* longest field with its NUL */

struct csv {
	const char *text;
	size_t len, pos;
	unsigned line; /* of what is read next, from 1 */
};

struct csv_record {
	unsigned line; /* where it begins */
	size_t n;      /* fields; those beyond CSV_MAX_FIELDS are counted, not kept */
	char field[CSV_MAX_FIELDS][CSV_FIELD_LEN];
};

void csv_init(struct csv *csv, const char *text, size_t len);

/* Read the next record. Returns 1; 0 at the end; or -EINVAL with a reason in *why for a record that
 * is not CSV: r->line says where, and the next call goes on after its last line. */
int csv_next(struct csv *csv, struct csv_record *r, const char **why);

#endif

/* SPDX-License-Identifier: ISC */
/* show: results of the daemons' commands as text for people. What a result lacks is shown as
 * nothing; what is new in a status is shown by its name. */
#ifndef KMP_KMPCTL_SHOW_H
#define KMP_KMPCTL_SHOW_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdio.h>

struct table;
struct table_col;

/* Each prints one kind of result. Returns 0 or -ENOMEM. */
typedef int (*show_fn)(const cJSON *result, FILE *out);

int show_status(const cJSON *result, FILE *out); /* any object: a line a member */
/* Of ctd, in show_ctd.c and show_explain.c. */
int show_candidates(const cJSON *result, FILE *out);
int show_nodes(const cJSON *result, FILE *out);
/* Those to see to first, and a single line for each that is well. */
int show_nodes_live(const cJSON *result, FILE *out);
int show_devices(const cJSON *result, FILE *out);
int show_admitted(const cJSON *result, FILE *out);
int show_denied(const cJSON *result, FILE *out);
int show_evicted(const cJSON *result, FILE *out);
int show_mesh(const cJSON *result, FILE *out);
int show_explained(const cJSON *result, FILE *out);
/* Of brd and jnd, in show_node.c. */
int show_links(const cJSON *result, FILE *out);
int show_reset(const cJSON *result, FILE *out);

/* --- what these share --- */

#define SHOW_DURATION_LEN 24
/* "0s", "59s", "2m", "23h", "4d": rounded down to one unit. */
const char *show_duration(double seconds, char text[SHOW_DURATION_LEN]);

/* A member of a result: "" or 0 if it is not there or of another type; a duration is then "-". */
const char *show_text(const cJSON *o, const char *name);
double show_number(const cJSON *o, const char *name);
const char *show_seconds(const cJSON *o, const char *name, char text[SHOW_DURATION_LEN]);

#define SHOW_LABEL_LEN 132
/* "NAME (PLACE)" of a device, as far as it has them. */
const char *show_label(const cJSON *o, char text[SHOW_LABEL_LEN]);

#define SHOW_LINE_LEN 512 /* of a text that is shown in lines */
/* `text` after what is printed already up to column `indent`, in as many lines as it needs. */
void show_wrapped(const char *text, size_t indent, FILE *out);

/* The last `most` events of the array `timeline` of `result`, after an empty line if there are any.
 */
void show_timeline(const cJSON *result, int most, FILE *out);

/* The array `name` of `result` as a table, a row an item by `fn`, or the line `none`. */
typedef int (*show_row_fn)(struct table *t, const cJSON *item);
int show_list(const cJSON *result, const char *name, const struct table_col *cols, size_t n_cols,
	      show_row_fn fn, const char *none, FILE *out);
/* The same, once through for each of `fns`, which leave out what is another's. */
int show_list_in_turn(const cJSON *result, const char *name, const struct table_col *cols,
		      size_t n_cols, const show_row_fn *fns, size_t n_fns, const char *none,
		      FILE *out);

#endif

/* SPDX-License-Identifier: ISC */
/* show: results of the daemons' commands as text for people. What a result lacks is shown as
 * nothing; what is new in a status is shown by its name. */
#ifndef KMP_KMPCTL_SHOW_H
#define KMP_KMPCTL_SHOW_H

#include <cjson/cJSON.h>
#include <stdio.h>

/* Each prints one kind of result. Returns 0 or -ENOMEM. */
typedef int (*show_fn)(const cJSON *result, FILE *out);

int show_status(const cJSON *result, FILE *out); /* any object: a line a member */
int show_candidates(const cJSON *result, FILE *out);
int show_nodes(const cJSON *result, FILE *out);
int show_admitted(const cJSON *result, FILE *out);
int show_links(const cJSON *result, FILE *out);

#define SHOW_DURATION_LEN 24
/* "0s", "59s", "2m", "23h", "4d": rounded down to one unit. */
const char *show_duration(double seconds, char text[SHOW_DURATION_LEN]);

#endif

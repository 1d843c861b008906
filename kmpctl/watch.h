/* SPDX-License-Identifier: ISC */
/* watch: what a daemon knows, again and again: on a terminal a picture that is drawn in place, at
 * most once a second and only if it has changed; otherwise a line for each change. */
#ifndef KMP_KMPCTL_WATCH_H
#define KMP_KMPCTL_WATCH_H

#include "kmpctl.h"

/* Until SIGINT or SIGTERM, which end the process at once with KMPCTL_DONE, or until `out` takes no
 * more. A daemon that does not run at first is a failure; one
 * that goes away later is waited for. */
enum kmpctl_exit watch(const struct kmpctl_request *req, FILE *out, FILE *err);

/* --- what a picture and a line are, for tests --- */

/* What one round has found out; each may be NULL. */
struct watch_view {
	cJSON *head; /* `mesh` of ctd, `status` of the others */
	cJSON *list; /* `nodes` of ctd, `links` of the others */
};

/* The picture, as text of at most `rows` lines of `columns`. Heap, caller frees; NULL without
 * memory. */
char *watch_picture(const struct kmpctl_request *req, const struct watch_view *view, size_t rows,
		    size_t columns);

/* A line for each device or link whose state, links or reason differ, and one for the mesh. */
void watch_changes(const struct watch_view *before, const struct watch_view *now, const char *time,
		   FILE *out);

#endif

/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include "base/utf8.h"
#include "table.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_S   1
#define HEAD_LEN     256
#define KEY_LEN      512
#define LATE_SHOWN   3 /* of those who are behind */
#define DEFAULT_ROWS 24

/* --- the picture --- */

static bool is_true(const cJSON *o, const char *name)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, name));
}

/* What the mesh is doing, in one line; "" if the tool does not tell. */
static void describe_mesh(const cJSON *mesh, char text[HEAD_LEN])
{
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(mesh, "rekey");
	size_t used;

	text[0] = '\0';
	if (!mesh)
		return;
	used = (size_t)snprintf(text, HEAD_LEN, "mesh %s, key %.0f, %.0f of %.0f up to date",
				is_true(mesh, "all_secured") ? "closed" : "open",
				show_number(mesh, "key_index"), show_number(mesh, "done"),
				show_number(mesh, "total"));
	if (cJSON_IsObject(rekey))
		snprintf(text + used, HEAD_LEN - used, ", re-key to %.0f: %.16s",
			 show_number(rekey, "index"), show_text(rekey, "phase"));
}

static void describe_node(const cJSON *status, char text[HEAD_LEN])
{
	text[0] = '\0';
	if (status)
		snprintf(text, HEAD_LEN, "%.16s: %.16s, key %.0f, %s", show_text(status, "eui"),
			 show_text(status, "state"), show_number(status, "key_index"),
			 is_true(status, "all_secured") ? "closed" : "open");
}

static bool of_ctd(const struct kmpctl_request *req)
{
	return strcmp(req->command->daemon, "ctd") == 0;
}

static void print_behind(const cJSON *mesh, FILE *out)
{
	const cJSON *item;
	int n = 0;

	cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(mesh, "behind")) {
		if (n++ == LATE_SHOWN)
			break;
		fprintf(out, "  behind: %.16s %.*s: %.16s %.*s\n", show_text(item, "eui"),
			UTF8_CUT(show_text(item, "name"), 40), show_text(item, "due"),
			UTF8_CUT(show_text(item, "reason"), 60));
	}
}

static void print_all(const struct kmpctl_request *req, const struct watch_view *view, FILE *out)
{
	char head[HEAD_LEN];

	(of_ctd(req) ? describe_mesh : describe_node)(view->head, head);
	if (*head)
		fprintf(out, "%s\n", head);
	if (of_ctd(req))
		print_behind(view->head, out);
	if (view->list)
		req->command->show(view->list, out);
	else
		fprintf(out, "%s does not answer\n", req->command->daemon);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void print_fitting(char *text, size_t rows, size_t columns, FILE *out)
{
	size_t n = count_lines(text), shown = n <= rows ? n : rows - 1;
	char *line;

	for (size_t i = 0; i < shown && (line = strsep(&text, "\n")); i++) {
		table_print_cut(line, columns, out);
		fputc('\n', out);
	}
	if (n > shown)
		fprintf(out, ".. %zu more lines\n", n - shown);
}

char *watch_picture(const struct kmpctl_request *req, const struct watch_view *view, size_t rows,
		    size_t columns)
{
	char *whole = NULL, *fitting = NULL;
	size_t len;
	FILE *out = open_memstream(&whole, &len);

	if (!out)
		return NULL;
	print_all(req, view, out);
	fclose(out);
	out = whole ? open_memstream(&fitting, &len) : NULL;
	if (out) {
		print_fitting(whole, rows, columns, out);
		fclose(out);
	}
	free(whole);
	return fitting;
}

/* --- the changes --- */

static const cJSON *list_of(const struct watch_view *view)
{
	const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(view->list, "nodes");

	return nodes ? nodes : cJSON_GetObjectItemCaseSensitive(view->list, "links");
}

/* What counts as a change: not how long ago something was. */
static void describe_item(const cJSON *item, char text[KEY_LEN])
{
	size_t used = (size_t)snprintf(text, KEY_LEN, "%.16s", show_text(item, "state"));
	const char *reason = show_text(item, "reason");

	if (cJSON_GetObjectItemCaseSensitive(item, "links_total"))
		used += (size_t)snprintf(text + used, KEY_LEN - used, ", links %.0f/%.0f",
					 show_number(item, "links_secured"),
					 show_number(item, "links_total"));
	if (*reason)
		snprintf(text + used, KEY_LEN - used, ": %.*s", UTF8_CUT(reason, 200));
}

static const cJSON *find_item(const struct watch_view *view, const char *eui)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list_of(view)) {
		if (strcmp(show_text(item, "eui"), eui) == 0)
			return item;
	}
	return NULL;
}

static void print_item(const char *time, const cJSON *item, const char *text, FILE *out)
{
	char label[SHOW_LABEL_LEN];

	fprintf(out, "%s ", time);
	table_print_cut(show_text(item, "eui"), EUI64_TEXT_LEN, out);
	if (*show_label(item, label)) {
		fputc(' ', out);
		table_print_cut(label, SHOW_LABEL_LEN, out);
	}
	fputs(": ", out);
	table_print_cut(text, KEY_LEN, out);
	fputc('\n', out);
}

static void print_head_change(const struct watch_view *before, const struct watch_view *now,
			      const char *time, FILE *out)
{
	bool mesh = cJSON_GetObjectItemCaseSensitive(now->head, "total") != NULL;
	char was[HEAD_LEN], is[HEAD_LEN];

	(mesh ? describe_mesh : describe_node)(before->head, was);
	(mesh ? describe_mesh : describe_node)(now->head, is);
	if (!*is || strcmp(was, is) == 0)
		return;
	fprintf(out, "%s ", time);
	table_print_cut(is, HEAD_LEN, out);
	fputc('\n', out);
}

void watch_changes(const struct watch_view *before, const struct watch_view *now, const char *time,
		   FILE *out)
{
	char was[KEY_LEN], is[KEY_LEN];
	const cJSON *item, *old;

	print_head_change(before, now, time, out);
	cJSON_ArrayForEach (item, list_of(now)) {
		old = find_item(before, show_text(item, "eui"));
		was[0] = '\0';
		if (old)
			describe_item(old, was);
		describe_item(item, is);
		if (!old || strcmp(was, is) != 0)
			print_item(time, item, is, out);
	}
	cJSON_ArrayForEach (item, list_of(before)) {
		if (now->list && !find_item(now, show_text(item, "eui")))
			print_item(time, item, "gone", out);
	}
}

/* --- watching --- */

/* At once, whatever it waits for, such as a daemon that hangs: there is nothing to be undone. */
static void on_signal(int signum)
{
	(void)signum;
	_exit(KMPCTL_DONE);
}

static void catch_signals(sigset_t *caught)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(caught);
	sigaddset(caught, SIGINT);
	sigaddset(caught, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void clear_view(struct watch_view *view)
{
	cJSON_Delete(view->head);
	cJSON_Delete(view->list);
	*view = (struct watch_view){NULL, NULL};
}

/* Returns 0, or the error of kmpctl_ask() about the list; the head may be missing. */
static int look(const struct kmpctl_request *req, struct watch_view *view, char why[CTL_WHY_LEN])
{
	int r = kmpctl_ask(req, of_ctd(req) ? "nodes" : "links", NULL, 0, &view->list, why);
	char unused[CTL_WHY_LEN];

	if (r == 0)
		kmpctl_ask(req, of_ctd(req) ? "mesh" : "status", NULL, 0, &view->head, unused);
	return r;
}

static void clock_text(char text[16])
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm) || strftime(text, 16, "%T", &tm) == 0)
		text[0] = '\0';
}

/* Where the terminal ends, its last line being the cursor's. */
static void size_of(FILE *out, size_t *rows, size_t *columns)
{
	struct winsize size;

	*rows = DEFAULT_ROWS - 1;
	*columns = TABLE_WIDTH;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_row > 2 && size.ws_col > 8) {
		*rows = (size_t)size.ws_row - 1;
		*columns = size.ws_col;
	}
}

/* Draw over what was there: home, each line and what was behind it, and what was below. */
static void draw(const char *picture, bool first, FILE *out)
{
	fputs(first ? "\033[2J\033[H" : "\033[H", out);
	for (; *picture; picture++) {
		if (*picture == '\n')
			fputs("\033[K", out);
		fputc(*picture, out);
	}
	fputs("\033[J", out);
	fflush(out);
}

static void redraw(const struct kmpctl_request *req, const struct watch_view *view, char **drawn,
		   FILE *out)
{
	size_t rows, columns;
	char *picture;

	size_of(out, &rows, &columns);
	picture = watch_picture(req, view, rows, columns);
	if (!picture)
		return;
	if (!*drawn || strcmp(*drawn, picture) != 0)
		draw(picture, !*drawn, out);
	free(*drawn);
	*drawn = picture;
}

static void tell_changes(const struct kmpctl_request *req, const struct watch_view *before,
			 const struct watch_view *now, FILE *out)
{
	char text[16];

	clock_text(text);
	if (before->list && !now->list)
		fprintf(out, "%s %s does not answer\n", text, req->command->daemon);
	watch_changes(before, now, text, out);
	fflush(out);
}

/* Whole lines: a signal waits until they are out. */
static void print_view(const struct kmpctl_request *req, const struct watch_view *before,
		       const struct watch_view *now, char **drawn, const sigset_t *caught,
		       FILE *out)
{
	sigprocmask(SIG_BLOCK, caught, NULL);
	if (isatty(fileno(out)))
		redraw(req, now, drawn, out);
	else
		tell_changes(req, before, now, out);
	sigprocmask(SIG_UNBLOCK, caught, NULL);
}

enum kmpctl_exit watch(const struct kmpctl_request *req, FILE *out, FILE *err)
{
	struct watch_view before = {NULL, NULL}, now = {NULL, NULL};
	const struct timespec pause = {INTERVAL_S, 0};
	char why[CTL_WHY_LEN] = "", *drawn = NULL;
	sigset_t caught;
	int r;

	catch_signals(&caught);
	r = look(req, &now, why);
	if (r < 0) {
		kmpctl_complain(req, r, why, err);
		return KMPCTL_FAILED;
	}
	while (!ferror(out)) {
		print_view(req, &before, &now, &drawn, &caught, out);
		nanosleep(&pause, NULL);
		clear_view(&before);
		before = now;
		now = (struct watch_view){NULL, NULL};
		look(req, &now, why);
	}
	clear_view(&before);
	clear_view(&now);
	free(drawn);
	return KMPCTL_DONE;
}

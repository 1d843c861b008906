/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "base/eui64.h"
#include "base/utf8.h"
#include "table.h"

#include <string.h>

#define NAME_WIDTH  20   /* of a device's name within a line */
#define MESH_EVENTS 5    /* shown of those of the whole mesh */
#define SILENT_S    7200 /* longer than ctd takes to ask thousands how they are */

/* "ADDRESS, ADDRESS: REASON" */
static void candidate_note(const cJSON *item, char note[TABLE_NOTE_LEN])
{
	const cJSON *address;
	size_t used = 0;

	cJSON_ArrayForEach (address, cJSON_GetObjectItemCaseSensitive(item, "addresses")) {
		if (cJSON_IsString(address) && used < TABLE_NOTE_LEN / 2)
			used += (size_t)snprintf(note + used, TABLE_NOTE_LEN - used, "%s%.46s",
						 used ? ", " : "", address->valuestring);
	}
	snprintf(note + used, TABLE_NOTE_LEN - used, "%s%.*s", used ? ": " : "",
		 UTF8_CUT(show_text(item, "reason"), 200));
}

static int candidate_row(struct table *t, const cJSON *item)
{
	char first[SHOW_DURATION_LEN], last[SHOW_DURATION_LEN], requests[24];
	char label[SHOW_LABEL_LEN], note[TABLE_NOTE_LEN];
	const char *const cells[] = {show_text(item, "eui"),
				     show_text(item, "state"),
				     show_seconds(item, "last_heard_s", last),
				     show_seconds(item, "first_heard_s", first),
				     requests,
				     show_label(item, label)};

	snprintf(requests, sizeof(requests), "%.0f", show_number(item, "requests"));
	candidate_note(item, note);
	return table_add(t, cells, note);
}

/* Then it is one of the nodes. */
static bool is_let_in(const cJSON *item)
{
	const char *state = show_text(item, "state");

	return strcmp(state, "candidate") != 0 && strcmp(state, "denied") != 0;
}

/* Among a thousand that are in, the new one is to be seen. */
static int waiting_row(struct table *t, const cJSON *item)
{
	return is_let_in(item) ? 0 : candidate_row(t, item);
}

static int count_let_in(const cJSON *list)
{
	const cJSON *item;
	int n = 0;

	cJSON_ArrayForEach (item, list)
		n += is_let_in(item);
	return n;
}

int show_candidates(const cJSON *result, FILE *out)
{
	static const struct table_col cols[] = {
		{.title = "EUI-64"},
		{.title = "STATE"},
		{.title = "HEARD", .right = true},
		{.title = "FIRST", .right = true},
		{.title = "REQUESTS", .right = true},
		{.title = "NAME", .elastic = true},
	};

	const cJSON *list = cJSON_GetObjectItemCaseSensitive(result, "candidates");
	int let_in = count_let_in(list), r = 0;

	if (let_in == 0 || let_in < cJSON_GetArraySize(list))
		r = show_list(result, "candidates", cols, sizeof(cols) / sizeof(cols[0]),
			      waiting_row, "nobody has asked to be let in", out);
	if (let_in > 0)
		fprintf(out, "%d of those who asked were let in: kmpctl ctd nodes\n", let_in);
	return r;
}

static bool is_left_behind(const cJSON *item)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "left_behind"));
}

/* Who is not in yet has other reasons not to answer. */
static bool is_silent(const cJSON *item)
{
	const char *state = show_text(item, "state");

	return show_number(item, "silent_s") >= SILENT_S &&
	       (strcmp(state, "joined") == 0 || strcmp(state, "keyed") == 0);
}

/* There is nothing to be seen to. */
static bool is_well(const cJSON *item)
{
	return strcmp(show_text(item, "state"), "joined") == 0 && !*show_text(item, "due") &&
	       !is_left_behind(item) && !is_silent(item);
}

/* What is to be seen to comes first: the line may be cut. */
static void node_note(const cJSON *item, char note[TABLE_NOTE_LEN])
{
	const char *address = show_text(item, "address"), *due = show_text(item, "due");
	char silent[SHOW_DURATION_LEN] = "";

	if (is_silent(item))
		show_seconds(item, "silent_s", silent);
	snprintf(note, TABLE_NOTE_LEN, "%s%s%s%s%s%.16s%s%.46s%s%.*s",
		 is_left_behind(item) ? "left behind; " : "", *silent ? "silent for " : "", silent,
		 *silent ? "; " : "", *due ? "due: " : "", due, *due ? "; " : "", address,
		 *address ? ": " : "", UTF8_CUT(show_text(item, "reason"), 200));
}

/* `shorter`: a line for one that is well. */
static int add_node(struct table *t, const cJSON *item, bool shorter)
{
	char since[SHOW_DURATION_LEN], links[48], label[SHOW_LABEL_LEN], note[TABLE_NOTE_LEN];
	const char *const cells[] = {show_text(item, "eui"),
				     show_text(item, "state"),
				     show_seconds(item, "since_s", since),
				     links,
				     show_text(item, "session"),
				     show_label(item, label)};

	snprintf(links, sizeof(links), "%.0f/%.0f", show_number(item, "links_secured"),
		 show_number(item, "links_total"));
	node_note(item, note);
	return table_add(t, cells, shorter && is_well(item) ? NULL : note);
}

static int node_row(struct table *t, const cJSON *item)
{
	return add_node(t, item, false);
}

static int ailing_row(struct table *t, const cJSON *item)
{
	return is_well(item) ? 0 : add_node(t, item, true);
}

static int well_row(struct table *t, const cJSON *item)
{
	return is_well(item) ? add_node(t, item, true) : 0;
}

static const struct table_col node_cols[] = {
	{.title = "EUI-64"},
	{.title = "STATE"},
	{.title = "SINCE", .right = true},
	{.title = "LINKS", .right = true},
	{.title = "SESSION"},
	{.title = "NAME", .elastic = true},
};
#define N_NODE_COLS (sizeof(node_cols) / sizeof(node_cols[0]))
#define NO_NODES    "no node has been admitted"

int show_nodes(const cJSON *result, FILE *out)
{
	return show_list(result, "nodes", node_cols, N_NODE_COLS, node_row, NO_NODES, out);
}

int show_nodes_live(const cJSON *result, FILE *out)
{
	static const show_row_fn rows[] = {ailing_row, well_row};

	return show_list_in_turn(result, "nodes", node_cols, N_NODE_COLS, rows, 2, NO_NODES, out);
}

int show_admitted(const cJSON *result, FILE *out)
{
	bool before = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "admitted_before"));

	char line[SHOW_LINE_LEN];

	snprintf(line, sizeof(line), "%.16s%s%.16s (%.*s)", show_text(result, "eui"),
		 before ? " was admitted before, is now " : ": ", show_text(result, "state"),
		 UTF8_CUT(show_text(result, "reason"), 200));
	show_wrapped(line, 0, out);
	return 0;
}

/* "0200000000000002 NAME" */
static void print_device(const cJSON *result, FILE *out)
{
	char label[SHOW_LABEL_LEN];

	table_print_cut(show_text(result, "eui"), EUI64_TEXT_LEN, out);
	if (*show_label(result, label)) {
		fputc(' ', out);
		table_print_cut(label, NAME_WIDTH, out);
	}
}

int show_denied(const cJSON *result, FILE *out)
{
	print_device(result, out);
	fputs(": denied\n", out);
	return 0;
}

int show_evicted(const cJSON *result, FILE *out)
{
	const cJSON *rekey = cJSON_GetObjectItemCaseSensitive(result, "rekey");
	bool under_way = cJSON_IsObject(rekey);

	print_device(result, out);
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "rekeyed")))
		fputs(": denied, no re-key: it holds no key\n", out);
	else if (under_way && !strstr(show_text(rekey, "reason"), show_text(result, "eui")))
		fputs(": evicted, re-key follows the one under way\n", out);
	else
		fprintf(out, ": evicted, re-key to key index %.0f\n",
			under_way ? show_number(rekey, "index") : show_number(result, "key_index"));
	return 0;
}

static int device_row(struct table *t, const cJSON *item)
{
	char label[SHOW_LABEL_LEN];
	const char *const cells[] = {show_text(item, "eui"), show_label(item, label)};

	return table_add(t, cells, NULL);
}

int show_devices(const cJSON *result, FILE *out)
{
	static const struct table_col cols[] = {{.title = "EUI-64"},
						{.title = "NAME", .elastic = true}};

	return show_list(result, "devices", cols, sizeof(cols) / sizeof(cols[0]), device_row,
			 "no such device", out);
}

/* --- the mesh as a whole --- */

static int behind_row(struct table *t, const cJSON *item)
{
	char label[SHOW_LABEL_LEN];
	const char *const cells[] = {show_text(item, "eui"), show_text(item, "due"),
				     show_label(item, label)};
	const char *reason = show_text(item, "reason");

	return table_add(t, cells, *reason ? reason : NULL);
}

static void show_rekey(const cJSON *rekey, FILE *out)
{
	char deadline[SHOW_DURATION_LEN];

	if (!cJSON_IsObject(rekey))
		return;
	fprintf(out, "re-key: key %.0f, phase ", show_number(rekey, "index"));
	table_print_cut(show_text(rekey, "phase"), TABLE_WIDTH, out);
	fputs(" (", out);
	table_print_cut(show_text(rekey, "reason"), TABLE_WIDTH / 2, out);
	fputc(')', out);
	if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(rekey, "deadline_s")))
		fprintf(out, ", %s left", show_seconds(rekey, "deadline_s", deadline));
	fputc('\n', out);
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(rekey, "out_of_reach")))
		fputs("no border router answers: the re-key waits for one\n", out);
}

static void show_left_behind(const cJSON *list, FILE *out)
{
	char label[SHOW_LABEL_LEN];
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		fputs("left behind: ", out);
		table_print_cut(show_text(item, "eui"), EUI64_TEXT_LEN, out);
		fputc(' ', out);
		table_print_cut(show_label(item, label), NAME_WIDTH, out);
		fputs(" (kmpctl ctd open --near it)\n", out);
	}
}

int show_mesh(const cJSON *result, FILE *out)
{
	static const struct table_col cols[] = {
		{.title = "BEHIND"}, {.title = "DUE"}, {.title = "NAME", .elastic = true}};
	bool closed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "all_secured"));
	const char *near = show_text(result, "near");
	int r;

	fprintf(out, "mesh: %s (n %.0f), key %.0f, %.0f of %.0f up to date\n",
		closed ? "closed" : "open", show_number(result, "n"),
		show_number(result, "key_index"), show_number(result, "done"),
		show_number(result, "total"));
	if (*near) {
		fputs("open near: ", out);
		table_print_cut(near, EUI64_TEXT_LEN, out);
		fputc('\n', out);
	}
	show_rekey(cJSON_GetObjectItemCaseSensitive(result, "rekey"), out);
	show_left_behind(cJSON_GetObjectItemCaseSensitive(result, "left_behind"), out);
	r = show_list(result, "behind", cols, sizeof(cols) / sizeof(cols[0]), behind_row,
		      "nobody is behind", out);
	show_timeline(result, MESH_EVENTS, out);
	return r;
}

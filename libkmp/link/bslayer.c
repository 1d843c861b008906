/* SPDX-License-Identifier: ISC */
#include "link/bslayer.h"

#include "base/log.h"
#include "link/bslayer_impl.h"
#include "link/pindir.h"

#include <bpf/bpf.h>
#include <bslayer.skel.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDLE 1 /* of our filter at BSLAYER_PRIORITY */

int bslayer_fail(struct bslayer *b, int err, const char *what)
{
	snprintf(b->error, sizeof(b->error), "%s %s: %s", b->wpan, what, strerror(-err));
	return err;
}

const char *bslayer_error(const struct bslayer *b)
{
	return b->error;
}

static void pin_path(const struct bslayer *b, const char *map, char path[PATH_MAX])
{
	pindir_path(PINDIR_FS, b->wpan, map, path);
}

/* Take away all pinned maps of this interface. The directory stays: its lock is the claim on the
 * interface (iface_claim()). Returns BSLAYER_REPLACED if there were any, else BSLAYER_FRESH. */
static enum bslayer_start unpin(const struct bslayer *b)
{
	enum bslayer_start found = BSLAYER_FRESH;
	char path[PATH_MAX];
	struct dirent *e;
	DIR *dir;

	pin_path(b, "", path);
	dir = opendir(path);
	if (!dir)
		return found;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		pin_path(b, e->d_name, path);
		unlink(path);
		found = BSLAYER_REPLACED;
	}
	closedir(dir);
	return found;
}

/* Is what lies pinned of this version and of these interfaces? */
static bool is_state_ours(const struct bslayer *b)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info), zero = 0;
	struct bslayer_config c;
	char path[PATH_MAX];
	bool ours;
	int fd;

	pin_path(b, "config", path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return false;
	ours = !bpf_obj_get_info_by_fd(fd, &info, &len) && info.value_size == sizeof(c) &&
	       !bpf_map_lookup_elem(fd, &zero, &c) && c.layout == BSLAYER_LAYOUT &&
	       c.wpan_ifindex == b->wpan_index && c.lowpan_ifindex == b->lowpan_index;
	close(fd);
	return ours;
}

static int set_pins(struct bslayer *b)
{
	char path[PATH_MAX];
	struct bpf_map *map;
	int err = pindir_make(PINDIR_FS, b->wpan);

	if (err)
		return err;
	bpf_object__for_each_map(map, b->skel->obj)
	{
		pin_path(b, bpf_map__name(map), path);
		err = bpf_map__is_internal(map) ? 0 : bpf_map__set_pin_path(map, path);
		if (err)
			return err;
	}
	return 0;
}

static int load(struct bslayer *b)
{
	struct bpf_program *program;
	int err;

	bslayer_bpf__destroy(b->skel);
	b->skel = bslayer_bpf__open();
	if (!b->skel)
		return -errno;
	bpf_object__for_each_program(program, b->skel->obj)
		bpf_program__set_autoload(program, !b->maps_only);
	err = b->wpan[0] ? set_pins(b) : 0;
	return err ? err : bslayer_bpf__load(b->skel);
}

static int start_config(struct bslayer *b)
{
	const struct bslayer_config c = {.layout = BSLAYER_LAYOUT,
					 .wpan_ifindex = b->wpan_index,
					 .lowpan_ifindex = b->lowpan_index,
					 .levels = BSLAYER_LEVELS_DEFAULT,
					 .modes = BSLAYER_MODES_DEFAULT};
	__u32 zero = 0;

	return bpf_map_update_elem(bslayer_map_fd(b, BSLAYER_MAP_CONFIG), &zero, &c, BPF_ANY);
}

static int map_budget(struct bslayer *b)
{
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			  bslayer_map_fd(b, BSLAYER_MAP_BUDGET), 0);

	if (page == MAP_FAILED)
		return -errno;
	b->budget = page;
	return 0;
}

/* Load with the state that is there, or, if it does not fit, without. */
static int load_with_state(struct bslayer *b, enum bslayer_start *start)
{
	int err;

	if (!b->wpan[0])
		*start = BSLAYER_FRESH;
	else
		*start = is_state_ours(b) ? BSLAYER_REUSED : unpin(b);
	err = load(b);
	if (err == -EINVAL && *start == BSLAYER_REUSED) {
		*start = unpin(b);
		err = load(b);
	}
	if (!err && *start != BSLAYER_REUSED)
		err = start_config(b);
	return err ? err : map_budget(b);
}

static int make(struct bslayer **out, const char *wpan, unsigned int wpan_index,
		unsigned int lowpan_index, bool maps_only, enum bslayer_start *start)
{
	struct bslayer *b = calloc(1, sizeof(*b));
	enum bslayer_start found;
	int err;

	*out = NULL;
	if (!b)
		return -ENOMEM;
	snprintf(b->wpan, sizeof(b->wpan), "%s", wpan ? wpan : "");
	b->wpan_index = wpan_index;
	b->lowpan_index = lowpan_index;
	b->maps_only = maps_only;
	bslayer_log_start();
	err = load_with_state(b, &found);
	if (err) {
		log_error("bslayer", NULL, "cannot load the bootstrap layer for %s: %s (%s)",
			  b->wpan, strerror(-err), bslayer_log_last());
		bslayer_free(b);
		return err;
	}
	if (start)
		*start = found;
	*out = b;
	return 0;
}

int bslayer_new(struct bslayer **b, const char *wpan, unsigned int wpan_index,
		unsigned int lowpan_index, enum bslayer_start *start)
{
	return make(b, wpan, wpan_index, lowpan_index, false, start);
}

int bslayer_new_maps(struct bslayer **b, const char *wpan, unsigned int wpan_index,
		     unsigned int lowpan_index, enum bslayer_start *start)
{
	return make(b, wpan, wpan_index, lowpan_index, true, start);
}

void bslayer_free(struct bslayer *b)
{
	if (!b)
		return;
	bslayer_unwatch(b);
	if (b->budget)
		munmap(b->budget, (size_t)sysconf(_SC_PAGESIZE));
	bslayer_bpf__destroy(b->skel);
	free(b);
}

int bslayer_program_fd(const struct bslayer *b, enum bslayer_program p)
{
	switch (p) {
	case BSLAYER_WPAN_INGRESS:
		return bpf_program__fd(b->skel->progs.bslayer_wpan_in);
	case BSLAYER_WPAN_EGRESS:
		return bpf_program__fd(b->skel->progs.bslayer_wpan_out);
	case BSLAYER_LOWPAN_INGRESS:
		return bpf_program__fd(b->skel->progs.bslayer_lowpan_in);
	case BSLAYER_LOWPAN_EGRESS:
		return bpf_program__fd(b->skel->progs.bslayer_lowpan_out);
	case BSLAYER_N_PROGRAMS:
		break;
	}
	return -1;
}

int bslayer_map_fd(const struct bslayer *b, enum bslayer_map map)
{
	switch (map) {
	case BSLAYER_MAP_CONFIG:
		return bpf_map__fd(b->skel->maps.config);
	case BSLAYER_MAP_NEIGHBOURS:
		return bpf_map__fd(b->skel->maps.neighbours);
	case BSLAYER_MAP_SHORTS:
		return bpf_map__fd(b->skel->maps.shorts);
	case BSLAYER_MAP_KEYS:
		return bpf_map__fd(b->skel->maps.keys);
	case BSLAYER_MAP_COUNTERS:
		return bpf_map__fd(b->skel->maps.counters);
	case BSLAYER_MAP_BUDGET:
		return bpf_map__fd(b->skel->maps.budget);
	case BSLAYER_MAP_COUNTS:
		return bpf_map__fd(b->skel->maps.counts);
	case BSLAYER_MAP_EVENTS:
		return bpf_map__fd(b->skel->maps.events);
	}
	return -1;
}

/* Where `p` belongs, and our place there. libbpf refuses structures with anything in their padding.
 */
static void place_of(const struct bslayer *b, enum bslayer_program p, struct bpf_tc_hook *hook,
		     struct bpf_tc_opts *opts)
{
	bool wpan = p == BSLAYER_WPAN_INGRESS || p == BSLAYER_WPAN_EGRESS;
	bool in = p == BSLAYER_WPAN_INGRESS || p == BSLAYER_LOWPAN_INGRESS;

	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = (int)(wpan ? b->wpan_index : b->lowpan_index);
	hook->attach_point = in ? BPF_TC_INGRESS : BPF_TC_EGRESS;
	memset(opts, 0, sizeof(*opts));
	opts->sz = sizeof(*opts);
	opts->handle = HANDLE;
	opts->priority = BSLAYER_PRIORITY;
}

static int attach_one(struct bslayer *b, enum bslayer_program p)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	int err;

	place_of(b, p, &hook, &opts);
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	opts.prog_fd = bslayer_program_fd(b, p);
	opts.flags = BPF_TC_F_REPLACE;
	return bpf_tc_attach(&hook, &opts);
}

int bslayer_attach(struct bslayer *b)
{
	for (enum bslayer_program p = 0; p < BSLAYER_N_PROGRAMS; p++) {
		int err = attach_one(b, p);

		if (err)
			return bslayer_fail(b, err, "attaching a program");
	}
	return bslayer_note_attached(b);
}

/* The id of the program in the place of `p`, 0: there is none. Returns 0 or -errno. */
static int find_program(const struct bslayer *b, enum bslayer_program p, __u32 *id)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	int err;

	place_of(b, p, &hook, &opts);
	err = bpf_tc_query(&hook, &opts);
	*id = err ? 0 : opts.prog_id;
	return err == -ENOENT || err == -EINVAL ? 0 : err;
}

static int attached_one(const struct bslayer *b, enum bslayer_program p)
{
	struct bpf_prog_info info = {0};
	__u32 id, len = sizeof(info);
	int err = find_program(b, p, &id);

	if (err || !id)
		return err;
	if (bpf_obj_get_info_by_fd(bslayer_program_fd(b, p), &info, &len))
		return -errno;
	return info.id == id;
}

static int occupied_one(const struct bslayer *b, enum bslayer_program p)
{
	__u32 id;
	int err = find_program(b, p, &id);

	return err ? err : id != 0;
}

static int for_all(struct bslayer *b, int (*is_so)(const struct bslayer *, enum bslayer_program))
{
	for (enum bslayer_program p = 0; p < BSLAYER_N_PROGRAMS; p++) {
		int is = is_so(b, p);

		if (is < 0)
			return bslayer_fail(b, is, "asking for a program");
		if (!is)
			return 0;
	}
	return 1;
}

int bslayer_attached(struct bslayer *b)
{
	return for_all(b, attached_one);
}

int bslayer_in_place(struct bslayer *b)
{
	struct bslayer_config c;
	int err = bslayer_get_config(b, &c);

	/* What is in the places of maps that are new may be of the old ones. */
	return err || !c.attached ? err : for_all(b, occupied_one);
}

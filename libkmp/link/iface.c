/* SPDX-License-Identifier: ISC */
#include "link/iface.h"

#include "link/nl802154.h"
#include "link/nlxfer.h"
#include "link/pindir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOWPAN_KIND "lowpan"

/* What one call works with. */
struct work {
	struct nl_sock *route;
	struct nl802154 *nl802154;
	struct nl802154_info info;
	char *why;
};

static int fail(const struct work *w, int err, const char *what, const char *name)
{
	snprintf(w->why, IFACE_WHY_LEN, "%s %s: %s", what, name, strerror(-err));
	return err;
}

static void work_end(struct work *w)
{
	nl802154_free(w->nl802154);
	nl_socket_free(w->route);
}

static int work_begin(struct work *w, char *why)
{
	int err;

	*w = (struct work){.why = why};
	w->route = nlxfer_connect(NETLINK_ROUTE);
	if (!w->route) {
		work_end(w);
		return fail(w, -ENOMEM, "netlink socket for", "routes");
	}
	err = nl802154_new(&w->nl802154);
	if (!err)
		return 0;
	work_end(w);
	return fail(w, err, "kernel's family", "nl802154");
}

/* The 6LoWPAN link on top of the wpan interface, if there is one. */
static void on_lowpan(struct nl_object *obj, void *arg)
{
	struct rtnl_link *link = (struct rtnl_link *)obj;
	const char *kind = rtnl_link_get_type(link);
	struct iface_state *s = arg;

	if (!kind || strcmp(kind, LOWPAN_KIND) != 0 ||
	    rtnl_link_get_link(link) != (int)s->wpan_index)
		return;
	s->lowpan_index = (unsigned int)rtnl_link_get_ifindex(link);
	s->master_index = (unsigned int)rtnl_link_get_master(link);
	s->lowpan_up = rtnl_link_get_flags(link) & IFF_UP;
	snprintf(s->lowpan, sizeof(s->lowpan), "%s", rtnl_link_get_name(link));
}

static int read_links(struct work *w, const char *wpan, struct iface_state *s)
{
	struct nl_cache *cache;
	struct rtnl_link *link;
	int found = 0;

	if (rtnl_link_alloc_cache(w->route, AF_UNSPEC, &cache))
		return fail(w, -EIO, "cannot list links for", wpan);
	link = rtnl_link_get_by_name(cache, wpan);
	if (link && rtnl_link_get_arptype(link) == ARPHRD_IEEE802154) {
		found = 1;
		s->wpan_index = (unsigned int)rtnl_link_get_ifindex(link);
		s->wpan_up = rtnl_link_get_flags(link) & IFF_UP;
		nl_cache_foreach(cache, on_lowpan, s);
	}
	rtnl_link_put(link);
	nl_cache_free(cache);
	return found ? 0 : fail(w, -ENODEV, "802.15.4 interface", wpan);
}

static int read_state(struct work *w, const char *wpan, struct iface_state *s)
{
	int err;

	memset(s, 0, sizeof(*s));
	snprintf(s->wpan, sizeof(s->wpan), "%s", wpan);
	err = read_links(w, wpan, s);
	if (err)
		return err;
	err = nl802154_get(w->nl802154, s->wpan_index, &w->info);
	if (err)
		return fail(w, err, "cannot read the settings of", wpan);
	s->eui = w->info.eui;
	s->pan_id = w->info.pan_id;
	s->short_addr = w->info.short_addr;
	s->page = w->info.page;
	s->channel = w->info.channel;
	return 0;
}

int iface_read(const char *wpan, struct iface_state *s, char why[IFACE_WHY_LEN])
{
	struct work w;
	int err = work_begin(&w, why);

	if (err)
		return err;
	err = read_state(&w, wpan, s);
	work_end(&w);
	return err;
}

static int change_link(struct work *w, unsigned int index, struct rtnl_link *change)
{
	struct rtnl_link *link = rtnl_link_alloc();
	struct nl_msg *msg = NULL;

	if (link && change) {
		rtnl_link_set_ifindex(link, (int)index);
		rtnl_link_build_change_request(link, change, 0, &msg);
	}
	rtnl_link_put(link);
	rtnl_link_put(change);
	return nlxfer(w->route, msg, NULL, NULL);
}

static int set_up(struct work *w, unsigned int index, bool up)
{
	struct rtnl_link *change = rtnl_link_alloc();

	if (change && up)
		rtnl_link_set_flags(change, IFF_UP);
	else if (change)
		rtnl_link_unset_flags(change, IFF_UP);
	return change_link(w, index, change);
}

static int set_master(struct work *w, unsigned int index, unsigned int master)
{
	struct rtnl_link *change = rtnl_link_alloc();

	if (change)
		rtnl_link_set_master(change, (int)master);
	return change_link(w, index, change);
}

/* Addresses can only change while both links are down. */
static int take_down(struct work *w, struct iface_state *s)
{
	int err = 0;

	if (s->lowpan_up)
		err = set_up(w, s->lowpan_index, false);
	if (!err && s->wpan_up)
		err = set_up(w, s->wpan_index, false);
	if (err)
		return fail(w, err, "cannot take down", s->wpan);
	s->lowpan_up = s->wpan_up = false;
	return 0;
}

static int set_pan(struct work *w, const struct iface_want *want, struct iface_state *s)
{
	int err = take_down(w, s);

	if (err)
		return err;
	err = nl802154_set_pan_id(w->nl802154, s->wpan_index, want->pan_id);
	return err ? fail(w, err, "cannot set the PAN id of", s->wpan) : 0;
}

static int set_short(struct work *w, const struct iface_want *want, struct iface_state *s)
{
	int err;

	if (want->short_addr == IFACE_NO_SHORT) {
		snprintf(w->why, IFACE_WHY_LEN,
			 "%s has the short address 0x%04x, which Linux takes back only with the "
			 "interface: delete it and make it anew, or set short-address",
			 s->wpan, s->short_addr);
		return -EADDRNOTAVAIL;
	}
	err = take_down(w, s);
	if (err)
		return err;
	err = nl802154_set_short_addr(w->nl802154, s->wpan_index, want->short_addr);
	return err ? fail(w, err, "cannot set the short address of", s->wpan) : 0;
}

static int set_channel(struct work *w, const struct iface_want *want, struct iface_state *s)
{
	int err = nl802154_set_channel(w->nl802154, w->info.phy, want->page, want->channel);

	return err ? fail(w, err, "cannot set page and channel of", s->wpan) : 0;
}

static int add_lowpan(struct work *w, const struct iface_want *want, struct iface_state *s)
{
	struct rtnl_link *link = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	int err;

	if (link) {
		rtnl_link_set_name(link, want->lowpan);
		rtnl_link_set_link(link, (int)s->wpan_index);
		rtnl_link_set_type(link, LOWPAN_KIND);
		rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	}
	rtnl_link_put(link);
	err = nlxfer(w->route, msg, NULL, NULL);
	return err ? fail(w, err, "cannot make the 6LoWPAN link", want->lowpan) : 0;
}

/* One that is not there is not the same as none, which the link has then as well. */
static bool is_vrf_wanted(const struct iface_want *want, const struct iface_state *s)
{
	return !want->vrf[0] || (s->master_index && s->master_index == if_nametoindex(want->vrf));
}

static int join_vrf(struct work *w, const struct iface_want *want, struct iface_state *s)
{
	unsigned int vrf = if_nametoindex(want->vrf);
	int err;

	if (!vrf)
		return fail(w, -ENODEV, "VRF", want->vrf);
	err = set_master(w, s->lowpan_index, vrf);
	return err ? fail(w, err, "cannot join the VRF", want->vrf) : 0;
}

/* A new interface has 0xffff, which is none as well. */
static bool is_short_wanted(const struct iface_want *want, const struct iface_state *s)
{
	if (want->short_addr == IFACE_KEEP_SHORT || s->short_addr == want->short_addr)
		return true;
	return want->short_addr == IFACE_NO_SHORT && !iface_has_short(s);
}

/* One setting after another, the first that is not as wanted; what is changed can change the
 * others, so the state is read again before the next. Returns 1 if something was changed, 0 if all
 * is well. */
static int configure_one(struct work *w, const struct iface_want *want, struct iface_state *s)
{
	int err;

	if (s->pan_id != want->pan_id)
		err = set_pan(w, want, s);
	else if (!is_short_wanted(want, s))
		err = set_short(w, want, s);
	else if (s->page != want->page || s->channel != want->channel)
		err = set_channel(w, want, s);
	else if (!s->lowpan_index)
		err = add_lowpan(w, want, s);
	else if (!is_vrf_wanted(want, s))
		err = join_vrf(w, want, s);
	else
		return 0;
	return err ? err : 1;
}

int iface_configure(const struct iface_want *want, struct iface_state *s, int *changed,
		    char why[IFACE_WHY_LEN])
{
	const int settings = 5;
	struct work w;
	int err = work_begin(&w, why), n = 0;

	if (err)
		return err;
	err = read_state(&w, want->wpan, s);
	while (!err && (err = configure_one(&w, want, s)) == 1) {
		if (++n > settings) /* the radio does not keep what it is told */
			err = fail(&w, -EIO, "settings do not last on", want->wpan);
		else
			err = read_state(&w, want->wpan, s);
	}
	work_end(&w);
	if (changed)
		*changed = n;
	return err;
}

int iface_up(struct iface_state *s, char why[IFACE_WHY_LEN])
{
	struct work w;
	int err = work_begin(&w, why);

	if (err)
		return err;
	err = set_up(&w, s->wpan_index, true);
	if (err)
		err = fail(&w, err, "cannot bring up", s->wpan);
	else if ((err = set_up(&w, s->lowpan_index, true)))
		err = fail(&w, err, "cannot bring up", s->lowpan);
	else
		s->wpan_up = s->lowpan_up = true;
	work_end(&w);
	return err;
}

static int claim_fail(const char *fs, const char *wpan, int err, char why[IFACE_WHY_LEN])
{
	if (err == -EBUSY)
		snprintf(why, IFACE_WHY_LEN, "another brd or jnd has %s", wpan);
	else if (err == -ENODEV)
		snprintf(why, IFACE_WHY_LEN, "no bpf file system is mounted at %s", fs);
	else
		snprintf(why, IFACE_WHY_LEN, "%s/" PINDIR_TOP "/%s: %s%s", fs, wpan, strerror(-err),
			 err == -EPERM || err == -EACCES
				 ? " (needs root; what another user made there must go)"
				 : "");
	return err;
}

/* An advisory lock is gone when its owner ends in whatever way. */
int iface_claim(const char *fs, const char *wpan, char why[IFACE_WHY_LEN])
{
	char path[PATH_MAX];
	int err = pindir_make(fs, wpan), fd;

	if (err)
		return claim_fail(fs, wpan, err, why);
	pindir_path(fs, wpan, "", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return claim_fail(fs, wpan, -errno, why);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(fd);
		return claim_fail(fs, wpan, err, why);
	}
	return fd;
}

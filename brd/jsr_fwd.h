/* SPDX-License-Identifier: ISC */
/* jsr_fwd: whether brd forwards a JSR from the mesh to its CT (DESIGN, the bootstrap layer). Anyone
 * may send JSRs, so this bounds what reaches the backbone: sources must be addresses that brd
 * reaches by the mesh, a device backs off per (EUI-64, source address), and buckets of tokens limit
 * all of them. The gaps asked for are half of those that a sender keeps (jnd/jsr_send.h), so that
 * an honest node is never refused for its own JSRs. No sockets: it judges, the caller forwards, and
 * knows the routes.
 *
 * Anyone may also send in the name of another device. An EUI-64 has few places for addresses, one
 * of them for addresses with the interface identifier made from it: where one /64 is routed into
 * the mesh only its owner's address, so that nobody keeps that out. An address for which no place
 * is left, as a short address or DHCPv6 may give it, or where more prefixes are routed into the
 * mesh, is refused the first time. When it is back after the gap it displaces the one of which
 * least was forwarded: who spoofs must come again and again, as the owner does. This is done
 * seldom, so that not many more addresses of one EUI-64 reach the CT.
 *
 * A flood of made-up devices empties the bucket for all who are new. It cannot keep an honest node
 * out, because that one asks again: who was refused for want of a token, and is back after the gap
 * under the same EUI-64 and address, takes its token from a second bucket, as does who was
 * forwarded before. A flooder would have to come back in the name of each device that it made up,
 * and then each of them backs off.
 *
 * brd does not know whom the CT admits. It names as admitted the devices that it knows to have
 * been in the mesh, such as its secured neighbours. They have entries of their own, which strangers
 * cannot displace, and the last tokens of the bucket. */
#ifndef BRD_JSR_FWD_H
#define BRD_JSR_FWD_H

#include "base/evl.h"
#include "link/bsreq_msg.h"

#include <netinet/in.h>
#include <stdbool.h>

#define JSR_FWD_MAX_ADMITTED  64
#define JSR_FWD_MAX_STRANGERS 512    /* more displace the one that was quiet longest */
#define JSR_FWD_MAX_SOURCES   4      /* addresses of one EUI-64, at a time */
#define JSR_FWD_DISPLACE_MS   10000  /* least time between two that displace others of it */
#define JSR_FWD_FIRST_GAP_MS  1000   /* between two JSRs of one address, doubled at each .. */
#define JSR_FWD_MAX_GAP_MS    30000  /* .. up to this */
#define JSR_FWD_QUIET_MS      180000 /* after this long an address starts from the beginning */
/* Refused newcomers and further addresses that are remembered. An honest node asks again after 2
 * to 2.5 s (jnd/jsr_send.h): it is found as long as the air brings no more than 1600 JSRs a second.
 * Channel page 0 carries 200. */
#define JSR_FWD_MAX_NOTES 4096

struct jsr_fwd_conf {
	struct in6_addr prefix;  /* of the mesh; other sources are refused */
	unsigned int prefix_len; /* bits of it; 0: not configured, any source */
	/* JSRs forwarded a minute, 1 .. 60000, and at once, 1 .. 60000: of newcomers and admitted
	 * devices, .. */
	uint32_t rate_per_min, burst;
	uint32_t reserve; /* (of that burst, for admitted devices only; below burst) */
	/* .. and of those who come again. */
	uint32_t again_per_min, again_burst;
	/* Is this address reached by the mesh? Asked only about what would be forwarded. NULL: any
	 * is. */
	bool (*by_mesh)(void *arg, const struct in6_addr *src);
	void *arg;
};

/* No prefix; 120 newcomers a minute, 20 at once, 5 of them for admitted devices; who comes again:
 * 6000 a minute, 100 at once. */
extern const struct jsr_fwd_conf jsr_fwd_default;

enum jsr_fwd_verdict {
	JSR_FWD_FORWARD,
	JSR_FWD_SRC_MULTICAST,
	JSR_FWD_SRC_LINK_LOCAL, /* section 5.3.1: non link-local */
	JSR_FWD_SRC_UNUSABLE,   /* unspecified, loopback, or mapped from IPv4 */
	JSR_FWD_SRC_OUTSIDE,    /* of the mesh prefix */
	JSR_FWD_TOO_SOON,       /* this address must wait longer */
	JSR_FWD_MANY_SOURCES,   /* a further address of an EUI-64 without place; come again */
	JSR_FWD_BUSY,           /* no token left; come again */
	JSR_FWD_SRC_NOT_BY_MESH,
	JSR_FWD_VERDICTS
};

struct jsr_fwd;

/* `conf` is copied; `evl` gives the time. NULL without memory. */
struct jsr_fwd *jsr_fwd_new(struct evl *evl, const struct jsr_fwd_conf *conf);
void jsr_fwd_free(struct jsr_fwd *f);

/* Judge a JSR (req->code BSREQ_JSR) that came from `src`, and count the verdict. */
enum jsr_fwd_verdict jsr_fwd_judge(struct jsr_fwd *f, const struct bsreq *req,
				   const struct in6_addr *src);

/* This device is no stranger. Returns 0, also if it was named before, or -ENOSPC. */
int jsr_fwd_admit(struct jsr_fwd *f, const struct eui64 *eui);
/* It is one again; all about it is forgotten. */
void jsr_fwd_dismiss(struct jsr_fwd *f, const struct eui64 *eui);

uint64_t jsr_fwd_count(const struct jsr_fwd *f, enum jsr_fwd_verdict verdict);
/* Short text of a verdict for status output: "forwarded", "too-soon" ... */
const char *jsr_fwd_verdict_name(enum jsr_fwd_verdict verdict);

#endif

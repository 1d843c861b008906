/* SPDX-License-Identifier: ISC */
/* iface: brings an 802.15.4 interface and its 6LoWPAN link up from wanted settings. Idempotent:
 * what is as wanted already is not touched, and only what needs the interface down takes it down.
 * In two steps, so that the caller can attach the bootstrap layer and restore counters between
 * them, while nothing can be received yet. */
#ifndef KMP_LINK_IFACE_H
#define KMP_LINK_IFACE_H

#include "base/eui64.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#define IFACE_NO_SHORT   0xfffe /* as short address: none (IEEE 802.15.4 section 7.3.2) */
#define IFACE_KEEP_SHORT 0xffff /* as wanted short address: leave it */
#define IFACE_WHY_LEN    160

struct iface_want {
	char wpan[IFNAMSIZ];   /* existing interface, such as wpan0 */
	char lowpan[IFNAMSIZ]; /* name for the 6LoWPAN link if there is none on `wpan` */
	char vrf[IFNAMSIZ]; /* existing VRF that the 6LoWPAN link belongs to; "": none is asked for
			     */
	uint16_t pan_id;
	uint16_t short_addr; /* or IFACE_KEEP_SHORT */
	uint8_t page, channel;
};

struct iface_state {
	unsigned int wpan_index, lowpan_index; /* lowpan_index 0: no 6LoWPAN link */
	unsigned int master_index;             /* of the VRF; 0: none */
	char wpan[IFNAMSIZ], lowpan[IFNAMSIZ];
	struct eui64 eui;
	uint16_t pan_id, short_addr;
	uint8_t page, channel;
	bool wpan_up, lowpan_up;
};

/* Claim the interface for this process, as long as the descriptor is open: two daemons on one radio
 * would undo each other's work. The claim is a lock on the interface's directory (pindir) in the
 * bpf file system `fs` (PINDIR_FS); who takes that directory away takes the pinned maps and the
 * claim. Returns the descriptor, -EBUSY if another process has it, what pindir_make() returns, or
 * -errno, with a line in `why`. */
int iface_claim(const char *fs, const char *wpan, char why[IFACE_WHY_LEN]);

/* Does the kernel send from a short address? */
static inline bool iface_has_short(const struct iface_state *s)
{
	return s->short_addr < IFACE_NO_SHORT;
}

/* Read what is. Returns 0; -ENODEV if there is no such 802.15.4 interface, or another -errno, with
 * a line in `why`. */
int iface_read(const char *wpan, struct iface_state *s, char why[IFACE_WHY_LEN]);

/* Step 1, configured (-EADDRNOTAVAIL for IFACE_NO_SHORT on an interface with a short address, which
 * the kernel does not take back): PAN id, short address, page and channel, the 6LoWPAN link and its
 * VRF. Sets *s to what is now, *changed (may be NULL) to how many settings were not as wanted.
 * Interfaces that had to go down stay down; those that were up and right stay up. */
int iface_configure(const struct iface_want *want, struct iface_state *s, int *changed,
		    char why[IFACE_WHY_LEN]);

/* Step 2, up: both links. */
int iface_up(struct iface_state *s, char why[IFACE_WHY_LEN]);

#endif

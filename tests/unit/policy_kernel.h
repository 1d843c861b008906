/* SPDX-License-Identifier: ISC */
/* policy_kernel: the kernel's tables as policy sees them, played for unit tests: what llsec and
 * bslayer would change is in one structure that a test looks at and spoils. */
#ifndef KMP_TESTS_POLICY_KERNEL_H
#define KMP_TESTS_POLICY_KERNEL_H

#include "link/policy.h"

#define POLICY_KERNEL_MAX 128

struct policy_kernel {
	struct llsec_params params;
	struct llsec_dev dev[POLICY_KERNEL_MAX];
	struct llsec_devkey devkey[POLICY_KERNEL_MAX];
	struct llsec_key key[POLICY_KERNEL_MAX];
	struct llsec_seclevel level[POLICY_KERNEL_MAX];
	size_t n_devs, n_devkeys, n_keys, n_levels;
	struct bslayer_config config;
	struct bslayer_neighbour_entry neighbour[POLICY_KERNEL_MAX];
	struct bslayer_key_entry map_key[POLICY_KERNEL_MAX];
	struct bslayer_counter_entry counter[BSLAYER_MAX_COUNTERS];
	struct bslayer_short_entry shorts[POLICY_KERNEL_MAX];
	size_t n_neighbours, n_map_keys, n_counters, n_shorts;
	bool attached;
	bool deaf;       /* link security was enabled before the map said keyed */
	int attach_fail; /* what attaching returns, if it is not 0 */
	int64_t budget;
	unsigned int queued;      /* frames that were paid for and are not encrypted yet */
	unsigned int txqueue;     /* what the queue's length is said to be, once */
	bool txqueue_hides;       /* what waits is on its way beside it: not counted yet */
	unsigned int sets;        /* how often parameters were set */
	int fail;                 /* what netlink returns, if it is not 0 */
	void (*on_get)(void);     /* what happens between reading parameters and ... */
	uint32_t last_set_before; /* the counter that SETPARAMS overwrote last */
};

extern struct policy_kernel policy_kernel;

/* Empty tables, programs attached. */
void policy_kernel_reset(void);

/* A secured frame passes egress, if the budget allows, and waits in the queue. */
void policy_kernel_pay(void);
/* One of those that wait is encrypted. */
void policy_kernel_encrypt(void);

/* One of those that wait is dropped by the queue. */
void policy_kernel_drop(void);

/* The entry of `eui` for the mode-1 key of this index, or NULL. */
struct llsec_devkey *policy_kernel_devkey(const struct eui64 *eui, uint8_t index);

/* A frame of `eui` under that key, genuine or forged. Returns true if it came through: as the
 * kernel does it, the counter moves before the frame is verified. */
bool policy_kernel_receive(const struct eui64 *eui, uint8_t index, uint32_t counter, bool genuine);

#endif

/* SPDX-License-Identifier: ISC */
/* llsec: the link-layer security tables of one 802.15.4 interface in the kernel (keys, devices,
 * levels, parameters), by the generic netlink family "802.15.4 MAC", the only one that Debian's
 * kernels have for it. It works in the initial network namespace only. All functions return 0 or a
 * negative errno; llsec_error() then says what was tried. Frames of type data only.
 *
 * One unauthenticated frame panics the kernel where a level entry lacks "device override" or a
 * device is exempt; therefore this interface offers neither choice: levels always have the
 * override, devices are never exempt. */
#ifndef KMP_LINK_LLSEC_H
#define KMP_LINK_LLSEC_H

#include "base/eui64.h"
#include "base/secret.h"

#include <stddef.h>

#define LLSEC_KEY_LEN 16

/* Key identifier modes, IEEE 802.15.4 table 96. */
enum llsec_mode {
	LLSEC_IMPLICIT,      /* 0: by the addresses of the frame */
	LLSEC_INDEX,         /* 1: key index */
	LLSEC_INDEX_SHORT,   /* 2: key index, 4-octet key source */
	LLSEC_INDEX_EXTENDED /* 3: key index, 8-octet key source */
};

struct llsec_key_id {
	enum llsec_mode mode;
	uint8_t index;         /* modes 1 to 3 */
	uint32_t source_short; /* mode 2 */
	struct eui64 source;   /* mode 3 */
	uint16_t pan_id;       /* mode 0, together with ... */
	struct eui64 device;   /* ... the peer's EUI-64 (mode 0) */
};

bool llsec_key_id_equal(const struct llsec_key_id *a, const struct llsec_key_id *b);
/* "mode 1 index 3" and the like into `text` (80 octets), which is returned. */
#define LLSEC_KEY_ID_TEXT 80
const char *llsec_key_id_format(const struct llsec_key_id *id, char text[LLSEC_KEY_ID_TEXT]);

struct llsec;

/* A handle on `ifname` (wpanN). Nothing is changed. 0, -ENOENT if the kernel has no such family, or
 * -EOPNOTSUPP if it refuses every key, as Linux before 6.1.178 and 6.12.97 does. */
int llsec_new(struct llsec **h, const char *ifname);
void llsec_free(struct llsec *h);
/* What failed last, for people: "ADD_KEY wpan1 mode 1 index 3: File exists". */
const char *llsec_error(const struct llsec *h);

struct llsec_params {
	bool enabled;
	uint8_t level; /* of outgoing frames */
	struct llsec_key_id key;
	uint32_t frame_counter; /* of the next outgoing frame */
};
int llsec_get_params(struct llsec *h, struct llsec_params *p);

/* What llsec_set_params() changes. The kernel takes a frame counter only together with another
 * member; LLSEC_SET_COUNTER alone is -EINVAL here already. */
enum llsec_set {
	LLSEC_SET_ENABLED = 1,
	LLSEC_SET_LEVEL = 2,
	LLSEC_SET_KEY = 4,
	LLSEC_SET_COUNTER = 8
};
int llsec_set_params(struct llsec *h, const struct llsec_params *p, unsigned int what);

struct llsec_key {
	struct llsec_key_id id;
	struct secret key; /* LLSEC_KEY_LEN octets */
};
/* -EEXIST if the id is there already, -EINVAL if the key has another length. */
int llsec_add_key(struct llsec *h, const struct llsec_key_id *id, const struct secret *key);
int llsec_del_key(struct llsec *h, const struct llsec_key_id *id);
/* Lists: up to `max` into `out`, the number in *n; -ENOBUFS if there are more (*n then tells how
 * many). The caller clears the secrets. */
int llsec_list_keys(struct llsec *h, struct llsec_key *out, size_t max, size_t *n);

/* A device is a sender that this node accepts secured frames from, under those keys that it has an
 * entry for (struct llsec_devkey; device key mode "restrict"). */
#define LLSEC_NO_SHORT     0xfffe
#define LLSEC_DEV_RESTRICT 1
struct llsec_dev {
	struct eui64 eui;
	uint16_t pan_id,
		short_addr; /* short_addr LLSEC_NO_SHORT: none, pan_id then means nothing */
	uint8_t key_mode;   /* listed only: LLSEC_DEV_RESTRICT; 0 and 2 are none of ours */
	bool exempt;        /* listed only: true is dangerous and none of ours */
};
int llsec_add_dev(struct llsec *h, const struct llsec_dev *dev);
int llsec_del_dev(struct llsec *h, const struct eui64 *eui);
int llsec_list_devs(struct llsec *h, struct llsec_dev *out, size_t max, size_t *n);

/* A key that a device may send under. `frame_counter` is the lowest counter that the kernel still
 * accepts from it under this key. They go with their device. -ENOENT: no such device. */
struct llsec_devkey {
	struct eui64 eui;
	struct llsec_key_id id;
	uint32_t frame_counter;
};
int llsec_add_devkey(struct llsec *h, const struct llsec_devkey *dk);
int llsec_del_devkey(struct llsec *h, const struct eui64 *eui, const struct llsec_key_id *id);
int llsec_list_devkeys(struct llsec *h, struct llsec_devkey *out, size_t max, size_t *n);

struct llsec_seclevel {
	uint8_t levels; /* bit n: level n */
	uint8_t frame_type;
	bool override; /* listed only: false is dangerous and none of ours */
};
/* Allow the levels of the bit set `levels` for data frames. */
int llsec_add_seclevel(struct llsec *h, uint8_t levels);
int llsec_del_seclevel(struct llsec *h, const struct llsec_seclevel *sl);
int llsec_list_seclevels(struct llsec *h, struct llsec_seclevel *out, size_t max, size_t *n);

#endif

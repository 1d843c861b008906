/* SPDX-License-Identifier: ISC */
/* ctd_conf: the configuration of ctd, see ctd.conf(5): its file read, and everything that it refers
 * to checked and loaded. */
#ifndef KMP_CTD_CTD_CONF_H
#define KMP_CTD_CTD_CONF_H

#include "base/conf.h"
#include "base/eui64.h"
#include "base/log.h"
#include "dtls/dtls_cred.h"

#include <netinet/in.h>

#define CTD_CONF_FILE        KMP_SYSCONFDIR "/ctd.conf"
#define CTD_CONF_MAX_DEVICES 1024

/* PSK credentials are 16 to 64 octets (DESIGN, credentials). */
#define CTD_CONF_PSK_MIN 16
#define CTD_CONF_PSK_MAX 64

enum ctd_admission {
	CTD_SELECTED, /* only who the operator admits */
	CTD_LISTED,   /* every configured device when it asks */
};

enum ctd_role { CTD_NODE, CTD_BORDER_ROUTER };

struct ctd_device {
	char title[CONF_TEXT_LEN]; /* as written */
	struct eui64 eui;
	char name[CONF_TEXT_LEN];
	struct in6_addr address; /* :: not configured */
	int role;                /* enum ctd_role */
	int credential;          /* enum dtls_cred_kind: which of the following holds */
	char psk_file[CONF_TEXT_LEN];
	struct secret psk;
	uint8_t key_hash[DTLS_KEY_HASH_LEN];
};

struct ctd_conf {
	char state_dir[CONF_TEXT_LEN], socket[CONF_TEXT_LEN], interface[CONF_TEXT_LEN];
	int log_level; /* enum log_level */
	int admission; /* enum ctd_admission */
	uint32_t max_joins, icmp_type, port, device_port, link_mtu;
	uint32_t dtls_timeout_ms, handshake_timeout_s, evict_deadline_s;
	struct ctd_device *device;
	size_t n_devices;
};

extern const struct conf_spec ctd_conf_spec; /* of struct ctd_conf */

/* After conf_load(): check the devices and read their credentials. `path` is the file, for
 * messages. Returns 0, or -EINVAL with all that is wrong in `why`, lines "FILE:LINE: text". */
int ctd_conf_complete(struct ctd_conf *conf, const char *path, char *why, size_t why_len);
/* Before conf_clear(), after any return of the former: wipe the credentials. */
void ctd_conf_wipe(struct ctd_conf *conf);

/* The device section of `eui`, or NULL. */
const struct ctd_device *ctd_conf_device(const struct ctd_conf *conf, const struct eui64 *eui);

#endif

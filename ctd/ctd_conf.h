/* SPDX-License-Identifier: ISC */
/* ctd_conf: the configuration of ctd, see ctd.conf(5): its file read, and everything that it refers
 * to checked and loaded. */
#ifndef KMP_CTD_CTD_CONF_H
#define KMP_CTD_CTD_CONF_H

#include "base/conf.h"
#include "base/eui64.h"
#include "base/log.h"
#include "dtls/dtls_auth.h"

#include <netinet/in.h>

#define CTD_CONF_FILE        KMP_SYSCONFDIR "/ctd.conf"
#define CTD_CONF_MAX_DEVICES 4096 /* sections and lines of the manifest together */

/* PSK credentials are 16 to 64 octets (DESIGN, credentials). */
#define CTD_CONF_PSK_MIN 16
#define CTD_CONF_PSK_MAX 64

#define CTD_CONF_PLACE_LEN 64

enum ctd_admission {
	CTD_SELECTED, /* only who the operator admits */
	CTD_LISTED,   /* every configured device when it asks */
	CTD_MANIFEST, /* every device of the manifest when it asks, others as with selected */
};

enum ctd_role { CTD_NODE, CTD_BORDER_ROUTER };

enum ctd_credential {
	CTD_BY_WHAT_IS_GIVEN, /* psk-file or key-hash */
	CTD_PSK,
	CTD_KEY,
	CTD_CERTIFICATE,
};

struct ctd_device {
	char title[CONF_TEXT_LEN]; /* of its section, as written; "" if it is from the manifest */
	unsigned manifest_line;    /* where it is in the manifest; 0 if it has a section */
	struct eui64 eui;
	char name[CONF_TEXT_LEN];
	char place[CTD_CONF_PLACE_LEN];
	struct in6_addr address; /* :: not configured */
	int role;                /* enum ctd_role */
	int wanted;              /* enum ctd_credential */
	int credential;          /* enum dtls_cred_kind: which of the following holds */
	char psk_file[CONF_TEXT_LEN];
	char key_hash_text[CONF_TEXT_LEN]; /* as written */
	struct secret psk;
	uint8_t key_hash[DTLS_KEY_HASH_LEN];
};

struct ctd_conf {
	char state_dir[CONF_TEXT_LEN], socket[CONF_TEXT_LEN], interface[CONF_TEXT_LEN];
	char private_key[CONF_TEXT_LEN], certificate[CONF_TEXT_LEN];
	char device_anchor[CONF_TEXT_LEN];
	struct dtls_auth *auth;       /* of these three; NULL: none of them is set */
	char manifest[CONF_TEXT_LEN]; /* file; "": none */
	int log_level;                /* enum log_level */
	int admission;                /* enum ctd_admission */
	uint32_t max_joins, icmp_type, port, device_port, link_mtu;
	uint32_t dtls_timeout_ms, handshake_timeout_s, evict_deadline_s;
	struct ctd_device *device;
	size_t n_devices;
};

extern const struct conf_spec ctd_conf_spec; /* of struct ctd_conf */

/* After conf_load(): check the devices, read their credentials, and add those of the manifest.
 * `path` is the file, for messages. Returns 0, or -EINVAL with all that is wrong in `why`, lines
 * "FILE:LINE: text". */
int ctd_conf_complete(struct ctd_conf *conf, const char *path, char *why, size_t why_len);
/* Before conf_clear(), after any return of the former: wipe the credentials. */
void ctd_conf_wipe(struct ctd_conf *conf);

/* "selected", "listed" or "manifest". */
const char *ctd_conf_admission_name(const struct ctd_conf *conf);
/* Is `d` let in when it asks, without being selected? */
bool ctd_conf_admits(const struct ctd_conf *conf, const struct ctd_device *d);

#endif

/* SPDX-License-Identifier: ISC */
/* node_conf: the configuration that brd and jnd share: the radio, the interfaces, the credential
 * and the places of state and control. Their own options are appended by each daemon. */
#ifndef KMP_NODE_NODE_CONF_H
#define KMP_NODE_NODE_CONF_H

#include "base/conf.h"
#include "base/log.h"
#include "dtls/dtls.h"
#include "link/bsreq_msg.h"

#include <netinet/in.h>

struct node_conf {
	char interface[CONF_TEXT_LEN];        /* the 802.15.4 interface, "wpan0" */
	char lowpan_interface[CONF_TEXT_LEN]; /* the 6LoWPAN interface on it, made if there is none
					       */
	char vrf[CONF_TEXT_LEN];              /* VRF to put it in; "" for none */
	bool manage_interface;                /* bring both up */
	uint32_t pan_id, channel, page;
	uint32_t short_addr;         /* NODE_NO_SHORT: none */
	uint32_t icmp_type;          /* of the Bootstrap Request */
	char routing[CONF_TEXT_LEN]; /* routing protocol allowed unsecured: "", "udp:PORT", "ip:N"
				      */
	char state_dir[CONF_TEXT_LEN], socket[CONF_TEXT_LEN];
	int log_level; /* enum log_level */
	char psk_file[CONF_TEXT_LEN];
	char private_key[CONF_TEXT_LEN], certificate[CONF_TEXT_LEN]; /* files */
	char ct_anchor[CONF_TEXT_LEN];                               /* file */
	char ct_key_hash[CONF_TEXT_LEN];
	int ct_auth;   /* enum node_ct_auth */
	uint32_t port; /* of CoAP over DTLS */
	uint32_t link_mtu, dtls_timeout_ms, handshake_timeout_s;
	int dtls_cookie;        /* enum node_conf_cookie */
	uint32_t alone_after_s; /* jnd only; 0: never */
	/* By node_cred_load(): */
	struct secret psk;                 /* empty: none */
	struct dtls_auth *auth;            /* NULL: none */
	bool ct_pinned;                    /* by ct-key-hash, */
	uint8_t ct_pin[DTLS_KEY_HASH_LEN]; /* which is this */
};

enum node_ct_auth {                 /* how a commissioning tool is known that has a public key */
		    NODE_CT_ANCHOR, /* a certificate under ct-anchor, or ct-key-hash */
		    NODE_CT_FIRST,  /* it was the first */
};
extern const char *const node_conf_ct_auths[];

#define NODE_NO_SHORT         0xfffe /* IEEE 802.15.4 section 7.3.2 */
#define NODE_PSK_FILE_DEFAULT "psk"  /* without private-key */
#define NODE_PSK_MIN_LEN      16     /* octets, RFC 4279 and DESIGN: 16 to 64 random ones */

extern const char *const node_conf_levels[];

/* When a stranger is asked for a cookie (RFC 6347 section 4.2.1). */
enum node_conf_cookie { NODE_COOKIE_ALWAYS, NODE_COOKIE_LOAD };
extern const char *const node_conf_cookies[];

#define NODE_CONF_STR_(x) #x
#define NODE_CONF_STR(x)  NODE_CONF_STR_(x)
#define NODE_CONF_TEXT(key, field, text)                                                           \
	{                                                                                          \
		.name = key, .type = CONF_TEXT, .offset = offsetof(struct node_conf, field),       \
		.def = text                                                                        \
	}
#define NODE_CONF_UINT(key, field, text, least, most)                                              \
	{                                                                                          \
		.name = key, .type = CONF_UINT, .offset = offsetof(struct node_conf, field),       \
		.def = text, .min = least, .max = most                                             \
	}

/* Rows for the table of options of `program`, whose structure starts with a struct node_conf. */
#define NODE_CONF_OPTS(program)                                                                    \
	NODE_CONF_TEXT("interface", interface, "wpan0"),                                           \
		NODE_CONF_TEXT("lowpan-interface", lowpan_interface, "lowpan0"),                   \
		NODE_CONF_TEXT("vrf", vrf, ""),                                                    \
		{.name = "manage-interface",                                                       \
		 .type = CONF_BOOL,                                                                \
		 .offset = offsetof(struct node_conf, manage_interface),                           \
		 .def = "yes"},                                                                    \
		NODE_CONF_UINT("pan-id", pan_id, "0xabcd", 0, 0xfffe),                             \
		NODE_CONF_UINT("short-address", short_addr, NODE_CONF_STR(NODE_NO_SHORT), 0,       \
			       NODE_NO_SHORT),                                                     \
		NODE_CONF_UINT("channel", channel, "11", 0, 26),                                   \
		NODE_CONF_UINT("page", page, "0", 0, 31),                                          \
		NODE_CONF_UINT("icmp-type", icmp_type, NODE_CONF_STR(BSREQ_TYPE_DEFAULT), 162,     \
			       254),                                                               \
		NODE_CONF_TEXT("routing", routing, ""),                                            \
		NODE_CONF_TEXT("state-dir", state_dir, KMP_STATEDIR "/" program),                  \
		NODE_CONF_TEXT("socket", socket, KMP_RUNDIR "/" program ".sock"),                  \
		{.name = "log-level",                                                              \
		 .type = CONF_CHOICE,                                                              \
		 .offset = offsetof(struct node_conf, log_level),                                  \
		 .def = "info",                                                                    \
		 .choices = node_conf_levels},                                                     \
		NODE_CONF_TEXT("psk-file", psk_file, ""),                                          \
		NODE_CONF_TEXT("private-key", private_key, ""),                                    \
		NODE_CONF_TEXT("certificate", certificate, ""),                                    \
		NODE_CONF_TEXT("ct-anchor", ct_anchor, ""),                                        \
		NODE_CONF_TEXT("ct-key-hash", ct_key_hash, ""),                                    \
		{.name = "ct-auth",                                                                \
		 .type = CONF_CHOICE,                                                              \
		 .offset = offsetof(struct node_conf, ct_auth),                                    \
		 .def = "anchor",                                                                  \
		 .choices = node_conf_ct_auths},                                                   \
		NODE_CONF_UINT("port", port, NODE_CONF_STR(DTLS_PORT_DEFAULT), 1, 65535),          \
		NODE_CONF_UINT("link-mtu", link_mtu, "1280", 256, 1280),                           \
		NODE_CONF_UINT("dtls-timeout", dtls_timeout_ms, "5000", 100, 60000),               \
		NODE_CONF_UINT("handshake-timeout", handshake_timeout_s, "60", 5, 600),            \
	{                                                                                          \
		.name = "dtls-cookie", .type = CONF_CHOICE,                                        \
		.offset = offsetof(struct node_conf, dtls_cookie), .def = "always",                \
		.choices = node_conf_cookies                                                       \
	}

/* Is `addr`, if set, an address that a packet can be sent to over more than one hop: unicast,
 * neither link-local nor loopback? Returns 0, or -EINVAL with a sentence in `why`. */
int node_conf_check_address(const char *option, const struct in6_addr *addr, char *why,
			    size_t why_len);

/* Rules that no single option can tell (names of interfaces that fit the kernel, distinct names,
 * the form of `routing`). Returns 0 or -EINVAL with a sentence in `why`. */
int node_conf_check(const struct node_conf *conf, char *why, size_t why_len);

#endif

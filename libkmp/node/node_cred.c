/* SPDX-License-Identifier: ISC */
#include "node/node_cred.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where complaints go. */
struct report {
	const char *path;
	char *why;
	size_t len;
};

static int complain(const struct report *r, int error, const char *option, const char *text)
{
	unsigned int line = conf_option_line(r->path, option);

	if (line)
		snprintf(r->why, r->len, "%s:%u: %s: %s", r->path, line, option, text);
	else
		snprintf(r->why, r->len, "%s: %s: %s", r->path, option, text);
	return error;
}

static int load_psk(struct node_conf *conf, const struct report *r)
{
	char why[CONF_TEXT_LEN + 128];
	int rc = secret_from_file(&conf->psk, conf->psk_file, NODE_PSK_MIN_LEN, SECRET_MAX_LEN, why,
				  sizeof(why));

	return rc ? complain(r, rc, "psk-file", why) : 0;
}

static int load_auth(struct node_conf *conf, const struct report *r)
{
	const struct dtls_auth_files files = {.private_key = conf->private_key,
					      .certificate = conf->certificate,
					      .anchor = conf->ct_anchor};
	const char *option;
	char why[CONF_TEXT_LEN + 256];
	int rc = dtls_auth_load(&conf->auth, DTLS_DEVICE, &files, &option, why, sizeof(why));

	return rc ? complain(r, rc, option, why) : 0;
}

/* Is there a way to know the commissioning tool? A raw public key is under no anchor. */
static int check_ct_known(const struct node_conf *conf, const struct report *r)
{
	if (conf->ct_pinned || conf->ct_auth == NODE_CT_FIRST)
		return 0;
	if (!conf->certificate[0])
		return complain(r, -EINVAL, "private-key",
				"without a certificate, the commissioning tool must be known by "
				"ct-key-hash (or ct-auth = first)");
	if (!conf->ct_anchor[0])
		return complain(r, -EINVAL, "certificate",
				"set ct-anchor, ct-key-hash or ct-auth = first: by what is the "
				"commissioning tool known?");
	return 0;
}

static bool has_public_key_options(const struct node_conf *conf)
{
	return conf->certificate[0] || conf->ct_anchor[0] || conf->ct_key_hash[0] ||
	       conf->ct_auth == NODE_CT_FIRST;
}

static int load_public_key(struct node_conf *conf, const struct report *r)
{
	int rc;

	if (!conf->private_key[0])
		return complain(r, -EINVAL, "private-key",
				"needed by certificate, ct-anchor, ct-key-hash and ct-auth");
	if (conf->ct_key_hash[0]) {
		if (buf_from_hex(conf->ct_key_hash, conf->ct_pin, sizeof(conf->ct_pin)))
			return complain(r, -EINVAL, "ct-key-hash",
					"must be 64 hex digits, the SHA-256 of a public key");
		conf->ct_pinned = true;
	}
	rc = check_ct_known(conf, r);
	return rc ? rc : load_auth(conf, r);
}

int node_cred_load(struct node_conf *conf, const char *path, char *why, size_t why_len)
{
	const struct report r = {path, why, why_len};
	bool public_key = conf->private_key[0] || has_public_key_options(conf);
	int rc = 0;

	secret_clear(&conf->psk);
	conf->auth = NULL;
	conf->ct_pinned = false;
	if (!conf->psk_file[0] && !public_key)
		snprintf(conf->psk_file, sizeof(conf->psk_file), "%s", NODE_PSK_FILE_DEFAULT);
	if (conf->psk_file[0])
		rc = load_psk(conf, &r);
	if (!rc && public_key)
		rc = load_public_key(conf, &r);
	return rc;
}

void node_cred_wipe(struct node_conf *conf)
{
	secret_clear(&conf->psk);
	dtls_auth_free(conf->auth);
	conf->auth = NULL;
}

const char *node_cred_check_ct(const struct node_conf *conf, const uint8_t *key_hash, bool anchored,
			       const uint8_t *pin, bool keyed)
{
	if (conf->ct_pinned && !secret_equal_octets(key_hash, conf->ct_pin, DTLS_KEY_HASH_LEN))
		return "it is not the commissioning tool of ct-key-hash";
	if (conf->ct_pinned)
		return NULL;
	if (!anchored && (conf->ct_anchor[0] || conf->ct_auth == NODE_CT_ANCHOR))
		return "it has no certificate under ct-anchor";
	if (conf->ct_auth == NODE_CT_ANCHOR)
		return NULL;
	if (pin)
		return secret_equal_octets(key_hash, pin, DTLS_KEY_HASH_LEN)
			       ? NULL
			       : "it is not the commissioning tool that came first";
	return keyed ? "this node is not factory-new: it has keys already" : NULL;
}

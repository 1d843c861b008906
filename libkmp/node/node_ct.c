/* SPDX-License-Identifier: ISC */
/* Whom the node obeys, as far as that is durable: with ct-auth = first, the commissioning tool that
 * commanded it first, until it is reset. */
#include "node/node_priv.h"

#include "base/buf.h"
#include "base/log.h"
#include "node/node_cred.h"
#include "node/node_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOPIC "ct"

/* The certificate must be this device's. */
static int check_eui(const struct node *node, char why[NODE_WHY_LEN])
{
	const struct dtls_auth *auth = node->conf->auth;
	eui64_text of_cert, own;

	if (!auth || !dtls_auth_has(auth, DTLS_CRED_CERT) ||
	    eui64_equal(dtls_auth_eui(auth), &node->iface.eui))
		return 0;
	snprintf(why, NODE_WHY_LEN, "%s is the certificate of %s, but %s has the EUI-64 %s",
		 node->conf->certificate, eui64_format(dtls_auth_eui(auth), of_cert),
		 node->iface.wpan, eui64_format(&node->iface.eui, own));
	return -EINVAL;
}

int node_ct_open(struct node *node, char why[NODE_WHY_LEN])
{
	int rc = node_store_get_ct(node->store, node->ct_pin);

	if (rc < 0) {
		snprintf(why, NODE_WHY_LEN, "cannot read whom this node obeys: %s", strerror(-rc));
		return rc;
	}
	node->ct_known = rc > 0;
	return check_eui(node, why);
}

const char *node_ct_check(void *arg, const uint8_t *key_hash, bool anchored)
{
	const struct node *node = arg;

	return node_cred_check_ct(node->conf, key_hash, anchored,
				  node->ct_known ? node->ct_pin : NULL, node->keys.n > 0);
}

static bool pin(struct node *node, const uint8_t *key_hash)
{
	char text[2 * DTLS_KEY_HASH_LEN + 1];
	int rc = node_store_put_ct(node->store, key_hash);

	if (rc) {
		log_error(TOPIC, &node->iface.eui,
			  "the first commissioning tool not stored, refused: %s", strerror(-rc));
		return false;
	}
	memcpy(node->ct_pin, key_hash, sizeof(node->ct_pin));
	node->ct_known = true;
	log_info(TOPIC, &node->iface.eui,
		 "obeys the commissioning tool with key hash %s from now on",
		 buf_to_hex(key_hash, DTLS_KEY_HASH_LEN, text));
	return true;
}

bool node_ct_obey(struct node *node, const struct dtls_session *s, bool is_command)
{
	const struct node_conf *conf = node->conf;
	const uint8_t *key_hash = dtls_session_key_hash(s);

	if (!key_hash || conf->ct_pinned || conf->ct_auth == NODE_CT_ANCHOR)
		return true;
	if (node->ct_known)
		return secret_equal_octets(key_hash, node->ct_pin, sizeof(node->ct_pin));
	return !is_command || pin(node, key_hash);
}

int node_ct_forget(struct node *node)
{
	int rc = node_store_drop_ct(node->store);

	if (!rc)
		node->ct_known = false;
	return rc;
}

void node_ct_status(const struct node *node, cJSON *result)
{
	char text[2 * DTLS_KEY_HASH_LEN + 1];
	const uint8_t *hash = NULL;

	if (node->conf->auth)
		cJSON_AddStringToObject(
			result, "key_hash",
			buf_to_hex(dtls_auth_key_hash(node->conf->auth), DTLS_KEY_HASH_LEN, text));
	if (node->conf->ct_pinned)
		hash = node->conf->ct_pin;
	else if (node->ct_known)
		hash = node->ct_pin;
	if (hash)
		cJSON_AddStringToObject(result, "ct_key_hash",
					buf_to_hex(hash, DTLS_KEY_HASH_LEN, text));
}

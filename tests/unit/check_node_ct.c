/* SPDX-License-Identifier: ISC */
/* With ct-auth = first: who commands a node first is obeyed alone, over restarts, until a reset. */
#include "dtls_pki.h"

#include "node/node_priv.h"
#include "node/node_store.h"

#include <errno.h>
#include <string.h>

static struct node_conf conf;
static struct node node;
static struct dtls_session ours = {.cred.kind = DTLS_CRED_CERT, .key_hash = {1}};
static struct dtls_session others = {.cred.kind = DTLS_CRED_RPK, .key_hash = {2}};
static struct dtls_session under_psk = {.cred.kind = DTLS_CRED_PSK};
static char why[NODE_WHY_LEN];

static void open_node(void)
{
	memset(&node, 0, sizeof(node));
	node.conf = &conf;
	node.iface.eui = (struct eui64){{2, 0, 0, 0, 0, 0, 0, 1}};
	ck_assert_msg(node_store_open(&node.store, "state", why, sizeof(why)) == 0, "%s", why);
	ck_assert_msg(node_ct_open(&node, why) == 0, "%s", why);
}

static void begin(enum node_ct_auth ct_auth)
{
	unit_enter_dir();
	memset(&conf, 0, sizeof(conf));
	conf.ct_auth = (int)ct_auth;
	open_node();
}

START_TEST(the_first_command_decides)
{
	begin(NODE_CT_FIRST);
	ck_assert(node_ct_obey(&node, &others, false)); /* who only asks */
	ck_assert_ptr_null(node_ct_check(&node, ours.key_hash, false));
	ck_assert(node_ct_obey(&node, &ours, true));
	ck_assert(!node_ct_obey(&node, &others, false));
	ck_assert(!node_ct_obey(&node, &others, true));
	ck_assert_ptr_nonnull(node_ct_check(&node, others.key_hash, false));
	ck_assert(node_ct_obey(&node, &ours, true));
	store_close(node.store);
}
END_TEST

START_TEST(it_holds_over_restarts_until_a_reset)
{
	begin(NODE_CT_FIRST);
	ck_assert(node_ct_obey(&node, &ours, true));
	store_close(node.store);
	open_node();
	ck_assert(!node_ct_obey(&node, &others, true));
	ck_assert_ptr_nonnull(node_ct_check(&node, others.key_hash, false));
	ck_assert_ptr_null(node_ct_check(&node, ours.key_hash, false));
	ck_assert_int_eq(node_ct_forget(&node), 0);
	ck_assert(node_ct_obey(&node, &others, true));
	ck_assert(!node_ct_obey(&node, &ours, true));
	store_close(node.store);
}
END_TEST

START_TEST(a_node_with_keys_takes_no_first)
{
	begin(NODE_CT_FIRST);
	node.keys.n = 1; /* keyed under a pre-shared key */
	ck_assert_ptr_nonnull(node_ct_check(&node, ours.key_hash, false));
	store_close(node.store);
}
END_TEST

START_TEST(others_are_not_pinned)
{
	uint8_t stored[NODE_STORE_HASH_LEN];

	begin(NODE_CT_FIRST);
	ck_assert(node_ct_obey(&node, &under_psk, true));
	conf.ct_auth = NODE_CT_ANCHOR; /* the handshake has judged it */
	ck_assert(node_ct_obey(&node, &ours, true));
	conf.ct_auth = NODE_CT_FIRST;
	conf.ct_pinned = true;
	ck_assert(node_ct_obey(&node, &ours, true));
	ck_assert_int_eq(node_store_get_ct(node.store, stored), 0);
	store_close(node.store);
}
END_TEST

START_TEST(another_devices_certificate_is_refused)
{
	struct pki ca, own;

	begin(NODE_CT_ANCHOR);
	pki_make_ca(&ca);
	const struct pki_spec spec = {.issuer = &ca, .san = PKI_DEVICE(2)};
	pki_make(&own, &spec);
	conf.auth = pki_auth(DTLS_DEVICE, &own, NULL, false);
	strcpy(conf.certificate, "own.pem");
	strcpy(node.iface.wpan, "wpan0");
	ck_assert_int_eq(node_ct_open(&node, why), -EINVAL);
	ck_assert_str_eq(why, "own.pem is the certificate of 0200000000000002, but wpan0 has the "
			      "EUI-64 0200000000000001");
	node.iface.eui.b[7] = 2;
	ck_assert_int_eq(node_ct_open(&node, why), 0);
	dtls_auth_free(conf.auth);
	pki_free(&own);
	pki_free(&ca);
	store_close(node.store);
}
END_TEST

UNIT_MAIN("node_ct", the_first_command_decides, it_holds_over_restarts_until_a_reset,
	  a_node_with_keys_takes_no_first, others_are_not_pinned,
	  another_devices_certificate_is_refused)

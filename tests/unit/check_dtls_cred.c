/* SPDX-License-Identifier: ISC */
/* Handshakes under raw public keys, and what sessions under certificates cost. */
#include "dtls_pair.h"

#include "dtls/dtls_cert.h"

#include <errno.h>
#include <string.h>

#define MANY 100

static struct dtls_cred by_key(const struct pki *peer)
{
	struct dtls_cred cred = {.kind = DTLS_CRED_RPK, .identity = IDENTITY};

	ck_assert_int_eq(dtls_cert_key_hash(peer->key, cred.key_hash), 0);
	return cred;
}

/* --- raw public keys --- */

#define SKIP_WITHOUT_RPK()                                                                         \
	if (!dtls_rpk_supported()) {                                                               \
		printf("raw public keys not tested: OpenSSL is older than 3.2\n");                 \
		return;                                                                            \
	}

static void open_raw(void)
{
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, NULL, true),
		  pki_auth(DTLS_CT, &pair.ct, NULL, true));
}

START_TEST(raw_public_keys_authenticate_both)
{
	struct dtls_cred cred;
	uint8_t hash[DTLS_KEY_HASH_LEN];

	SKIP_WITHOUT_RPK();
	pair_begin();
	open_raw();
	cred = by_key(&pair.device);
	pair_comes_up(&cred);
	ck_assert_str_eq(SSL_get_cipher_name(pair.client.session->ssl), "ECDHE-ECDSA-AES128-CCM8");
	ck_assert_ptr_null(SSL_get0_peer_certificate(pair.client.session->ssl));
	ck_assert(!pair.server.ct_anchored);
	ck_assert_int_eq(dtls_cert_key_hash(pair.ct.key, hash), 0);
	ck_assert_mem_eq(pair.server.ct_hash, hash, sizeof(hash));
	ck_assert_mem_eq(dtls_session_key_hash(pair.server.session), hash, sizeof(hash));
	pair_close();
	pair_end();
}
END_TEST

START_TEST(a_key_other_than_the_expected_is_refused)
{
	struct dtls_cred cred;

	SKIP_WITHOUT_RPK();
	pair_begin();
	open_raw();
	cred = by_key(&pair.ct);
	pair_fails(&cred, "its public key is not the one of key-hash",
		   "it refused our certificate");
	pair_close();

	open_raw();
	pair.server.ct_fault = "not the one that it obeys";
	cred = by_key(&pair.device);
	pair_fails(&cred, "it refused our certificate or key", "not the one that it obeys");
	pair_close();
	pair_end();
}
END_TEST

START_TEST(keys_and_certificates_do_not_mix)
{
	struct dtls_cred cred = pair_by_cert();

	SKIP_WITHOUT_RPK();
	pair_begin();
	/* A certificate is asked of a device that has none. */
	pair_open(world_config(), pki_auth(DTLS_DEVICE, &pair.device, NULL, true),
		  pki_auth(DTLS_CT, &pair.ct, &pair.device_ca, false));
	pair_fails(&cred, "", "");
	pair_close();
	/* One with a certificate can be known by its key all the same. */
	pair_open_good();
	cred = by_key(&pair.device);
	pair_comes_up(&cred);
	ck_assert(!pair.server.ct_anchored); /* it came with its raw public key */
	pair_close();
	pair_end();
}
END_TEST

/* --- what it costs --- */

START_TEST(many_sessions)
{
	static struct relay relays[MANY];
	struct dtls_cred cred = pair_by_cert();

	pair_begin();
	pair_open_good();
	for (int i = 0; i < MANY; i++)
		relay_open(&relays[i], dtls_endpoint_port(pair.server.ep));
	long before = world_resident_kib();
	for (unsigned int i = 0; i < MANY; i++) {
		pair_connect(relay_port(&relays[i]), &cred);
		AWAIT(pair.client.ups == i + 1 && pair.server.ups == i + 1);
	}
	printf("%d sessions under certificates: %ld KiB a session\n", MANY,
	       (world_resident_kib() - before) / (2 * MANY));
	for (int i = 0; i < MANY; i++)
		relay_close(&relays[i]);
	pair_close();
	pair_end();
}
END_TEST

UNIT_MAIN("dtls_cred", raw_public_keys_authenticate_both, a_key_other_than_the_expected_is_refused,
	  keys_and_certificates_do_not_mix, many_sessions)

/* SPDX-License-Identifier: ISC */
/* Why a session ended, from what OpenSSL and the peer's alerts say. */
#include "base/log.h"
#include "dtls/dtls_msg.h"
#include "dtls/dtls_priv.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <stdio.h>

static const char *const end_names[] = {
	[DTLS_END_CLOSED] = "closed by peer",
	[DTLS_END_LOCAL] = "closed",
	[DTLS_END_TIMEOUT] = "no answer",
	[DTLS_END_AUTH] = "wrong key or identity",
	[DTLS_END_PROTOCOL] = "protocol error",
	[DTLS_END_REPLACED] = "replaced by a new handshake",
	[DTLS_END_CROWDED] = "gave way to another handshake",
};

const char *dtls_end_name(enum dtls_end end)
{
	return end_names[end];
}

/* The peer's alert (RFC 5246 section 7.2.2) as OpenSSL's queue has it. */
#define ALERT(alert) (SSL_AD_REASON_OFFSET + (alert))

static const struct cause {
	int reason; /* OpenSSL's */
	enum dtls_end end;
	const char *text; /* NULL: the name of `end` */
} causes[] = {
	{SSL_R_DIGEST_CHECK_FAILED, DTLS_END_AUTH, NULL}, /* in the peer's Finished */
	{ALERT(DTLS_ALERT_BAD_RECORD_MAC), DTLS_END_AUTH, NULL},
	{ALERT(DTLS_ALERT_DECRYPT_ERROR), DTLS_END_AUTH, NULL},
	{ALERT(DTLS_ALERT_UNKNOWN_PSK_IDENTITY), DTLS_END_AUTH, NULL},
	{ALERT(DTLS_ALERT_ACCESS_DENIED), DTLS_END_AUTH, "it refused us: access denied"},
	{ALERT(SSL_AD_HANDSHAKE_FAILURE), DTLS_END_PROTOCOL, "it has no credential of this kind"},
	{ALERT(SSL_AD_BAD_CERTIFICATE), DTLS_END_AUTH,
	 "it refused our certificate or key: its log says why"},
	{ALERT(SSL_AD_UNSUPPORTED_CERTIFICATE), DTLS_END_AUTH,
	 "it refused our certificate: not one of the kind or use that it takes"},
	{ALERT(SSL_AD_CERTIFICATE_EXPIRED), DTLS_END_AUTH, "it refused our certificate: expired"},
	{ALERT(SSL_AD_CERTIFICATE_UNKNOWN), DTLS_END_AUTH,
	 "it refused our certificate: its log says why"},
	{ALERT(SSL_AD_UNKNOWN_CA), DTLS_END_AUTH,
	 "it refused our certificate: not under its ct-anchor"},
	{SSL_R_CERTIFICATE_VERIFY_FAILED, DTLS_END_AUTH, NULL}, /* dtls_verify.c has said why */
	{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, DTLS_END_AUTH, "it sent no certificate"},
	{SSL_R_BAD_SIGNATURE, DTLS_END_AUTH, "it does not have the private key of its certificate"},
	{SSL_R_NO_SHARED_CIPHER, DTLS_END_PROTOCOL, "it has no credential of our kind"},
	{SSL_R_EXCESSIVE_MESSAGE_SIZE, DTLS_END_AUTH, "its certificates are too long"},
};

static const struct cause *find(unsigned long error)
{
	for (size_t i = 0; error && i < sizeof(causes) / sizeof(causes[0]); i++)
		if (ERR_GET_REASON(error) == causes[i].reason)
			return &causes[i];
	return NULL;
}

enum dtls_end dtls_reason_find(struct dtls_session *s, int ssl_error)
{
	unsigned long error = ERR_peek_error();
	const struct cause *cause = find(error);

	if (ssl_error == SSL_ERROR_ZERO_RETURN)
		return DTLS_END_CLOSED;
	if (!cause) {
		log_debug("dtls", NULL, "protocol error: %s",
			  error ? ERR_reason_error_string(error) : "none given");
		return DTLS_END_PROTOCOL;
	}
	if (cause->text && !s->reason[0])
		snprintf(s->reason, sizeof(s->reason), "%s", cause->text);
	return cause->end;
}

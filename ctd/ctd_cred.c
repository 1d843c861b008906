/* SPDX-License-Identifier: ISC */
#include "ctd_cred.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int ctd_cred_load_own(struct ctd_conf *conf, const char *path, char *why, size_t why_len)
{
	const struct dtls_auth_files files = {.private_key = conf->private_key,
					      .certificate = conf->certificate,
					      .anchor = conf->device_anchor};
	const char *option;
	char text[CONF_TEXT_LEN + 256];
	int r;

	conf->auth = NULL;
	if (!conf->private_key[0] && !conf->certificate[0] && !conf->device_anchor[0])
		return 0;
	r = dtls_auth_load(&conf->auth, DTLS_CT, &files, &option, text, sizeof(text));
	if (r < 0)
		snprintf(why, why_len, "%s:%u: %s: %s", path, conf_option_line(path, option),
			 option, text);
	return r;
}

static int load_psk(struct ctd_device *d, char *why, size_t why_len)
{
	char text[CONF_TEXT_LEN + 128];

	d->credential = DTLS_CRED_PSK;
	if (secret_from_file(&d->psk, d->psk_file, CTD_CONF_PSK_MIN, CTD_CONF_PSK_MAX, text,
			     sizeof(text)) == 0)
		return 0;
	snprintf(why, why_len, "psk-file: %s", text);
	return -EINVAL;
}

static int load_key_hash(struct ctd_device *d, char *why, size_t why_len)
{
	d->credential = DTLS_CRED_RPK;
	if (buf_from_hex(d->key_hash_text, d->key_hash, sizeof(d->key_hash)) == 0)
		return 0;
	snprintf(why, why_len, "key-hash: must be 64 hex digits, the SHA-256 of its public key");
	return -EINVAL;
}

int ctd_cred_load_device(struct ctd_device *d, char *why, size_t why_len)
{
	bool certificate = d->wanted == CTD_CERTIFICATE;

	if ((d->psk_file[0] != '\0') + (d->key_hash_text[0] != '\0') + certificate != 1) {
		snprintf(why, why_len,
			 "give one of psk-file, key-hash and credential = certificate");
		return -EINVAL;
	}
	if ((d->wanted == CTD_KEY && d->psk_file[0]) ||
	    (d->wanted == CTD_PSK && d->key_hash_text[0])) {
		snprintf(why, why_len, "credential = %s does not go with %s: give %s instead of it",
			 d->wanted == CTD_KEY ? "key" : "psk",
			 d->wanted == CTD_KEY ? "psk-file" : "key-hash",
			 d->wanted == CTD_KEY ? "key-hash" : "psk-file");
		return -EINVAL;
	}
	if (certificate) {
		d->credential = DTLS_CRED_CERT;
		return 0;
	}
	return d->psk_file[0] ? load_psk(d, why, why_len) : load_key_hash(d, why, why_len);
}

const char *ctd_cred_missing(const struct ctd_conf *conf, const struct ctd_device *d)
{
	switch ((enum dtls_cred_kind)d->credential) {
	case DTLS_CRED_PSK:
	case DTLS_CRED_KINDS:
		break;
	case DTLS_CRED_RPK:
		if (!conf->auth)
			return "key-hash: needs a private-key of our own";
		if (!dtls_auth_has(conf->auth, DTLS_CRED_RPK))
			return "key-hash: raw public keys need OpenSSL 3.2 or later";
		break;
	case DTLS_CRED_CERT:
		if (!conf->auth || !dtls_auth_has(conf->auth, DTLS_CRED_CERT))
			return "credential = certificate: needs a certificate of our own";
		if (!dtls_auth_has_anchor(conf->auth))
			return "credential = certificate: needs device-anchor";
		break;
	}
	return NULL;
}

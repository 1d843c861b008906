/* SPDX-License-Identifier: ISC */
#include "dtls/dtls_priv.h"

#include <errno.h>
#include <string.h>

/* OpenSSL forgets the explicit nonce and the MAC (RFC 6655 section 3) when it fills a datagram with
 * part of a Finished. */
#define FORGOTTEN_LEN (8 + 8)

/* One datagram a call, as DTLS needs it; nothing more until the socket has the next. */
static int bio_read(BIO *bio, char *buf, int cap)
{
	struct dtls_session *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (!s->input) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t len = s->input->len;
	if (cap < 0 || len > (size_t)cap)
		len = cap < 0 ? 0 : (size_t)cap;
	memcpy(buf, s->input->data, len);
	s->input = NULL;
	return (int)len;
}

/* A datagram that cannot be sent is one that is lost, which DTLS is made for: errors are left in
 * s->send_error and never end a session. */
static int bio_write(BIO *bio, const char *data, int len)
{
	struct dtls_session *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (len < 0)
		return -1;
	s->send_error = dtls_sock_send(s->ep->fd, &s->path, (const uint8_t *)data, (size_t)len);
	return len;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio, (void)num, (void)ptr;

	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: /* what OpenSSL takes off the link MTU */
		return DTLS_IPV6_UDP_LEN + FORGOTTEN_LEN;
	default: /* OpenSSL's commands; 0 says that this BIO does not have it */
		return 0;
	}
}

BIO_METHOD *dtls_bio_method_new(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "dtls endpoint");

	if (m && BIO_meth_set_read(m, bio_read) && BIO_meth_set_write(m, bio_write) &&
	    BIO_meth_set_ctrl(m, bio_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

int dtls_bio_attach(struct dtls_session *s)
{
	BIO *bio = BIO_new(s->ep->bio_method);

	if (!bio)
		return -ENOMEM;
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(s->ssl, bio, bio);
	return 0;
}

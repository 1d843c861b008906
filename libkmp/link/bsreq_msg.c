/* SPDX-License-Identifier: ISC */
#include "link/bsreq_msg.h"

#include "base/buf.h"

#include <errno.h>

int bsreq_parse(uint8_t icmp_type, const void *octets, size_t len, struct bsreq *req)
{
	struct buf_reader r;
	uint8_t type, code;
	struct bsreq got;

	buf_reader_init(&r, octets, len);
	type = buf_get_u8(&r);
	code = buf_get_u8(&r);
	buf_skip(&r, 2); /* checksum: the kernel's */
	buf_skip(&r, 2); /* status, reserved */
	got.lifetime = buf_get_u16(&r);
	buf_get(&r, got.eui.b, sizeof(got.eui.b));
	if (!buf_ok(&r) || type != icmp_type || (code != BSREQ_JSR && code != BSREQ_SSR) ||
	    eui64_is_zero(&got.eui))
		return -EINVAL;
	got.code = code;
	*req = got;
	return 0;
}

void bsreq_build(uint8_t icmp_type, const struct bsreq *req, uint8_t out[BSREQ_LEN])
{
	struct buf_writer w;

	buf_writer_init(&w, out, BSREQ_LEN);
	buf_put_u8(&w, icmp_type);
	buf_put_u8(&w, (uint8_t)req->code);
	buf_put_u16(&w, 0); /* checksum */
	buf_put_u16(&w, 0); /* status, reserved */
	buf_put_u16(&w, req->lifetime);
	buf_put(&w, req->eui.b, sizeof(req->eui.b));
}

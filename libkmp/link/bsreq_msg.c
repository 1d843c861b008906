/* SPDX-License-Identifier: ISC */
#include "link/bsreq_msg.h"

#include "base/buf.h"

#include <errno.h>

#define OPTION_SOURCE_LL 1      /* RFC 4861 section 4.6.1 */
#define OPTION_UNITS     1      /* its length with a short address, in units of 8 octets */
#define SHORT_NONE       0xfffe /* from here on: no address (IEEE 802.15.4 section 7.3.2) */

/* The option, if it is there. */
static void read_short(struct buf_reader *r, struct bsreq *req)
{
	uint8_t type = buf_get_u8(r), units = buf_get_u8(r);
	uint16_t short_addr = buf_get_u16(r);

	buf_skip(r, 4); /* padding */
	req->has_short = buf_ok(r) && type == OPTION_SOURCE_LL && units == OPTION_UNITS &&
			 short_addr < SHORT_NONE;
	req->short_addr = req->has_short ? short_addr : 0;
}

int bsreq_parse(uint8_t icmp_type, const void *octets, size_t len, struct bsreq *req)
{
	struct buf_reader r;
	uint8_t type, code;
	struct bsreq got = {.has_short = false};

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
	if (code == BSREQ_SSR)
		read_short(&r, &got);
	*req = got;
	return 0;
}

size_t bsreq_build(uint8_t icmp_type, const struct bsreq *req, uint8_t out[BSREQ_MAX_LEN])
{
	struct buf_writer w;

	buf_writer_init(&w, out, BSREQ_MAX_LEN);
	buf_put_u8(&w, icmp_type);
	buf_put_u8(&w, (uint8_t)req->code);
	buf_put_u16(&w, 0); /* checksum */
	buf_put_u16(&w, 0); /* status, reserved */
	buf_put_u16(&w, req->lifetime);
	buf_put(&w, req->eui.b, sizeof(req->eui.b));
	if (!req->has_short)
		return BSREQ_LEN;
	buf_put_u8(&w, OPTION_SOURCE_LL);
	buf_put_u8(&w, OPTION_UNITS);
	buf_put_u16(&w, req->short_addr);
	buf_put_u32(&w, 0); /* padding */
	return BSREQ_MAX_LEN;
}

/* SPDX-License-Identifier: ISC */
#include "link/bsreq_msg.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct eui64 device = {{0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};

/* Figure 3: type code checksum status reserved lifetime EUI-64. */
static const uint8_t jsr[BSREQ_LEN] = {200,  1,    0,    0,    0,    0,    0,    0,
				       0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
static const uint8_t ssr[BSREQ_LEN] = {200,  2,    0,    0,    0,    0,    0x05, 0xa0,
				       0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};

START_TEST(builds_figure_3)
{
	struct bsreq req = {.code = BSREQ_JSR, .lifetime = 0, .eui = device};
	uint8_t out[BSREQ_MAX_LEN];

	memset(out, 0xff, sizeof(out));
	ck_assert_uint_eq(bsreq_build(200, &req, out), BSREQ_LEN);
	ck_assert_mem_eq(out, jsr, BSREQ_LEN);

	req.code = BSREQ_SSR;
	req.lifetime = 1440;
	ck_assert_uint_eq(bsreq_build(200, &req, out), BSREQ_LEN);
	ck_assert_mem_eq(out, ssr, BSREQ_LEN);

	bsreq_build(201, &req, out);
	ck_assert_uint_eq(out[0], 201);
}
END_TEST

START_TEST(parses_what_it_builds)
{
	struct bsreq req;

	ck_assert_int_eq(bsreq_parse(200, jsr, sizeof(jsr), &req), 0);
	ck_assert_int_eq(req.code, BSREQ_JSR);
	ck_assert_uint_eq(req.lifetime, 0);
	ck_assert(eui64_equal(&req.eui, &device));

	ck_assert_int_eq(bsreq_parse(200, ssr, sizeof(ssr), &req), 0);
	ck_assert_int_eq(req.code, BSREQ_SSR);
	ck_assert_uint_eq(req.lifetime, 1440);
	ck_assert(eui64_equal(&req.eui, &device));
	ck_assert(!req.has_short);
}
END_TEST

/* An SSR with a source link-layer address option: type 1, one unit of 8 octets, 0x1234, padding. */
START_TEST(ssr_may_carry_a_short_address)
{
	static const uint8_t option[8] = {1, 1, 0x12, 0x34};
	uint8_t octets[BSREQ_MAX_LEN], out[BSREQ_MAX_LEN];
	struct bsreq req;

	memcpy(octets, ssr, BSREQ_LEN);
	memcpy(octets + BSREQ_LEN, option, sizeof(option));
	ck_assert_int_eq(bsreq_parse(200, octets, sizeof(octets), &req), 0);
	ck_assert(req.has_short);
	ck_assert_uint_eq(req.short_addr, 0x1234);
	ck_assert(eui64_equal(&req.eui, &device));
	ck_assert_uint_eq(bsreq_build(200, &req, out), BSREQ_MAX_LEN);
	ck_assert_mem_eq(out, octets, sizeof(out));
	/* truncated, another option, of another length, of length 0, no address: as without */
	for (size_t len = BSREQ_LEN; len < BSREQ_MAX_LEN; len++) {
		ck_assert_int_eq(bsreq_parse(200, octets, len, &req), 0);
		ck_assert(!req.has_short);
	}
	for (int i = 0; i < 5; i++) {
		static const uint8_t other[5][4] = {{2, 1, 0x12, 0x34},
						    {1, 2, 0x12, 0x34},
						    {1, 0, 0x12, 0x34},
						    {1, 1, 0xff, 0xff},
						    {1, 1, 0xff, 0xfe}};

		memcpy(octets + BSREQ_LEN, other[i], sizeof(other[i]));
		ck_assert_int_eq(bsreq_parse(200, octets, sizeof(octets), &req), 0);
		ck_assert_msg(!req.has_short, "option %d", i);
	}
	/* a JSR is forwarded by others: it binds nothing */
	memcpy(octets, jsr, BSREQ_LEN);
	memcpy(octets + BSREQ_LEN, option, sizeof(option));
	ck_assert_int_eq(bsreq_parse(200, octets, sizeof(octets), &req), 0);
	ck_assert(!req.has_short);
}
END_TEST

/* Section 5.3.1: status, reserved are ignored; the checksum is the kernel's; later versions may be
 * longer. */
START_TEST(ignores_what_it_must)
{
	uint8_t octets[BSREQ_LEN + 8];
	struct bsreq req;

	memset(octets, 0xee, sizeof(octets));
	memcpy(octets, ssr, BSREQ_LEN);
	memset(&octets[2], 0xab, 4);
	ck_assert_int_eq(bsreq_parse(200, octets, sizeof(octets), &req), 0);
	ck_assert_int_eq(req.code, BSREQ_SSR);
	ck_assert_uint_eq(req.lifetime, 1440);
	ck_assert(eui64_equal(&req.eui, &device));
}
END_TEST

static void check_refused(uint8_t type, const uint8_t *octets, size_t len)
{
	struct bsreq req, before;

	memset(&req, 0x5a, sizeof(req));
	before = req;
	ck_assert_int_eq(bsreq_parse(type, octets, len, &req), -EINVAL);
	ck_assert_mem_eq(&req, &before, sizeof(req)); /* nothing half read */
}

START_TEST(refuses_every_short_message)
{
	for (size_t len = 0; len < BSREQ_LEN; len++)
		check_refused(200, jsr, len);
}
END_TEST

START_TEST(refuses_other_codes)
{
	uint8_t octets[BSREQ_LEN];

	memcpy(octets, jsr, sizeof(octets));
	for (unsigned int code = 0; code < 256; code++) {
		octets[1] = (uint8_t)code;
		if (code != BSREQ_JSR && code != BSREQ_SSR)
			check_refused(200, octets, sizeof(octets));
	}
}
END_TEST

START_TEST(refuses_other_types_and_no_device)
{
	uint8_t octets[BSREQ_LEN];

	check_refused(201, jsr, sizeof(jsr));
	memcpy(octets, jsr, sizeof(octets));
	memset(&octets[8], 0, 8);
	check_refused(200, octets, sizeof(octets));
}
END_TEST

UNIT_MAIN("bsreq_msg", builds_figure_3, parses_what_it_builds, ssr_may_carry_a_short_address,
	  ignores_what_it_must, refuses_every_short_message, refuses_other_codes,
	  refuses_other_types_and_no_device)

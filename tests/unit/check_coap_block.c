/* SPDX-License-Identifier: ISC */
#include "coap/coap_block.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define CODE COAP_MSG_CODE

static uint8_t octets[COAP_BLOCK_BODY_MAX + 1];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 7 + i / 256);
}

START_TEST(size_fits_the_message)
{
	ck_assert_uint_eq(coap_block_size(0), 16);
	ck_assert_uint_eq(coap_block_size(6), 1024);
	ck_assert_int_eq(coap_block_szx(20, 20 + 1 + 1024, 6), 6);
	ck_assert_int_eq(coap_block_szx(20, 20 + 1 + 1023, 6), 5);
	ck_assert_int_eq(coap_block_szx(20, 20 + 1 + 1024, 2), 2); /* wanted smaller */
	ck_assert_int_eq(coap_block_szx(20, 5000, 7), 6);
	ck_assert_int_eq(coap_block_szx(20, 20 + 1 + 16, 6), 0);
	ck_assert_int_eq(coap_block_szx(20, 20 + 1 + 15, 6), -EMSGSIZE);
	ck_assert_int_eq(coap_block_szx(2000, 100, 6), -EMSGSIZE);
}
END_TEST

START_TEST(blocks_make_a_body)
{
	struct coap_block_body body = {.len = 0};
	struct coap_msg_block b = {.set = true, .more = true, .szx = 5};

	fill();
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 512), 0);
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 512), -ESTALE); /* again */
	b.num = 2;
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 512), -ESTALE); /* one left out */
	/* The size may change in between: 512 = 8 * 64. */
	b = (struct coap_msg_block){.num = 8, .more = true, .szx = 2};
	ck_assert_int_eq(coap_block_append(&body, &b, octets + 512, 63), -EBADMSG);
	ck_assert_int_eq(coap_block_append(&body, &b, octets + 512, 65), -EBADMSG);
	ck_assert_int_eq(coap_block_append(&body, &b, octets + 512, 64), 0);
	b.num = 9;
	b.more = false;
	ck_assert_int_eq(coap_block_append(&body, &b, octets + 576, 65), -EBADMSG);
	b.szx = 7;
	ck_assert_int_eq(coap_block_append(&body, &b, octets + 576, 10), -EBADMSG);
	b.szx = 2;
	ck_assert_int_eq(coap_block_append(&body, &b, octets + 576, 10), 0);
	ck_assert_uint_eq(body.len, 586);
	ck_assert_mem_eq(body.octets, octets, 586);
	coap_block_clear(&body);
	ck_assert_ptr_null(body.octets);
	ck_assert_uint_eq(body.len, 0);
}
END_TEST

START_TEST(a_body_is_bounded)
{
	struct coap_block_body body = {.len = 0};
	struct coap_msg_block b = {.set = true, .more = true, .szx = 6};

	fill();
	for (b.num = 0; b.num < 4; b.num++)
		ck_assert_int_eq(coap_block_append(&body, &b, octets, 1024), 0);
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 1024), -EMSGSIZE);
	b.more = false;
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 1), -EMSGSIZE);
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 0), 0);
	b.num = 0xfffff;
	ck_assert_int_eq(coap_block_append(&body, &b, octets, 1), -ESTALE);
	ck_assert_uint_eq(body.len, COAP_BLOCK_BODY_MAX);
	coap_block_clear(&body);
}
END_TEST

/* --- Block1 --- */

static struct coap_msg put_block(uint32_t num, bool more, uint8_t szx, size_t len)
{
	return (struct coap_msg){.code = COAP_MSG_PUT,
				 .path = "coap-key2",
				 .content_format = 60,
				 .accept = -1,
				 .block1 = {.set = true, .num = num, .more = more, .szx = szx},
				 .payload = octets + num * coap_block_size(szx),
				 .payload_len = len};
}

static uint8_t take(struct coap_block_rx *rx, struct coap_msg m)
{
	return coap_block_rx_take(rx, &m);
}

START_TEST(a_request_acts_when_it_is_whole)
{
	struct coap_block_rx rx = {.under_way = false};

	fill();
	ck_assert_uint_eq(take(&rx, put_block(0, true, 2, 64)), CODE(2, 31));
	ck_assert_uint_eq(take(&rx, put_block(1, true, 2, 64)), CODE(2, 31));
	ck_assert_uint_eq(take(&rx, put_block(2, false, 2, 3)), 0);
	ck_assert_uint_eq(rx.body.len, 131);
	ck_assert_mem_eq(rx.body.octets, octets, 131);
	coap_block_rx_clear(&rx);
	/* all of it in the first block */
	ck_assert_uint_eq(take(&rx, put_block(0, false, 2, 3)), 0);
	ck_assert_uint_eq(rx.body.len, 3);
	coap_block_rx_clear(&rx);
	ck_assert(!rx.under_way);
}
END_TEST

START_TEST(what_does_not_continue_is_incomplete)
{
	struct coap_block_rx rx = {.under_way = false};
	struct coap_msg other[5];

	fill();
	ck_assert_uint_eq(take(&rx, put_block(1, true, 2, 64)), CODE(4, 8)); /* no first */
	for (int i = 0; i < 5; i++)
		other[i] = put_block(1, true, 2, 64);
	other[0].code = COAP_MSG_POST;
	strcpy(other[1].path, "bootstrap");
	strcpy(other[2].query, "a");
	other[3].content_format = 256;
	other[4].accept = 60;
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(take(&rx, put_block(0, true, 2, 64)), CODE(2, 31));
		ck_assert_uint_eq(take(&rx, other[i]), CODE(4, 8));
		ck_assert(!rx.under_way); /* and all is lost */
		ck_assert_uint_eq(take(&rx, put_block(1, true, 2, 64)), CODE(4, 8));
	}
	ck_assert_uint_eq(take(&rx, put_block(0, true, 2, 64)), CODE(2, 31));
	ck_assert_uint_eq(take(&rx, put_block(2, true, 2, 64)), CODE(4, 8));
	ck_assert_ptr_null(rx.body.octets);
}
END_TEST

START_TEST(a_first_block_starts_anew)
{
	struct coap_block_rx rx = {.under_way = false};

	fill();
	ck_assert_uint_eq(take(&rx, put_block(0, true, 2, 64)), CODE(2, 31));
	ck_assert_uint_eq(take(&rx, put_block(0, true, 0, 16)), CODE(2, 31));
	ck_assert_uint_eq(take(&rx, put_block(1, false, 0, 1)), 0);
	ck_assert_uint_eq(rx.body.len, 17);
	coap_block_rx_clear(&rx);
}
END_TEST

START_TEST(no_blocks_and_too_many)
{
	struct coap_block_rx rx = {.under_way = false};
	struct coap_msg announced = put_block(0, true, 2, 64);

	fill();
	ck_assert_uint_eq(take(&rx, put_block(0, true, 7, 64)), CODE(4, 0));
	ck_assert_uint_eq(take(&rx, put_block(0, true, 2, 63)), CODE(4, 0));
	ck_assert_uint_eq(take(&rx, put_block(0, false, 2, 65)), CODE(4, 0));
	announced.size1 = COAP_BLOCK_BODY_MAX + 1;
	ck_assert_uint_eq(take(&rx, announced), CODE(4, 13));
	announced.size1 = COAP_BLOCK_BODY_MAX;
	ck_assert_uint_eq(take(&rx, announced), CODE(2, 31));
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(take(&rx, put_block(i, true, 6, 1024)), CODE(2, 31));
	ck_assert_uint_eq(take(&rx, put_block(4, false, 6, 1)), CODE(4, 13));
	ck_assert(!rx.under_way);
	ck_assert_ptr_null(rx.body.octets);
}
END_TEST

/* --- Block2 --- */

static struct coap_msg answer_of(size_t len)
{
	return (struct coap_msg){.type = COAP_MSG_ACK,
				 .code = CODE(2, 5),
				 .token_len = 4,
				 .content_format = 60,
				 .accept = -1,
				 .payload = octets,
				 .payload_len = len};
}

static struct coap_msg get_block(bool set, uint32_t num, uint8_t szx)
{
	return (struct coap_msg){.code = COAP_MSG_GET,
				 .content_format = -1,
				 .accept = -1,
				 .block2 = {.set = set, .num = num, .szx = szx}};
}

START_TEST(an_answer_that_fits_stays_whole)
{
	struct coap_msg request = get_block(false, 0, 0), a = answer_of(1024);
	struct coap_msg before = a;

	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), 0);
	ck_assert_mem_eq(&a, &before, sizeof(a));
}
END_TEST

/* Every message fits, and the blocks make the body. */
static void slice_all(size_t len, size_t max_message, uint8_t szx_wanted)
{
	struct coap_block_body body = {.len = 0};
	struct coap_msg request = get_block(true, 0, szx_wanted), a;
	uint8_t out[COAP_MSG_MAX];
	uint8_t etag[4] = {0};

	do {
		a = answer_of(len);
		ck_assert_uint_eq(coap_block_slice(&a, &request, max_message), 0);
		ck_assert(a.block2.set && a.block2.szx <= szx_wanted);
		ck_assert_uint_eq(a.etag_len, sizeof(etag));
		if (body.len > 0)
			ck_assert_mem_eq(a.etag, etag, sizeof(etag));
		memcpy(etag, a.etag, sizeof(etag));
		ck_assert_int_gt(coap_msg_build(&a, out, max_message), 0);
		ck_assert_int_eq(coap_block_append(&body, &a.block2, a.payload, a.payload_len), 0);
		request.block2.szx = a.block2.szx;
		request.block2.num = a.block2.num + 1;
	} while (a.block2.more);
	ck_assert_uint_eq(body.len, len);
	ck_assert_mem_eq(body.octets, octets, len);
	coap_block_clear(&body);
}

START_TEST(blocks_fit_and_make_the_answer)
{
	fill();
	slice_all(4096, COAP_MSG_MAX, 6);
	slice_all(4096, 179, 6); /* a link MTU of 256 */
	slice_all(1000, 48, 6);
	slice_all(100, COAP_MSG_MAX, 0); /* fits, but the peer wants it in pieces */
	slice_all(64, COAP_MSG_MAX, 2);  /* exactly one */
	slice_all(128, COAP_MSG_MAX, 2);
}
END_TEST

START_TEST(an_etag_is_of_the_body)
{
	struct coap_msg request = get_block(true, 0, 2), a = answer_of(600), b = answer_of(600);

	fill();
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), 0);
	octets[599] ^= 1; /* in another block than is asked for */
	ck_assert_uint_eq(coap_block_slice(&b, &request, COAP_MSG_MAX), 0);
	ck_assert_mem_ne(a.etag, b.etag, a.etag_len);
}
END_TEST

START_TEST(blocks_that_are_not_there)
{
	struct coap_msg request = get_block(true, 0, 7), a = answer_of(600);

	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), CODE(4, 0));
	request = get_block(true, 600 / 64 + 1, 2);
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), CODE(4, 0));
	request = get_block(true, 0xfffff, 6);
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), CODE(4, 0));
	/* an empty body has a first block */
	a = answer_of(0);
	request = get_block(true, 0, 2);
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), 0);
	ck_assert(a.block2.set && !a.block2.more);
}
END_TEST

START_TEST(only_content_of_a_get_is_cut)
{
	struct coap_msg request = get_block(false, 0, 0), a = answer_of(2000);

	request.code = COAP_MSG_POST;
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), CODE(5, 0));
	request.code = COAP_MSG_GET;
	a.code = CODE(4, 4);
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), CODE(5, 0));
	a = answer_of(2000); /* no block fits behind the options */
	ck_assert_uint_eq(coap_block_slice(&a, &request, 30), CODE(5, 0));
	/* an error to a request for a block is no block */
	a = answer_of(0);
	a.code = CODE(4, 4);
	request = get_block(true, 3, 2);
	ck_assert_uint_eq(coap_block_slice(&a, &request, COAP_MSG_MAX), 0);
	ck_assert(!a.block2.set);
}
END_TEST

UNIT_MAIN("coap_block", size_fits_the_message, blocks_make_a_body, a_body_is_bounded,
	  a_request_acts_when_it_is_whole, what_does_not_continue_is_incomplete,
	  a_first_block_starts_anew, no_blocks_and_too_many, an_answer_that_fits_stays_whole,
	  blocks_fit_and_make_the_answer, an_etag_is_of_the_body, blocks_that_are_not_there,
	  only_content_of_a_get_is_cut)

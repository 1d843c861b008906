/* SPDX-License-Identifier: ISC */
#include "coap/coap_res.h"

#include "unit.h"

#include <string.h>

static int called;
static char called_rest[COAP_MSG_PATH_LEN];

static void get_key(void *arg, struct coap_res_call *call)
{
	ck_assert_ptr_eq(arg, &called);
	ck_assert_ptr_eq(call->peer, called_rest);
	called = COAP_MSG_GET;
	strcpy(called_rest, call->rest);
	memcpy(call->payload, "{}", 2);
	coap_res_reply(call, COAP_MSG_CODE(2, 5), 256, 2);
}

static void put_key(void *arg, struct coap_res_call *call)
{
	(void)arg;
	called = COAP_MSG_PUT;
	strcpy(called_rest, call->rest);
	coap_res_reply(call, COAP_MSG_CODE(2, 4), -1, 0);
}

static const struct coap_res table[] = {
	{.path = "coap-key2",
	 .rt = "core.ky",
	 .ct = "256 60",
	 .subpaths = true,
	 .get = get_key,
	 .put = put_key},
	{.path = "bootstrap",
	 .rt = "core.bs wpan-kmp.bs",
	 .ct = "60",
	 .title = "a title",
	 .get = get_key},
	{.path = "plain", .post = put_key, .del = put_key},
};

static uint8_t payload[256];

static struct coap_msg serve_into(size_t cap, const struct coap_msg *request)
{
	struct coap_msg answer = {.content_format = -1, .accept = -1};
	called = 0;
	coap_res_serve(table, 3, &called, called_rest, request, &answer, payload, cap);
	return answer;
}

static struct coap_msg request_for(uint8_t method, const char *path)
{
	struct coap_msg m = {.code = method, .content_format = -1, .accept = -1};
	strcpy(m.path, path);
	return m;
}

static struct coap_msg serve(uint8_t method, const char *path)
{
	struct coap_msg m = request_for(method, path);
	return serve_into(sizeof(payload), &m);
}

static void ck_core(const char *query, const char *expected)
{
	struct coap_msg m = request_for(COAP_MSG_GET, ".well-known/core");
	strcpy(m.query, query);
	struct coap_msg answer = serve_into(sizeof(payload), &m);
	ck_assert_uint_eq(answer.code, COAP_MSG_CODE(2, 5));
	ck_assert_int_eq(answer.content_format, 40);
	ck_assert_uint_eq(answer.payload_len, strlen(expected));
	ck_assert_mem_eq(payload, expected, strlen(expected));
}

#define KEY_LINK   "</coap-key2>;rt=\"core.ky\";ct=\"256 60\""
#define BS_LINK    "</bootstrap>;rt=\"core.bs wpan-kmp.bs\";ct=60;title=\"a title\""
#define PLAIN_LINK "</plain>"

START_TEST(handler_is_called)
{
	struct coap_msg answer = serve(COAP_MSG_GET, "coap-key2");
	ck_assert_int_eq(called, COAP_MSG_GET);
	ck_assert_str_eq(called_rest, "");
	ck_assert_uint_eq(answer.code, COAP_MSG_CODE(2, 5));
	ck_assert_int_eq(answer.content_format, 256);
	ck_assert_ptr_eq(answer.payload, payload);
	ck_assert_uint_eq(answer.payload_len, 2);
	serve(COAP_MSG_PUT, "coap-key2/3");
	ck_assert_int_eq(called, COAP_MSG_PUT);
	ck_assert_str_eq(called_rest, "3");
	ck_assert_uint_eq(serve(COAP_MSG_DELETE, "plain").code, COAP_MSG_CODE(2, 4));
}
END_TEST

START_TEST(paths_that_are_not_there)
{
	static const char *const paths[] = {"",      "coap-key",   "coap-key22", "bootstrap/1",
					    "x",     "/coap-key2", "COAP-KEY2",  "well-known/core",
					    "plain/"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert_uint_eq(serve(COAP_MSG_GET, paths[i]).code, COAP_MSG_CODE(4, 4));
		ck_assert_int_eq(called, 0);
	}
}
END_TEST

START_TEST(methods_that_are_not_there)
{
	ck_assert_uint_eq(serve(COAP_MSG_POST, "coap-key2").code, COAP_MSG_CODE(4, 5));
	ck_assert_uint_eq(serve(COAP_MSG_PUT, "bootstrap").code, COAP_MSG_CODE(4, 5));
	ck_assert_uint_eq(serve(5, "coap-key2").code, COAP_MSG_CODE(4, 5));
	ck_assert_uint_eq(serve(COAP_MSG_PUT, ".well-known/core").code, COAP_MSG_CODE(4, 5));
	ck_assert_int_eq(called, 0);
}
END_TEST

START_TEST(formats)
{
	struct coap_msg m = request_for(COAP_MSG_GET, "coap-key2");
	m.accept = 60;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(2, 5));
	m.accept = 25;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(4, 6));
	m = request_for(COAP_MSG_PUT, "coap-key2");
	m.payload_len = 2;
	m.content_format = 256;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(2, 4));
	m.content_format = 50;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(4, 15));
	m.content_format = -1;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(4, 15));
	m = request_for(COAP_MSG_POST, "plain"); /* takes anything */
	m.payload_len = 2;
	m.content_format = 50;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(2, 4));
	m = request_for(COAP_MSG_GET, ".well-known/core");
	m.accept = 40;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(2, 5));
	m.accept = 60;
	ck_assert_uint_eq(serve_into(sizeof(payload), &m).code, COAP_MSG_CODE(4, 6));
}
END_TEST

START_TEST(core_describes)
{
	ck_core("", KEY_LINK "," BS_LINK "," PLAIN_LINK);
	ck_core("rt=core.ky", KEY_LINK);
	ck_core("rt=core.*", KEY_LINK "," BS_LINK);
	ck_core("rt=wpan-kmp.bs", BS_LINK);
	ck_core("rt=wpan*", BS_LINK);
	ck_core("rt=*", KEY_LINK "," BS_LINK);
	ck_core("rt=core.k", "");
	ck_core("rt=core.kyx", "");
	ck_core("rt=", "");
	ck_core("rt=core.bs wpan-kmp.bs", "");
	ck_core("ct=60", KEY_LINK "," BS_LINK);
	ck_core("ct=256", KEY_LINK);
	ck_core("ct=6", "");
	ck_core("title=a title", BS_LINK);
	ck_core("title=a*", BS_LINK);
	ck_core("title=title", "");
	ck_core("href=/coap-key2", KEY_LINK);
	ck_core("href=/*", KEY_LINK "," BS_LINK "," PLAIN_LINK);
	ck_core("href=*", KEY_LINK "," BS_LINK "," PLAIN_LINK);
	ck_core("href=/p*", PLAIN_LINK);
	ck_core("href=plain", "");
	ck_core("if=sensor", ""); /* nobody has that attribute */
	ck_core("r=core.ky", "");
	ck_core("whatever", KEY_LINK "," BS_LINK "," PLAIN_LINK); /* no filter */
}
END_TEST

START_TEST(core_is_bounded)
{
	struct coap_msg m = request_for(COAP_MSG_GET, ".well-known/core");
	size_t len = strlen(KEY_LINK "," BS_LINK "," PLAIN_LINK);
	ck_assert_uint_eq(serve_into(len, &m).code, COAP_MSG_CODE(2, 5));
	ck_assert_uint_eq(serve_into(len - 1, &m).code, COAP_MSG_CODE(5, 0));
}
END_TEST

UNIT_MAIN("coap_res", handler_is_called, paths_that_are_not_there, methods_that_are_not_there,
	  formats, core_describes, core_is_bounded)

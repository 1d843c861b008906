/* SPDX-License-Identifier: ISC */
/* The resources of a node, served from a struct node that has no kernel behind it: the three
 * functions by which they change a node are recorded here. */
#include "base/buf.h"
#include "keys/bsres_msg.h"
#include "keys/keyset_msg.h"
#include "link/bpf/bslayer_maps.h"
#include "node/node_priv.h"
#include "unit.h"

#include <errno.h>

#include <string.h>

#define CODE COAP_MSG_CODE

static struct node node;
static uint8_t payload[COAP_SESS_BODY_MAX + 1];
static struct coap_msg answer;
static uint32_t mark;
static int fail_with;

int node_keys_replace(struct node *n, const struct keyset *keys)
{
	if (!fail_with)
		n->keys = *keys;
	return fail_with;
}

int node_set_all_secured(struct node *n, bool all_secured, uint32_t seq)
{
	n->all_secured = all_secured;
	n->n = seq;
	return fail_with;
}

static uint32_t raised;

int node_counter_raise(struct node *n, uint32_t floor)
{
	(void)n;
	if (!fail_with)
		raised = floor;
	return fail_with;
}

uint32_t node_counter_limit(const struct node *n)
{
	(void)n;
	return 1 << 20;
}

uint32_t dtls_session_mark(const struct dtls_session *s)
{
	(void)s;
	return mark;
}

static int send_ssr(void *arg, const struct eui64 *eui, uint16_t lifetime)
{
	(void)arg, (void)eui, (void)lifetime;
	return 0;
}

static void on_change(void *arg, const struct eui64 *eui, bool is)
{
	(void)arg, (void)eui, (void)is;
}

static const struct eui64 NEIGHBOUR = {{2, 0, 0, 0, 0, 0, 0, 2}};

static void setup(void)
{
	static const struct eui64 own = {{2, 0, 0, 0, 0, 0, 0, 1}};
	const struct bootstrap_ops ops = {
		.send_ssr = send_ssr, .on_link = on_change, .on_neighbour = on_change};

	memset(&node, 0, sizeof(node));
	fail_with = 0;
	node.evl = evl_new_test();
	node.bootstrap = bootstrap_new(node.evl, &own, NULL, &ops);
	bootstrap_restore(node.bootstrap, &NEIGHBOUR, true, NULL);
}

static void teardown(void)
{
	bootstrap_free(node.bootstrap);
	evl_free(node.evl);
	keyset_clear(&node.keys);
}

/* One request; returns the code of the answer. */
static uint8_t serve(enum coap_msg_method method, const char *path, int format, int accept,
		     const void *body, size_t len)
{
	struct coap_msg request = {.code = (uint8_t)method,
				   .content_format = format,
				   .accept = accept,
				   .payload = body,
				   .payload_len = len};

	snprintf(request.path, sizeof(request.path), "%s", path);
	memset(&answer, 0, sizeof(answer));
	memset(payload, 0, sizeof(payload));
	node_res_serve(&node, NULL, &request, &answer, payload, sizeof(payload) - 1);
	return answer.code;
}

static uint8_t put(const char *path, const char *json)
{
	return serve(COAP_MSG_PUT, path, KEYS_FORMAT_JSON, -1, json, strlen(json));
}

#define KEY_1 "\"k\":\"000102030405060708090a0b0c0d0e0f\",\"i\":1,\"m\":1,\"l\":5"
#define KEY_2 "\"k\":\"101112131415161718191a1b1c1d1e1f\",\"i\":2,\"m\":1,\"l\":5"

START_TEST(keys_go_in_and_never_come_out)
{
	setup();
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	ck_assert_ptr_nonnull(keyset_active(&node.keys));
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2", -1, -1, NULL, 0), CODE(2, 5));
	ck_assert_int_eq(answer.content_format, KEYS_FORMAT_JSON);
	ck_assert_ptr_nonnull(strstr((const char *)payload, "\"i\":1"));
	ck_assert_ptr_null(strstr((const char *)payload, "000102"));
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2/1", -1, KEYS_FORMAT_CBOR, NULL, 0),
			  CODE(2, 5));
	ck_assert_int_eq(answer.content_format, KEYS_FORMAT_CBOR);
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2/2", -1, -1, NULL, 0), CODE(4, 4));
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2/x", -1, -1, NULL, 0), CODE(4, 4));
	teardown();
}
END_TEST

START_TEST(entries_are_set_added_and_deleted)
{
	setup();
	ck_assert_uint_eq(put("coap-key2/1", "{" KEY_1 ",\"t\":1}"), CODE(2, 1));
	ck_assert_uint_eq(serve(COAP_MSG_POST, "coap-key2", KEYS_FORMAT_JSON, -1,
				"{\"2\":{" KEY_2 ",\"t\":0}}",
				strlen("{\"2\":{" KEY_2 ",\"t\":0}}")),
			  CODE(2, 1));
	ck_assert_uint_eq(node.keys.n, 2);
	ck_assert_uint_eq(serve(COAP_MSG_POST, "coap-key2/2", KEYS_FORMAT_JSON, -1, "{}", 2),
			  CODE(4, 5));
	ck_assert_uint_eq(serve(COAP_MSG_DELETE, "coap-key2/9", -1, -1, NULL, 0), CODE(4, 4));
	ck_assert_uint_eq(serve(COAP_MSG_DELETE, "coap-key2", -1, -1, NULL, 0), CODE(4, 5));
	ck_assert_uint_eq(put("coap-key2/70000", "{" KEY_1 "}"), CODE(4, 4));
	teardown();
}
END_TEST

static uint8_t post(const char *json)
{
	return serve(COAP_MSG_POST, "coap-key2", KEYS_FORMAT_JSON, -1, json, strlen(json));
}

static uint8_t del(const char *path)
{
	return serve(COAP_MSG_DELETE, path, -1, -1, NULL, 0);
}

START_TEST(a_deleted_key_is_retired_for_good)
{
	setup();
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1},\"2\":{" KEY_2 ",\"t\":0}}"),
			  CODE(2, 4));
	ck_assert_uint_eq(del("coap-key2/2"), CODE(2, 2));
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2/2", -1, -1, NULL, 0), CODE(2, 5));
	ck_assert_ptr_nonnull(strstr((const char *)payload, "\"t\":2"));
	ck_assert_uint_eq(del("coap-key2/2"), CODE(2, 2)); /* a repetition */
	/* by no way does it come back */
	ck_assert_uint_eq(put("coap-key2/2", "{" KEY_2 ",\"t\":0}"), CODE(4, 9));
	ck_assert_uint_eq(put("coap-key2/3", "{" KEY_2 ",\"t\":0}"), CODE(4, 9));
	ck_assert_uint_eq(post("{\"2\":{" KEY_2 ",\"t\":1}}"), CODE(4, 9));
	ck_assert_uint_eq(put("coap-key2", "{\"2\":{" KEY_2 ",\"t\":1}}"), CODE(4, 9));
	ck_assert_uint_eq(keyset_active(&node.keys)->index, 1);
	teardown();
}
END_TEST

START_TEST(conflicts)
{
	setup();
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	ck_assert_uint_eq(put("coap-key2/1", "{" KEY_1 ",\"t\":1}"), CODE(2, 4)); /* the same */
	ck_assert_uint_eq(put("coap-key2/2", "{" KEY_1 ",\"t\":1}"), CODE(4, 9));
	ck_assert_uint_eq(put("coap-key2/1", "{" KEY_2 ",\"t\":1}"), CODE(4, 9));
	ck_assert_uint_eq(post("{\"9\":{" KEY_1 ",\"t\":1}}"), CODE(4, 9));
	ck_assert_uint_eq(node.keys.n, 1);
	teardown();
}
END_TEST

START_TEST(formats_are_two)
{
	static const char *const paths[] = {"coap-key2", "coap-key2/1", "bootstrap"};

	setup();
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(serve(COAP_MSG_GET, paths[i], -1, -1, NULL, 0), CODE(2, 5));
		ck_assert_int_eq(answer.content_format, KEYS_FORMAT_JSON);
		ck_assert_uint_eq(serve(COAP_MSG_GET, paths[i], -1, KEYS_FORMAT_JSON, NULL, 0),
				  CODE(2, 5));
		ck_assert_int_eq(answer.content_format, KEYS_FORMAT_JSON);
		ck_assert_uint_eq(serve(COAP_MSG_GET, paths[i], -1, KEYS_FORMAT_CBOR, NULL, 0),
				  CODE(2, 5));
		ck_assert_int_eq(answer.content_format, KEYS_FORMAT_CBOR);
		ck_assert_uint_eq(serve(COAP_MSG_GET, paths[i], -1, 50, NULL, 0), CODE(4, 6));
		ck_assert_uint_eq(serve(COAP_MSG_PUT, paths[i], 50, -1, "{}", 2), CODE(4, 15));
		ck_assert_uint_eq(serve(COAP_MSG_PUT, paths[i], -1, -1, "{}", 2), CODE(4, 15));
		ck_assert_uint_eq(serve(COAP_MSG_PUT, paths[i], -1, -1, NULL, 0), CODE(4, 0));
	}
	ck_assert_uint_eq(serve(COAP_MSG_POST, "coap-key2", 50, -1, "{}", 2), CODE(4, 15));
	ck_assert_uint_eq(serve(COAP_MSG_POST, "bootstrap", KEYS_FORMAT_JSON, -1, "{}", 2),
			  CODE(4, 5));
	ck_assert_uint_eq(del("bootstrap"), CODE(4, 5));
	ck_assert_uint_eq(serve(COAP_MSG_GET, "bootstrap/1", -1, -1, NULL, 0), CODE(4, 4));
	teardown();
}
END_TEST

/* The number of an entry as a key, all octets of it that number. */
static uint8_t put_numbered(unsigned int n, unsigned int state)
{
	char path[32], json[128], hex[33];

	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", n);
	snprintf(path, sizeof(path), "coap-key2/%u", n);
	snprintf(json, sizeof(json), "{\"k\":\"%s\",\"i\":%u,\"m\":1,\"l\":5,\"t\":%u}", hex, n,
		 state);
	return put(path, json);
}

START_TEST(a_full_set_is_said_and_read_whole)
{
	setup();
	for (unsigned int n = 1; n <= KEYSET_MAX; n++)
		ck_assert_uint_eq(put_numbered(n, n == 1), CODE(2, 1));
	ck_assert_uint_eq(put_numbered(KEYSET_MAX + 1, 0), CODE(4, 13));
	ck_assert_uint_eq(node.keys.n, KEYSET_MAX);
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2", -1, -1, NULL, 0), CODE(2, 5));
	ck_assert_ptr_nonnull(strstr((const char *)payload, "\"32\":{\"i\":32"));
	teardown();
}
END_TEST

START_TEST(all_links_are_told)
{
	struct bsres_state state;

	setup();
	for (uint8_t i = 3; i < 3 + BSRES_MAX_LINKS; i++) {
		struct eui64 eui = {{2, 0, 0, 0, 0, 0, 0, i}};
		bootstrap_restore(node.bootstrap, &eui, true, NULL);
	}
	ck_assert_uint_eq(serve(COAP_MSG_GET, "bootstrap", -1, KEYS_FORMAT_JSON, NULL, 0),
			  CODE(2, 5));
	ck_assert_uint_gt(answer.payload_len, COAP_MSG_MAX); /* in blocks, then */
	ck_assert_int_eq(
		bsres_state_parse(KEYS_FORMAT_JSON, answer.payload, answer.payload_len, &state), 0);
	ck_assert_uint_eq(state.n_links, BSRES_MAX_LINKS);
	teardown();
}
END_TEST

/* Anyone can be heard, under as many names as he likes. */
START_TEST(of_strangers_few_are_told)
{
	struct bsres_state state;

	setup();
	for (uint8_t i = 3; i < 43; i++) {
		struct eui64 eui = {{2, 0, 0, 0, 0, 0, 0, i}};
		if (i == 42)
			bootstrap_restore(node.bootstrap, &eui, true, NULL);
		else
			bootstrap_heard(node.bootstrap, &eui);
	}
	ck_assert_uint_eq(serve(COAP_MSG_GET, "bootstrap", -1, KEYS_FORMAT_JSON, NULL, 0),
			  CODE(2, 5));
	ck_assert_int_eq(
		bsres_state_parse(KEYS_FORMAT_JSON, answer.payload, answer.payload_len, &state), 0);
	ck_assert_uint_eq(state.n_links, 2 + 8); /* with the one of setup() */
	ck_assert(state.link[1].secured && state.link[1].eui.b[7] == 42);
	ck_assert(!state.link[2].secured);
	teardown();
}
END_TEST

static size_t links_told(void)
{
	struct bsres_state state;

	ck_assert_uint_eq(serve(COAP_MSG_GET, "bootstrap", -1, KEYS_FORMAT_JSON, NULL, 0),
			  CODE(2, 5));
	ck_assert_int_eq(
		bsres_state_parse(KEYS_FORMAT_JSON, answer.payload, answer.payload_len, &state), 0);
	return state.n_links;
}

/* Who had keys is known for good, and would take the places of those who are there. */
START_TEST(of_those_not_secured_the_silent_are_no_links)
{
	const struct eui64 gone = {{2, 0, 0, 0, 0, 0, 0, 3}}, there = {{2, 0, 0, 0, 0, 0, 0, 4}};

	setup();
	bootstrap_restore(node.bootstrap, &gone, false, NULL);
	bootstrap_restore(node.bootstrap, &there, false, NULL);
	ck_assert_uint_eq(links_told(), 3); /* nobody knows yet */
	evl_test_advance(node.evl, BOOTSTRAP_AGE_MS - 1);
	bootstrap_heard(node.bootstrap, &there);
	ck_assert_uint_eq(links_told(), 3);
	evl_test_advance(node.evl, 1);
	ck_assert_uint_eq(links_told(), 2); /* with the secured one, as silent as it is */
	bootstrap_heard(node.bootstrap, &gone);
	ck_assert_uint_eq(links_told(), 3);
	teardown();
}
END_TEST

START_TEST(bad_bodies_change_nothing)
{
	setup();
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	ck_assert_uint_eq(put("coap-key2", "{\"1\":"), CODE(4, 0));
	ck_assert_uint_eq(put("coap-key2/1", "{"), CODE(4, 0));
	ck_assert_uint_eq(serve(COAP_MSG_PUT, "coap-key2", 0, -1, "{}", 2), CODE(4, 15));
	ck_assert_uint_eq(serve(COAP_MSG_GET, "coap-key2", -1, 0, NULL, 0), CODE(4, 6));
	/* the installed index 1 with other octets */
	ck_assert_uint_eq(put("coap-key2/1", "{\"k\":\"ffffffffffffffffffffffffffffffff\",\"i\":1,"
					     "\"m\":1,\"l\":5,\"t\":1}"),
			  CODE(4, 9));
	fail_with = -EIO;
	ck_assert_uint_eq(put("coap-key2/2", "{" KEY_2 ",\"t\":0}"), CODE(5, 0));
	fail_with = -ENOTSUP;
	ck_assert_uint_eq(put("coap-key2/2", "{" KEY_2 ",\"t\":0}"), CODE(5, 1));
	ck_assert_uint_eq(node.keys.n, 1);
	teardown();
}
END_TEST

START_TEST(state_tells_links_counter_and_mark)
{
	static const struct {
		uint32_t mark;
		enum bsres_mark told;
	} cases[] = {{LINK_MARK_RX_SECURED, BSRES_SECURED},
		     {LINK_MARK_RX_UNSECURED, BSRES_UNSECURED},
		     {0, BSRES_WIRED}};
	struct bsres_state state;

	setup();
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		mark = cases[i].mark;
		ck_assert_uint_eq(serve(COAP_MSG_GET, "bootstrap", -1, KEYS_FORMAT_CBOR, NULL, 0),
				  CODE(2, 5));
		ck_assert_int_eq(bsres_state_parse(KEYS_FORMAT_CBOR, answer.payload,
						   answer.payload_len, &state),
				 0);
		ck_assert_int_eq(state.mark, cases[i].told);
	}
	ck_assert_uint_eq(state.index, 1);
	ck_assert_uint_eq(state.fc, 1 << 20);
	ck_assert_uint_eq(state.n_links, 1);
	ck_assert(state.link[0].secured);
	ck_assert(eui64_equal(&state.link[0].eui, &NEIGHBOUR));
	teardown();
}
END_TEST

START_TEST(close_cannot_be_replayed)
{
	setup();
	/* without a key to send under nobody could ever open it again */
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":true,\"n\":5}"), CODE(4, 9));
	ck_assert(!node.all_secured);
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":true,\"n\":5}"), CODE(2, 4));
	ck_assert(node.all_secured);
	/* the same again is a repetition, the same number with another value is not */
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":true,\"n\":5}"), CODE(2, 4));
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":false,\"n\":5}"), CODE(4, 9));
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":false,\"n\":4}"), CODE(4, 9));
	ck_assert(node.all_secured);
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":false,\"n\":6}"), CODE(2, 4));
	ck_assert(!node.all_secured);
	ck_assert_uint_eq(put("bootstrap", "{\"all_secured\":true}"), CODE(4, 0));
	teardown();
}
END_TEST

START_TEST(counter_is_raised_before_all_else)
{
	setup();
	raised = 0;
	ck_assert_uint_eq(put("coap-key2", "{\"1\":{" KEY_1 ",\"t\":1}}"), CODE(2, 4));
	ck_assert_uint_eq(put("bootstrap", "{\"fc\":4026531840}"), CODE(2, 4));
	ck_assert_uint_eq(raised, 0xF0000000);
	ck_assert_uint_eq(put("bootstrap", "{\"fc\":4026531841}"), CODE(4, 0));
	ck_assert_uint_eq(put("bootstrap", "{\"fc\":4026531841,\"all_secured\":true,\"n\":1}"),
			  CODE(4, 0));
	ck_assert(!node.all_secured);
	ck_assert_uint_eq(raised, 0xF0000000);
	fail_with = -ENOSPC;
	ck_assert_uint_eq(put("bootstrap", "{\"fc\":7,\"all_secured\":true,\"n\":1}"), CODE(5, 0));
	ck_assert(!node.all_secured);
	fail_with = 0;
	ck_assert_uint_eq(put("bootstrap", "{\"fc\":7,\"all_secured\":true,\"n\":1}"), CODE(2, 4));
	ck_assert(node.all_secured);
	ck_assert_uint_eq(raised, 7);
	teardown();
}
END_TEST

START_TEST(forget_takes_a_link_back)
{
	struct bootstrap_neighbour nb;

	setup();
	ck_assert(bootstrap_get(node.bootstrap, 0, &nb) && nb.state == LINK_SECURED);
	fail_with = -ENOSPC; /* all of a request or nothing */
	ck_assert_uint_eq(put("bootstrap", "{\"fc\":9,\"forget\":[\"0200000000000002\"]}"),
			  CODE(5, 0));
	fail_with = 0;
	ck_assert(bootstrap_get(node.bootstrap, 0, &nb) && nb.state == LINK_SECURED);
	ck_assert_uint_eq(put("bootstrap", "{\"forget\":[\"0200000000000002\"]}"), CODE(2, 4));
	ck_assert(!bootstrap_get(node.bootstrap, 0, &nb) || nb.state != LINK_SECURED);
	teardown();
}
END_TEST

START_TEST(resources_describe_themselves)
{
	setup();
	ck_assert_uint_eq(serve(COAP_MSG_GET, ".well-known/core", -1, -1, NULL, 0), CODE(2, 5));
	ck_assert_ptr_nonnull(strstr((const char *)payload, "</coap-key2>;rt=\"core.ky\""));
	ck_assert_ptr_nonnull(strstr((const char *)payload, "</bootstrap>;rt=\"core.bs\""));
	teardown();
}
END_TEST

UNIT_MAIN("node_res", keys_go_in_and_never_come_out, entries_are_set_added_and_deleted,
	  a_deleted_key_is_retired_for_good, conflicts, formats_are_two,
	  a_full_set_is_said_and_read_whole, all_links_are_told, of_strangers_few_are_told,
	  of_those_not_secured_the_silent_are_no_links, bad_bodies_change_nothing,
	  state_tells_links_counter_and_mark, close_cannot_be_replayed,
	  counter_is_raised_before_all_else, forget_takes_a_link_back,
	  resources_describe_themselves)

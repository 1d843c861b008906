/* SPDX-License-Identifier: ISC */
#include "node/node_priv.h"

#include "base/log.h"
#include "coap/coap_res.h"
#include "keys/bsres_msg.h"
#include "keys/keyset_msg.h"
#include "link/bpf/bslayer_maps.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_UNSECURED 8 /* links that are told of those that are not secured */

/* The answers to the outcomes of a change of keys (enum keyset_result, RFC 7252 section 5.9). */
static const uint8_t keyset_codes[] = {
	[KEYSET_OK] = COAP_MSG_CODE(2, 4),        [KEYSET_CREATED] = COAP_MSG_CODE(2, 1),
	[KEYSET_CONFLICT] = COAP_MSG_CODE(4, 9),  [KEYSET_BAD] = COAP_MSG_CODE(4, 0),
	[KEYSET_NOT_FOUND] = COAP_MSG_CODE(4, 4), [KEYSET_FULL] = COAP_MSG_CODE(4, 13),
};

static void reply(struct coap_res_call *call, uint8_t code)
{
	coap_res_reply(call, code, -1, 0);
}

/* The format of an answer, among those that coap_res lets through: JSON unless CBOR is asked for,
 * since application/coap-group+json is what the draft requires (section 6). */
static int answer_format(const struct coap_msg *request)
{
	return request->accept == KEYS_FORMAT_CBOR ? KEYS_FORMAT_CBOR : KEYS_FORMAT_JSON;
}

static void reply_built(struct coap_res_call *call, int format, int len)
{
	if (len < 0)
		reply(call, COAP_MSG_CODE(5, 0));
	else
		coap_res_reply(call, COAP_MSG_CODE(2, 5), format, (size_t)len);
}

/* The entry number in "/coap-key2/{n}". Returns 0 or -EINVAL. */
static int entry_number(const char *rest, uint16_t *number)
{
	char *end;
	unsigned long n;

	if (rest[0] < '0' || rest[0] > '9')
		return -EINVAL;
	n = strtoul(rest, &end, 10);
	if (*end || n > UINT16_MAX)
		return -EINVAL;
	*number = (uint16_t)n;
	return 0;
}

static void key2_get(void *arg, struct coap_res_call *call)
{
	const struct node *node = arg;
	int format = answer_format(call->request);
	struct keyset one = {.n = 0};
	const struct keyset *shown = &node->keys;

	if (call->rest[0]) {
		uint16_t number;
		const struct key_entry *e = NULL;

		if (!entry_number(call->rest, &number))
			e = keyset_find(&node->keys, number);
		if (!e) {
			reply(call, COAP_MSG_CODE(4, 4));
			return;
		}
		one.entry[one.n++] = *e;
		shown = &one;
	}
	reply_built(call, format,
		    keyset_msg_build(format, shown, false, call->payload, call->payload_cap));
	keyset_clear(&one);
}

/* Make a changed copy of the set the node's, durably, and answer. */
static void commit(struct node *node, struct coap_res_call *call, struct keyset *copy,
		   enum keyset_result result)
{
	bool deleted = call->request->code == COAP_MSG_DELETE && result == KEYSET_OK;
	int rc = 0;

	if (result == KEYSET_OK || result == KEYSET_CREATED)
		rc = node_keys_replace(node, copy);
	if (rc)
		reply(call, rc == -ENOTSUP ? COAP_MSG_CODE(5, 1) : COAP_MSG_CODE(5, 0));
	else /* RFC 7252 section 5.8.4 */
		reply(call, deleted ? COAP_MSG_CODE(2, 2) : keyset_codes[result]);
	keyset_clear(copy);
}

static void key2_change(struct node *node, struct coap_res_call *call,
			enum keyset_result (*change)(struct keyset *, const struct keyset *))
{
	const struct coap_msg *request = call->request;
	struct keyset body, copy = node->keys;

	if (keyset_msg_parse(request->content_format, request->payload, request->payload_len,
			     &body)) {
		keyset_clear(&copy);
		reply(call, COAP_MSG_CODE(4, 0));
		return;
	}
	commit(node, call, &copy, change(&copy, &body));
	keyset_clear(&body);
}

static void key2_put(void *arg, struct coap_res_call *call)
{
	struct node *node = arg;
	const struct coap_msg *request = call->request;
	struct key_entry entry;
	struct keyset copy;
	uint16_t number;

	if (!call->rest[0]) {
		key2_change(node, call, keyset_replace);
		return;
	}
	if (entry_number(call->rest, &number)) {
		reply(call, COAP_MSG_CODE(4, 4));
		return;
	}
	if (keyset_msg_parse_entry(request->content_format, request->payload, request->payload_len,
				   number, &entry)) {
		reply(call, COAP_MSG_CODE(4, 0));
		return;
	}
	copy = node->keys;
	commit(node, call, &copy, keyset_set(&copy, &entry));
	secret_clear(&entry.key);
}

static void key2_post(void *arg, struct coap_res_call *call)
{
	if (call->rest[0])
		reply(call, COAP_MSG_CODE(4, 5));
	else
		key2_change(arg, call, keyset_add);
}

static void key2_delete(void *arg, struct coap_res_call *call)
{
	struct node *node = arg;
	struct keyset copy;
	uint16_t number;

	if (entry_number(call->rest, &number)) {
		reply(call, call->rest[0] ? COAP_MSG_CODE(4, 4) : COAP_MSG_CODE(4, 5));
		return;
	}
	copy = node->keys;
	commit(node, call, &copy, keyset_delete(&copy, number));
}

/* How the request came in, from the mark that the bootstrap layer wrote at ingress. */
static enum bsres_mark request_mark(const struct coap_res_call *call)
{
	switch (dtls_session_mark(call->peer)) {
	case LINK_MARK_RX_SECURED:
		return BSRES_SECURED;
	case LINK_MARK_RX_UNSECURED:
		return BSRES_UNSECURED;
	}
	return BSRES_WIRED;
}

/* Who once had keys stays known for good, but is no link while it is silent. */
static bool is_link(const struct node *node, const struct bootstrap_neighbour *nb)
{
	return nb->state == LINK_SECURED || evl_now_ms(node->evl) - nb->heard_ms < BOOTSTRAP_AGE_MS;
}

/* Secured ones first. The others can be anybody: they must not make every answer long. */
static void add_links(const struct node *node, bool secured, size_t max, struct bsres_state *state)
{
	struct bootstrap_neighbour nb;

	for (size_t i = 0; max > 0 && bootstrap_get(node->bootstrap, i, &nb); i++) {
		if ((nb.state == LINK_SECURED) != secured || !is_link(node, &nb) ||
		    state->n_links == BSRES_MAX_LINKS)
			continue;
		state->link[state->n_links++] =
			(struct bsres_link){.eui = nb.eui, .secured = secured};
		max--;
	}
}

static void bootstrap_res_get(void *arg, struct coap_res_call *call)
{
	const struct node *node = arg;
	int format = answer_format(call->request);
	const struct key_entry *active = keyset_active(&node->keys);
	struct bsres_state state = {
		.all_secured = node->all_secured,
		.n = node->n,
		.fc = node_counter_limit(node),
		.index = active ? active->index : 0,
		.mark = request_mark(call),
	};

	add_links(node, true, BSRES_MAX_LINKS, &state);
	add_links(node, false, MAX_UNSECURED, &state);
	reply_built(call, format,
		    bsres_state_build(format, &state, call->payload, call->payload_cap));
}

/* Close or open: `n` must be above the stored one, the same n with the same value is a repetition
 * (DESIGN, Close/open; section 8 of the draft asks that these messages cannot be replayed). Without
 * a key to send under, a closed node could be reached by nobody any more. */
static uint8_t close_or_open(struct node *node, const struct bsres_change *change)
{
	if (change->n == node->n)
		return change->all_secured == node->all_secured ? COAP_MSG_CODE(2, 4)
								: COAP_MSG_CODE(4, 9);
	if (change->n < node->n || (change->all_secured && !keyset_active(&node->keys)))
		return COAP_MSG_CODE(4, 9);
	return node_set_all_secured(node, change->all_secured, change->n) ? COAP_MSG_CODE(5, 0)
									  : COAP_MSG_CODE(2, 4);
}

/* A node that lost its state would send under counters that it has used: the commissioning tool,
 * which remembers, lifts it above them. Past the point where a re-key is due there is nothing to
 * lift to. */
static uint8_t raise_counter(struct node *node, uint32_t fc)
{
	if (fc > FCOUNTER_REKEY_DUE)
		return COAP_MSG_CODE(4, 0);
	return node_counter_raise(node, fc) ? COAP_MSG_CODE(5, 0) : COAP_MSG_CODE(2, 4);
}

/* The counter first: what follows may have frames leave. */
static void bootstrap_res_put(void *arg, struct coap_res_call *call)
{
	struct node *node = arg;
	const struct coap_msg *request = call->request;
	struct bsres_change change;
	uint8_t code = COAP_MSG_CODE(2, 4);

	if (bsres_change_parse(request->content_format, request->payload, request->payload_len,
			       &change)) {
		reply(call, COAP_MSG_CODE(4, 0));
		return;
	}
	if (change.has_fc)
		code = raise_counter(node, change.fc);
	if (code == COAP_MSG_CODE(2, 4) && change.has_all_secured)
		code = close_or_open(node, &change);
	if (code == COAP_MSG_CODE(2, 4))
		for (size_t i = 0; i < change.n_forget; i++)
			bootstrap_forget(node->bootstrap, &change.forget[i]);
	reply(call, code);
}

static const struct coap_res resources[] = {
	{.path = "coap-key2",
	 .rt = "core.ky",
	 .ct = "256 60",
	 .title = "layer-2 keys",
	 .subpaths = true,
	 .get = key2_get,
	 .put = key2_put,
	 .post = key2_post,
	 .del = key2_delete},
	{.path = "bootstrap",
	 .rt = "core.bs",
	 .ct = "256 60",
	 .title = "links and close",
	 .get = bootstrap_res_get,
	 .put = bootstrap_res_put},
};

void node_res_serve(void *arg, void *peer, const struct coap_msg *request, struct coap_msg *answer,
		    uint8_t *payload, size_t cap)
{
	coap_res_serve(resources, sizeof(resources) / sizeof(resources[0]), arg, peer, request,
		       answer, payload, cap);
}

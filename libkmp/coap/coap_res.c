/* SPDX-License-Identifier: ISC */
#include "coap/coap_res.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define CORE_PATH          ".well-known/core"
#define FORMAT_LINK_FORMAT 40 /* application/link-format, RFC 6690 section 7.3 */

void coap_res_reply(struct coap_res_call *call, uint8_t code, int content_format,
		    size_t payload_len)
{
	call->answer->code = code;
	call->answer->content_format = content_format;
	call->answer->payload = call->payload;
	call->answer->payload_len = payload_len;
}

static void reply_code(struct coap_res_call *call, uint8_t code)
{
	coap_res_reply(call, code, -1, 0);
}

/* Does `value` pass the filter: equal, or beginning like it if the filter ends in '*'. */
static bool filter_matches(const char *filter, const char *value, size_t len)
{
	size_t filter_len = strlen(filter);

	if (filter_len > 0 && filter[filter_len - 1] == '*')
		return len >= filter_len - 1 && strncmp(filter, value, filter_len - 1) == 0;
	return len == filter_len && strncmp(filter, value, len) == 0;
}

/* One of the values, which are separated by spaces, matches. */
static bool any_matches(const char *filter, const char *values)
{
	while (*values != '\0') {
		size_t len = strcspn(values, " ");

		if (filter_matches(filter, values, len))
			return true;
		values += len;
		values += strspn(values, " ");
	}
	return false;
}

/* The value after "name=" in `query`, or NULL. */
static const char *filter_of(const char *query, const char *name)
{
	size_t len = strlen(name);

	return strncmp(query, name, len) == 0 && query[len] == '=' ? query + len + 1 : NULL;
}

static bool href_matches(const char *filter, const char *path)
{
	return filter[0] == '/' ? filter_matches(filter + 1, path, strlen(path))
				: strcmp(filter, "*") == 0;
}

/* Does the resource pass the query, RFC 6690 section 4.1? An attribute that it does not have does
 * not match; a query that is no filter filters nothing. */
static bool passes(const struct coap_res *res, const char *query)
{
	const char *filter;

	if (strchr(query, '=') == NULL)
		return true;
	if ((filter = filter_of(query, "href")) != NULL)
		return href_matches(filter, res->path);
	if ((filter = filter_of(query, "rt")) != NULL)
		return res->rt != NULL && any_matches(filter, res->rt);
	if ((filter = filter_of(query, "ct")) != NULL)
		return res->ct != NULL && any_matches(filter, res->ct);
	if ((filter = filter_of(query, "title")) != NULL)
		return res->title != NULL && filter_matches(filter, res->title, strlen(res->title));
	return false;
}

static void put_text(struct buf_writer *w, const char *text)
{
	buf_put(w, text, strlen(text));
}

static void put_attribute(struct buf_writer *w, const char *name, const char *value, bool quoted)
{
	if (value == NULL)
		return;
	put_text(w, ";");
	put_text(w, name);
	put_text(w, quoted ? "=\"" : "=");
	put_text(w, value);
	put_text(w, quoted ? "\"" : "");
}

/* </coap-key2>;rt="core.ky";ct="256 60", RFC 6690 section 2, RFC 7252 section 7.2.1 */
static void put_link(struct buf_writer *w, const struct coap_res *res)
{
	if (w->len > 0)
		put_text(w, ",");
	put_text(w, "</");
	put_text(w, res->path);
	put_text(w, ">");
	put_attribute(w, "rt", res->rt, true);
	put_attribute(w, "ct", res->ct, res->ct != NULL && strchr(res->ct, ' ') != NULL);
	put_attribute(w, "title", res->title, true);
}

/* The description of the resources. */
static void serve_core(const struct coap_res *table, size_t n, struct coap_res_call *call)
{
	struct buf_writer w;

	if (call->request->code != COAP_MSG_GET) {
		reply_code(call, COAP_MSG_CODE(4, 5));
		return;
	}
	if (call->request->accept >= 0 && call->request->accept != FORMAT_LINK_FORMAT) {
		reply_code(call, COAP_MSG_CODE(4, 6));
		return;
	}
	buf_writer_init(&w, call->payload, call->payload_cap);
	for (size_t i = 0; i < n; i++)
		if (passes(&table[i], call->request->query))
			put_link(&w, &table[i]);
	if (buf_written(&w))
		coap_res_reply(call, COAP_MSG_CODE(2, 5), FORMAT_LINK_FORMAT, w.len);
	else
		reply_code(call, COAP_MSG_CODE(5, 0));
}

/* What of `path` follows the path of `res`; NULL if the resource is not meant. */
static const char *rest_of(const struct coap_res *res, const char *path)
{
	size_t len = strlen(res->path);

	if (strncmp(res->path, path, len) != 0)
		return NULL;
	if (path[len] == '\0')
		return path + len;
	return res->subpaths && path[len] == '/' ? path + len + 1 : NULL;
}

static coap_res_fn handler_of(const struct coap_res *res, uint8_t method)
{
	switch (method) {
	case COAP_MSG_GET:
		return res->get;
	case COAP_MSG_POST:
		return res->post;
	case COAP_MSG_PUT:
		return res->put;
	case COAP_MSG_DELETE:
		return res->del;
	default:
		return NULL;
	}
}

static bool has_format(const struct coap_res *res, int format)
{
	const char *ct = res->ct;

	if (ct == NULL)
		return true;
	while (*ct != '\0') {
		char *end;

		if (strtol(ct, &end, 10) == format)
			return true;
		ct = end + strspn(end, " ");
	}
	return false;
}

/* The code that is answered instead of calling the handler, or 0. */
static uint8_t common_error(const struct coap_res *res, const struct coap_msg *request)
{
	if (handler_of(res, request->code) == NULL)
		return COAP_MSG_CODE(4, 5);
	if (request->accept >= 0 && !has_format(res, request->accept))
		return COAP_MSG_CODE(4, 6);
	if (request->payload_len > 0 && !has_format(res, request->content_format))
		return COAP_MSG_CODE(4, 15);
	return 0;
}

static void serve_resource(const struct coap_res *res, void *arg, struct coap_res_call *call)
{
	uint8_t error = common_error(res, call->request);

	if (error != 0)
		reply_code(call, error);
	else
		handler_of(res, call->request->code)(arg, call);
}

void coap_res_serve(const struct coap_res *table, size_t n, void *arg, void *peer,
		    const struct coap_msg *request, struct coap_msg *answer, uint8_t *payload,
		    size_t cap)
{
	struct coap_res_call call = {.request = request,
				     .peer = peer,
				     .answer = answer,
				     .payload = payload,
				     .payload_cap = cap};

	if (strcmp(request->path, CORE_PATH) == 0) {
		serve_core(table, n, &call);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		call.rest = rest_of(&table[i], request->path);
		if (call.rest != NULL) {
			serve_resource(&table[i], arg, &call);
			return;
		}
	}
	reply_code(&call, COAP_MSG_CODE(4, 4));
}

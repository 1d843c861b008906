/* SPDX-License-Identifier: ISC */
/* coap_res: resources by path and method, their link-format description at /.well-known/core (RFC
 * 6690), and the method and format errors every resource has in common. */
#ifndef KMP_COAP_COAP_RES_H
#define KMP_COAP_COAP_RES_H

#include "coap/coap_msg.h"

struct coap_res_call {
	const struct coap_msg *request;
	const char *rest; /* what follows the resource's path and '/': "" or e.g. "3" */
	void *peer;       /* whatever the caller of coap_res_serve() knows of the requester */
	struct coap_msg *answer;
	uint8_t *payload; /* room for the answer's payload */
	size_t payload_cap;
};

typedef void (*coap_res_fn)(void *arg, struct coap_res_call *call);

struct coap_res {
	const char *path;  /* "coap-key2" */
	const char *rt;    /* resource types, "core.ky" */
	const char *ct;    /* content-formats as in RFC 7252 section 7.2.1: "256 60" */
	const char *title; /* for people; no '"' in it */
	bool subpaths;     /* also serves path/REST */
	coap_res_fn get, post, put, del; /* NULL: 4.05 */
};

/* Serve `request` from the table: 4.04; 4.05 without a handler; 4.06 and 4.15 for an Accept or the
 * Content-Format of a payload (also none) that is not in `ct`; or the handler's answer. And
 * /.well-known/core, filtered by the query if it names an attribute (href, rt, ct, title): RFC 6690
 * section 4.1. */
void coap_res_serve(const struct coap_res *table, size_t n, void *arg, void *peer,
		    const struct coap_msg *request, struct coap_msg *answer, uint8_t *payload,
		    size_t cap);

/* Set an answer without or with payload (already in call->payload). */
void coap_res_reply(struct coap_res_call *call, uint8_t code, int content_format,
		    size_t payload_len);

#endif

/* SPDX-License-Identifier: ISC */
/* coap_xfer: a request of ours with bodies of any size up to COAP_BLOCK_BODY_MAX: what does not fit
 * into one message goes, and what comes in blocks is fetched, block after block (RFC 7959 sections
 * 2.4 and 2.5). Where either side lost the thread, or the representation changed underneath, it
 * starts over, a few times. However many messages it takes, the whole ends within the time of one
 * that is answered as late as can be: twice MAX_TRANSMIT_WAIT (RFC 7252 section 4.8.2). */
#ifndef KMP_COAP_COAP_XFER_H
#define KMP_COAP_COAP_XFER_H

#include "coap/coap_sess.h"

/* As coap_sess_request(). */
int coap_xfer_start(struct coap_sess *s, const struct coap_msg *req, coap_answer_fn fn, void *arg);

#endif

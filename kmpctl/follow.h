/* SPDX-License-Identifier: ISC */
/* follow: what every node of the mesh has to do takes its time: ask the commissioning tool how far
 * it is until all have answered, and tell who has not. The tool goes on by itself in any case. */
#ifndef KMP_KMPCTL_FOLLOW_H
#define KMP_KMPCTL_FOLLOW_H

#include "kmpctl.h"

/* `*result` is what the command answered; it is replaced by what `mesh` answered last. Ends when
 * nobody is behind, or after req->wait_s seconds; then KMPCTL_FAILED, with who is in `err`. */
enum kmpctl_exit follow(const struct kmpctl_request *req, cJSON **result, FILE *out, FILE *err);

#endif

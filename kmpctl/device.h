/* SPDX-License-Identifier: ISC */
/* device: what stands for a device on the command line: its EUI-64 in any spelling, its name, or
 * the last digits of its EUI-64, of which the daemon knows which devices they may mean. */
#ifndef KMP_KMPCTL_DEVICE_H
#define KMP_KMPCTL_DEVICE_H

#include "kmpctl.h"

/* Replace req->args[0] by the EUI-64 that it stands for. Returns false, with why in `err`, if it
 * stands for none or for several. */
bool device_resolve(struct kmpctl_request *req, FILE *err);

#endif

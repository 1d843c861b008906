/* SPDX-License-Identifier: ISC */
/* clock: what time it is. Whatever runs on an event loop asks evl_now_ms() instead, so that a test
 * has it in hand. */
#ifndef KMP_BASE_CLOCK_H
#define KMP_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment, which nobody can set. */
uint64_t clock_steady_ms(void);
/* UNIX time, which may be set, also back. */
int64_t clock_wall_s(void);
/* Seconds since the UNIX time `then_s`; 0 if that is still to come. */
uint64_t clock_wall_since_s(int64_t then_s);

#endif

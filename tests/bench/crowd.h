/* SPDX-License-Identifier: ISC */
/* crowd: the names and addresses of the devices that the benchmarks commission: device i, from 0,
 * is 0200000000000001 + i at fd00:be::1 + i. */
#ifndef KMP_TESTS_BENCH_CROWD_H
#define KMP_TESTS_BENCH_CROWD_H

#include "base/eui64.h"

#include <stddef.h>

#define CROWD_MAX 1024

static inline struct eui64 crowd_eui(size_t i)
{
	return (struct eui64){{2, 0, 0, 0, 0, 0, (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1)}};
}

static inline struct in6_addr crowd_addr(size_t i)
{
	return (struct in6_addr){
		{{0xfd, 0, 0, 0xbe, [14] = (uint8_t)((i + 1) >> 8), [15] = (uint8_t)(i + 1)}}};
}

#endif

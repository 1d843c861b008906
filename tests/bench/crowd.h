/* SPDX-License-Identifier: ISC */
/* crowd: what the programs of the benchmarks have in common: the names and addresses of the devices
 * that are commissioned (device i, from 0, is 0200000000000001 + i at fd00:be::1 + i), and the
 * clock. */
#ifndef KMP_TESTS_BENCH_CROWD_H
#define KMP_TESTS_BENCH_CROWD_H

#include "base/eui64.h"

#include <stddef.h>
#include <time.h>

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

/* CPU time of this process so far. */
static inline double crowd_cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif

/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <time.h>

uint64_t clock_steady_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

uint64_t clock_wall_since_s(int64_t then_s)
{
	int64_t now_s = clock_wall_s();

	return now_s > then_s ? (uint64_t)(now_s - then_s) : 0;
}

/* SPDX-License-Identifier: ISC */
#include "base/daemon.h"
#include "brd.h"

int main(int argc, char **argv)
{
	return daemon_main(&brd_desc, argc, argv);
}

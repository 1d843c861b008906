/* SPDX-License-Identifier: ISC */
#include "base/daemon.h"
#include "jnd.h"

int main(int argc, char **argv)
{
	return daemon_main(&jnd_desc, argc, argv);
}

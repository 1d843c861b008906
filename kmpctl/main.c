/* SPDX-License-Identifier: ISC */
#include "kmpctl.h"

int main(int argc, char **argv)
{
	return kmpctl_main(argc, argv);
}

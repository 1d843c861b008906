/* SPDX-License-Identifier: ISC */
#include "ctd.h"

int main(int argc, char **argv)
{
	return ctd_main(argc, argv);
}

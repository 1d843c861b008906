/* SPDX-License-Identifier: ISC */
#include "due.h"

const char *due_name(enum due_kind kind)
{
	static const char *const names[DUE_KINDS] = {"",       "counter", "keys",
						     "forget", "close",   "open"};

	return names[kind];
}

const char *due_text(enum due_kind kind)
{
	static const char *const texts[DUE_KINDS] = {
		"nothing",
		"its frame counter",
		"the key set",
		"the list of nodes to forget",
		"the command to close",
		"the command to open",
	};

	return texts[kind];
}

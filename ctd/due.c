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
		"nothing",          "frame counter",   "key set", "list of nodes to forget",
		"command to close", "command to open",
	};

	return texts[kind];
}

/* SPDX-License-Identifier: ISC */
/* conf_value: the typed values of a configuration, read from their text. Only conf uses it. */
#ifndef KMP_BASE_CONF_VALUE_H
#define KMP_BASE_CONF_VALUE_H

#include "base/conf.h"
#include "base/eui64.h"

#include <netinet/in.h>

#define CONF_REASON_LEN (CONF_TEXT_LEN + 256)

/* Any typed value: what is being read is tried out in one before it is stored. */
union conf_value {
	bool boolean;
	uint32_t uint;
	char text[CONF_TEXT_LEN];
	struct eui64 eui;
	struct in6_addr addr;
	int choice;
};

/* Read `text` as `opt` wants it. Returns 0, or -EINVAL with what was wanted in `reason`. */
int conf_value_parse(const struct conf_opt *opt, const char *text, union conf_value *value,
		     char reason[CONF_REASON_LEN]);
/* The same into the field of `opt` in the structure (or element) `base`. */
int conf_value_store(const struct conf_opt *opt, const char *text, void *base,
		     char reason[CONF_REASON_LEN]);
/* Text as it is, such as a title. Returns 0, or -EINVAL if it is too long. */
int conf_value_text(const char *text, char value[CONF_TEXT_LEN]);
/* Octets of a field of this type. */
size_t conf_value_size(enum conf_type type);

#endif

/* SPDX-License-Identifier: ISC */
#include "base/conf_value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int parse_bool(const char *text, bool *value)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {{"yes", true}, {"true", true},   {"on", true},
		     {"no", false}, {"false", false}, {"off", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].text) == 0) {
			*value = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

/* Decimal digits, or 0x and hex digits: no sign, no octal, nothing around them. */
static int parse_uint(const char *text, uint32_t *value)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (n == 0 || digits[n] != '\0')
		return -EINVAL;
	/* What is too long for it becomes the largest there is. */
	unsigned long long number = strtoull(digits, NULL, hex ? 16 : 10);
	if (number > UINT32_MAX)
		return -EINVAL;
	*value = (uint32_t)number;
	return 0;
}

static int parse_choice(const struct conf_opt *opt, const char *text, int *value)
{
	for (int i = 0; opt->choices[i]; i++) {
		if (strcmp(text, opt->choices[i]) == 0) {
			*value = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "one of a, b, c" into `reason`. */
static void list_choices(const struct conf_opt *opt, char reason[CONF_REASON_LEN])
{
	int used = snprintf(reason, CONF_REASON_LEN, "not one of");

	for (size_t i = 0; opt->choices[i] && used > 0 && used < CONF_REASON_LEN; i++)
		used += snprintf(reason + used, CONF_REASON_LEN - (size_t)used, "%s %s",
				 i ? "," : "", opt->choices[i]);
}

int conf_value_text(const char *text, char value[CONF_TEXT_LEN])
{
	size_t len = strlen(text);

	if (len >= CONF_TEXT_LEN)
		return -EINVAL;
	memcpy(value, text, len + 1);
	return 0;
}

static int parse_text_of(const struct conf_opt *opt, const char *text, char value[CONF_TEXT_LEN],
			 char reason[CONF_REASON_LEN])
{
	if (strlen(text) < opt->min) {
		snprintf(reason, CONF_REASON_LEN, "must not be empty: name one, or leave it out");
		return -EINVAL;
	}
	snprintf(reason, CONF_REASON_LEN, "longer than %d characters", CONF_TEXT_LEN - 1);
	return conf_value_text(text, value);
}

static int parse_uint_within(const struct conf_opt *opt, const char *text, uint32_t *value)
{
	uint32_t max = opt->max ? opt->max : UINT32_MAX;

	return parse_uint(text, value) < 0 || *value < opt->min || *value > max ? -EINVAL : 0;
}

int conf_value_parse(const struct conf_opt *opt, const char *text, union conf_value *value,
		     char reason[CONF_REASON_LEN])
{
	int r = -EINVAL;

	switch (opt->type) {
	case CONF_BOOL:
		r = parse_bool(text, &value->boolean);
		snprintf(reason, CONF_REASON_LEN, "neither yes nor no");
		break;
	case CONF_UINT:
		r = parse_uint_within(opt, text, &value->uint);
		snprintf(reason, CONF_REASON_LEN, "not a number from %u to %u", opt->min,
			 opt->max ? opt->max : UINT32_MAX);
		break;
	case CONF_TEXT:
		r = parse_text_of(opt, text, value->text, reason);
		break;
	case CONF_EUI64:
		r = eui64_parse(text, &value->eui);
		snprintf(reason, CONF_REASON_LEN, "not an EUI-64 (16 hex digits)");
		break;
	case CONF_ADDR:
		r = inet_pton(AF_INET6, text, &value->addr) == 1 ? 0 : -EINVAL;
		snprintf(reason, CONF_REASON_LEN, "not an IPv6 address");
		break;
	case CONF_CHOICE:
		r = parse_choice(opt, text, &value->choice);
		list_choices(opt, reason);
		break;
	}
	return r;
}

size_t conf_value_size(enum conf_type type)
{
	switch (type) {
	case CONF_BOOL:
		return sizeof(bool);
	case CONF_UINT:
		return sizeof(uint32_t);
	case CONF_TEXT:
		return CONF_TEXT_LEN;
	case CONF_EUI64:
		return sizeof(struct eui64);
	case CONF_ADDR:
		return sizeof(struct in6_addr);
	case CONF_CHOICE:
		return sizeof(int);
	}
	return 0;
}

int conf_value_store(const struct conf_opt *opt, const char *text, void *base,
		     char reason[CONF_REASON_LEN])
{
	union conf_value value;

	memset(&value, 0, sizeof(value));
	int r = conf_value_parse(opt, text, &value, reason);
	if (r == 0)
		memcpy((char *)base + opt->offset, &value, conf_value_size(opt->type));
	return r;
}

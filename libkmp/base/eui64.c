/* SPDX-License-Identifier: ISC */
#include "base/eui64.h"

#include "base/buf.h"

#include <errno.h>
#include <string.h>

#define IID_UNIVERSAL_LOCAL 0x02 /* the bit that a modified EUI-64 inverts, RFC 4291 appendix A */

const char *eui64_format(const struct eui64 *eui, eui64_text text)
{
	return buf_to_hex(eui->b, sizeof(eui->b), text);
}

/* Copy the digits of 8 pairs with one separator, ':' or '-', between all of them. */
static int drop_separators(const char *text, eui64_text digits)
{
	char separator = text[2];

	if (separator != ':' && separator != '-')
		return -EINVAL;
	for (size_t pair = 0; pair < 8; pair++) {
		if (pair > 0 && text[3 * pair - 1] != separator)
			return -EINVAL;
		memcpy(&digits[2 * pair], &text[3 * pair], 2);
	}
	digits[EUI64_TEXT_LEN] = '\0';
	return 0;
}

int eui64_parse(const char *text, struct eui64 *eui)
{
	size_t len = strlen(text);
	eui64_text digits;
	struct eui64 parsed;

	if (len == EUI64_TEXT_LEN)
		memcpy(digits, text, sizeof(digits));
	else if (len != EUI64_TEXT_LEN + 7 || drop_separators(text, digits) < 0)
		return -EINVAL;
	if (buf_from_hex(digits, parsed.b, sizeof(parsed.b)) < 0)
		return -EINVAL;
	*eui = parsed;
	return 0;
}

bool eui64_equal(const struct eui64 *a, const struct eui64 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool eui64_is_zero(const struct eui64 *eui)
{
	static const struct eui64 zero;
	return eui64_equal(eui, &zero);
}

bool eui64_is_device(const struct eui64 *eui)
{
	static const struct eui64 ones = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	return !eui64_is_zero(eui) && !eui64_equal(eui, &ones);
}

size_t eui64_place(const struct eui64 *eui, size_t n, eui64_at_fn at, const void *arg)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (memcmp(at(arg, mid)->b, eui->b, sizeof(eui->b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct eui64 eui64_from_air(const uint8_t air[8])
{
	struct eui64 eui;
	for (size_t i = 0; i < 8; i++)
		eui.b[i] = air[7 - i];
	return eui;
}

void eui64_to_air(const struct eui64 *eui, uint8_t air[8])
{
	for (size_t i = 0; i < 8; i++)
		air[i] = eui->b[7 - i];
}

void eui64_to_iid(const struct eui64 *eui, uint8_t iid[8])
{
	memcpy(iid, eui->b, 8);
	iid[0] ^= IID_UNIVERSAL_LOCAL;
}

struct in6_addr eui64_link_local(const struct eui64 *eui)
{
	struct in6_addr addr = {.s6_addr = {0xfe, 0x80}};
	eui64_to_iid(eui, &addr.s6_addr[8]);
	return addr;
}

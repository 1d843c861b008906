/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

#include <string.h>

static bool continues(char octet)
{
	return ((unsigned char)octet & 0xc0) == 0x80;
}

/* By the first octet (RFC 3629 section 4): how many there are, its bits of the code point, and the
 * least code point that needs so many. */
static const struct {
	unsigned char mask, lead;
	size_t len;
	uint32_t least;
} forms[] = {{0x80, 0x00, 1, 0},
	     {0xe0, 0xc0, 2, 0x80},
	     {0xf0, 0xe0, 3, 0x800},
	     {0xf8, 0xf0, 4, 0x10000}};

size_t utf8_next(const char *text, uint32_t *c)
{
	unsigned char first = (unsigned char)*text;
	uint32_t point;
	size_t form = 0;

	*c = UTF8_NONE;
	while (form < sizeof(forms) / sizeof(forms[0]) &&
	       (first & forms[form].mask) != forms[form].lead)
		form++;
	if (form == sizeof(forms) / sizeof(forms[0]))
		return 1;
	point = first & (unsigned char)~forms[form].mask;
	for (size_t i = 1; i < forms[form].len; i++) {
		if (!continues(text[i])) /* the NUL does not */
			return 1;
		point = point << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (point < forms[form].least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 1;
	*c = point;
	return forms[form].len;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

/* Embeddings, overrides and isolates (Unicode Standard Annex #9). */
static bool is_bidirectional(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool utf8_is_harmless(uint32_t c)
{
	return c != UTF8_NONE && !is_control(c) && !is_bidirectional(c);
}

const char *utf8_check(const char *text)
{
	uint32_t c;

	while (*text) {
		text += utf8_next(text, &c);
		if (c == UTF8_NONE)
			return "is not UTF-8: convert the file by \"iconv -f latin1 -t utf8\"";
		if (is_control(c))
			return "has a control character or a line break in it: remove that";
		if (is_bidirectional(c))
			return "has a character in it that shows text in another order (U+202A to "
			       "U+202E, U+2066 to U+2069): remove that";
	}
	return NULL;
}

size_t utf8_cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	for (len = max; len > 0 && continues(text[len]);)
		len--;
	return len;
}

void utf8_copy(char *dst, size_t size, const char *src)
{
	size_t len = utf8_cut(src, size - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
}

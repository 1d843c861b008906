/* SPDX-License-Identifier: ISC */
/* utf8: text for people, such as the name of a device, which comes from files that anybody wrote
 * and goes to terminals: is it UTF-8 (RFC 3629), harmless there, and cut between characters. */
#ifndef KMP_BASE_UTF8_H
#define KMP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_NONE UINT32_MAX /* what is no character */

/* The code point that `text` (not empty) begins with, in *c. Returns its octets; 1 with UTF8_NONE
 * where none begins. */
size_t utf8_next(const char *text, uint32_t *c);

/* May it go to a terminal: is it neither a control character (C0, DEL, C1), nor a separator of
 * lines or paragraphs, nor one that has what follows shown in another order? */
bool utf8_is_harmless(uint32_t c);

/* What is wrong with `text`, to be put after its name in a sentence; NULL if nothing is. */
const char *utf8_check(const char *text);

/* The octets of `text` that are left if it is cut, not within a character, to at most `max`. */
size_t utf8_cut(const char *text, size_t max);
/* The same for the conversion %.*s. Evaluates `text` twice. */
#define UTF8_CUT(text, max) (int)utf8_cut(text, max), text

/* Copy what fits into `size` octets with the NUL. */
void utf8_copy(char *dst, size_t size, const char *src);

#endif

/* SPDX-License-Identifier: ISC */
/* llsec_key_id: key identifiers compared and told (IEEE 802.15.4 section 9.5). */
#include "link/llsec.h"

#include <stdio.h>

bool llsec_key_id_equal(const struct llsec_key_id *a, const struct llsec_key_id *b)
{
	if (a->mode != b->mode)
		return false;
	switch (a->mode) {
	case LLSEC_IMPLICIT:
		return a->pan_id == b->pan_id && eui64_equal(&a->device, &b->device);
	case LLSEC_INDEX:
		return a->index == b->index;
	case LLSEC_INDEX_SHORT:
		return a->index == b->index && a->source_short == b->source_short;
	case LLSEC_INDEX_EXTENDED:
		return a->index == b->index && eui64_equal(&a->source, &b->source);
	}
	return false;
}

const char *llsec_key_id_format(const struct llsec_key_id *id, char text[LLSEC_KEY_ID_TEXT])
{
	eui64_text eui;

	switch (id->mode) {
	case LLSEC_IMPLICIT:
		snprintf(text, LLSEC_KEY_ID_TEXT, "mode 0 PAN 0x%04x device %s", id->pan_id,
			 eui64_format(&id->device, eui));
		break;
	case LLSEC_INDEX:
		snprintf(text, LLSEC_KEY_ID_TEXT, "mode 1 index %u", id->index);
		break;
	case LLSEC_INDEX_SHORT:
		snprintf(text, LLSEC_KEY_ID_TEXT, "mode 2 index %u source %08x", id->index,
			 id->source_short);
		break;
	case LLSEC_INDEX_EXTENDED:
		snprintf(text, LLSEC_KEY_ID_TEXT, "mode 3 index %u source %s", id->index,
			 eui64_format(&id->source, eui));
		break;
	}
	return text;
}

/* SPDX-License-Identifier: ISC */
#include "lookup.h"

#include <string.h>
#include <strings.h>

struct device {
	struct eui64 eui;
	const char *name;
};

typedef bool (*match_fn)(const struct device *d, const char *text);

static bool has_eui(const struct device *d, const char *text)
{
	struct eui64 eui;

	return eui64_parse(text, &eui) == 0 && eui64_equal(&eui, &d->eui);
}

static bool has_name(const struct device *d, const char *text)
{
	return d->name[0] && strcmp(d->name, text) == 0;
}

static bool is_any(const struct device *d, const char *text)
{
	(void)d;
	return !text;
}

static bool ends_in(const struct device *d, const char *text)
{
	eui64_text digits;
	size_t len = strlen(text);

	return len > 0 && len <= EUI64_TEXT_LEN &&
	       strcasecmp(eui64_format(&d->eui, digits) + EUI64_TEXT_LEN - len, text) == 0;
}

/* Strangers that asked come after those that the roster knows. */
static bool device_at(const struct roster *r, const struct candidates *c, size_t i,
		      struct device *d)
{
	size_t known = roster_count(r);

	if (i < known) {
		const struct member *m = roster_at(r, i);
		*d = (struct device){m->join.eui, m->device ? m->device->name : m->node.name};
		return true;
	}
	const struct candidate *e = candidates_at(c, i - known);
	if (!e || roster_find(r, &e->eui))
		return false;
	*d = (struct device){e->eui, ""};
	return true;
}

static size_t each_match(const struct roster *r, const struct candidates *c, const char *text,
			 match_fn matches, lookup_fn fn, void *arg)
{
	size_t found = 0, n = roster_count(r) + candidates_count(c);
	struct device d;

	for (size_t i = 0; i < n; i++)
		if (device_at(r, c, i, &d) && matches(&d, text)) {
			fn(&d.eui, d.name, arg);
			found++;
		}
	return found;
}

void lookup(const struct roster *r, const struct candidates *c, const char *text, lookup_fn fn,
	    void *arg)
{
	static const match_fn ways[] = {has_eui, has_name, ends_in};

	if (!text)
		each_match(r, c, text, is_any, fn, arg);
	for (size_t i = 0; text && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (each_match(r, c, text, ways[i], fn, arg) > 0)
			return;
}

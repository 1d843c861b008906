/* SPDX-License-Identifier: ISC */
#include "ctd_conf.h"

#include "addrs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const admissions[] = {"selected", "listed", NULL};
static const char *const roles[] = {"node", "border-router", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

#define TOP(field)    offsetof(struct ctd_conf, field)
#define DEVICE(field) offsetof(struct ctd_device, field)

static const struct conf_opt options[] = {
	{.name = "state-dir",
	 .type = CONF_TEXT,
	 .offset = TOP(state_dir),
	 .def = KMP_STATEDIR "/ctd"},
	{.name = "socket", .type = CONF_TEXT, .offset = TOP(socket), .def = KMP_RUNDIR "/ctd.sock"},
	{.name = "log-level",
	 .type = CONF_CHOICE,
	 .offset = TOP(log_level),
	 .def = "info",
	 .choices = levels},
	{.name = "admission",
	 .type = CONF_CHOICE,
	 .offset = TOP(admission),
	 .def = "selected",
	 .choices = admissions},
	{.name = "max-joins",
	 .type = CONF_UINT,
	 .offset = TOP(max_joins),
	 .def = "4",
	 .min = 1,
	 .max = 64},
	{.name = "icmp-type",
	 .type = CONF_UINT,
	 .offset = TOP(icmp_type),
	 .def = "200",
	 .min = 100,
	 .max = 255},
	{.name = "interface", .type = CONF_TEXT, .offset = TOP(interface)},
	{.name = "port",
	 .type = CONF_UINT,
	 .offset = TOP(port),
	 .def = "0",
	 .min = 0,
	 .max = 65535},
	{.name = "device-port",
	 .type = CONF_UINT,
	 .offset = TOP(device_port),
	 .def = "5684",
	 .min = 1,
	 .max = 65535},
	{.name = "link-mtu",
	 .type = CONF_UINT,
	 .offset = TOP(link_mtu),
	 .def = "1280",
	 .min = 256,
	 .max = 1280},
	{.name = "dtls-timeout",
	 .type = CONF_UINT,
	 .offset = TOP(dtls_timeout_ms),
	 .def = "3000",
	 .min = 100,
	 .max = 60000},
	{.name = "handshake-timeout",
	 .type = CONF_UINT,
	 .offset = TOP(handshake_timeout_s),
	 .def = "60",
	 .min = 1,
	 .max = 600},
	{.name = "evict-deadline",
	 .type = CONF_UINT,
	 .offset = TOP(evict_deadline_s),
	 .def = "60",
	 .min = 1,
	 .max = 3600},
};

static const struct conf_opt device_options[] = {
	{.name = "name", .type = CONF_TEXT, .offset = DEVICE(name), .def = ""},
	{.name = "address", .type = CONF_ADDR, .offset = DEVICE(address)},
	{.name = "role",
	 .type = CONF_CHOICE,
	 .offset = DEVICE(role),
	 .def = "node",
	 .choices = roles},
	{.name = "psk-file", .type = CONF_TEXT, .offset = DEVICE(psk_file), .required = true},
};

static const struct conf_section sections[] = {{
	.name = "device",
	.opts = device_options,
	.n_opts = sizeof(device_options) / sizeof(device_options[0]),
	.elem_size = sizeof(struct ctd_device),
	.title_offset = DEVICE(title),
	.array_offset = TOP(device),
	.count_offset = TOP(n_devices),
	.max = CTD_CONF_MAX_DEVICES,
}};

const struct conf_spec ctd_conf_spec = {
	.opts = options,
	.n_opts = sizeof(options) / sizeof(options[0]),
	.sections = sections,
	.n_sections = sizeof(sections) / sizeof(sections[0]),
};

/* Where complaints go. */
struct report {
	const char *path;
	char *why;
	size_t len, used;
	size_t errors;
};

/* The line in which the section `device "TITLE"` opens ; 0 if it is written in a way
 * that this does not see. */
static unsigned section_line(const char *path, const char *title)
{
	char line[1024], want[CONF_TEXT_LEN + 2];
	unsigned number = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return 0;
	snprintf(want, sizeof(want), "\"%s\"", title);
	while (fgets(line, sizeof(line), f)) {
		number++;
		const char *text = line + strspn(line, " \t");
		if (strncmp(text, "device", 6) == 0 && strstr(text, want))
			break;
	}
	if (ferror(f) || feof(f))
		number = 0;
	fclose(f);
	return number;
}

__attribute__((format(printf, 3, 4))) static void
complain(struct report *r, const struct ctd_device *d, const char *fmt, ...)
{
	unsigned line = section_line(r->path, d->title);
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = snprintf(r->why + r->used, r->len - r->used, "%s%s:%u: device \"%s\": %s",
		     r->errors ? "\n" : "", r->path, line, d->title, text);
	if (n > 0 && (size_t)n < r->len - r->used)
		r->used += (size_t)n;
	else if (r->len > 0)
		r->used = r->len - 1;
	r->errors++;
}

static bool is_double(const struct ctd_conf *conf, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (eui64_equal(&conf->device[j].eui, &conf->device[i].eui))
			return true;
	return false;
}

static void check_device(const struct ctd_conf *conf, size_t i, struct report *r)
{
	struct ctd_device *d = &conf->device[i];
	char why[384];

	if (eui64_parse(d->title, &d->eui) < 0 || eui64_is_zero(&d->eui))
		complain(r, d, "the title must be the EUI-64, 16 hex digits");
	else if (is_double(conf, i))
		complain(r, d, "this EUI-64 has a section already: remove one");
	if (!IN6_IS_ADDR_UNSPECIFIED(&d->address) && !addrs_usable(&d->address))
		complain(r, d, "address: must be global or unique local");
	if (d->role == CTD_BORDER_ROUTER && IN6_IS_ADDR_UNSPECIFIED(&d->address))
		complain(r, d, "a border router is contacted over the backbone: give its address");
	if (secret_from_file(&d->psk, d->psk_file, CTD_CONF_PSK_MIN, CTD_CONF_PSK_MAX, why,
			     sizeof(why)) < 0)
		complain(r, d, "psk-file: %s", why);
}

int ctd_conf_complete(struct ctd_conf *conf, const char *path, char *why, size_t why_len)
{
	struct report r = {.path = path, .why = why, .len = why_len};

	for (size_t i = 0; i < conf->n_devices; i++)
		check_device(conf, i, &r);
	return r.errors ? -EINVAL : 0;
}

void ctd_conf_wipe(struct ctd_conf *conf)
{
	for (size_t i = 0; i < conf->n_devices; i++)
		secret_clear(&conf->device[i].psk);
}

const struct ctd_device *ctd_conf_device(const struct ctd_conf *conf, const struct eui64 *eui)
{
	for (size_t i = 0; i < conf->n_devices; i++)
		if (eui64_equal(&conf->device[i].eui, eui))
			return &conf->device[i];
	return NULL;
}

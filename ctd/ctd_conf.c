/* SPDX-License-Identifier: ISC */
#include "ctd_conf.h"

#include "addrs.h"
#include "ctd_cred.h"
#include "manifest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const admissions[] = {"selected", "listed", "manifest", NULL};
static const char *const roles[] = {"node", "border-router", NULL};
/* As enum ctd_credential. */
static const char *const credentials[] = {"auto", "psk", "key", "certificate", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

#define MANIFEST_WHY_LEN 3072 /* of what is wrong in it */

#define TOP(field)    offsetof(struct ctd_conf, field)
#define DEVICE(field) offsetof(struct ctd_device, field)

static const struct conf_opt options[] = {
	{.name = "state-dir",
	 .type = CONF_TEXT,
	 .offset = TOP(state_dir),
	 .min = 1,
	 .def = KMP_STATEDIR "/ctd"},
	{.name = "socket",
	 .type = CONF_TEXT,
	 .offset = TOP(socket),
	 .min = 1,
	 .def = KMP_RUNDIR "/ctd.sock"},
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
	{.name = "manifest", .type = CONF_TEXT, .offset = TOP(manifest)},
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
	 .min = 162, /* below are types that mean something else */
	 .max = 254},
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
	{.name = "private-key", .type = CONF_TEXT, .offset = TOP(private_key)},
	{.name = "certificate", .type = CONF_TEXT, .offset = TOP(certificate)},
	{.name = "device-anchor", .type = CONF_TEXT, .offset = TOP(device_anchor)},
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
	{.name = "psk-file", .type = CONF_TEXT, .offset = DEVICE(psk_file)},
	{.name = "key-hash", .type = CONF_TEXT, .offset = DEVICE(key_hash_text)},
	{.name = "credential",
	 .type = CONF_CHOICE,
	 .offset = DEVICE(wanted),
	 .def = "auto",
	 .choices = credentials},
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

/* Append lines, which may be several. */
static void report_lines(struct report *r, const char *lines)
{
	int n = snprintf(r->why + r->used, r->len - r->used, "%s%s", r->used ? "\n" : "", lines);

	if (n > 0 && (size_t)n < r->len - r->used)
		r->used += (size_t)n;
	else if (r->len > 0)
		r->used = r->len - 1;
	r->errors++;
}

__attribute__((format(printf, 3, 4))) static void
complain(struct report *r, const struct ctd_device *d, const char *fmt, ...)
{
	char text[512], line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%s:%u: device \"%s\": %s", r->path,
		 section_line(r->path, d->title), d->title, text);
	report_lines(r, line);
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

	if (eui64_parse(d->title, &d->eui) < 0 || !eui64_is_device(&d->eui))
		complain(r, d, "the title must be the EUI-64, 16 hex digits");
	else if (is_double(conf, i))
		complain(r, d, "this EUI-64 has a section already: remove one");
	if (!IN6_IS_ADDR_UNSPECIFIED(&d->address) && !addrs_usable(&d->address))
		complain(r, d, "address: must be global or unique local");
	if (d->role == CTD_BORDER_ROUTER && IN6_IS_ADDR_UNSPECIFIED(&d->address))
		complain(r, d, "a border router is contacted over the backbone: give its address");
	if (manifest_check_text(d->name))
		complain(r, d, "name: %s", manifest_check_text(d->name));
	if (ctd_cred_load_device(d, why, sizeof(why)) < 0)
		complain(r, d, "%s", why);
	else if (ctd_cred_missing(conf, d))
		complain(r, d, "%s", ctd_cred_missing(conf, d));
}

/* --- the manifest --- */

static void take_device(struct ctd_device *d, const struct manifest_device *from)
{
	d->manifest_line = from->line;
	d->eui = from->eui;
	d->credential = (int)from->credential;
	d->psk = from->psk;
	memcpy(d->key_hash, from->key_hash, sizeof(d->key_hash));
	snprintf(d->name, sizeof(d->name), "%s", from->name);
	snprintf(d->place, sizeof(d->place), "%s", from->place);
}

/* A device has a section or a line, not both: they may say different things. */
static void check_not_twice(const struct ctd_conf *conf, const struct manifest_device *d,
			    size_t n_sections, struct report *r)
{
	char line[1024];
	eui64_text text;

	for (size_t i = 0; i < n_sections; i++)
		if (eui64_equal(&conf->device[i].eui, &d->eui)) {
			snprintf(line, sizeof(line),
				 "%s:%u: %s has a section in %s too: remove one", conf->manifest,
				 d->line, eui64_format(&d->eui, text), r->path);
			report_lines(r, line);
			return;
		}
}

/* Room for `n` more. Before the sections' credentials are read: no copy of them stays behind. */
static int make_room(struct ctd_conf *conf, size_t n)
{
	struct ctd_device *device;

	if (n == 0)
		return 0;
	device = calloc(conf->n_devices + n, sizeof(*device));
	if (!device)
		return -ENOMEM;
	if (conf->n_devices > 0)
		memcpy(device, conf->device, conf->n_devices * sizeof(*device));
	free(conf->device);
	conf->device = device;
	return 0;
}

static void add_manifest(struct ctd_conf *conf, const struct manifest *m, struct report *r)
{
	size_t n_sections = conf->n_devices;
	char line[512];

	if (m->n > CTD_CONF_MAX_DEVICES - n_sections) {
		snprintf(line, sizeof(line), "%s: %zu devices, with %zu sections more than %d",
			 conf->manifest, m->n, n_sections, CTD_CONF_MAX_DEVICES);
		report_lines(r, line);
		return;
	}
	for (size_t i = 0; i < m->n; i++) {
		struct ctd_device *d = &conf->device[conf->n_devices++];
		check_not_twice(conf, &m->device[i], n_sections, r);
		take_device(d, &m->device[i]);
		const char *missing = ctd_cred_missing(conf, d);
		if (!missing)
			continue;
		snprintf(line, sizeof(line), "%s:%u: %s", conf->manifest, d->manifest_line,
			 missing);
		report_lines(r, line);
	}
}

static int load_manifest(const struct ctd_conf *conf, struct manifest *m, struct report *r)
{
	char why[MANIFEST_WHY_LEN] = "", line[512];
	int error;

	*m = (struct manifest){.device = NULL};
	if (!conf->manifest[0] && conf->admission == CTD_MANIFEST) {
		snprintf(line, sizeof(line), "%s: admission = manifest needs manifest = FILE",
			 r->path);
		report_lines(r, line);
	}
	if (!conf->manifest[0])
		return 0;
	error = manifest_load(m, conf->manifest, why, sizeof(why));
	if (error == -ENOENT) {
		snprintf(line, sizeof(line),
			 "%s:%u: manifest: %.300s: put it there, or correct the path", r->path,
			 conf_option_line(r->path, "manifest"), why);
		report_lines(r, line);
	} else if (error < 0) {
		report_lines(r, why);
	}
	return error == -ENOMEM ? error : 0;
}

/* --- all of it --- */

int ctd_conf_complete(struct ctd_conf *conf, const char *path, char *why, size_t why_len)
{
	struct report r = {.path = path, .why = why, .len = why_len};
	size_t n_sections = conf->n_devices;
	char own[MANIFEST_WHY_LEN];
	struct manifest m;
	int error = load_manifest(conf, &m, &r);

	if (ctd_cred_load_own(conf, path, own, sizeof(own)) < 0)
		report_lines(&r, own);
	if (error == 0)
		error = make_room(conf, m.n);
	for (size_t i = 0; i < n_sections && error == 0; i++)
		check_device(conf, i, &r);
	if (error == 0)
		add_manifest(conf, &m, &r);
	manifest_clear(&m);
	if (error == 0 && r.errors > 0)
		error = -EINVAL;
	return error;
}

void ctd_conf_wipe(struct ctd_conf *conf)
{
	for (size_t i = 0; i < conf->n_devices; i++)
		secret_clear(&conf->device[i].psk);
	dtls_auth_free(conf->auth);
	conf->auth = NULL;
}

const char *ctd_conf_admission_name(const struct ctd_conf *conf)
{
	return admissions[conf->admission];
}

bool ctd_conf_admits(const struct ctd_conf *conf, const struct ctd_device *d)
{
	switch ((enum ctd_admission)conf->admission) {
	case CTD_SELECTED:
		return false;
	case CTD_LISTED:
		return true;
	case CTD_MANIFEST:
		return d->manifest_line > 0;
	}
	return false;
}

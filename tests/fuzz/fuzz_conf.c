/* SPDX-License-Identifier: ISC */
/* A configuration file: whatever it is, what is accepted is within the bounds of its options, and
 * what is refused says why. */
#include "base/conf.h"
#include "base/eui64.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct peer {
	char title[CONF_TEXT_LEN];
	struct eui64 eui;
};

struct sample {
	bool manage;
	uint32_t channel;
	char text[CONF_TEXT_LEN];
	struct in6_addr addr;
	int level;
	struct peer *peers;
	size_t n_peers;
};

static const char *const levels[] = {"low", "high", NULL};
#define OPT(key, kind, field) .name = key, .type = kind, .offset = offsetof(struct sample, field)
static const struct conf_opt opts[] = {
	{OPT("manage", CONF_BOOL, manage), .def = "yes"},
	{OPT("channel", CONF_UINT, channel), .min = 11, .max = 26, .def = "11"},
	{OPT("text", CONF_TEXT, text)},
	{OPT("address", CONF_ADDR, addr)},
	{OPT("level", CONF_CHOICE, level), .choices = levels, .def = "low"},
};
static const struct conf_opt peer_opts[] = {{
	.name = "eui-64",
	.type = CONF_EUI64,
	.offset = offsetof(struct peer, eui),
	.required = true,
}};
static const struct conf_section section = {
	.name = "peer",
	.opts = peer_opts,
	.n_opts = 1,
	.elem_size = sizeof(struct peer),
	.title_offset = offsetof(struct peer, title),
	.array_offset = offsetof(struct sample, peers),
	.count_offset = offsetof(struct sample, n_peers),
	.max = 8,
};
static const struct conf_spec spec = {opts, sizeof(opts) / sizeof(opts[0]), &section, 1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char path[64], why[2048] = "";
	struct sample sample;
	int fd = memfd_create("conf", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int r = conf_load(&spec, path, NULL, 0, &sample, why, sizeof(why));
	close(fd);
	assert((r == 0) == (why[0] == '\0'));
	if (r == 0) {
		assert(sample.channel >= 11 && sample.channel <= 26);
		assert(sample.level == 0 || sample.level == 1);
		assert(memchr(sample.text, '\0', CONF_TEXT_LEN));
		assert(sample.n_peers <= 8);
	}
	conf_clear(&spec, &sample);
	return 0;
}

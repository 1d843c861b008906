/* SPDX-License-Identifier: ISC */
#include "node/node_conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const node_conf_ct_auths[] = {"anchor", "first", NULL};
const char *const node_conf_levels[] = {"error", "warn", "info", "debug", NULL};
const char *const node_conf_cookies[] = {"always", "load", NULL};

static int interface_name_check(const char *option, const char *name, char *why, size_t why_len)
{
	if (name[0] && strlen(name) < IFNAMSIZ && !strpbrk(name, "/ \t"))
		return 0;
	snprintf(why, why_len, "%s = \"%s\": not the name of an interface (1 to %d characters)",
		 option, name, IFNAMSIZ - 1);
	return -EINVAL;
}

/* "", "udp:1-65535" or "ip:1-255". */
static int routing_check(const char *routing, char *why, size_t why_len)
{
	unsigned long most = 0, n = 0;
	char *end = NULL;

	if (!routing[0])
		return 0;
	if (!strncmp(routing, "udp:", 4))
		most = UINT16_MAX;
	else if (!strncmp(routing, "ip:", 3))
		most = UINT8_MAX;
	if (most) {
		const char *digits = strchr(routing, ':') + 1;

		if (*digits >= '0' && *digits <= '9')
			n = strtoul(digits, &end, 10);
	}
	if (end && !*end && n > 0 && n <= most)
		return 0;
	snprintf(why, why_len, "routing = \"%s\": must be \"\", \"udp:PORT\" or \"ip:PROTOCOL\"",
		 routing);
	return -EINVAL;
}

int node_conf_check_address(const char *option, const struct in6_addr *addr, char *why,
			    size_t why_len)
{
	char text[INET6_ADDRSTRLEN];

	if (!IN6_IS_ADDR_MULTICAST(addr) && !IN6_IS_ADDR_LINKLOCAL(addr) &&
	    !IN6_IS_ADDR_LOOPBACK(addr) && !IN6_IS_ADDR_V4MAPPED(addr))
		return 0;
	snprintf(why, why_len, "%s = %s: must be a unicast address of more than link scope", option,
		 inet_ntop(AF_INET6, addr, text, sizeof(text)));
	return -EINVAL;
}

int node_conf_check(const struct node_conf *conf, char *why, size_t why_len)
{
	if (interface_name_check("interface", conf->interface, why, why_len) ||
	    interface_name_check("lowpan-interface", conf->lowpan_interface, why, why_len) ||
	    (conf->vrf[0] && interface_name_check("vrf", conf->vrf, why, why_len)) ||
	    routing_check(conf->routing, why, why_len))
		return -EINVAL;
	if (!strcmp(conf->interface, conf->lowpan_interface)) {
		snprintf(why, why_len, "interface and lowpan-interface are both \"%s\"",
			 conf->interface);
		return -EINVAL;
	}
	return 0;
}

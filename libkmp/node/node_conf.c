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

/* Of the IP protocols those that route: any other would let data or tunnels pass in clear, or is an
 * extension header, which is not what a packet is taken by. */
static bool routes(unsigned long protocol)
{
	static const uint8_t routing[] = {
		89,  /* OSPF, RFC 5340 */
		124, /* IS-IS over IP */
		138, /* MANET, RFC 5498 */
		253, /* for experiments, RFC 3692 */
		254,
	};

	return protocol <= UINT8_MAX && memchr(routing, (int)protocol, sizeof(routing));
}

/* "", "udp:1-65535" or "ip:PROTOCOL". */
static int routing_check(const char *routing, char *why, size_t why_len)
{
	bool udp = strncmp(routing, "udp:", 4) == 0, ip = strncmp(routing, "ip:", 3) == 0;
	const char *digits = strchr(routing, ':');
	unsigned long n = 0;
	char *end = NULL;

	if (!routing[0])
		return 0;
	if ((udp || ip) && *++digits >= '0' && *digits <= '9')
		n = strtoul(digits, &end, 10);
	if (end && !*end && n > 0 && (udp ? n <= UINT16_MAX : routes(n)))
		return 0;
	snprintf(why, why_len,
		 "routing = \"%s\": must be \"\", \"udp:PORT\", or \"ip:\" and 89 (OSPF), 124 "
		 "(IS-IS), 138 (MANET), 253 or 254",
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

/* SPDX-License-Identifier: ISC */
/* jsrs: sends Join Secure Requests as no honest node does: many, in the name of any device, from
 * any address, out of an interface of the mesh. Shares nothing with libkmp, so that a fault there
 * cannot hide itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BOOTSTRAP_REQUEST = 200, JSR = 1, HOP_LIMIT = 64, EUI64_LEN = 8 };

/* draft-kumar-6lo-selective-bootstrap, section 5.3.1, figure 3 */
struct request {
	struct ip6_hdr ip;
	uint8_t type, code;
	uint16_t checksum;
	uint8_t status, reserved;
	uint16_t lifetime;
	uint8_t eui[EUI64_LEN];
};

struct plan {
	const char *iface;
	struct in6_addr dst;
	bool fixed_src, fixed_eui;
	struct in6_addr src;
	uint8_t eui[EUI64_LEN];
	unsigned long count, gap_ms;
};

static void die(const char *what)
{
	fprintf(stderr, "jsrs: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

static void usage(FILE *out)
{
	fputs("usage: jsrs -i IFACE -d ADDRESS [-n COUNT] [-g GAP] [-e EUI64] [-s ADDRESS]\n"
	      "Sends COUNT (1) Join Secure Requests to the address -d out of IFACE, one every GAP "
	      "(0)\n"
	      "milliseconds, in the name of the device -e, or of another one each time, from the\n"
	      "address -s, or from any address that shares the first 64 bits of -d.\n",
	      out);
}

static void random_octets(void *to, size_t len)
{
	if (getrandom(to, len, 0) != (ssize_t)len)
		die("no random octets");
}

/* RFC 4443, section 2.3: over the pseudo-header, length and next header in it, and the message */
static uint16_t checksum(const struct request *r)
{
	const uint8_t *octets = (const uint8_t *)&r->ip.ip6_src;
	size_t len = sizeof(*r) - offsetof(struct request, ip.ip6_src);
	uint32_t sum = (uint32_t)(sizeof(*r) - sizeof(r->ip)) + IPPROTO_ICMPV6;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(octets[i] << 8 | octets[i + 1]);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void fill(struct request *r, const struct plan *p)
{
	*r = (struct request){.type = BOOTSTRAP_REQUEST, .code = JSR};
	r->ip.ip6_flow = htonl(6u << 28);
	r->ip.ip6_plen = htons(sizeof(*r) - sizeof(r->ip));
	r->ip.ip6_nxt = IPPROTO_ICMPV6;
	r->ip.ip6_hlim = HOP_LIMIT;
	r->ip.ip6_dst = p->dst;
	if (p->fixed_eui)
		memcpy(r->eui, p->eui, EUI64_LEN);
	else
		random_octets(r->eui, EUI64_LEN);
	r->ip.ip6_src = p->fixed_src ? p->src : p->dst;
	if (!p->fixed_src)
		random_octets(&r->ip.ip6_src.s6_addr[8], 8);
	r->checksum = checksum(r);
}

/* What has no way right now is lost, as it would be on the air. */
static void send_all(const struct plan *p)
{
	const struct timespec gap = {(time_t)(p->gap_ms / 1000),
				     (long)(p->gap_ms % 1000) * 1000000};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = p->dst};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	struct request r;

	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, p->iface, (socklen_t)strlen(p->iface)) < 0)
		die(p->iface);
	for (unsigned long i = 0; i < p->count; i++) {
		fill(&r, p);
		(void)sendto(fd, &r, sizeof(r), 0, (struct sockaddr *)&to, sizeof(to));
		nanosleep(&gap, NULL);
	}
	close(fd);
}

static void parse_eui(const char *text, uint8_t eui[EUI64_LEN])
{
	if (strlen(text) != 2 * EUI64_LEN)
		die("an EUI-64 has 16 hexadecimal digits");
	for (size_t i = 0; i < EUI64_LEN; i++)
		if (sscanf(text + 2 * i, "%2hhx", &eui[i]) != 1)
			die("an EUI-64 has 16 hexadecimal digits");
}

static void parse_address(const char *text, struct in6_addr *addr)
{
	if (inet_pton(AF_INET6, text, addr) != 1)
		die("not an IPv6 address");
}

static void parse(int argc, char **argv, struct plan *p)
{
	int c;

	while ((c = getopt(argc, argv, "i:d:n:g:e:s:h")) != -1) {
		if (c == 'i') {
			p->iface = optarg;
		} else if (c == 'd') {
			parse_address(optarg, &p->dst);
		} else if (c == 'n') {
			p->count = strtoul(optarg, NULL, 10);
		} else if (c == 'g') {
			p->gap_ms = strtoul(optarg, NULL, 10);
		} else if (c == 'e') {
			parse_eui(optarg, p->eui);
			p->fixed_eui = true;
		} else if (c == 's') {
			parse_address(optarg, &p->src);
			p->fixed_src = true;
		} else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
}

int main(int argc, char **argv)
{
	struct plan p = {.count = 1};

	parse(argc, argv, &p);
	if (!p.iface || IN6_IS_ADDR_UNSPECIFIED(&p.dst) || optind != argc) {
		usage(stderr);
		return 2;
	}
	send_all(&p);
	return 0;
}

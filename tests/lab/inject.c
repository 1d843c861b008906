/* SPDX-License-Identifier: ISC */
/* inject: sends a raw IEEE 802.15.4 frame from a monitor interface, for the frames that a node must
 * refuse. Shares nothing with libkmp, so that a fault there cannot hide itself. Frames are
 * written in hexadecimal without FCS, which the kernel adds. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FRAME_MAX_LEN = 125, /* aMaxPHYPacketSize less the FCS */
	FCS_LEN = 2,
	EUI64_LEN = 8,
	KEY_LEN = 16,
	NONCE_LEN = 13,
	ETH_P_IEEE802154_PROTO = 0x00f6,
};

struct frame {
	uint8_t octets[FRAME_MAX_LEN];
	size_t len;
};

/* Where things are in a frame, IEEE 802.15.4-2006, 7.2.1: offsets, 0 = not there. */
struct header {
	size_t dst, dst_len;
	size_t src, src_len;
	size_t aux;     /* auxiliary security header, if secured */
	size_t payload; /* first octet that may be encrypted */
};

static void die(const char *what)
{
	fprintf(stderr, "inject: %s\n", what);
	exit(1);
}

/* Reads exactly or at most max octets of hexadecimal; returns how many. */
static size_t hex_parse(const char *text, uint8_t *to, size_t max)
{
	size_t len = 0;
	unsigned octet;

	for (; *text != '\0'; text += 2) {
		if (len == max)
			die("too many octets");
		if (strspn(text, "0123456789abcdefABCDEF") < 2 || sscanf(text, "%2x", &octet) != 1)
			die("not hexadecimal, or half an octet");
		to[len++] = (uint8_t)octet;
	}
	return len;
}

static size_t address_len(unsigned mode)
{
	static const size_t len[] = {0, 0, 2, EUI64_LEN};

	return len[mode & 3];
}

/* Key source and index by key identifier mode, 7.6.2.4. */
static size_t key_id_len(unsigned mode)
{
	static const size_t len[] = {0, 1, 5, 9};

	return len[mode & 3];
}

/* Finds the parts of a frame; false if it is too short for what its control field says. */
static bool header_parse(const struct frame *f, struct header *h)
{
	unsigned fcf;
	size_t at = 3; /* frame control, sequence number */

	memset(h, 0, sizeof(*h));
	if (f->len < at)
		return false;
	fcf = f->octets[0] | (unsigned)f->octets[1] << 8;
	h->dst_len = address_len(fcf >> 10);
	h->src_len = address_len(fcf >> 14);
	if (h->dst_len > 0) {
		h->dst = at + 2;
		at = h->dst + h->dst_len;
	}
	if (h->src_len > 0) {
		h->src = at + ((fcf & 0x40) ? 0 : 2); /* PAN id compression */
		at = h->src + h->src_len;
	}
	if (fcf & 8) {
		h->aux = at;
		if (f->len < at + 5)
			return false;
		at += 5 + key_id_len(f->octets[at] >> 3);
	}
	h->payload = at;
	return f->len >= at;
}

/* Nonce, 7.6.3.2: source in canonical order, frame counter with the highest octet first, level. */
static void nonce_build(const struct frame *f, const struct header *h, uint8_t nonce[NONCE_LEN])
{
	for (size_t i = 0; i < EUI64_LEN; i++)
		nonce[i] = f->octets[h->src + EUI64_LEN - 1 - i];
	for (size_t i = 0; i < 4; i++)
		nonce[EUI64_LEN + i] = f->octets[h->aux + 4 - i];
	nonce[NONCE_LEN - 1] = f->octets[h->aux] & 7;
}

/* CCM* without MIC (level 4) is plain counter mode from counter block 1, B.4.1.3. */
static bool seal_ctr(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t *nonce, struct frame *f,
		     size_t from)
{
	uint8_t block[16] = {1};
	int n = 0;

	memcpy(block + 1, nonce, NONCE_LEN);
	block[15] = 1;
	return EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, block) == 1 &&
	       EVP_EncryptUpdate(ctx, f->octets + from, &n, f->octets + from,
				 (int)(f->len - from)) == 1;
}

/* Octets before `from` are authenticated, those after are encrypted too; the MIC is added. */
static bool seal_ccm(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t *nonce, struct frame *f,
		     size_t from, size_t mic_len)
{
	int n = 0, len = (int)(f->len - from);
	uint8_t *text = f->octets + from;

	if (EVP_EncryptInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)mic_len, NULL) != 1 ||
	    EVP_EncryptInit_ex(ctx, NULL, NULL, key, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, NULL, len) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, f->octets, (int)from) != 1 ||
	    EVP_EncryptUpdate(ctx, text, &n, text, len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, text, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)mic_len, f->octets + f->len) != 1)
		return false;
	f->len += mic_len;
	return true;
}

/* Seals the frame as its auxiliary security header says: levels of 7.6.2.2.1. */
static void frame_seal(struct frame *f, const uint8_t *key)
{
	static const size_t mic_lens[] = {0, 4, 8, 16};
	uint8_t nonce[NONCE_LEN];
	struct header h;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned level;
	size_t mic_len, from;
	bool ok;

	if (!header_parse(f, &h) || h.aux == 0 || h.src_len != EUI64_LEN)
		die("-k wants a header with the security bit and an extended source");
	level = f->octets[h.aux] & 7;
	mic_len = mic_lens[level & 3];
	from = (level & 4) ? h.payload : f->len;
	if (f->len + mic_len > FRAME_MAX_LEN)
		die("no room for the MIC");
	nonce_build(f, &h, nonce);
	ok = mic_len > 0 ? seal_ccm(ctx, key, nonce, f, from, mic_len)
			 : seal_ctr(ctx, key, nonce, f, from);
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		die("OpenSSL cannot seal the frame");
}

/* Addresses are little-endian on the air, canonical on the command line. */
static bool address_is(const struct frame *f, size_t at, const uint8_t *wanted, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (f->octets[at + i] != wanted[len - 1 - i])
			return false;
	return true;
}

struct match {
	uint8_t src[EUI64_LEN], dst[EUI64_LEN];
	size_t src_len, dst_len;
};

static bool frame_matches(const struct frame *f, const struct match *m)
{
	struct header h;

	return header_parse(f, &h) && h.aux != 0 && (f->octets[0] & 7) == 1 &&
	       h.src_len == m->src_len && address_is(f, h.src, m->src, m->src_len) &&
	       h.dst_len == m->dst_len && address_is(f, h.dst, m->dst, m->dst_len);
}

/* Reads the next frame of a capture in Linux cooked mode, as tcpdump writes it on a monitor
 * interface. False at the end, which may be in the middle of a record: tcpdump still writes. */
static bool capture_next(FILE *file, struct frame *f)
{
	enum { COOKED_LEN = 16, RECORD_MAX = COOKED_LEN + FRAME_MAX_LEN + FCS_LEN };
	struct {
		uint32_t s, us, len, wire_len;
	} record;
	uint8_t octets[RECORD_MAX];

	if (fread(&record, sizeof(record), 1, file) != 1)
		return false;
	if (record.len < COOKED_LEN + FCS_LEN || record.len > sizeof(octets))
		die("not a capture of the air");
	if (fread(octets, record.len, 1, file) != 1)
		return false;
	f->len = record.len - COOKED_LEN - FCS_LEN;
	memcpy(f->octets, octets + COOKED_LEN, f->len);
	return true;
}

/* The last secured data frame of the capture with these addresses. */
static void frame_replay(struct frame *f, const char *path, const struct match *m)
{
	enum { LINKTYPE_LINUX_SLL = 113 };
	FILE *file = fopen(path, "rb");
	uint32_t header[6];
	struct frame next;
	bool found = false;

	if (file == NULL)
		die("cannot open the capture");
	if (fread(header, sizeof(header), 1, file) != 1 || header[0] != 0xa1b2c3d4 ||
	    header[5] != LINKTYPE_LINUX_SLL)
		die("not a capture of the air");
	while (capture_next(file, &next)) {
		if (!frame_matches(&next, m))
			continue;
		*f = next;
		found = true;
	}
	fclose(file);
	if (!found)
		die("the capture has no such frame");
}

/* `count` times. The octets at `tag`, if not 0, count up: fragments with different tags (RFC 4944
 * section 5.3) are of different packets. */
static void frame_send(struct frame *f, const char *iface, unsigned long count, size_t tag)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IEEE802154_PROTO));
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IEEE802154_PROTO),
		.sll_ifindex = (int)if_nametoindex(iface),
	};

	if (to.sll_ifindex == 0)
		die("no such interface");
	for (unsigned long i = 0; i < count; i++) {
		if (tag > 0) {
			f->octets[tag] = (uint8_t)(i >> 8);
			f->octets[tag + 1] = (uint8_t)i;
		}
		if (fd < 0 ||
		    sendto(fd, f->octets, f->len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			die(strerror(errno));
	}
	close(fd);
}

/* Where the tag of a fragment is, RFC 4944 section 5.3. */
static size_t tag_find(const struct frame *f)
{
	struct header h;

	if (!header_parse(f, &h) || f->len < h.payload + 4 || (f->octets[h.payload] & 0xd8) != 0xc0)
		die("-n wants a fragment");
	return h.payload + 2;
}

/* What a check for repeated nonces must leave out, because no node sent it. */
static void sender_print(const struct frame *f)
{
	struct header h;

	if (!header_parse(f, &h) || h.aux == 0)
		return;
	for (size_t i = 0; i < h.src_len; i++)
		printf("%02x", f->octets[h.src + h.src_len - 1 - i]);
	printf(" %lu\n", (unsigned long)f->octets[h.aux + 1] |
				 (unsigned long)f->octets[h.aux + 2] << 8 |
				 (unsigned long)f->octets[h.aux + 3] << 16 |
				 (unsigned long)f->octets[h.aux + 4] << 24);
}

static void usage(FILE *to)
{
	fputs("usage: inject -i IFACE [-k KEY] [-n COUNT] FRAME\n"
	      "       inject -i IFACE -r PCAP SRC DST\n"
	      "  FRAME    hexadecimal, from the frame control field on, without FCS\n"
	      "  -k KEY   encrypts the payload and adds the MIC under this key, as the level in "
	      "the\n"
	      "           auxiliary security header of FRAME says\n"
	      "  -n COUNT sends it, a fragment in clear, so often, with tags from 0 up\n"
	      "  -r PCAP  sends the last secured data frame from SRC to DST again (16 hexadecimal\n"
	      "           digits; 4 for a short address, ffff for broadcast)\n"
	      "Prints the source address and the frame counter, if the frame is secured.\n",
	      to);
}

int main(int argc, char **argv)
{
	const char *iface = NULL, *key_text = NULL, *capture = NULL;
	struct frame frame = {.len = 0};
	unsigned long count = 0;
	int option;

	while ((option = getopt(argc, argv, "i:k:n:r:h")) != -1) {
		switch (option) {
		case 'i':
			iface = optarg;
			break;
		case 'k':
			key_text = optarg;
			break;
		case 'n':
			count = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			capture = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (iface == NULL || argc - optind != (capture != NULL ? 2 : 1)) {
		usage(stderr);
		return 2;
	}
	if (capture != NULL) {
		struct match m;

		m.src_len = hex_parse(argv[optind], m.src, sizeof(m.src));
		m.dst_len = hex_parse(argv[optind + 1], m.dst, sizeof(m.dst));
		frame_replay(&frame, capture, &m);
	} else {
		frame.len = hex_parse(argv[optind], frame.octets, sizeof(frame.octets));
	}
	if (key_text != NULL) {
		uint8_t key[KEY_LEN];

		if (hex_parse(key_text, key, sizeof(key)) != KEY_LEN)
			die("a key has 32 digits");
		frame_seal(&frame, key);
	}
	frame_send(&frame, iface, count > 0 ? count : 1, count > 0 ? tag_find(&frame) : 0);
	sender_print(&frame);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "link/llsec.h"

#include "link/nlmac_proto.h"
#include "link/nlxfer.h"

#include <errno.h>
#include <net/if.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_LEN 200

struct llsec {
	struct nl_sock *sock;
	int family;
	char ifname[IFNAMSIZ];
	char error[ERROR_LEN];
};

/* One command under way: what it is called, about whom, and where its answers go. */
struct request {
	struct llsec *h;
	struct nl_msg *msg;
	const char *name;
	char about[LLSEC_KEY_ID_TEXT + EUI64_TEXT_LEN + 8];
	void (*on_answer)(struct request *rq, struct nlattr **attr);
	void *out; /* array, or the one structure */
	size_t max, n;
};

/* Attributes of answers, by the policy below sized as expected; absent ones read as zero. */
static uint8_t attr_u8(struct nlattr **attr, enum nlmac_attr a)
{
	return attr[a] ? nla_get_u8(attr[a]) : 0;
}

static uint16_t attr_u16(struct nlattr **attr, enum nlmac_attr a)
{
	return attr[a] ? nla_get_u16(attr[a]) : 0;
}

static uint32_t attr_u32(struct nlattr **attr, enum nlmac_attr a)
{
	return attr[a] ? nla_get_u32(attr[a]) : 0;
}

static struct eui64 attr_eui(struct nlattr **attr, enum nlmac_attr a)
{
	struct eui64 eui = {{0}};

	if (attr[a])
		memcpy(eui.b, nla_data(attr[a]), sizeof(eui.b));
	return eui;
}

static struct llsec_key_id attr_key_id(struct nlattr **attr)
{
	struct llsec_key_id id = {.mode = attr_u8(attr, NLMAC_ATTR_KEY_MODE)};

	if (id.mode == LLSEC_IMPLICIT) {
		id.pan_id = attr_u16(attr, NLMAC_ATTR_PAN_ID);
		id.device = attr_eui(attr, NLMAC_ATTR_HW_ADDR);
		return id;
	}
	id.index = attr_u8(attr, NLMAC_ATTR_KEY_ID);
	if (id.mode == LLSEC_INDEX_SHORT)
		id.source_short = attr_u32(attr, NLMAC_ATTR_KEY_SOURCE_SHORT);
	if (id.mode == LLSEC_INDEX_EXTENDED)
		id.source = attr_eui(attr, NLMAC_ATTR_KEY_SOURCE_EXTENDED);
	return id;
}

static const struct nla_policy answer_policy[NLMAC_ATTR_MAX + 1] = {
	[NLMAC_ATTR_DEV_NAME] = {.type = NLA_STRING, .maxlen = IFNAMSIZ},
	[NLMAC_ATTR_SHORT_ADDR] = {.type = NLA_U16},
	[NLMAC_ATTR_HW_ADDR] = {.minlen = 8, .maxlen = 8},
	[NLMAC_ATTR_PAN_ID] = {.type = NLA_U16},
	[NLMAC_ATTR_ENABLED] = {.type = NLA_U8},
	[NLMAC_ATTR_SECLEVEL] = {.type = NLA_U8},
	[NLMAC_ATTR_KEY_MODE] = {.type = NLA_U8},
	[NLMAC_ATTR_KEY_SOURCE_SHORT] = {.type = NLA_U32},
	[NLMAC_ATTR_KEY_SOURCE_EXTENDED] = {.minlen = 8, .maxlen = 8},
	[NLMAC_ATTR_KEY_ID] = {.type = NLA_U8},
	[NLMAC_ATTR_FRAME_COUNTER] = {.type = NLA_U32},
	[NLMAC_ATTR_KEY_BYTES] = {.minlen = LLSEC_KEY_LEN, .maxlen = LLSEC_KEY_LEN},
	[NLMAC_ATTR_FRAME_TYPE] = {.type = NLA_U8},
	[NLMAC_ATTR_SECLEVELS] = {.type = NLA_U8},
	[NLMAC_ATTR_DEV_OVERRIDE] = {.type = NLA_U8},
	[NLMAC_ATTR_DEV_KEY_MODE] = {.type = NLA_U8},
};

void llsec_free(struct llsec *h)
{
	if (!h)
		return;
	nl_socket_free(h->sock);
	free(h);
}

const char *llsec_error(const struct llsec *h)
{
	return h->error;
}

static int fail(struct request *rq, int err)
{
	snprintf(rq->h->error, sizeof(rq->h->error), "%s %s%s%s: %s", rq->name, rq->h->ifname,
		 rq->about[0] ? " " : "", rq->about, strerror(-err));
	return err;
}

/* Begin a request. A dump is of all interfaces: answers about others are skipped. */
static int begin(struct request *rq, struct llsec *h, enum nlmac_cmd cmd, const char *name,
		 int flags)
{
	memset(rq, 0, sizeof(*rq));
	rq->h = h;
	rq->name = name;
	rq->msg = nlmsg_alloc();
	if (!rq->msg)
		return fail(rq, -ENOMEM);
	genlmsg_put(rq->msg, NL_AUTO_PORT, NL_AUTO_SEQ, h->family, 0, flags, (uint8_t)cmd,
		    NLMAC_VERSION);
	nla_put_string(rq->msg, NLMAC_ATTR_DEV_NAME, h->ifname);
	return 0;
}

static void on_message(struct nlmsghdr *answer, void *arg)
{
	struct nlattr *attr[NLMAC_ATTR_MAX + 1];
	struct request *rq = arg;

	if (genlmsg_parse(answer, 0, attr, NLMAC_ATTR_MAX, answer_policy))
		return;
	if (!attr[NLMAC_ATTR_DEV_NAME] ||
	    strcmp(nla_get_string(attr[NLMAC_ATTR_DEV_NAME]), rq->h->ifname) != 0)
		return;
	if (rq->on_answer)
		rq->on_answer(rq, attr);
}

static int finish(struct request *rq)
{
	int err = nlxfer(rq->h->sock, rq->msg, on_message, rq);

	if (!err && rq->n > rq->max)
		err = -ENOBUFS;
	return err ? fail(rq, err) : 0;
}

static void put_eui(struct request *rq, enum nlmac_attr a, const struct eui64 *eui)
{
	nla_put(rq->msg, (int)a, sizeof(eui->b), eui->b);
}

static void put_key_id(struct request *rq, const struct llsec_key_id *id)
{
	nla_put_u8(rq->msg, NLMAC_ATTR_KEY_MODE, (uint8_t)id->mode);
	switch (id->mode) {
	case LLSEC_IMPLICIT:
		nla_put_u16(rq->msg, NLMAC_ATTR_PAN_ID, id->pan_id);
		put_eui(rq, NLMAC_ATTR_HW_ADDR, &id->device);
		return;
	case LLSEC_INDEX:
		break;
	case LLSEC_INDEX_SHORT:
		nla_put_u32(rq->msg, NLMAC_ATTR_KEY_SOURCE_SHORT, id->source_short);
		break;
	case LLSEC_INDEX_EXTENDED:
		put_eui(rq, NLMAC_ATTR_KEY_SOURCE_EXTENDED, &id->source);
		break;
	}
	nla_put_u8(rq->msg, NLMAC_ATTR_KEY_ID, id->index);
}

static void about_key(struct request *rq, const struct llsec_key_id *id)
{
	char text[LLSEC_KEY_ID_TEXT];

	snprintf(rq->about, sizeof(rq->about), "%s", llsec_key_id_format(id, text));
}

static void about_dev(struct request *rq, const struct eui64 *eui)
{
	eui64_text text;

	snprintf(rq->about, sizeof(rq->about), "%s", eui64_format(eui, text));
}

static void about_devkey(struct request *rq, const struct eui64 *eui, const struct llsec_key_id *id)
{
	char text[LLSEC_KEY_ID_TEXT];
	eui64_text dev;

	snprintf(rq->about, sizeof(rq->about), "%s %s", eui64_format(eui, dev),
		 llsec_key_id_format(id, text));
}

static void on_params(struct request *rq, struct nlattr **attr)
{
	struct llsec_params *p = rq->out;

	p->enabled = attr_u8(attr, NLMAC_ATTR_ENABLED) != 0;
	p->level = attr_u8(attr, NLMAC_ATTR_SECLEVEL);
	p->frame_counter = attr_u32(attr, NLMAC_ATTR_FRAME_COUNTER);
	p->key = attr_key_id(attr);
	rq->n++;
}

int llsec_get_params(struct llsec *h, struct llsec_params *p)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_GET_PARAMS, "GETPARAMS", 0);

	memset(p, 0, sizeof(*p));
	if (err)
		return err;
	rq.on_answer = on_params;
	rq.out = p;
	rq.max = 1;
	err = finish(&rq);
	return err || rq.n ? err : fail(&rq, -EIO);
}

int llsec_set_params(struct llsec *h, const struct llsec_params *p, unsigned int what)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_SET_PARAMS, "SETPARAMS", 0);

	if (err)
		return err;
	if (!(what & (LLSEC_SET_ENABLED | LLSEC_SET_LEVEL | LLSEC_SET_KEY))) {
		nlmsg_free(rq.msg);
		return fail(&rq, -EINVAL);
	}
	if (what & LLSEC_SET_ENABLED)
		nla_put_u8(rq.msg, NLMAC_ATTR_ENABLED, p->enabled);
	if (what & LLSEC_SET_LEVEL)
		nla_put_u8(rq.msg, NLMAC_ATTR_SECLEVEL, p->level);
	if (what & LLSEC_SET_COUNTER)
		nla_put_u32(rq.msg, NLMAC_ATTR_FRAME_COUNTER, p->frame_counter);
	if (what & LLSEC_SET_KEY) {
		put_key_id(&rq, &p->key);
		about_key(&rq, &p->key);
	}
	return finish(&rq);
}

int llsec_add_key(struct llsec *h, const struct llsec_key_id *id, const struct secret *key)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_ADD_KEY, "ADD_KEY", NLM_F_CREATE | NLM_F_EXCL);

	if (err)
		return err;
	about_key(&rq, id);
	if (key->len != LLSEC_KEY_LEN) {
		nlmsg_free(rq.msg);
		return fail(&rq, -EINVAL);
	}
	put_key_id(&rq, id);
	nla_put_u8(rq.msg, NLMAC_ATTR_KEY_FRAME_TYPES, 1 << NLMAC_FRAME_DATA);
	nla_put(rq.msg, NLMAC_ATTR_KEY_BYTES, LLSEC_KEY_LEN, key->b);
	return finish(&rq);
}

/* Linux before 6.1.178 and 6.12.97 refuses every ADD_KEY, since the family's policy does not pass
 * the strict validation of attributes. It does so before it looks for the interface, so that a key
 * for none at all changes nothing and tells. */
static int refuses_keys(struct llsec *h)
{
	const struct llsec_key_id id = {.mode = LLSEC_INDEX};
	const struct secret key = {.len = LLSEC_KEY_LEN};
	int err = llsec_add_key(h, &id, &key);

	h->error[0] = '\0';
	return err == -EINVAL;
}

int llsec_new(struct llsec **out, const char *ifname)
{
	struct llsec *h = calloc(1, sizeof(*h));
	int err = 0;

	*out = NULL;
	if (!h)
		return -ENOMEM;
	h->sock = nlxfer_open(NLMAC_FAMILY, &h->family);
	if (!h->sock)
		err = h->family;
	else if (refuses_keys(h))
		err = -EOPNOTSUPP;
	if (err) {
		llsec_free(h);
		return err;
	}
	snprintf(h->ifname, sizeof(h->ifname), "%s", ifname);
	*out = h;
	return 0;
}

int llsec_del_key(struct llsec *h, const struct llsec_key_id *id)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_DEL_KEY, "DEL_KEY", 0);

	if (err)
		return err;
	about_key(&rq, id);
	put_key_id(&rq, id);
	return finish(&rq);
}

/* A dump into an array of `max` elements; *n gets how many there are, also if that is more. */
static int list(struct llsec *h, enum nlmac_cmd cmd, const char *name,
		void (*on_answer)(struct request *, struct nlattr **), void *out, size_t max,
		size_t *n)
{
	struct request rq;
	int err = begin(&rq, h, cmd, name, NLM_F_DUMP);

	*n = 0;
	if (err)
		return err;
	rq.on_answer = on_answer;
	rq.out = out;
	rq.max = max;
	err = finish(&rq);
	*n = rq.n;
	return err;
}

static void on_key(struct request *rq, struct nlattr **attr)
{
	struct llsec_key *k = (struct llsec_key *)rq->out + rq->n;

	if (rq->n++ >= rq->max)
		return;
	k->id = attr_key_id(attr);
	secret_clear(&k->key);
	if (attr[NLMAC_ATTR_KEY_BYTES])
		secret_set(&k->key, nla_data(attr[NLMAC_ATTR_KEY_BYTES]), LLSEC_KEY_LEN);
}

int llsec_list_keys(struct llsec *h, struct llsec_key *out, size_t max, size_t *n)
{
	return list(h, NLMAC_CMD_LIST_KEY, "LIST_KEY", on_key, out, max, n);
}

int llsec_add_dev(struct llsec *h, const struct llsec_dev *dev)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_ADD_DEV, "ADD_DEV", NLM_F_CREATE | NLM_F_EXCL);

	if (err)
		return err;
	about_dev(&rq, &dev->eui);
	put_eui(&rq, NLMAC_ATTR_HW_ADDR, &dev->eui);
	if (dev->short_addr != LLSEC_NO_SHORT) {
		nla_put_u16(rq.msg, NLMAC_ATTR_PAN_ID, dev->pan_id);
		nla_put_u16(rq.msg, NLMAC_ATTR_SHORT_ADDR, dev->short_addr);
	}
	nla_put_u32(rq.msg, NLMAC_ATTR_FRAME_COUNTER, 0); /* required; those of its keys count */
	nla_put_u8(rq.msg, NLMAC_ATTR_DEV_OVERRIDE, 0);   /* never exempt: see llsec.h */
	nla_put_u8(rq.msg, NLMAC_ATTR_DEV_KEY_MODE, LLSEC_DEV_RESTRICT);
	return finish(&rq);
}

int llsec_del_dev(struct llsec *h, const struct eui64 *eui)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_DEL_DEV, "DEL_DEV", 0);

	if (err)
		return err;
	about_dev(&rq, eui);
	put_eui(&rq, NLMAC_ATTR_HW_ADDR, eui);
	return finish(&rq);
}

static void on_dev(struct request *rq, struct nlattr **attr)
{
	struct llsec_dev *d = (struct llsec_dev *)rq->out + rq->n;

	if (rq->n++ >= rq->max)
		return;
	d->eui = attr_eui(attr, NLMAC_ATTR_HW_ADDR);
	d->pan_id = attr_u16(attr, NLMAC_ATTR_PAN_ID);
	d->short_addr = attr_u16(attr, NLMAC_ATTR_SHORT_ADDR);
	d->key_mode = attr_u8(attr, NLMAC_ATTR_DEV_KEY_MODE);
	d->exempt = attr_u8(attr, NLMAC_ATTR_DEV_OVERRIDE) != 0;
}

int llsec_list_devs(struct llsec *h, struct llsec_dev *out, size_t max, size_t *n)
{
	return list(h, NLMAC_CMD_LIST_DEV, "LIST_DEV", on_dev, out, max, n);
}

int llsec_add_devkey(struct llsec *h, const struct llsec_devkey *dk)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_ADD_DEVKEY, "ADD_DEVKEY", NLM_F_CREATE | NLM_F_EXCL);

	if (err)
		return err;
	about_devkey(&rq, &dk->eui, &dk->id);
	put_eui(&rq, NLMAC_ATTR_HW_ADDR, &dk->eui);
	put_key_id(&rq, &dk->id);
	nla_put_u32(rq.msg, NLMAC_ATTR_FRAME_COUNTER, dk->frame_counter);
	return finish(&rq);
}

int llsec_del_devkey(struct llsec *h, const struct eui64 *eui, const struct llsec_key_id *id)
{
	struct request rq;
	int err = begin(&rq, h, NLMAC_CMD_DEL_DEVKEY, "DEL_DEVKEY", 0);

	if (err)
		return err;
	about_devkey(&rq, eui, id);
	put_eui(&rq, NLMAC_ATTR_HW_ADDR, eui);
	put_key_id(&rq, id);
	return finish(&rq);
}

static void on_devkey(struct request *rq, struct nlattr **attr)
{
	struct llsec_devkey *dk = (struct llsec_devkey *)rq->out + rq->n;

	if (rq->n++ >= rq->max)
		return;
	dk->eui = attr_eui(attr, NLMAC_ATTR_HW_ADDR);
	dk->id = attr_key_id(attr);
	dk->frame_counter = attr_u32(attr, NLMAC_ATTR_FRAME_COUNTER);
}

int llsec_list_devkeys(struct llsec *h, struct llsec_devkey *out, size_t max, size_t *n)
{
	return list(h, NLMAC_CMD_LIST_DEVKEY, "LIST_DEVKEY", on_devkey, out, max, n);
}

static int change_seclevel(struct llsec *h, enum nlmac_cmd cmd, const char *name, int flags,
			   const struct llsec_seclevel *sl)
{
	struct request rq;
	int err = begin(&rq, h, cmd, name, flags);

	if (err)
		return err;
	snprintf(rq.about, sizeof(rq.about), "levels 0x%02x", sl->levels);
	nla_put_u8(rq.msg, NLMAC_ATTR_FRAME_TYPE, sl->frame_type);
	nla_put_u8(rq.msg, NLMAC_ATTR_SECLEVELS, sl->levels);
	nla_put_u8(rq.msg, NLMAC_ATTR_DEV_OVERRIDE, sl->override);
	return finish(&rq);
}

int llsec_add_seclevel(struct llsec *h, uint8_t levels)
{
	/* without the override a frame of level 0 panics the kernel: see llsec.h */
	const struct llsec_seclevel sl = {
		.levels = levels, .frame_type = NLMAC_FRAME_DATA, .override = true};

	return change_seclevel(h, NLMAC_CMD_ADD_SECLEVEL, "ADD_SECLEVEL", NLM_F_CREATE | NLM_F_EXCL,
			       &sl);
}

int llsec_del_seclevel(struct llsec *h, const struct llsec_seclevel *sl)
{
	return change_seclevel(h, NLMAC_CMD_DEL_SECLEVEL, "DEL_SECLEVEL", 0, sl);
}

static void on_seclevel(struct request *rq, struct nlattr **attr)
{
	struct llsec_seclevel *sl = (struct llsec_seclevel *)rq->out + rq->n;

	if (rq->n++ >= rq->max)
		return;
	sl->levels = attr_u8(attr, NLMAC_ATTR_SECLEVELS);
	sl->frame_type = attr_u8(attr, NLMAC_ATTR_FRAME_TYPE);
	sl->override = attr_u8(attr, NLMAC_ATTR_DEV_OVERRIDE) != 0;
}

int llsec_list_seclevels(struct llsec *h, struct llsec_seclevel *out, size_t max, size_t *n)
{
	return list(h, NLMAC_CMD_LIST_SECLEVEL, "LIST_SECLEVEL", on_seclevel, out, max, n);
}

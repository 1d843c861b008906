/* SPDX-License-Identifier: ISC */
#include "link/txqueue.h"

#include "link/nlxfer.h"

#include <errno.h>
#include <limits.h>
#include <linux/gen_stats.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

struct sum {
	unsigned int ifindex;
	uint64_t waiting;
};

/* A queueing discipline: of ours the length of its queue, in its statistics. */
static void on_qdisc(struct nlmsghdr *answer, void *arg)
{
	struct nlattr *attr[TCA_MAX + 1], *stats[TCA_STATS_MAX + 1];
	const struct tcmsg *tc = nlmsg_data(answer);
	struct gnet_stats_queue queue;
	struct sum *sum = arg;

	if (nlmsg_parse(answer, sizeof(*tc), attr, TCA_MAX, NULL) || !attr[TCA_STATS2] ||
	    (unsigned int)tc->tcm_ifindex != sum->ifindex)
		return;
	if (nla_parse_nested(stats, TCA_STATS_MAX, attr[TCA_STATS2], NULL) ||
	    !stats[TCA_STATS_QUEUE] || nla_len(stats[TCA_STATS_QUEUE]) < (int)sizeof(queue))
		return;
	memcpy(&queue, nla_data(stats[TCA_STATS_QUEUE]), sizeof(queue));
	sum->waiting += queue.qlen;
}

int txqueue_len(unsigned int ifindex)
{
	const struct tcmsg tc = {.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex};
	struct nl_sock *sock = nlxfer_connect(NETLINK_ROUTE);
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETQDISC, NLM_F_DUMP);
	struct sum sum = {.ifindex = ifindex};
	int err;

	if (!sock || !msg || nlmsg_append(msg, (void *)&tc, sizeof(tc), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		nl_socket_free(sock);
		return -ENOMEM;
	}
	err = nlxfer(sock, msg, on_qdisc, &sum);
	nl_socket_free(sock);
	if (err)
		return err;
	return sum.waiting < INT_MAX ? (int)sum.waiting : INT_MAX;
}

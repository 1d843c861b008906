/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "ctd_ctl_priv.h"

#include <arpa/inet.h>

const char *ctd_ctl_name(const struct member *m)
{
	if (!m)
		return "";
	return m->device ? m->device->name : m->node.name;
}

void ctd_ctl_add_eui(cJSON *o, const struct eui64 *eui)
{
	eui64_text text;

	cJSON_AddStringToObject(o, "eui", eui64_format(eui, text));
}

void ctd_ctl_add_number(cJSON *o, const char *name, uint64_t n)
{
	cJSON_AddNumberToObject(o, name, (double)n);
}

static cJSON *address(const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (!IN6_IS_ADDR_UNSPECIFIED(addr))
		inet_ntop(AF_INET6, addr, text, sizeof(text));
	return cJSON_CreateString(text);
}

void ctd_ctl_add_since(cJSON *o, const struct member *m)
{
	ctd_ctl_add_number(o, "since_s", clock_wall_since_s(m->since_s));
}

void ctd_ctl_add_role(cJSON *o, const struct member *m)
{
	cJSON_AddStringToObject(o, "role", m && m->join.border_router ? "border-router" : "node");
}

static const char *session_name(const struct join *j)
{
	if (j->up)
		return "up";
	return join_busy(j) ? "connecting" : "none";
}

void ctd_ctl_add_session(cJSON *o, const struct member *m)
{
	uint64_t silent_s = (evl_now_ms(m->join.evl) - m->join.heard_ms) / 1000;

	cJSON_AddItemToObject(o, "address", address(&m->join.peer));
	cJSON_AddStringToObject(o, "session", session_name(&m->join));
	ctd_ctl_add_number(o, "key_index", m->node.key_index);
	ctd_ctl_add_number(o, "silent_s", silent_s);
	if (m->join.heard)
		ctd_ctl_add_number(o, "answered_s", silent_s);
	else
		cJSON_AddNullToObject(o, "answered_s");
}

void ctd_ctl_add_told(cJSON *o, const struct roster *r, const struct member *m)
{
	const struct join *j = &m->join;

	ctd_ctl_add_number(o, "fc", j->answered ? j->answer.fc : m->node.fc);
	cJSON_AddBoolToObject(o, "all_secured", m->node.secured);
	cJSON_AddStringToObject(o, "due", due_name(roster_lacks(r, m)));
}

void ctd_ctl_add_heard(cJSON *o, const struct candidate *e, uint64_t now_ms)
{
	cJSON *addresses = cJSON_AddArrayToObject(o, "addresses");

	if (!e)
		return;
	for (size_t i = 0; i < e->addrs.n; i++)
		cJSON_AddItemToArray(addresses, address(&e->addrs.entry[i].addr));
	ctd_ctl_add_number(o, "first_heard_s", (now_ms - e->first_ms) / 1000);
	ctd_ctl_add_number(o, "last_heard_s", (now_ms - e->last_ms) / 1000);
}

const char *ctd_ctl_reason(const struct member *m)
{
	if (m && (m->admitted || m->node.denied))
		return m->join.reason;
	return m && m->device ? "waits to be admitted" : "no credential";
}

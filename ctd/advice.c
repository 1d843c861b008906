/* SPDX-License-Identifier: ISC */
#include "advice.h"

#include <stddef.h>
#include <string.h>

#define IS(progress) (1u << JOIN_IS_##progress)
#define UNDER_WAY    (IS(ADMITTED) | IS(CONNECTING) | IS(KEYING))
#define ANY_STATE    (~0u)

#define START_OVER   "\"kmpctl jnd reset\" (or brd) on it makes it start over"
#define ANOTHER_TOOL "it obeys another commissioning tool: " START_OVER
#define OTHER_FIRMWARE                                                                             \
	"it does not speak as wpan-kmp does: compare its version with that of ctd, see its log"
#define WRONG_KIND "check that it has a credential of the kind that is configured for it"

/* The first row that fits is taken. `reason` is a part of what join.c, dtls_session_reason() and
 * the roster say. */
static const struct {
	unsigned states;
	const char *reason; /* NULL: whatever it is */
	const char *text;
} rows[] = {
	{ANY_STATE, "state cannot be stored",
	 "make room on the disk of ctd's state directory: it goes on by itself"},
	{ANY_STATE, "wrong key or identity",
	 "wrong key: compare the credential on its label with the one configured"},
	{ANY_STATE, "its public key is not",
	 "wrong key: compare key-hash with the key_hash that \"kmpctl jnd status\" shows on it"},
	{ANY_STATE, "it refused our",
	 "it does not know this tool: compare its ct-anchor or ct-key-hash; its log says more"},
	{ANY_STATE, "it refused us", ANOTHER_TOOL},
	{ANY_STATE, "no credential of", WRONG_KIND},
	{ANY_STATE, "instead of a", WRONG_KIND},
	{ANY_STATE, "not under device-anchor",
	 "another CA made its certificate: add that to device-anchor if it is to be trusted"},
	{ANY_STATE, "its certificate is for",
	 "another device is at that address: compare the EUI-64 on its label"},
	{ANY_STATE, "its certificate",
	 "it needs another certificate: see jnd.conf(5), CERTIFICATES"},
	{ANY_STATE, "handshake failed: no answer",
	 "it does not answer: check its power and the way to its address, by ping"},
	{ANY_STATE, "handshake failed: protocol error", WRONG_KIND},
	{ANY_STATE, "key set refused: it answered 4.01", ANOTHER_TOOL},
	{ANY_STATE, "key set refused: it answered 4.03", ANOTHER_TOOL},
	{ANY_STATE, "key set refused: it answered 4.09",
	 "it holds another key of this index: " START_OVER},
	{ANY_STATE, "key set refused: it answered 5.",
	 "it cannot take keys: its log says why, such as a full disk or a kernel too old"},
	{ANY_STATE, "no answer to the key set",
	 "it is reached and does not answer: look into its log, switch it off and on"},
	{ANY_STATE, "cannot be read", OTHER_FIRMWARE},
	{ANY_STATE, "no usable bootstrap state", OTHER_FIRMWARE},
	{ANY_STATE, "not used: no key",
	 "it takes the keys and uses none: its log says why; if it does not, " START_OVER},
	{ANY_STATE, "not used: another key",
	 "it uses another key than the one it is given: " START_OVER},
	{UNDER_WAY, "waiting for border router",
	 "the border router comes first: look at it by \"kmpctl ctd explain\""},
	{ANY_STATE, "waiting for its turn",
	 "wait: others have theirs; max-joins says how many at once"},
	{UNDER_WAY, "waiting for a request",
	 "it has to ask once: power it up near a node or the border router"},
	{UNDER_WAY, NULL, "wait: it is tried again by itself"},
	{IS(KEYED), "unsecured",
	 "it has the key, its neighbours have not: let one of them in, or wait"},
	{IS(KEYED), NULL, "wait for proof: it is asked again by itself, once it can be reached"},
};

const char *advice_for(const struct advice_case *c)
{
	if (c->denied)
		return c->credential
			       ? "nothing, if it is to stay out: \"kmpctl ctd admit\" lets it in "
				 "again"
			       : "nothing, if it is to stay out: to let it in again, add it to "
				 "ctd.conf or the manifest, reload, and \"kmpctl ctd admit\" it";
	if (!c->credential)
		return c->admitted
			       ? "its credential is gone: configure it again and reload, or "
				 "\"kmpctl ctd evict\" it"
			       : "no credential: add it to ctd.conf or the manifest, and reload";
	if (c->left_behind)
		return "left behind by a re-key: \"kmpctl ctd open --near\" it lets it come back";
	if (c->progress == JOIN_IS_CANDIDATE)
		return c->heard ? "\"kmpctl ctd admit\" lets it in"
				: "it has not asked yet: power it up near a node or the border "
				  "router";
	if (c->closed && c->progress == JOIN_IS_KEYED && strstr(c->reason, "unsecured"))
		return "it has the key, its neighbours have not, and the mesh is closed: \"kmpctl "
		       "ctd open --near\" it, and let one of them in";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rows[i].states & 1u << c->progress) &&
		    (!rows[i].reason || strstr(c->reason, rows[i].reason)))
			return rows[i].text;
	return "";
}

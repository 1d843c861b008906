/* SPDX-License-Identifier: ISC */
#include "advice.h"

#include "unit.h"

#include <string.h>

static void advises(struct advice_case c, const char *part)
{
	const char *text = advice_for(&c);

	ck_assert_msg(strstr(text, part), "'%s' lacks '%s'", text, part);
	ck_assert_uint_lt(strlen(text), ADVICE_LEN);
}

START_TEST(by_what_it_lacks)
{
	advises((struct advice_case){JOIN_IS_DENIED, .heard = true, .reason = "no credential"},
		"add it to ctd.conf or the manifest");
	advises((struct advice_case){JOIN_IS_DENIED, .admitted = true, .reason = "x"},
		"configure it again");
	advises((struct advice_case){JOIN_IS_DENIED, true, .denied = true, .reason = "x"},
		"stay out: \"kmpctl ctd admit\" lets it in again");
	advises((struct advice_case){JOIN_IS_DENIED, .denied = true, .reason = "evicted"},
		"stay out: to let it in again, add it");
	advises((struct advice_case){JOIN_IS_JOINED, true, .left_behind = true, .reason = "x"},
		"open --near");
	advises((struct advice_case){JOIN_IS_CANDIDATE, true, .heard = true, .reason = "x"},
		"kmpctl ctd admit");
	advises((struct advice_case){JOIN_IS_CANDIDATE, true, .reason = "x"}, "not asked yet");
	advises((struct advice_case){JOIN_IS_KEYED, true, .closed = true,
				     .reason = "no proof yet: reached over an unsecured link"},
		"open --near");
}
END_TEST

START_TEST(by_the_reason)
{
	static const struct {
		enum join_progress progress;
		const char *reason, *part;
	} cases[] = {
		{JOIN_IS_ADMITTED, "handshake failed: wrong key or identity", "on its label"},
		{JOIN_IS_ADMITTED, "handshake failed: its public key is not the one of key-hash",
		 "compare key-hash"},
		{JOIN_IS_ADMITTED,
		 "handshake failed: it refused our certificate: not under its ct-anchor",
		 "compare its ct-anchor"},
		{JOIN_IS_ADMITTED, "handshake failed: it has no credential of this kind",
		 "credential of the kind"},
		{JOIN_IS_ADMITTED, "handshake failed: its certificate is not under device-anchor",
		 "another CA"},
		{JOIN_IS_ADMITTED,
		 "handshake failed: its certificate is for 0200000000000002, not 0200000000000001",
		 "another device"},
		{JOIN_IS_ADMITTED, "handshake failed: its certificate carries no EUI-64",
		 "another certificate"},
		{JOIN_IS_ADMITTED, "handshake failed: no answer", "its power"},
		{JOIN_IS_ADMITTED, "handshake failed: protocol error", "credential of the kind"},
		{JOIN_IS_ADMITTED, "handshake failed: it refused us: access denied", "reset"},
		{JOIN_IS_ADMITTED,
		 "handshake failed: it sent a certificate instead of a raw "
		 "public key",
		 "credential of the kind"},
		{JOIN_IS_ADMITTED, "key set refused: it answered 4.03", "another commissioning"},
		{JOIN_IS_ADMITTED, "key set refused: it answered 4.09", "another key"},
		{JOIN_IS_ADMITTED, "keys taken and not used: no key is active", "its log"},
		{JOIN_IS_ADMITTED, "keys taken and not used: another key is active", "another key"},
		{JOIN_IS_ADMITTED, "waiting for border router", "border router comes first"},
		{JOIN_IS_KEYING,
		 "no key is sent, its state cannot be stored: make room on the disk of the state "
		 "directory",
		 "make room"},
		{JOIN_IS_ADMITTED, "waiting for its turn", "max-joins"},
		{JOIN_IS_JOINED, "waiting for its turn", "max-joins"},
		{JOIN_IS_ADMITTED, "key set refused: it answered 5.00 Internal", "its log"},
		{JOIN_IS_ADMITTED, "no answer to the key set: Connection timed out", "off and on"},
		{JOIN_IS_KEYED, "what it answers to how it is cannot be read", "its version"},
		{JOIN_IS_KEYED, "no usable bootstrap state: it answered 4.04", "its version"},
		{JOIN_IS_ADMITTED, "waiting for a request from it: no address", "has to ask"},
		{JOIN_IS_KEYING, "authenticated", "by itself"},
		{JOIN_IS_KEYED, "no proof yet: reached over an unsecured link", "neighbours"},
		{JOIN_IS_KEYED, "session ended: closed by peer", "wait for proof"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		advises((struct advice_case){cases[i].progress, true, true, true, cases[i].reason,
					     false, false, false},
			cases[i].part);
}
END_TEST

START_TEST(joined_needs_none)
{
	const struct advice_case c = {JOIN_IS_JOINED, true,  true,  true,
				      "proved",       false, false, false};

	ck_assert_str_eq(advice_for(&c), "");
}
END_TEST

UNIT_MAIN("advice", by_what_it_lacks, by_the_reason, joined_needs_none)

/* SPDX-License-Identifier: ISC */
#include "link/iface.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(an_interface_has_one_owner)
{
	int first = iface_claim("unit-test0"), other;

	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(iface_claim("unit-test0"), -EBUSY);
	other = iface_claim("unit-test01");
	ck_assert_int_ge(other, 0);
	close(other);
	close(first);
	first = iface_claim("unit-test0");
	ck_assert_int_ge(first, 0);
	close(first);
}
END_TEST

START_TEST(an_interface_made_anew_is_another)
{
	struct iface_state s = {.wpan_index = if_nametoindex("lo")};

	strcpy(s.wpan, "lo");
	strcpy(s.lowpan, "lo");
	s.lowpan_index = s.wpan_index;
	ck_assert(iface_is_same(&s));
	s.lowpan_index++;
	ck_assert(!iface_is_same(&s));
	s.lowpan_index--;
	strcpy(s.wpan, "absent0");
	ck_assert(!iface_is_same(&s));
}
END_TEST

UNIT_MAIN("iface", an_interface_has_one_owner, an_interface_made_anew_is_another)

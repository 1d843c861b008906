/* SPDX-License-Identifier: ISC */
/* What a node makes of an interface that was changed behind its back. The kernel is played: what it
 * is told is noted in order, what it has is `now`. */
#include "node/node_priv.h"
#include "unit.h"

#include "base/log.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

static struct node_conf conf;
static struct node node;
static struct iface_state now;
static int read_fails, configure_fails;
static char told[400], logged[400];
static unsigned int lines;

static unsigned int vrf_index; /* of the configured VRF, 0: it is not there */
static bool was_is_there;      /* the VRF of before, under whatever name */

unsigned int if_nametoindex(const char *name)
{
	ck_assert_str_eq(name, conf.vrf);
	return vrf_index;
}

char *if_indextoname(unsigned int index, char name[IF_NAMESIZE])
{
	ck_assert_uint_eq(index, node.iface.master_index);
	return was_is_there ? strcpy(name, "vrf7") : NULL;
}

int iface_claim(const char *fs, const char *wpan, char why[IFACE_WHY_LEN])
{
	(void)fs, (void)wpan, (void)why;
	return -EBUSY;
}

int iface_read(const char *wpan, struct iface_state *s, char why[IFACE_WHY_LEN])
{
	(void)wpan, (void)why;
	*s = now;
	return read_fails;
}

/* As the real one: what has to change while the links are down takes them down. */
int iface_configure(const struct iface_want *want, struct iface_state *s, int *changed,
		    char why[IFACE_WHY_LEN])
{
	strcat(told, "configure ");
	if (configure_fails) {
		snprintf(why, IFACE_WHY_LEN, "no");
		return configure_fails;
	}
	if (want->vrf[0] && !vrf_index) {
		snprintf(why, IFACE_WHY_LEN, "VRF %s: No such device", want->vrf);
		return -ENODEV;
	}
	if (want->vrf[0])
		now.master_index = vrf_index;
	if (now.pan_id != want->pan_id)
		now.wpan_up = now.lowpan_up = false;
	now.pan_id = want->pan_id;
	now.page = want->page;
	now.channel = want->channel;
	*s = now;
	*changed = 0;
	return 0;
}

int iface_up(struct iface_state *s, char why[IFACE_WHY_LEN])
{
	(void)why;
	strcat(told, "up ");
	now.wpan_up = now.lowpan_up = true;
	*s = now;
	return 0;
}

int policy_reconcile(struct policy *p)
{
	(void)p;
	strcat(told, now.wpan_up && now.lowpan_up ? "reconcile " : "reconcile-down ");
	return 0;
}

static void on_log(enum log_level level, const char *topic, const struct eui64 *eui,
		   const char *text)
{
	(void)level, (void)topic, (void)eui;
	lines++;
	snprintf(logged, sizeof(logged), "%s", text);
}

static void start(bool managed)
{
	char why[NODE_WHY_LEN] = "";

	conf = (struct node_conf){.interface = "wpan7",
				  .lowpan_interface = "lowpan7",
				  .vrf = "",
				  .manage_interface = managed,
				  .pan_id = 0xabcd,
				  .short_addr = NODE_NO_SHORT,
				  .channel = 13};
	now = (struct iface_state){.wpan_index = 4,
				   .lowpan_index = 5,
				   .wpan = "wpan7",
				   .lowpan = "lowpan7",
				   .eui = {{2, 0, 0, 0, 0, 0, 0, 1}},
				   .pan_id = 0xabcd,
				   .short_addr = IFACE_KEEP_SHORT,
				   .channel = 13,
				   .wpan_up = true,
				   .lowpan_up = true};
	node = (struct node){.conf = &conf};
	ck_assert_int_eq(node_iface_open(&node, why), 0);
	log_set_sink(on_log);
	told[0] = logged[0] = '\0';
	lines = 0;
}

START_TEST(what_is_as_it_was_is_left_alone)
{
	start(true);
	ck_assert_int_eq(node_iface_check(&node), 0);
	now.short_addr = NODE_NO_SHORT; /* none as well */
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_str_eq(told, "");
	ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(what_was_changed_is_repaired)
{
	start(true);
	now.channel = 20;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(now.channel, 13);
	ck_assert_str_eq(logged, "wpan7: its channel was changed; repaired");
	now.lowpan_up = false;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert(now.lowpan_up);
	ck_assert_str_eq(logged, "wpan7: it is down; repaired");
	ck_assert_uint_eq(lines, 2);
	ck_assert_uint_eq(node.iface_repairs, 2);
	ck_assert_ptr_null(node.iface_differs);
}
END_TEST

/* No frame may come in before link security and bootstrap layer have been looked at. */
START_TEST(link_security_is_looked_at_before_it_goes_up)
{
	start(true);
	now.pan_id = 0x1111;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(now.pan_id, 0xabcd);
	ck_assert(now.wpan_up && now.lowpan_up);
	ck_assert_str_eq(told, "configure reconcile-down up ");
}
END_TEST

START_TEST(what_cannot_be_repaired_is_said_once)
{
	start(true);
	now.short_addr = 7; /* Linux does not take it back */
	configure_fails = -EADDRNOTAVAIL;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(lines, 1);
	ck_assert_str_eq(logged, "wpan7: its short address was changed and stays so: no");
	configure_fails = 0;
	now.short_addr = NODE_NO_SHORT;
	now.master_index = 9; /* no VRF is configured, so none is set */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(lines, 2);
	ck_assert_str_eq(node.iface_differs, "its 6LoWPAN link changed its VRF");
	ck_assert_uint_eq(node.iface_repairs, 0);
}
END_TEST

START_TEST(an_interface_of_another_is_not_touched)
{
	start(false);
	now.channel = 20;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(now.channel, 20);
	ck_assert_str_eq(told, "");
	ck_assert_uint_eq(lines, 1);
	ck_assert_str_eq(node.iface_differs, "its channel was changed");
	now.channel = 13;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_ptr_null(node.iface_differs);
	ck_assert_str_eq(logged, "wpan7: all is as it was again");
	now.wpan_up = false;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_str_eq(node.iface_differs, "it is down");
}
END_TEST

START_TEST(another_interface_ends_it)
{
	start(true);
	now.wpan_index++;
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
	now.wpan_index--;
	now.lowpan_index = 0;
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
	now.lowpan_index = 5;
	now.eui.b[7]++;
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
	now.eui.b[7]--;
	read_fails = -ENOBUFS; /* the kernel is short of something: it may be there all the same */
	ck_assert_int_eq(node_iface_check(&node), 0);
	read_fails = -ENODEV;
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
	ck_assert_str_eq(told, "");
}
END_TEST

static void start_in_vrf(bool managed, const char *vrf)
{
	start(managed);
	snprintf(conf.vrf, sizeof(conf.vrf), "%s", vrf);
	now.master_index = node.iface.master_index = vrf_index = 8;
	was_is_there = true;
}

/* Its sockets are bound to what is no more: they would be deaf and dumb for ever. */
START_TEST(a_vrf_made_anew_ends_it)
{
	start_in_vrf(true, "vrf7");
	ck_assert_int_eq(node_iface_check(&node), 0);
	vrf_index = now.master_index = 0;
	was_is_there = false;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(lines, 1);
	ck_assert_str_eq(logged, "wpan7: its 6LoWPAN link changed its VRF and stays so: VRF vrf7: "
				 "No such device");
	vrf_index = 9;
	told[0] = '\0';
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
	ck_assert_str_eq(logged, "the VRF of lowpan7 was made anew: ending, to be started again");
	ck_assert_str_eq(told, ""); /* that is for the next start */
	was_is_there = true;        /* renamed, and another has its name */
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
}
END_TEST

START_TEST(a_link_taken_out_of_its_vrf_is_put_back)
{
	start_in_vrf(true, "vrf7");
	now.master_index = 0;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_uint_eq(now.master_index, 8);
	ck_assert_uint_eq(node.iface_repairs, 1);
	ck_assert_ptr_null(node.iface_differs);
}
END_TEST

/* Whoever manages the interface puts it into the new VRF. */
START_TEST(a_vrf_of_another_ends_it_when_it_is_joined)
{
	start_in_vrf(false, "");
	now.master_index = 9;
	ck_assert_int_eq(node_iface_check(&node), 0); /* the old one is there: can be put back */
	was_is_there = false;
	now.master_index = 0;
	ck_assert_int_eq(node_iface_check(&node), 0);
	ck_assert_str_eq(node.iface_differs, "its 6LoWPAN link changed its VRF");
	now.master_index = 9;
	ck_assert_int_eq(node_iface_check(&node), -ENODEV);
	ck_assert_str_eq(told, "");
}
END_TEST

UNIT_MAIN("node_iface", what_is_as_it_was_is_left_alone, what_was_changed_is_repaired,
	  link_security_is_looked_at_before_it_goes_up, what_cannot_be_repaired_is_said_once,
	  an_interface_of_another_is_not_touched, another_interface_ends_it,
	  a_vrf_made_anew_ends_it, a_link_taken_out_of_its_vrf_is_put_back,
	  a_vrf_of_another_ends_it_when_it_is_joined)

/* SPDX-License-Identifier: ISC */
/* ctd_world: the commissioning tool whole, in the test's process: real DTLS over ::1 with a device,
 * its store and its control socket. Only Bootstrap Requests are put in by hand, since a raw socket
 * needs privileges, and time is the test's. */
#ifndef KMP_TESTS_CTD_WORLD_H
#define KMP_TESTS_CTD_WORLD_H

#include "ctd.h"
#include "ctd_device.h"

#include <cjson/cJSON.h>

#define WORLD_PSK    "000102030405060708090a0b0c0d0e0f"
#define WORLD_NAME   "0200000000000002" /* of the device */
#define WORLD_DEVICE "device \"" WORLD_NAME "\" { name = \"lamp\" psk-file = \"psk\" }\n"

struct ctd_world {
	struct evl *evl;
	struct ctd *ctd;
	struct ctd_conf conf;
	struct ctd_device_sim device;
	char logged[65536]; /* all lines of level info and above */
};

extern struct ctd_world w;

/* A device with `psk`, and ctd which knows it by WORLD_PSK. */
void world_set_up(const char *psk);
/* The same, and the device has joined. */
void world_set_up_joined(void);
void world_tear_down(void);
void world_start_ctd(void);
/* Read a configuration with these sections. */
void world_read_conf(struct ctd_conf *c, const char *devices);
void world_write_file(const char *name, const char *text);

/* Let what is under way happen; let time pass. */
void world_settle(void);
void world_pass_ms(unsigned ms);
/* A join request of the device `name` arrives, from ::1. */
void world_jsr(const char *name);

/* The whole answer to a command with one argument or none (NULL); the caller deletes it. */
cJSON *world_ask(const char *command, const char *arg);
/* The result of one that must be taken; the caller deletes it. */
cJSON *world_command(const char *name, const char *arg);
/* It must be refused, for a reason that has this part. */
void world_assert_refused(const char *name, const char *arg, const char *part);
bool world_admit(const char *name);

/* The member of the object about device `name` in the array of the name `list`; NULL: none. */
const cJSON *world_member_of(const cJSON *answer, const char *list, const char *name,
			     const char *member);
/* In the answer to the command `list`, that member is a text with this part, or this number. */
void world_assert_text(const char *list, const char *name, const char *member, const char *part);
void world_assert_number(const char *list, const char *name, const char *member, int number);
void world_assert_state(const char *state);

#endif

/* SPDX-License-Identifier: ISC */
/* linktool: what the parts of the tool share. */
#ifndef KMP_TESTS_LINKTOOL_H
#define KMP_TESTS_LINKTOOL_H

/* Commands on a 6LoWPAN interface; `arg` are the words behind the command's name. Return the exit
 * status. */
int linktool_send(const char *ifname, int argc, char **arg);
int linktool_receive(const char *ifname, int argc, char **arg);

/* The number in `text`; ends the program if there is none. */
unsigned long linktool_number(const char *text);
/* Say how the tool is used; returns the exit status for that. */
int linktool_usage(void);

#endif

/* SPDX-License-Identifier: ISC */
/* join_priv: what the join*.c files share: the table, its actions, and how an event is fed. */
#ifndef KMP_CTD_JOIN_PRIV_H
#define KMP_CTD_JOIN_PRIV_H

#include "join.h"

extern const struct fsm_desc join_machine;

/* Feed `event`; `reason` (NULL: none) becomes the machine's if the table has a row. */
void join_feed(struct join *j, enum join_event event, const char *reason);
/* `text` is the reason from now on; NULL: as it is. */
void join_set_reason(struct join *j, const char *text);

/* The actions of the table, `owner` is the struct join. Connecting: */
void join_act_plan(void *owner, void *data);
void join_act_afresh(void *owner, void *data);
void join_act_try(void *owner, void *data);
void join_act_forget(void *owner, void *data);
void join_act_gone(void *owner, void *data);
void join_act_drop(void *owner, void *data);
/* Over the session of one that is keying or keyed: */
void join_act_tell(void *owner, void *data);
void join_act_release(void *owner, void *data);
void join_act_ask(void *owner, void *data);
void join_act_ask_soon(void *owner, void *data);
void join_act_ask_later(void *owner, void *data);
void join_act_speak(void *owner, void *data);
void join_act_serve(void *owner, void *data);
void join_act_proceed(void *owner, void *data);
/* Of one that has joined: */
void join_act_check(void *owner, void *data);
void join_act_refresh(void *owner, void *data);
void join_act_recheck(void *owner, void *data);
void join_act_look(void *owner, void *data);
void join_act_settle(void *owner, void *data);
void join_act_retry(void *owner, void *data);
void join_act_ended(void *owner, void *data);
void join_act_missed(void *owner, void *data);

#endif

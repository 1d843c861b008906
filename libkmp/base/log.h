/* SPDX-License-Identifier: ISC */
/* log: one line an event, to standard error or to the journal, with a level, a topic and, where it
 * is about a device, that device's EUI-64. Secrets are never arguments of a log call. */
#ifndef KMP_BASE_LOG_H
#define KMP_BASE_LOG_H

#include "base/eui64.h"

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* Where the lines go: standard error ("<seconds> LEVEL topic [eui64] text"), or the journal with
 * the fields KMP_TOPIC and KMP_EUI64. Called once at start; before it, standard error at level
 * info. */
void log_open(const char *program, enum log_level max, bool to_journal);

void log_set_level(enum log_level max);

/* Write one line. `topic` is a short constant such as "join"; `eui` is NULL if no device is meant.
 */
void log_line(enum log_level level, const char *topic, const struct eui64 *eui, const char *fmt,
	      ...) __attribute__((format(printf, 4, 5)));

#define log_error(topic, eui, ...) log_line(LOG_LVL_ERROR, topic, eui, __VA_ARGS__)
#define log_warn(topic, eui, ...)  log_line(LOG_LVL_WARN, topic, eui, __VA_ARGS__)
#define log_info(topic, eui, ...)  log_line(LOG_LVL_INFO, topic, eui, __VA_ARGS__)
#define log_debug(topic, eui, ...) log_line(LOG_LVL_DEBUG, topic, eui, __VA_ARGS__)

/* Tests capture lines instead: `fn` gets each formatted text (no prefix). NULL restores. */
typedef void (*log_sink_fn)(enum log_level level, const char *topic, const struct eui64 *eui,
			    const char *text);
void log_set_sink(log_sink_fn fn);

#endif

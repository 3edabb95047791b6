/* An alert in words, in the language of its path: a subject line, and a plain text that says what happened, how bad it is, and what to do.
 *
 * Shape    the sentences about incidents are those of incident/words.h. Nothing in it is a control character but the newlines of the text
 * Limits   WORDS_SUBJECT_MAX, WORDS_TEXT_MAX bytes
 * Errors   RESULT_LIMIT, RESULT_NO_MEMORY of OUT
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_ALERT_MESSAGE_WORDS_H
#define BOUCLIER_HUB_ALERT_MESSAGE_WORDS_H

#include "base/buffer.h"
#include "hub/alert/plan.h"

#define WORDS_SUBJECT_MAX ((size_t)1024)
#define WORDS_TEXT_MAX ((size_t)32 << 10)

/* "High: www.commune.example is under attack" */
enum result alert_subject(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;
enum result alert_text(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;
/* Where in the console it is; empty path: its first page. */
enum result alert_link(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;

#endif

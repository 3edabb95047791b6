/* An alert as it goes over the wire: a mail (RFC 5322), the JSON of a webhook, a message of syslog (RFC 5424).
 *
 * Shape    what is sent again after a failure is the same bytes: the id in it is how who gets it twice can tell. No text from outside can add a header, a line, or a
 *          member: values are cleaned, and encoded in their place
 * Limits   MESSAGE_MAX bytes
 * Errors   RESULT_LIMIT, RESULT_NO_MEMORY
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_ALERT_MESSAGE_MESSAGE_H
#define BOUCLIER_HUB_ALERT_MESSAGE_MESSAGE_H

#include "base/buffer.h"
#include "hub/alert/plan.h"

#define MESSAGE_MAX ((size_t)128 << 10)

/* As the kind of its path asks. Appends to OUT. */
enum result alert_message(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;

enum result alert_mail(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;
enum result alert_json(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;
enum result alert_syslog(const struct alert_plan *plan, const struct alert *alert, struct buffer *out) must_check;

#endif

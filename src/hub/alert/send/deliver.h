/* One attempt to send one message on its path.
 *
 * Threads  any
 */
#ifndef BOUCLIER_HUB_ALERT_SEND_DELIVER_H
#define BOUCLIER_HUB_ALERT_SEND_DELIVER_H

#include "hub/alert/send/wire.h"

/* REPORT gets the job's number and how it ended. WALL_S is now: a webhook's signature has it in it. */
void deliver(const struct alert_plan *plan, const struct wire_job *job, uint64_t wall_s, struct wire_report *report);
/* "v1=" and 64 digits: HMAC-SHA256 of SECRET over "TIME.BODY", TIME in decimal seconds. RESULT_NO_MEMORY. */
#define SIGNATURE_LEN 67u
enum result webhook_sign(struct span secret, uint64_t time_s, struct span body, char out[SIGNATURE_LEN]) must_check;

#endif

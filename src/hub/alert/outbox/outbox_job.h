/* A job of the outbox by itself; for outbox.c alone.
 *
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_ALERT_OUTBOX_OUTBOX_JOB_H
#define BOUCLIER_HUB_ALERT_OUTBOX_OUTBOX_JOB_H

#include "event/json.h"
#include "hub/alert/outbox/outbox.h"

/* With a copy of MESSAGE; freed by free. NULL: no memory. */
struct outbox_job *outbox_job_new(struct span message);
/* What outbox_job_write wrote, but its message. Strict: false for anything else. */
bool outbox_job_read(const struct json *root, struct outbox_job *job);

#endif

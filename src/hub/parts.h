/* The hub, put together: what keeps (keep/), who may (people/, audit/), whom to tell (alert/), who looks from outside (probe/), what is answered (api/), and
 * the server before all of them (web/). Each part knows those before it only; here they are introduced to each other.
 *
 *     keep --- changed ---> alerts, the API's streams          probe --- minutes ---> keep
 *     web --- admit ---> people --- table of routes ---> people, api, alert, probe
 *
 * Shape    parts_new when the process is confined already; the rest goes by the loop
 * Owns     everything that it makes; LOOP, START and CONFIG are the caller's, and outlive it. The listening descriptors are the server's from parts_new on
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_PARTS_H
#define BOUCLIER_HUB_PARTS_H

#include "base/complaint.h"
#include "base/loop.h"
#include "hub/settings/hand_over.h"
#include "process/role_hub.h"

struct parts;

/* What may be read before the process is confined only. */
void parts_prepare(void);
/* COMPLAINTS say which part, and why. On stderr: the code of the first start, and where to type it. */
enum result parts_new(struct loop *loop, const struct hub_start *start, const struct hub_config *config, struct complaints *complaints, struct parts **out) must_check;
/* NULL is nothing. */
void parts_free(struct parts *parts);
/* There is a process that sends, at the other end of FD. */
void parts_attach_send(struct parts *parts, int fd);

#endif

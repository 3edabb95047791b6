/* What pages call the reference of a refusal: remembered, as long as guard/references.h says, so that a person can let in who reads it out.
 *
 * Owns     nothing
 * Threads  a request's
 */
#ifndef BOUCLIER_EDGE_REFERENCE_H
#define BOUCLIER_EDGE_REFERENCE_H

#include "edge/fact.h"

struct request;

/* `bouclier admit` would help whom this befell: the shield refused who asks, not what he asked for. */
bool reference_helps(enum reason reason);
/* Before its head is sent: whoever reads a reference finds it known, also where the request is not over for long yet (inspect/inspect_after.h). */
void reference_of_request(const struct request *request);

#endif

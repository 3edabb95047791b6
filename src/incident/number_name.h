/* Which of enum counts_index a number of a line of counts is.
 *
 * Shape    "events", "request_bytes", ..., "block.4xx", "connections.block", "reasons.rules": as event/tell.h writes them behind "bouclier.counts."
 * Threads  pure function
 */
#ifndef BOUCLIER_INCIDENT_NUMBER_NAME_H
#define BOUCLIER_INCIDENT_NUMBER_NAME_H

#include "base/span.h"

/* RESULT_NOT_FOUND: a newer shield counts something that this one does not know. */
enum result number_of_name(struct span name, unsigned *out) must_check;

#endif

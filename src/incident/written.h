/* An incident as JSON, and back; docs/incidents.md names the members.
 *
 * Shape    one object. Every member is always there; times as RFC 3339, null for none. What follows from other members (the share of a vector, the
 *          served share and its vantage, the sentences of words.h in English) is written for readers
 * Limits   WRITTEN_MAX bytes
 * Errors   reading is strict: a member that is missing, unknown, of another kind, too long, too many, or that contradicts what it follows from is RESULT_MALFORMED;
 *          RESULT_LIMIT, RESULT_NO_MEMORY. OUT is untouched unless RESULT_OK
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_WRITTEN_H
#define BOUCLIER_INCIDENT_WRITTEN_H

#include "base/buffer.h"
#include "incident/incident.h"

#define WRITTEN_MAX ((size_t)256 << 10)

/* Appends. RESULT_LIMIT, RESULT_NO_MEMORY of the buffer. */
enum result incident_write(const struct incident *incident, struct buffer *out) must_check;
enum result incident_read(struct span text, struct incident *out) must_check;

#endif

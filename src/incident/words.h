/* An incident in sentences that an administrator of a small town understands, in his language. No term of the field: that is in the vectors.
 *
 * Shape    "www.commune.example is under attack" while it goes on, "... was attacked" when it is contained or closed
 * Errors   RESULT_LIMIT, RESULT_NO_MEMORY of OUT
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_WORDS_H
#define BOUCLIER_INCIDENT_WORDS_H

#include "base/buffer.h"
#include "incident/incident.h"
#include "packet/carrier/settings.h"

/* What happened, to whom: without a point at its end. */
enum result words_title(const struct incident *incident, enum desk_language language, struct buffer *out) must_check;
/* How severe it is, and why. */
enum result words_severity(const struct incident *incident, enum desk_language language, struct buffer *out) must_check;
/* How many of the expected citizens were served in time, and who says so; or that nobody knows. */
enum result words_citizens(const struct incident *incident, enum desk_language language, struct buffer *out) must_check;
/* 1234567 as people of that language write it. */
enum result words_number(uint64_t number, enum desk_language language, struct buffer *out) must_check;

#endif

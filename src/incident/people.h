/* What people do with an incident: each with who and when, in its timeline.
 *
 *   acknowledge   new, acknowledged (takes it over) -> acknowledged, and WHO is its owner
 *   own           new, acknowledged                 -> acknowledged, and OWNER is its owner, which WHO says
 *   contain       new, acknowledged                 -> contained
 *   close         any but closed                    -> closed
 *   reopen        contained, closed                 -> acknowledged where it has an owner, or else new
 *   note          any
 *
 * Limits   WHO 1 to INCIDENT_WHO_BYTES - 1 bytes, a note 1 to INCIDENT_NOTE_BYTES - 1, INCIDENT_NOTES_MAX of them
 * Errors   RESULT_REFUSED: not a move of this status. RESULT_MALFORMED: WHO or TEXT is empty, or no plain text. RESULT_LIMIT: too long, or there is no
 *          room for one more: nothing that a person wrote is cut, or gives place. Nothing is changed then
 */
#ifndef BOUCLIER_INCIDENT_PEOPLE_H
#define BOUCLIER_INCIDENT_PEOPLE_H

#include "incident/incident.h"

/* For so long after a person said that it is over, what still goes on does not open it again. */
#define PEOPLE_HOLD_S 600u

enum result incident_acknowledge(struct incident *incident, struct span who, uint64_t now_s) must_check;
enum result incident_own(struct incident *incident, struct span who, struct span owner, uint64_t now_s) must_check;
enum result incident_contain(struct incident *incident, struct span who, uint64_t now_s) must_check;
enum result incident_close(struct incident *incident, struct span who, uint64_t now_s) must_check;
enum result incident_reopen(struct incident *incident, struct span who, uint64_t now_s) must_check;
enum result incident_note(struct incident *incident, struct span who, struct span text, uint64_t now_s) must_check;

#endif

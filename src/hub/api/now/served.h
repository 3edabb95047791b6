/* Are citizens served? Of an incident, and now: with where it was seen from, never more than is known.
 *
 * Shape    {"state", "per_mille", "vantage", "at_most", "sentence": {"en", "nl", "fr", "de"}}
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_API_NOW_SERVED_H
#define BOUCLIER_HUB_API_NOW_SERVED_H

#include "event/json.h"
#include "incident/incident.h"
#include "packet/carrier/settings.h"

enum served_state { SERVED_WELL, SERVED_DEGRADED, SERVED_UNREACHABLE, SERVED_UNKNOWN };

#define SERVED_GOOD_PER_MILLE 950u  /* of the expected: fewer are a trouble, even where no minute was bad */

struct served {
	enum served_state state;
	enum vantage vantage;         /* VANTAGE_UNKNOWN: there is no figure */
	unsigned per_mille;
	bool is_of_looks;             /* nobody knows how many citizens to expect: the figure is of visits that were tried from outside */
};

/* In the minutes that CITIZENS counts. */
struct served served_of(const struct citizens *citizens);
const char *served_state_name(enum served_state state);
/* As the API says it: shield, probe, none. */
const char *served_vantage_name(enum vantage vantage);
/* Opens the object; the caller adds `sentence`, and closes it. */
void served_open(struct json_writer *json, struct span name, const struct served *served);
/* {"en": ..., "nl": ..., "fr": ..., "de": ...}, each as WRITE has it. */
void served_sentences(struct json_writer *json, struct span name, const void *about,
                      enum result (*write)(const void *about, enum desk_language language, struct buffer *out));
struct span served_language(enum desk_language language);
void served_put_incident(struct json_writer *json, const struct incident *incident);

#endif

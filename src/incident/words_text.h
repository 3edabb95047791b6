/* The words of words.h, in each language.
 *
 * Shape    {site}, {subject}, {number} and {percent} stand for values
 * Owns     nothing: constants
 */
#ifndef BOUCLIER_INCIDENT_WORDS_TEXT_H
#define BOUCLIER_INCIDENT_WORDS_TEXT_H

#include "incident/incident.h"
#include "packet/carrier/settings.h"

/* {number} of ..._MANY is that of all sites. */
enum words_title_kind {
	TITLE_ATTACK, TITLE_ATTACK_MANY, TITLE_ATTACK_LINE, TITLE_OUTAGE, TITLE_OUTAGE_MANY, TITLE_OUTAGE_SERVER, TITLE_CERTIFICATE, TITLE_CERTIFICATE_MANY,
	TITLE_CERTIFICATE_FILE, TITLE_RECORDS, TITLE_COPIES, TITLE_LINE, TITLE_DISK, TITLE_WENT_BACK, TITLE_NO_BACKUP, TITLE_COUNT,
};

struct words_text {
	struct {
		const char *now, *past;
	} titles[TITLE_COUNT];
	const char *severities[SEVERITY_COUNT];   /* with the colon, as the language writes it */
	const char *reasons[FOR_COUNT];
	const char *vantages[VANTAGE_COUNT];
	const char *looks;                        /* VANTAGE_OUTSIDE alone: what the shield saw says nothing */
	const char *thousands, *comma;
};

extern const struct words_text incident_words[DESK_LANGUAGES];

#endif

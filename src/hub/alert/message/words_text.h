/* The words of words.h, in each language.
 *
 * Shape    {title}, {site}, {subject}, {path}, {why}, {time}, {number}, {count}, {hub} and {wave} stand for values
 * Owns     nothing: constants
 */
#ifndef BOUCLIER_HUB_ALERT_MESSAGE_WORDS_TEXT_H
#define BOUCLIER_HUB_ALERT_MESSAGE_WORDS_TEXT_H

#include "hub/alert/alert.h"
#include "packet/carrier/settings.h"

struct alert_words {
	const char *subjects[ALERT_KINDS];
	const char *first[ALERT_KINDS];          /* the text's first paragraph; "" where the sentences of the incident are enough */
	const char *warnings[WARNING_COUNT];     /* what is wrong, a sentence without its point */
	const char *incident;                    /* "Incident 17, since ..." */
	const char *wave;
	const char *what_to_do;                  /* of an incident that nobody has acknowledged */
	const char *more;                        /* after a list */
	const char *foot;
};

extern const struct alert_words alert_words[DESK_LANGUAGES];

#endif

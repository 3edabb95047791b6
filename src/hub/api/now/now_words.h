/* "Are citizens served?", answered in a sentence, in four languages, for an administrator of a small town.
 *
 * Errors   RESULT_LIMIT, RESULT_NO_MEMORY of OUT
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_API_NOW_NOW_WORDS_H
#define BOUCLIER_HUB_API_NOW_NOW_WORDS_H

#include "hub/api/now/served.h"

struct now_said {
	struct served served;
	uint64_t sites, troubled;   /* how many there are, and how many are as the state says */
	struct span site;           /* one of those */
};

enum result now_words(const struct now_said *said, enum desk_language language, struct buffer *out) must_check;

#endif

/* Is it safe to turn on? In one sentence, from what was counted. */
#include <stdio.h>

#include "edge/observing/observed.h"

#include "base/banned.h"

#define EARLY_S 86400u           /* a day and its night: less says too little */
#define WEEK_S (7u * 86400)
#define KNOWN_SHARE 1000u        /* one known citizen in so many may be an attacker, or the address of one */

struct harm {
	uint64_t refused;            /* requests */
	unsigned known;              /* citizens, by whichever kind */
	enum observed_kind worst;    /* the kind that met most of them */
};

static struct harm harm_of(const struct observed_view *view)
{
	struct harm harm = { .known = view->refused_known };
	unsigned most = 0;

	for (unsigned kind = 0; kind < OBSERVED_KINDS; kind++) {
		if (!observed_is_refusal((enum observed_kind)kind))
			continue;
		harm.refused += view->kinds[kind].requests;
		if (view->kinds[kind].known > most) {
			most = view->kinds[kind].known;
			harm.worst = (enum observed_kind)kind;
		}
	}
	return harm;
}

enum observed_verdict observed_say(const struct observed_view *view, uint64_t now_s, char text[OBSERVED_SAYS_MAX])
{
	struct harm harm = harm_of(view);
	unsigned citizens = view->kinds[OBSERVED_ALL].known;
	uint64_t for_s = now_s > view->since_s ? now_s - view->since_s : 0;
	const char *so_far = for_s < WEEK_S ? "so far, and a week says more" : "in the last week";

	if (harm.known && (uint64_t)harm.known * KNOWN_SHARE >= citizens) {
		snprintf(text, OBSERVED_SAYS_MAX, "Not safe to turn on yet: %u of %u known citizens would have been refused, most of them for %s; see who they are with bouclier log, and widen "
		         "what is too narrow.", harm.known, citizens, observed_reason(harm.worst));
		return OBSERVED_UNSAFE;
	}
	if (for_s < EARLY_S) {
		snprintf(text, OBSERVED_SAYS_MAX, "Too early to tell: it observes for %u hours; nobody who is known would have been refused %s.", (unsigned)(for_s / 3600), so_far);
		return OBSERVED_TOO_EARLY;
	}
	if (!harm.refused)
		snprintf(text, OBSERVED_SAYS_MAX, "Safe to turn on: nobody would have been refused %s.", so_far);
	else
		snprintf(text, OBSERVED_SAYS_MAX, "Safe to turn on: %llu requests would have been refused, and of %u known citizens %s %s.", (unsigned long long)harm.refused,
		         citizens, harm.known ? "fewer than one in a thousand" : "nobody", so_far);
	return OBSERVED_SAFE;
}

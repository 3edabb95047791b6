/* What came of a drill, in words: would citizens have reached their portal, and if not, what would change that.
 *
 * Shape    a share is judged where at least VERDICT_PAGES_MIN pages were asked for; a drill has a few dozen a kind, so one page late is no verdict
 * Owns     nothing: texts are constants
 * Threads  pure functions
 */
#ifndef BOUCLIER_CLI_DRILL_VERDICT_H
#define BOUCLIER_CLI_DRILL_VERDICT_H

#include "cli/drill/drill.h"
#include "cli/drill/site.h"

#define VERDICT_PAGES_MIN 5u
#define VERDICT_CALM_PERCENT 95u
#define VERDICT_ONSET_PERCENT 80u
#define VERDICT_ATTACK_PERCENT 95u
#define VERDICT_AFTER_PERCENT 95u
#define VERDICT_LATE_PERCENT 5u     /* of the players' turns: more, and what they found says nothing */
#define VERDICT_ADVICE_MAX 8u

enum drill_verdict_kind {
	VERDICT_REACHABLE,
	VERDICT_UNREACHABLE,        /* under attack, or after it */
	VERDICT_CALM,               /* not even without an attack */
	VERDICT_UNKNOWN,            /* this machine had no time for a drill */
};

struct drill_verdict {
	enum drill_verdict_kind kind;
	const char *text;
	bool is_harmed[CITIZEN_KINDS];      /* who was not served as it should be */
	const char *advice[VERDICT_ADVICE_MAX];
	unsigned advice_count;
};

const char *drill_verdict_name(enum drill_verdict_kind kind);
void drill_verdict_make(const struct drill_tally *tally, const struct drill_settings *settings, struct drill_verdict *out);

#endif

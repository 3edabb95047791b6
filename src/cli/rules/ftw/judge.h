/* What a test expected, and what came.
 *
 * Security  a test that cannot be judged is never passed: it is skipped, and says why
 * Owns      nothing; a judge's scratch is the caller's
 */
#ifndef BOUCLIER_CLI_RULES_FTW_JUDGE_H
#define BOUCLIER_CLI_RULES_FTW_JUDGE_H

#include "cli/rules/ftw/ask.h"
#include "cli/rules/ftw/case.h"
#include "waf/waf.h"

enum ftw_outcome { FTW_PASSED, FTW_FAILED, FTW_SKIPPED };

struct ftw_judge {
	const struct waf_rules *rules;       /* of the site that is asked */
	struct operator_scratch *scratch;    /* for expressions */
};

/* Why OUTPUT cannot be judged before an origin has answered (rules of phases 3 and 4, what the answer holds); NULL: it can. */
const char *ftw_why_not(const struct ftw_judge *judge, const struct ftw_output *output);
/* WHY gets what was expected and did not come, or why it is skipped. */
enum ftw_outcome ftw_judge(const struct ftw_judge *judge, const struct ftw_output *output, const struct ftw_seen *seen, struct buffer *why);

#endif

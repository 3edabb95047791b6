/* A request of a test to the running shield, which judges it and stops it before any origin; and what its rules said, from the admin
 * socket. The bytes go out as they are: nothing in them marks them, the connection does (edge/probe.c).
 *
 * Units    milliseconds
 * Limits   ASK_ANSWER_MS for an answer, ASK_REPORT_MS for what the rules said
 * Owns     texts of what was seen lie in the arena given
 * Threads  one at a time
 */
#ifndef BOUCLIER_CLI_RULES_FTW_ASK_H
#define BOUCLIER_CLI_RULES_FTW_ASK_H

#include "base/arena.h"
#include "cli/protect/probe.h"
#include "cli/protect/talk.h"

#define ASK_ANSWER_MS 3000
#define ASK_REPORT_MS 10000
#define SEEN_RULES_MAX 512u

struct ftw_asker {
	struct talk_target target;
	const char *socket;
	uint32_t run, number;            /* of this run, and of the last connection */
	char key_text[PROBE_KEY_TEXT];
	struct span key;                 /* empty: none yet */
	uint64_t key_until_ms;
};

struct ftw_fired {
	uint32_t id;
	struct span line;                /* [id "942100"] [msg "..."] [data "..."], as an error log has it */
};

struct ftw_seen {
	bool is_answered;
	bool is_passed;                  /* it would have gone on to an origin */
	bool is_noticed;                 /* ... though rules would have refused it, in `block` */
	bool is_cut;                     /* more rules fired than are told */
	bool has_cut_texts;              /* some line is not whole */
	unsigned status;
	const char *error;               /* why there was no answer */
	struct span reason, fault;       /* of the last request of the connection: what the journal says too; empty: there was none */
	struct ftw_fired rules[SEEN_RULES_MAX];
	unsigned rule_count;
};

void ftw_asker_init(struct ftw_asker *asker, const struct probe_target *target, const char *socket);
/* RESULT_OK: SEEN is set. Anything else ends the run, and has been said on stderr. */
enum result ftw_ask(struct ftw_asker *asker, struct span bytes, struct arena *arena, struct ftw_seen *seen) must_check;

#endif

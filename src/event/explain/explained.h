/* What `bouclier explain` and the hub tell of one request: what was decided, and which rules had a part in it. It comes from a line of the
 * journal (line.c), or was judged for a person (cli/explain/explaining.h), who has the rule set and adds what it says of each rule.
 *
 * Owns     texts lie in the arena given, or with the line, the request and the rule set
 * Threads  one at a time
 */
#ifndef BOUCLIER_EVENT_EXPLAIN_EXPLAINED_H
#define BOUCLIER_EVENT_EXPLAIN_EXPLAINED_H

#include "base/arena.h"
#include "edge/fact.h"
#include "event/json.h"
#include "waf/rule.h"
#include "waf/score.h"

#define EXPLAINED_RULES_MAX 512u

struct waf_settings;

struct explained_rule {
	uint32_t id;
	unsigned phase;                  /* 0: only the id was kept */
	int severity;                    /* -1: none */
	struct span target;              /* "ARGS:message"; empty: of no value */
	struct span msg;
	struct span data;                /* what matched, where the rule says it; of the journal, masked */
	struct span value;               /* of a file: in which; of the journal: empty, it was not kept */
	uint64_t length;                 /* of the value */
	bool is_masked;                  /* the target's name is not whole */
	const struct rule *rule;         /* NULL: the rule set could not be asked, or has no such rule now */
};

struct explained {
	bool is_offline;                 /* of a file: nothing was sent */
	struct span id, time, tenant, site, decision, reason, fault, method, host, path;
	struct span would;               /* the decision that guard/ only observed; empty: none */
	unsigned status;                 /* 0: none */
	struct explained_rule rules[EXPLAINED_RULES_MAX];
	unsigned rule_count;
	bool is_cut;                     /* more rules matched than are told */
	const struct waf_settings *settings;  /* of the route; NULL: not known */
	bool has_rules;                  /* the rule set is there */
	struct span trouble;             /* why not; or what else a person should know */
	unsigned thresholds[SCORE_SIDES];
};

/* The form of a request's id: hexadecimal digits, in any case of letters. */
#define EXPLAINED_ID_DIGITS 32u
bool explained_is_id(struct span text);
/* line.c: LINE is a request's. RESULT_MALFORMED, RESULT_NO_MEMORY. */
enum result explained_of_line(struct span line, struct arena *arena, struct explained *out) must_check;

/* points.c: CRS's own thresholds, where a site says nothing. */
void explained_usual_thresholds(struct explained *explained);
/* What a match adds to the score, and to which. */
unsigned explained_points(const struct explained_rule *rule, enum score_side *side);
/* What the rules themselves said that the score was (949110's message); 0: nothing. */
unsigned explained_said_score(const struct explained *explained, enum score_side side);
/* It added to a score, or refused by itself. */
bool explained_counts(const struct explained_rule *rule);

/* exclusion.c: what would excuse just this. */
struct exclusion {
	uint32_t rule;
	struct span tag;                      /* not empty: of all rules that have it, RULE among them */
	struct span path, method, parameter;  /* parameter empty: the rule is not asked at all there */
	bool is_exact;                        /* PATH itself, nothing below it */
	struct span reason;                   /* empty: to be filled in */
	struct span note;                     /* a line of comment above it; empty: none */
};
/* Of RULE's target on that very PATH, "*" for any segment, by METHOD (empty: any). Why there is none, in words; NULL: OUT is set. */
const char *exclusion_at(const struct explained_rule *rule, struct span path, struct span method, struct exclusion *out);
/* The same of a request. */
const char *exclusion_of(const struct explained *explained, const struct explained_rule *rule, struct exclusion *out);
/* One more in OUT, a block of YAML under `waf:`. */
enum result exclusion_write(const struct exclusion *exclusion, struct buffer *out) must_check;
/* json.c: as the member `exclusion`. */
void exclusion_put(const struct exclusion *exclusion, struct json_writer *json);
/* All that EXPLAINED asks for, as a block of YAML under `waf:`; nothing when there are none. */
enum result exclusions_write(const struct explained *explained, struct buffer *out) must_check;

/* json.c: for programs. */
enum result explained_tell_json(const struct explained *explained, struct buffer *out) must_check;
/* sentence.c: what was decided and why, without a point at its end. */
enum result explained_sentence(const struct explained *explained, struct buffer *out) must_check;
bool explained_was_refused(const struct explained *explained);

#endif

/* May an answer be kept, for how long, and may it be given again? Pure: heads in, a verdict out.
 *
 *     0 ------------- fresh ------------- fresh_s ---- while_s ---- the first who asks brings it up to date, others have it as it is
 *                                            \-------------- error_s -------------- it is given when the origin is ill
 *
 * Source   RFC 9111, 3, 4.2, 5.2; RFC 5861
 * Units    seconds; ages count from when the origin made the answer
 * Limits   what is not declared is fresh for a tenth of the time since its Last-Modified, and for HEURISTIC_MAX_S at most
 * Owns     nothing
 *
 * Security, fails closed: in doubt an answer is not kept, and a request goes to its origin. Stricter than the RFC: Set-Cookie is never kept,
 * nor what answers Authorization, whatever is declared.
 */
#ifndef BOUCLIER_CACHE_POLICY_H
#define BOUCLIER_CACHE_POLICY_H

#include "cache/control.h"
#include "cache/cookie.h"
#include "message/head.h"

#define HEURISTIC_MAX_S 3600

/* Why an answer is not kept, or a request not looked up. X(ID, "name") */
#define CACHE_REFUSAL_LIST(X) \
	X(NONE, "none") \
	X(METHOD, "method") \
	X(BODY, "request-body") \
	X(AUTHORIZATION, "authorization") \
	X(COOKIE, "cookie") \
	X(CONDITION, "condition")        /* one that only an origin can answer */ \
	X(STATUS, "status") \
	X(UNWANTED, "unwanted")          /* no-store of the request, or a Cache-Control that cannot be read */ \
	X(NO_STORE, "no-store")          /* of the answer */ \
	X(PRIVATE, "private") \
	X(BROKEN, "broken-control") \
	X(SET_COOKIE, "set-cookie") \
	X(PART, "part")                  /* of a whole that is not here */ \
	X(VARY, "vary")                  /* on anything, or on more than can be told apart */ \
	X(CODING, "coding")              /* that is told apart, and that the request did not ask for */ \
	X(OTHER_CODING, "other-coding")  /* that nobody tells apart */ \
	X(UNDECLARED, "undeclared")      /* nobody says for how long */ \
	X(STALE, "stale")                /* it was old when it came, and cannot be brought up to date */

enum cache_refusal {
#define X(id, name) CACHE_##id,
	CACHE_REFUSAL_LIST(X)
#undef X
};

const char *cache_refusal_name(enum cache_refusal refusal);
/* It is the request that says so: the answer to another one for the same page may be kept. */
bool policy_is_of_request(enum cache_refusal refusal);

/* What the administrator says. */
struct cache_rules {
	bool is_heuristic;          /* what declares nothing is kept too, where it says when it was changed */
	bool obeys_clients;         /* no-cache, max-age and min-fresh of requests count. Otherwise nobody can make the cache ask its origin */
	int64_t if_error_s;         /* where the answer says nothing of it and does not forbid it */
};

struct cache_life {
	int64_t age_s;              /* when it came */
	int64_t fresh_s, while_s, error_s;
	bool is_validated_always;   /* no-cache */
	bool has_validator;
	bool is_for_cookies;        /* declared for everybody in so many words (public, s-maxage): cookies that nobody knows do not count */
	bool is_learned;            /* declared by nobody: only for whom the learner says so (learner.h) */
};

enum cache_use {
	USE_FRESH,
	USE_REVALIDATE_BEHIND,      /* given as it is, if somebody else is bringing it up to date */
	USE_REVALIDATE,
};

/* May the answer to one that says WANTED be kept? */
static inline bool policy_is_unwanted(const struct cache_control *wanted)
{
	return wanted->no_store || wanted->is_broken;
}
/* Is the answer to this request looked up, and may it be kept for later ones? */
enum cache_refusal policy_judge_request(const struct request_head *request, enum cookie_kind cookies);
/* May ANSWER be kept? LIFE is set when it may. NOW_S: wall clock, when it came; TOOK_S: since its request was sent. */
enum cache_refusal policy_judge_answer(const struct request_head *request, enum cookie_kind cookies, const struct response_head *answer,
                                       const struct cache_rules *rules, int64_t now_s, int64_t took_s, struct cache_life *life);
/* The life of an answer that declares nothing, and was learned to be the same for everybody: a minute of it, the last part only while somebody
 * fetches the next. Never longer, also when its origin is ill, and it is not brought up to date but fetched anew. TOOK_S as above. */
#define MICRO_FRESH_S 50
#define MICRO_WHILE_S 10
void policy_live_learned(const struct fields *fields, int64_t took_s, struct cache_life *life);
/* The life of an answer that a 304 has brought up to date: of its merged FIELDS and STATUS. */
void policy_live(const struct fields *fields, unsigned status, const struct cache_rules *rules, int64_t now_s, int64_t took_s, struct cache_life *life);
/* May what has LIFE, and has lain here for RESIDENT_S, be given to who says WANTED? */
enum cache_use policy_use(const struct cache_life *life, int64_t resident_s, const struct cache_control *wanted, const struct cache_rules *rules);
/* ... when the origin does not answer, or with an error of its own (500, 502, 503, 504)? */
bool policy_serves_on_error(const struct cache_life *life, int64_t resident_s);
bool policy_is_error(unsigned status);

/* -- continuity copies: what is given while there is no origin to ask (RFC 9111, 4.2.4: "disconnected") -- */

enum policy_copy {
	POLICY_COPY_NEVER,
	POLICY_COPY_UNDECLARED,     /* nobody says how long others may have it */
	POLICY_COPY_DECLARED,
};
/* May ANSWER be given to others, however old, when its origin is gone? Only what is a page or a part of one, says 200, is for everybody, and does not
 * forbid it: no-cache, must-revalidate, proxy-revalidate, s-maxage without stale-if-error, or nothing that is good for longer than a moment. */
enum policy_copy policy_judge_copy(const struct request_head *request, enum cookie_kind cookies, const struct response_head *answer, int64_t now_s);

#endif

/* The rate limits of one site: which of them a request comes to, and whether it may pass.
 *
 * Of the limits whose path the request's path is under, those with the longest path count, and no other: `/login` with 10/m takes /login
 * out of what `/` says. One path may have one limit per source, one per fingerprint, one per kind of client and one for all together; each of them says how many
 * requests, errors, how much of the origins' time and how many bytes, or some of that.
 *
 *     rate_limits_find   a request comes to a path: the first of the limits there
 *     rate_ask           may it pass? Requests are charged at once
 *     rate_charge        it is over: whether it was an error, and what it took
 *
 * What is known afterwards only may be owed up to two bursts: of what comes at once, before anything is known, no more is held against those who come
 * later. For they may be others: whoever has the same browser is of the same class. So a class is refused here and never banned, and only where a person wrote that
 * limit; and who shows a token of his own is not refused for his class (edge/caller/limits.c).
 *
 * Limits   RATE_LIMITS_MAX a site; a look goes through them all
 * Owns     everything lies in the arena it was made in; what is owed lies in the table (guard/rate_table.h), under names that do not
 *          change when the configuration is read again
 * Threads  immutable once made; any number may ask
 */
#ifndef BOUCLIER_GUARD_RATE_H
#define BOUCLIER_GUARD_RATE_H

#include "guard/rate_table.h"
#include "guard/settings.h"
#include "source/entry.h"

struct rate_limits;
struct rate_limit;

/* Who comes, as far as limits tell people apart. */
struct rate_who {
	struct source_key source;
	uint64_t fingerprint;        /* a hash of its class; 0: not known, which is a class as well */
	uint32_t kind;               /* source/kind.h; 0: not known, and no limit per kind counts it (availability, fails open) */
};

struct rate_verdict {
	const struct rate_limit_settings *limit;  /* that refused; NULL: it may pass */
	uint64_t retry_after_us;
	const struct rate_limit *next;            /* what is still to be asked, should it pass all the same; NULL: nothing */
};

struct rate_spent {
	bool is_error;
	uint64_t cost_us;            /* of the origins' time */
	uint64_t bytes;              /* of bodies, both ways */
};

/* What is said of OF can be counted. RESULT_NOT_FOUND: nothing is; RESULT_LIMIT: its burst takes more than a day to earn, half a day of what is known afterwards. */
enum result rate_budget_check(const struct rate_limit_settings *settings, enum rate_of of) must_check;
/* Of one class of clients, which many citizens may share. */
static inline bool rate_is_of_class(const struct rate_limit_settings *settings)
{
	return settings->per == RATE_PER_FINGERPRINT || settings->per == RATE_PER_KIND;
}

/* SITE_NAME tells sites apart in the table. SETTINGS have been checked, and live as long as the limits. RESULT_NO_MEMORY; RESULT_LIMIT: they were not. */
enum result rate_limits_new(struct arena *arena, struct span site_name, const struct guard_site_settings *settings, struct rate_limits **out) must_check;

/* PATH is decoded and normalised as routes have it. NULL: no limit is about it. */
const struct rate_limit *rate_limits_find(const struct rate_limits *limits, struct span path);
/* A request has come, to FIRST (NULL: it may pass) and those of its path behind it. Asked per source first, then per fingerprint, per kind, then for all:
 * who is refused by one takes nothing of the budget that others share with them. */
struct rate_verdict rate_ask(const struct rate_limit *first, struct rate_table *table, const struct rate_who *who, uint64_t now_us);
/* It is over. FIRST as it was found: NULL is nothing. */
void rate_charge(const struct rate_limit *first, struct rate_table *table, const struct rate_who *who, const struct rate_spent *spent, uint64_t now_us);

/* Whole seconds for Retry-After, rounded up: not earlier than the truth. At least 1. */
uint64_t rate_retry_after_s(uint64_t retry_after_us);

#endif

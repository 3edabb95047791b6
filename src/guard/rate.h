/* The rate limits of one site: which of them a request comes to, and whether it may pass.
 *
 * Of the limits whose path the request's path is under, those with the longest path count, and no other: `/login` with 10/m takes /login
 * out of what `/` says. One path may have one limit per source, one per fingerprint and one for all together.
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

/* Who comes, as far as limits tell people apart. */
struct rate_who {
	struct source_key source;
	uint64_t fingerprint;        /* a hash of its class; 0: not known, which is a class as well */
};

struct rate_verdict {
	const struct rate_limit_settings *limit;  /* that refused; NULL: it may pass */
	uint64_t retry_after_us;
};

/* SITE_NAME tells sites apart in the table. SETTINGS have been checked, and live as long as the limits. RESULT_NO_MEMORY; RESULT_LIMIT: they were not. */
enum result rate_limits_new(struct arena *arena, struct span site_name, const struct guard_site_settings *settings, struct rate_limits **out) must_check;

/* A request for PATH (decoded and normalised as routes have it) has come. Asked per source first, then per fingerprint, then for all:
 * who is refused by one takes nothing of the budget that others share with them. */
struct rate_verdict rate_ask(const struct rate_limits *limits, struct rate_table *table, struct span path, const struct rate_who *who, uint64_t now_us);

/* Whole seconds for Retry-After, rounded up: not earlier than the truth. At least 1. */
uint64_t rate_retry_after_s(uint64_t retry_after_us);

#endif

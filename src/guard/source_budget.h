/* What one source may take of the shield: requests, errors, its origins' time, bytes; connections and handshakes. What it owes lies in its entry (source/entry.h).
 *
 *     owes up to a burst           nothing is the matter
 *     more than a burst            BUDGET_OVER: whoever owes nothing is served before it
 *     more than two                BUDGET_TWICE: it may come back when it owes two
 *     more than eight              BUDGET_FAR: it goes on and on; refused or not, everything it asked was charged
 *
 * An address that several clients share, or that showed a token, has four times the rates. What is refused to it is not charged: it goes on
 * with what it may have, and is never BUDGET_FAR, for there may be citizens behind it. Nobody is BUDGET_FAR for bytes: one long download may
 * be all of them.
 *
 * Connections and handshakes are refused beyond a burst, before anything is said: what is refused is not charged, so that a source goes on at
 * its rate.
 *
 * Units    microseconds; time of origins by the millisecond
 * Limits   a burst takes at most SOURCE_BUDGET_WINDOW_MAX_S to earn; one request is charged SOURCE_COST_MAX_US of time at most: long polls and
 *          streams are no load
 * Threads  budgets are immutable once made; an entry is whoever's who holds it, advanced to now
 */
#ifndef BOUCLIER_GUARD_SOURCE_BUDGET_H
#define BOUCLIER_GUARD_SOURCE_BUDGET_H

#include "guard/ban.h"
#include "guard/budget.h"
#include "guard/settings.h"

#define SOURCE_BUDGET_WINDOW_MAX_S 400u
#define SOURCE_BUDGET_FAR 8u               /* bursts */
#define SOURCE_SHARED_TIMES 4u
#define SOURCE_COST_MAX_US ((uint64_t)10000000)
#define SOURCE_TURNED_AWAY 50u            /* connections that one counts for which was refused for its site's sake */
#define SOURCE_TURNED_AWAY_US 1000000u    /* and so long at most it is kept away for them, however many there were */
#define SOURCE_BYTES_UNIT 16384          /* bytes are weighed by it; what one request has less than that counts nothing */

enum budget_level { BUDGET_WITHIN, BUDGET_OVER, BUDGET_TWICE, BUDGET_FAR };

struct source_budgets {
	bool is_on;
	struct gcra own[BUDGET_COUNT], shared[BUDGET_COUNT];  /* of those that have no setting: all zero */
};

struct budget_verdict {
	enum budget_level level;           /* of all, the worst */
	enum ban_reason reason;            /* what it would be banned for */
	uint64_t retry_after_us;           /* of BUDGET_TWICE and more */
};

/* RESULT_LIMIT: WHICH cannot be earned in SOURCE_BUDGET_WINDOW_MAX_S. */
enum result source_budgets_make(const struct source_budget_settings *settings, struct source_budgets *out, enum source_budget *which) must_check;
/* The name of the key that says how much there is of it at once. */
const char *source_budget_key(enum source_budget which);

/* A request has come. */
struct budget_verdict source_budgets_ask(const struct source_budgets *budgets, struct source_entry *entry);
/* It is over: it was answered with an error, or not; it held an origin so long; bodies of so many bytes went both ways. */
void source_budgets_charge(const struct source_budgets *budgets, struct source_entry *entry, bool is_error, uint64_t cost_us, uint64_t bytes);
/* So many bytes are worth a look at its entry. */
static inline bool source_bytes_count(uint64_t bytes)
{
	return bytes >= SOURCE_BYTES_UNIT;
}

/* A connection has come, to speak TLS or not: may it stay? If so, it is charged. */
bool source_budgets_admit(const struct source_budgets *budgets, struct source_entry *entry, bool is_tls);
/* It was refused for its site's sake, which has more than its part while places are scarce: finding that out costs more than closing at once,
 * and whoever comes again and again for it is closed at once, for SOURCE_TURNED_AWAY_US at most: other sites are kept from it as well. Who is known,
 * shares his address or showed a token is charged nothing for it. */
void source_budgets_turn_away(const struct source_budgets *budgets, struct source_entry *entry);
/* A TLS handshake begins. */
void source_budgets_shake_hands(const struct source_budgets *budgets, struct source_entry *entry);

#endif

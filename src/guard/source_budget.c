#include "guard/source_budget.h"

#include "base/banned.h"

/* Two bursts more than BUDGET_FAR asks for: nobody who stops owes for longer than ten of them. */
#define DEBT_BURSTS (SOURCE_BUDGET_FAR + 1)

static const enum source_budget asked[] = { BUDGET_REQUESTS, BUDGET_ERRORS, BUDGET_COST, BUDGET_BYTES };
#define ASKED (sizeof(asked) / sizeof(*asked))

static enum ban_reason reason_of(enum source_budget which)
{
	return which == BUDGET_ERRORS ? BAN_ERRORS : which == BUDGET_COST ? BAN_COST : BAN_REQUESTS;
}

const char *source_budget_key(enum source_budget which)
{
	static const char *const keys[BUDGET_COUNT] = {
		[BUDGET_REQUESTS] = "requests_burst", [BUDGET_BYTES] = "bytes_burst", [BUDGET_COST] = "cost_burst", [BUDGET_ERRORS] = "errors_burst",
		[BUDGET_CONNECTIONS] = "connections_burst", [BUDGET_HANDSHAKES] = "handshakes_burst",
	};

	return keys[which];
}

static uint64_t burst_us(const struct gcra *gcra)
{
	return gcra->tolerance + gcra->interval;
}

static enum result make_one(const struct rate *rate, int64_t burst, struct source_budgets *out, enum source_budget which)
{
	struct rate shared = { rate->count * SOURCE_SHARED_TIMES, rate->per_ms };
	uint64_t most = ENTRY_OWED_MAX_US, at_once = (uint64_t)burst;

	if (gcra_make(rate, at_once, at_once * DEBT_BURSTS, 1000, most, &out->own[which]) != RESULT_OK ||
	    burst_us(&out->own[which]) > SOURCE_BUDGET_WINDOW_MAX_S * (uint64_t)1000000)
		return RESULT_LIMIT;
	/* The same time, in which four times as many come: what is owed stays what it is when a source turns out to be shared. */
	if (gcra_make(&shared, at_once, at_once * DEBT_BURSTS * SOURCE_SHARED_TIMES, 1000, most, &out->shared[which]) != RESULT_OK)
		return RESULT_LIMIT;
	out->shared[which].tolerance = burst_us(&out->own[which]) - out->shared[which].interval;
	out->shared[which].most = out->own[which].most;
	return RESULT_OK;
}

enum result source_budgets_make(const struct source_budget_settings *settings, struct source_budgets *out, enum source_budget *which)
{
	const struct {
		struct rate rate;
		int64_t burst;
	} wanted[BUDGET_COUNT] = {
		[BUDGET_REQUESTS] = { settings->requests, settings->requests_burst },
		[BUDGET_BYTES] = { { settings->bytes / SOURCE_BYTES_UNIT, 1000 }, settings->bytes_burst / SOURCE_BYTES_UNIT },
		[BUDGET_COST] = { { settings->cost_ms, 1000 }, settings->cost_burst_ms },
		[BUDGET_ERRORS] = { settings->errors, settings->errors_burst },
		[BUDGET_CONNECTIONS] = { settings->connections, settings->connections_burst },
		[BUDGET_HANDSHAKES] = { settings->handshakes, settings->handshakes_burst },
	};
	struct source_budgets budgets = { .is_on = settings->mode == SOURCE_BUDGETS_ON };

	for (unsigned i = 0; i < BUDGET_COUNT; i++) {
		*which = (enum source_budget)i;
		if (make_one(&wanted[i].rate, wanted[i].burst, &budgets, *which) != RESULT_OK)
			return RESULT_LIMIT;
	}
	*out = budgets;
	return RESULT_OK;
}

static bool is_spared(const struct source_entry *entry)
{
	return entry_is_shared(entry, entry->at_us) || entry_has_token(entry, entry->at_us);
}

static enum budget_level level_of(uint64_t owed_us, uint64_t burst, bool may_be_far)
{
	if (owed_us <= burst)
		return BUDGET_WITHIN;
	if (owed_us <= 2 * burst)
		return BUDGET_OVER;
	return may_be_far && owed_us > SOURCE_BUDGET_FAR * burst ? BUDGET_FAR : BUDGET_TWICE;
}

struct budget_verdict source_budgets_ask(const struct source_budgets *budgets, struct source_entry *entry)
{
	struct budget_verdict verdict = { BUDGET_WITHIN, BAN_REQUESTS, 0 };
	bool spared = is_spared(entry);
	const struct gcra *gcras = spared ? budgets->shared : budgets->own;

	if (!budgets->is_on)
		return verdict;
	for (unsigned i = 0; i < ASKED; i++) {
		uint64_t burst = burst_us(&gcras[asked[i]]), owed_us = entry->owed_us[asked[i]];
		enum budget_level level = level_of(owed_us, burst, !spared && asked[i] != BUDGET_BYTES);

		if (level > verdict.level) {
			verdict.level = level;
			verdict.reason = reason_of(asked[i]);
		}
		if (level >= BUDGET_TWICE && owed_us - 2 * burst > verdict.retry_after_us)
			verdict.retry_after_us = owed_us - 2 * burst;
	}
	if (spared && verdict.level >= BUDGET_TWICE)
		return verdict;
	budget_charge(entry, BUDGET_REQUESTS, &gcras[BUDGET_REQUESTS], 1);
	if (verdict.level < BUDGET_TWICE)
		return verdict;
	/* What is refused causes no error at an origin: who goes on asking would otherwise never be farther away than this. */
	if (verdict.reason == BAN_ERRORS)
		budget_charge(entry, BUDGET_ERRORS, &gcras[BUDGET_ERRORS], 1);
	verdict.retry_after_us += gcras[verdict.reason == BAN_ERRORS ? BUDGET_ERRORS : BUDGET_REQUESTS].interval;
	return verdict;
}

void source_budgets_charge(const struct source_budgets *budgets, struct source_entry *entry, bool is_error, uint64_t cost_us, uint64_t bytes)
{
	const struct gcra *gcras = is_spared(entry) ? budgets->shared : budgets->own;

	if (!budgets->is_on)
		return;
	cost_us = cost_us < SOURCE_COST_MAX_US ? cost_us : SOURCE_COST_MAX_US;
	if (is_error)
		budget_charge(entry, BUDGET_ERRORS, &gcras[BUDGET_ERRORS], 1);
	if (cost_us >= 1000)
		budget_charge(entry, BUDGET_COST, &gcras[BUDGET_COST], cost_us / 1000);
	if (source_bytes_count(bytes)) {
		uint64_t units = bytes / SOURCE_BYTES_UNIT, most = burst_us(&gcras[BUDGET_BYTES]) / gcras[BUDGET_BYTES].interval;

		budget_charge(entry, BUDGET_BYTES, &gcras[BUDGET_BYTES], units < most ? units : most);
	}
}

bool source_budgets_admit(const struct source_budgets *budgets, struct source_entry *entry, bool is_tls)
{
	const struct gcra *gcras = is_spared(entry) ? budgets->shared : budgets->own;

	if (!budgets->is_on)
		return true;
	if (is_tls && entry->owed_us[BUDGET_HANDSHAKES] > burst_us(&gcras[BUDGET_HANDSHAKES]))
		return false;
	return budget_ask(entry, BUDGET_CONNECTIONS, &gcras[BUDGET_CONNECTIONS], 1) == 0;
}

void source_budgets_turn_away(const struct source_budgets *budgets, struct source_entry *entry)
{
	const struct gcra *gcra = &budgets->own[BUDGET_CONNECTIONS];
	uint64_t most = gcra->tolerance + SOURCE_TURNED_AWAY_US;

	if (!budgets->is_on || is_spared(entry) || entry->is_known || entry->owed_us[BUDGET_CONNECTIONS] >= most)
		return;
	budget_charge(entry, BUDGET_CONNECTIONS, gcra, SOURCE_TURNED_AWAY - 1);
	if (entry->owed_us[BUDGET_CONNECTIONS] > most)
		entry->owed_us[BUDGET_CONNECTIONS] = (uint32_t)most;
}

void source_budgets_shake_hands(const struct source_budgets *budgets, struct source_entry *entry)
{
	const struct gcra *gcras = is_spared(entry) ? budgets->shared : budgets->own;

	if (budgets->is_on)
		budget_charge(entry, BUDGET_HANDSHAKES, &gcras[BUDGET_HANDSHAKES], 1);
}

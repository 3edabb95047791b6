#include "cli/drill/verdict.h"

#include "base/banned.h"

static const struct {
	const char *name, *text;
} words[] = {
	[VERDICT_REACHABLE] = { "reachable", "Your portal would have stayed reachable." },
	[VERDICT_UNREACHABLE] = { "unreachable", "Your portal would not have stayed reachable for everybody." },
	[VERDICT_CALM] = { "calm", "Not even without an attack do these settings serve everybody in time." },
	[VERDICT_UNKNOWN] = { "unknown", "This machine had too much else to do: the drill says nothing. Repeat it when the machine is quiet." },
};

/* Of a site that observes: as it is, nothing is turned away. */
static const char reachable_with_guard[] = "With guard: on, your portal would have stayed reachable.";

static const unsigned floors[WINDOW_COUNT] = {
	[WINDOW_CALM] = VERDICT_CALM_PERCENT, [WINDOW_ONSET] = VERDICT_ONSET_PERCENT, [WINDOW_ATTACK] = VERDICT_ATTACK_PERCENT,
	[WINDOW_AFTER] = VERDICT_AFTER_PERCENT,
};

const char *drill_verdict_name(enum drill_verdict_kind kind)
{
	return words[kind].name;
}

static bool is_well(const struct drill_pages *pages, unsigned floor_percent)
{
	return pages->asked < VERDICT_PAGES_MIN || pages->in_time * 100 >= pages->asked * floor_percent;
}

static bool judge(const struct drill_tally *tally, enum drill_window window, struct drill_verdict *out)
{
	bool are_all_well = true;

	for (unsigned kind = 0; kind < CITIZEN_KINDS; kind++) {
		if (is_well(&tally->pages[kind][window], floors[window]))
			continue;
		out->is_harmed[kind] = true;
		are_all_well = false;
	}
	return are_all_well;
}

static uint64_t pages_of(const struct drill_tally *tally, enum drill_window window)
{
	uint64_t sum = 0;

	for (unsigned kind = 0; kind < CITIZEN_KINDS; kind++)
		sum += tally->pages[kind][window].asked;
	return sum;
}

static bool had_time(const struct drill_tally *tally)
{
	return tally->late_turns * 100 <= tally->turns * VERDICT_LATE_PERCENT && pages_of(tally, WINDOW_CALM) >= VERDICT_PAGES_MIN &&
	       pages_of(tally, WINDOW_ONSET) + pages_of(tally, WINDOW_ATTACK) >= VERDICT_PAGES_MIN;
}

static enum drill_verdict_kind kind_of(const struct drill_tally *tally, struct drill_verdict *out)
{
	bool is_calm_well = judge(tally, WINDOW_CALM, out), is_attack_well = judge(tally, WINDOW_ONSET, out);

	is_attack_well &= judge(tally, WINDOW_ATTACK, out);
	is_attack_well &= judge(tally, WINDOW_AFTER, out);
	if (!had_time(tally))
		return VERDICT_UNKNOWN;
	if (!is_calm_well)
		return VERDICT_CALM;
	return is_attack_well ? VERDICT_REACHABLE : VERDICT_UNREACHABLE;
}

static void advise(struct drill_verdict *out, bool is_so, const char *text)
{
	if (is_so && out->advice_count < VERDICT_ADVICE_MAX)
		out->advice[out->advice_count++] = text;
}

void drill_verdict_make(const struct drill_tally *tally, const struct drill_settings *settings, struct drill_verdict *out)
{
	*out = (struct drill_verdict){ 0 };
	out->kind = kind_of(tally, out);
	out->text = out->kind == VERDICT_REACHABLE && !settings->has_guard ? reachable_with_guard : words[out->kind].text;
	advise(out, !settings->has_guard,
	       "guard: observe. The site only observes: as it is, an attack reaches the portal as a whole; the drill was played with guard: on.");
	advise(out, !settings->has_challenge,
	       "challenge: off. Strangers never prove themselves, and an attack waits in the same line as citizens; challenge: auto asks them only while there is "
	       "no room for all.");
	advise(out, !settings->has_admission,
	       "concurrency: off. Whatever comes goes on to the portal at once, and citizens wait behind the attack; concurrency: auto gives the portal what it can do.");
	advise(out, !settings->has_budgets, "source_budgets: off. One address may take as much as it likes; source_budgets: on leaves ordinary visitors alone.");
	advise(out, !settings->has_patience,
	       "concurrency: patience is longer than two seconds. Who waits longer than that has left; the default is 2s.");
	advise(out, settings->has_source_limits && out->is_harmed[CITIZEN_SHARED],
	       "rate_limits per source are too narrow for an office or a school behind one address: widen them, or count per: route.");
	if (out->kind == VERDICT_UNREACHABLE)
		advise(out, !out->advice_count,
		       "Nothing that protects is switched off. Repeat the drill when the machine is quiet; then look at workers, connections and concurrency.");
	if (out->kind == VERDICT_CALM)
		advise(out, !out->advice_count, "Look for what refuses or delays ordinary requests: rate_limits, waf: mode: block, timeouts, limits.");
}

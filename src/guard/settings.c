#include "guard/settings.h"

#include "guard/level.h"
#include "guard/partner.h"
#include "guard/rate.h"
#include "guard/source_budget.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)

static const char *const per_names[] = { "source", "fingerprint", "kind", "route", NULL };
static const char *const burst_words[] = { "auto", NULL };

static const struct key rate_limit_keys[] = {
	{ .name = "path", .type = KEY_TEXT, .offset = AT(rate_limit_settings, path), .fallback = "/", .min = 1, .max = 1024,
	  .help = "Prefix of the path, by whole segments. Of several that fit, only those with the longest path count." },
	{ .name = "limit", .type = KEY_RATE, .offset = AT(rate_limit_settings, limit), .min = 1, .max = 1000000,
	  .help = "How many requests, in the long run. The next ones get 429, and when to come back." },
	{ .name = "burst", .type = KEY_NUMBER, .offset = AT(rate_limit_settings, burst), .fallback = "auto", .min = 1, .max = GCRA_BURST_MAX,
	  .choices = burst_words, .help = "How many may come at once; auto: as many as `limit` says, without its unit." },
	{ .name = "per", .type = KEY_CHOICE, .offset = AT(rate_limit_settings, per), .fallback = "source", .choices = per_names,
	  .help = "Whose requests are counted together: those of one source (an IPv4 address, an IPv6 /64), of one class of clients, or all that come to the path "
	          "(route). A class is what writes its TLS alike (fingerprint: JA4) or also its requests (kind: what the journal and `bouclier status` call so). Citizens share it with "
	          "whoever uses the same browser: who shows a token of his own is not refused for his class." },
	{ .name = "errors", .type = KEY_RATE, .offset = AT(rate_limit_settings, errors), .min = 1, .max = 1000000,
	  .help = "How many of their requests may be answered with a status from 400 to 501 (wrong passwords, what is not there), in the long run. More of them, and all "
	          "get 429 until it is less." },
	{ .name = "errors_burst", .type = KEY_NUMBER, .offset = AT(rate_limit_settings, errors_burst), .min = 1, .max = GCRA_BURST_MAX,
	  .help = "How many at once; without it, as many as `errors` says, without its unit." },
	{ .name = "cost", .type = KEY_DURATION, .offset = AT(rate_limit_settings, cost_ms), .min = 1, .max = 1000000,
	  .help = "How much of the origins' time their requests may take each second, in the long run: as long as they had places there. More, and all get 429 until it is less." },
	{ .name = "cost_burst", .type = KEY_DURATION, .offset = AT(rate_limit_settings, cost_burst_ms), .min = 1, .max = GCRA_BURST_MAX,
	  .help = "How much at once; without it, what `cost` says in ten seconds." },
	{ .name = "bytes", .type = KEY_SPEED, .offset = AT(rate_limit_settings, bytes), .min = SOURCE_BYTES_UNIT, .max = (int64_t)SOURCE_BYTES_UNIT * 1000000,
	  .help = "How much of bodies they may send and receive, in the long run; of one request, what is under 16 KiB does not count. More, and all get 429 until it is less." },
	{ .name = "bytes_burst", .type = KEY_BYTES, .offset = AT(rate_limit_settings, bytes_burst), .min = SOURCE_BYTES_UNIT,
	  .max = (int64_t)SOURCE_BYTES_UNIT * GCRA_BURST_MAX, .help = "How much at once, and as how much one request counts at most; without it, what `bytes` says in ten seconds." },
	{ 0 },
};

static uint64_t burst_of(int64_t said, int64_t otherwise)
{
	return (uint64_t)(said > 0 ? said : otherwise < GCRA_BURST_MAX ? otherwise : GCRA_BURST_MAX);
}

struct rate_said rate_limit_said(const struct rate_limit_settings *settings, enum rate_of of)
{
	int64_t units = settings->bytes / SOURCE_BYTES_UNIT;

	switch (of) {
	case RATE_REQUESTS: return (struct rate_said){ settings->limit, burst_of(settings->burst, settings->limit.count) };
	case RATE_ERRORS: return (struct rate_said){ settings->errors, burst_of(settings->errors_burst, settings->errors.count) };
	case RATE_COST: return (struct rate_said){ { settings->cost_ms, 1000 }, burst_of(settings->cost_burst_ms, 10 * settings->cost_ms) };
	case RATE_BYTES: return (struct rate_said){ { units, 1000 }, burst_of(settings->bytes_burst / SOURCE_BYTES_UNIT, 10 * units) };
	case RATE_OF_COUNT: break;
	}
	return (struct rate_said){ { 0, 0 }, 0 };
}

/* In the order of enum rate_of. */
static const struct { const char *rate, *burst, *unit; } of_names[RATE_OF_COUNT] = {
	{ "limit", "burst", "" }, { "errors", "errors_burst", "" }, { "cost", "cost_burst", " ms" }, { "bytes", "bytes_burst", " times 16 KiB" },
};

/* What is said of them, each for itself. */
static void check_rates(const struct rate_limit_settings *settings, struct key_check *check)
{
	const bool has_burst[RATE_OF_COUNT] = { settings->burst != RATE_BURST_AUTO, settings->errors_burst, settings->cost_burst_ms, settings->bytes_burst };
	bool is_said = false;

	for (unsigned of = 0; of < RATE_OF_COUNT; of++) {
		enum result result = rate_budget_check(settings, (enum rate_of)of);

		is_said |= result != RESULT_NOT_FOUND;
		if (result == RESULT_NOT_FOUND && has_burst[of])
			key_complain(check, of_names[of].burst, SPAN_NONE, "%s says how many at once, and \"%s\" is missing", of_names[of].burst, of_names[of].rate);
		else if (result == RESULT_LIMIT)
			key_complain(check, has_burst[of] ? of_names[of].burst : of_names[of].rate, SPAN_NONE, "%llu%s at once would take more than %s to earn at that rate",
			             (unsigned long long)rate_limit_said(settings, (enum rate_of)of).burst, of_names[of].unit, of == RATE_REQUESTS ? "a day" : "half a day");
	}
	if (!is_said)
		key_complain(check, NULL, SPAN_NONE, "rate limit: \"limit\" is missing (or one of errors, cost and bytes)");
}

static void check_rate_limit(const void *values, struct key_check *check)
{
	const struct rate_limit_settings *settings = values;

	if (settings->path.len && settings->path.at[0] != '/')
		key_complain(check, "path", SPAN_NONE, "path: found \"%.*s\", expected a path, which starts with /", SPAN_ARG(settings->path));
	if (settings->path.len && (span_contains(settings->path, SPAN("?")) || span_contains(settings->path, SPAN("*"))))
		key_complain(check, "path", SPAN_NONE, "path: found \"%.*s\", expected a prefix without ? or *", SPAN_ARG(settings->path));
	check_rates(settings, check);
}

static const struct key_table rate_limit_table = {
	.name = "rate limit", .keys = rate_limit_keys, .size = sizeof(struct rate_limit_settings), .check = check_rate_limit,
	.help = "How often a path may be asked for, and what that may take: requests, errors, the origins' time and bytes.",
};

static const char *const level_words[] = {
#define X(id, name) name,
	LEVEL_LIST(X)
#undef X
	NULL,
};

static const char *const mode_words[] = { "on", "observe", NULL };

static const struct key site_keys[] = {
	{ .name = "guard", .type = KEY_CHOICE, .offset = AT(guard_site_settings, mode), .fallback = "on", .choices = mode_words,
	  .help = "observe: what would limit, challenge, queue or refuse a request, or ban its source, is decided, counted and written to the journal, and the request "
	          "goes on. `bouclier guard` shows what would have been done in the last week, and whether it is safe to turn on. What a person says holds all the "
	          "same: bans by hand, denylist, allow_from, maintenance; so do the rules." },
	{ .name = "rate_limits", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(guard_site_settings, rate_limits), .table = &rate_limit_table,
	  .help = "How often paths may be asked for, and by whom." },
	{ .name = "level_floor", .type = KEY_CHOICE, .offset = AT(guard_site_settings, level_floor), .fallback = "normal", .choices = level_words,
	  .help = "The level of attack is never below it, whatever the detector finds or a person says. `bouclier level` shows why a site is where it is." },
	{ .name = "partners", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(guard_site_settings, partners), .table = &partner_table,
	  .help = "Programs of others (another administration, an application) that show a token in the field Bouclier-Partner: they go first, and are never asked for proof, each "
	          "within budgets of its own. `bouclier partner` adds and ends them." },
	{ 0 },
};

/* "/a/" and "/a" are one path. */
static struct span bare(struct span path)
{
	while (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	return path;
}

static void check_site(const void *values, struct key_check *check)
{
	const struct guard_site_settings *settings = values;
	const struct rate_limit_settings *list = settings->rate_limits.items;

	partners_check(&settings->partners, check);
	if (settings->rate_limits.count > RATE_LIMITS_MAX) {
		key_complain(check, "rate_limits", SPAN_NONE, "rate_limits: found %zu, expected at most %u", settings->rate_limits.count, RATE_LIMITS_MAX);
		return;
	}
	for (size_t i = 1; i < settings->rate_limits.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (list[i].per != list[j].per || !span_equal(bare(list[i].path), bare(list[j].path)))
				continue;
			key_complain_item(check, "rate_limits", i, SPAN_NONE, "rate_limits: %.*s has a limit per %s already",
			                  SPAN_ARG(list[i].path), per_names[list[i].per]);
			break;
		}
	}
}

static const struct key_table site_table = { .name = "site", .keys = site_keys, .size = sizeof(struct guard_site_settings), .check = check_site };

const struct config_section guard_site_section = { ROOM_GUARD, SCOPE_SITE, &site_table };

/* -- the file's own -- */

static const char *const budget_modes[] = { "on", "off", NULL };

/* Wide: forty citizens behind one address, on a calm day, are nowhere near. */
static const struct key budget_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(source_budget_settings, mode), .fallback = "on", .choices = budget_modes,
	  .help = "off: nobody is limited by what it takes, nor banned for it." },
	{ .name = "requests", .type = KEY_RATE, .offset = AT(source_budget_settings, requests), .fallback = "50/s", .min = 1, .max = 1000000,
	  .help = "How many requests, in the long run." },
	{ .name = "requests_burst", .type = KEY_NUMBER, .offset = AT(source_budget_settings, requests_burst), .fallback = "300", .min = 1,
	  .max = GCRA_BURST_MAX, .help = "How many at once." },
	{ .name = "errors", .type = KEY_RATE, .offset = AT(source_budget_settings, errors), .fallback = "10/s", .min = 1, .max = 1000000,
	  .help = "How many requests that are answered with a status from 400 to 501, in the long run. What the shield limits or bans is none of them, "
	          "and 502, 503 and 504 are the portal's own trouble." },
	{ .name = "errors_burst", .type = KEY_NUMBER, .offset = AT(source_budget_settings, errors_burst), .fallback = "300", .min = 1,
	  .max = GCRA_BURST_MAX, .help = "How many at once." },
	{ .name = "cost", .type = KEY_DURATION, .offset = AT(source_budget_settings, cost_ms), .fallback = "8s", .min = 1, .max = 1000000,
	  .help = "How much of the origins' time each second, in the long run: as long as one is held, at most ten seconds of each request." },
	{ .name = "cost_burst", .type = KEY_DURATION, .offset = AT(source_budget_settings, cost_burst_ms), .fallback = "2m", .min = 1,
	  .max = GCRA_BURST_MAX, .help = "How much at once." },
	{ .name = "bytes", .type = KEY_SPEED, .offset = AT(source_budget_settings, bytes), .fallback = "25MiB/s", .min = SOURCE_BYTES_UNIT,
	  .max = (int64_t)SOURCE_BYTES_UNIT * 1000000,
	  .help = "How much of bodies, sent and received, in the long run; what is under 16 KiB does not count. Nobody is banned for it." },
	{ .name = "bytes_burst", .type = KEY_BYTES, .offset = AT(source_budget_settings, bytes_burst), .fallback = "1GiB", .min = SOURCE_BYTES_UNIT,
	  .max = (int64_t)SOURCE_BYTES_UNIT * GCRA_BURST_MAX, .help = "How much at once. One request counts for that much at most." },
	{ .name = "connections", .type = KEY_RATE, .offset = AT(source_budget_settings, connections), .fallback = "50/s", .min = 1, .max = 1000000,
	  .help = "How many new connections, in the long run. More are closed before they have said a word; nobody is banned for it." },
	{ .name = "connections_burst", .type = KEY_NUMBER, .offset = AT(source_budget_settings, connections_burst), .fallback = "1000", .min = 1,
	  .max = GCRA_BURST_MAX, .help = "How many at once." },
	{ .name = "handshakes", .type = KEY_RATE, .offset = AT(source_budget_settings, handshakes), .fallback = "20/s", .min = 1, .max = 1000000,
	  .help = "How many TLS handshakes, in the long run. While there were more, connections to addresses with TLS are closed as above." },
	{ .name = "handshakes_burst", .type = KEY_NUMBER, .offset = AT(source_budget_settings, handshakes_burst), .fallback = "600", .min = 1,
	  .max = GCRA_BURST_MAX, .help = "How many at once." },
	{ 0 },
};

static void check_budgets(const void *values, struct key_check *check)
{
	struct source_budgets budgets;
	enum source_budget which;

	if (source_budgets_make(values, &budgets, &which) != RESULT_OK)
		key_complain(check, source_budget_key(which), SPAN_NONE, "a burst that takes more than %u seconds to earn at its rate", SOURCE_BUDGET_WINDOW_MAX_S);
}

static const struct key_table budget_table = {
	.name = "source_budgets", .keys = budget_keys, .size = sizeof(struct source_budget_settings), .shorthand = "mode", .check = check_budgets,
	.help = "What one source (an IPv4 address, an IPv6 /64) may take of all sites together.",
};

static const struct key top_keys[] = {
	{ .name = "management", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = AT(guard_top_settings, management),
	  .help = "Where the shield is run from. Like trusted_proxies and this machine itself, these networks are never banned and have no budgets, "
	          "whoever asks." },
	{ .name = "source_budgets", .type = KEY_MAP, .offset = AT(guard_top_settings, budgets), .table = &budget_table,
	  .help = "What one source may take of all sites together. Who takes more is served after the others; who takes twice as much gets 429, and when to come "
	          "back; who goes on is banned for a minute, then for two, and so on. Connections and handshakes beyond theirs are closed. Of an address that several clients share, four times as much, and "
	          "no ban." },
	{ 0 },
};

static const struct key_table top_table = { .name = "bouclier.yaml", .keys = top_keys, .size = sizeof(struct guard_top_settings) };

const struct config_section guard_top_section = { ROOM_GUARD, SCOPE_TOP, &top_table };

#include "guard/settings.h"

#include "guard/gcra.h"
#include "guard/level.h"
#include "guard/rate_table.h"
#include "guard/source_budget.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)

static const char *const per_names[] = { "source", "fingerprint", "route", NULL };
static const char *const burst_words[] = { "auto", NULL };

static const struct key rate_limit_keys[] = {
	{ .name = "path", .type = KEY_TEXT, .offset = AT(rate_limit_settings, path), .fallback = "/", .min = 1, .max = 1024,
	  .help = "Prefix of the path, by whole segments. Of several that fit, only those with the longest path count." },
	{ .name = "limit", .type = KEY_RATE, .flags = KEY_REQUIRED, .offset = AT(rate_limit_settings, limit), .min = 1, .max = 1000000,
	  .help = "How many requests, in the long run. The next ones get 429, and when to come back." },
	{ .name = "burst", .type = KEY_NUMBER, .offset = AT(rate_limit_settings, burst), .fallback = "auto", .min = 1, .max = GCRA_BURST_MAX,
	  .choices = burst_words, .help = "How many may come at once; auto: as many as `limit` says, without its unit." },
	{ .name = "per", .type = KEY_CHOICE, .offset = AT(rate_limit_settings, per), .fallback = "source", .choices = per_names,
	  .help = "Whose requests are counted together: those of one source (an IPv4 address, an IPv6 /64), of one kind of client (fingerprint), "
	          "or all that come to the path (route)." },
	{ 0 },
};

uint64_t rate_limit_burst(const struct rate_limit_settings *settings)
{
	return (uint64_t)(settings->burst == RATE_BURST_AUTO ? settings->limit.count : settings->burst);
}

static void check_rate_limit(const void *values, struct key_check *check)
{
	const struct rate_limit_settings *settings = values;
	struct gcra gcra;

	if (settings->path.len && settings->path.at[0] != '/')
		key_complain(check, "path", SPAN_NONE, "path: found \"%.*s\", expected a path, which starts with /", SPAN_ARG(settings->path));
	if (settings->path.len && (span_contains(settings->path, SPAN("?")) || span_contains(settings->path, SPAN("*"))))
		key_complain(check, "path", SPAN_NONE, "path: found \"%.*s\", expected a prefix without ? or *", SPAN_ARG(settings->path));
	if (gcra_make(&settings->limit, rate_limit_burst(settings), 0, 1000, RATE_OWED_MAX_US, &gcra) != RESULT_OK)
		key_complain(check, key_is_written(check, "burst") ? "burst" : "limit", SPAN_NONE,
		             "%llu at once would take more than a day to earn at that rate", (unsigned long long)rate_limit_burst(settings));
}

static const struct key_table rate_limit_table = {
	.name = "rate limit", .keys = rate_limit_keys, .size = sizeof(struct rate_limit_settings), .check = check_rate_limit,
	.help = "How often a path may be asked for.",
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

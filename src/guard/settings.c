#include "guard/settings.h"

#include "guard/gcra.h"
#include "guard/rate_table.h"

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

static const struct key site_keys[] = {
	{ .name = "rate_limits", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(guard_site_settings, rate_limits), .table = &rate_limit_table,
	  .help = "How often paths may be asked for, and by whom." },
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

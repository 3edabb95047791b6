#include "cache/continuity/settings.h"

#include "message/path.h"

#include "base/banned.h"

#define AT(member) offsetof(struct continuity_settings, member)
#define PATHS_MAX 64u

static const char *const modes[] = { "off", "priority", "declared", "public", NULL };

static const struct key keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(mode), .fallback = "priority", .choices = modes,
	  .help = "priority: copies are kept of pages of `priority_routes`, and of those that `bouclier continuity pin` names. declared: also of all that the "
	          "origin says how long others may have it (s-maxage, max-age, Expires). public: also of what it says nothing of. off: no copies are kept, and "
	          "those that there are go. Never of what is private, sets a cookie, answers somebody with a cookie or with a query in the address, or may "
	          "not be given once it is old (no-cache, must-revalidate, s-maxage without stale-if-error)." },
	{ .name = "paths", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(paths), .max = 512,
	  .help = "With declared and public: only of these paths, and of all below them. Without it: of any." },
	{ .name = "disk", .type = KEY_BYTES, .offset = AT(disk_bytes), .fallback = "32MiB", .min = 65536, .max = (int64_t)1 << 40,
	  .help = "Most bytes on disk of the copies of this site. The oldest make room, those of priority_routes after the others, pinned ones for "
	          "pinned ones only." },
	{ .name = "object", .type = KEY_BYTES, .offset = AT(object_bytes), .fallback = "512KiB", .min = 1024, .max = (int64_t)16 << 20,
	  .help = "The longest body of which a copy is kept." },
	{ .name = "max_age", .type = KEY_DURATION, .offset = AT(max_age_ms), .fallback = "7d", .min = 1000, .max = 366LL * 86400000,
	  .help = "Older copies are not given any more, and go; but for pinned ones, for which whoever pinned them answers." },
	{ .name = "refresh", .type = KEY_DURATION, .offset = AT(refresh_ms), .fallback = "10m", .min = 1000, .max = 30LL * 86400000,
	  .help = "A copy that is younger is not written anew, whatever is asked." },
	{ 0 },
};

static void check_continuity(const void *values, struct key_check *check)
{
	const struct continuity_settings *settings = values;
	const struct span *paths = settings->paths.items;

	for (size_t i = 0; i < settings->paths.count; i++) {
		if (!paths[i].len || paths[i].at[0] != '/' || !path_has_one_reading(paths[i]))
			key_complain_item(check, "paths", i, SPAN_NONE, "paths: found \"%.*s\", expected a path that can be read in one way only (/news/)",
			                  SPAN_ARG(paths[i]));
	}
	if (settings->paths.count > PATHS_MAX)
		key_complain(check, "paths", SPAN_NONE, "%zu paths; at most %u", settings->paths.count, PATHS_MAX);
	if (settings->object_bytes > settings->disk_bytes)
		key_complain(check, "object", SPAN_NONE, "one copy may be longer than all of them together (disk)");
	if (settings->refresh_ms > settings->max_age_ms)
		key_complain(check, "refresh", SPAN_NONE, "a copy would be too old (max_age) before it is written anew");
}

const struct key_table continuity_table = {
	.name = "continuity", .keys = keys, .size = sizeof(struct continuity_settings), .shorthand = "mode", .check = check_continuity,
	.help = "The last good copies of public pages, on disk: given, and marked as such, when the origin is gone.",
};

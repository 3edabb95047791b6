#include "cache/settings.h"

#include "base/banned.h"

#define AT(member) offsetof(struct cache_settings, member)

static const char *const modes[] = { "off", "declared", "heuristic", NULL };

static const struct key keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(mode), .fallback = "declared", .choices = modes,
	  .help = "declared: answers are kept in memory for as long as the origin says (s-maxage, max-age, Expires), and given to others who ask for the "
	          "same; never what is private, sets a cookie, or answers somebody who is logged in. heuristic: those too that say nothing but when they "
	          "were last changed, for a tenth of the time since, and for an hour at most. off: nothing is kept." },
	{ .name = "object", .type = KEY_BYTES, .offset = AT(object_bytes), .fallback = "2MiB", .min = 1024, .max = (int64_t)1 << 30,
	  .help = "The longest body that is kept." },
	{ .name = "stale_if_error", .type = KEY_DURATION, .offset = AT(if_error_ms), .fallback = "1h", .max = 30LL * 86400000,
	  .help = "How long an answer that is too old is still given while its origin does not answer, or with 500, 502, 503 or 504: where the answer itself "
	          "does not say how long, nor forbids it." },
	{ .name = "obey_clients", .type = KEY_BOOL, .offset = AT(obeys_clients), .fallback = "false",
	  .help = "Requests that say Cache-Control: no-cache, max-age or min-fresh have the origin asked anew. Whoever attacks says so too." },
	{ .name = "learn", .type = KEY_BOOL, .offset = AT(learns), .fallback = "false",
	  .help = "true: pages of which the origin does not say how long they are good, and that were the same, byte by byte, for 20 anonymous visitors while the "
	          "site was not attacked, are given to others for a minute at most, whatever their query says; never where a parameter changed the page, a "
	          "cookie was set, or the origin said private, no-store or no-cache. It is a guess: not where pages depend on the visitor's address." },
	{ .name = "disk", .type = KEY_BOOL, .offset = AT(disk), .fallback = "true",
	  .help = "Where `cache_disk` is said: what is kept and was asked for more than once lies on disk, too. Not on routes with allow_from, nor what has a secret in "
	          "its address or varies on more than Accept, Accept-Encoding, Accept-Language, Origin and cookies. false: in memory alone." },
	{ 0 },
};

const struct key_table cache_table = {
	.name = "cache", .keys = keys, .size = sizeof(struct cache_settings), .shorthand = "mode",
	.help = "Answers that are given again without asking the origin.",
};

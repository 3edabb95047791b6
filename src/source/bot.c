#include "source/bot.h"

#include "base/banned.h"

#define DOMAINS(...) { (struct span[]){ __VA_ARGS__ }, sizeof((struct span[]){ __VA_ARGS__ }) / sizeof(struct span) }

/* Whose operators say, or whose addresses show, that reverse DNS proves them. Left out are those who publish addresses only (DuckDuckBot, OpenAI), and
 * domains whose hosts fetch whatever anybody tells them to: google.com, which has Google's translating proxies, and googleusercontent.com. */
static const struct bot built_in[] = {
	{ SPAN_INIT("Applebot"), SPAN_INIT("Applebot"), DOMAINS(SPAN_INIT("applebot.apple.com")) },
	{ SPAN_INIT("Archive.org"), SPAN_INIT("archive.org_bot"), DOMAINS(SPAN_INIT("archive.org")) },
	{ SPAN_INIT("Bingbot"), SPAN_INIT("bingbot"), DOMAINS(SPAN_INIT("search.msn.com")) },
	{ SPAN_INIT("BingPreview"), SPAN_INIT("BingPreview"), DOMAINS(SPAN_INIT("search.msn.com")) },
	{ SPAN_INIT("Facebook"), SPAN_INIT("facebookexternalhit"), DOMAINS(SPAN_INIT("fbsv.net")) },
	{ SPAN_INIT("Googlebot"), SPAN_INIT("Googlebot"), DOMAINS(SPAN_INIT("googlebot.com")) },
	{ SPAN_INIT("LinkedInBot"), SPAN_INIT("LinkedInBot"), DOMAINS(SPAN_INIT("fwd.linkedin.com")) },
	{ SPAN_INIT("MojeekBot"), SPAN_INIT("MojeekBot"), DOMAINS(SPAN_INIT("mojeek.com")) },
	{ SPAN_INIT("Qwantbot"), SPAN_INIT("Qwantbot"), DOMAINS(SPAN_INIT("qwant.com")) },
	{ SPAN_INIT("SeznamBot"), SPAN_INIT("SeznamBot"), DOMAINS(SPAN_INIT("seznam.cz")) },
	{ SPAN_INIT("Twitterbot"), SPAN_INIT("Twitterbot"), DOMAINS(SPAN_INIT("twttr.com")) },
	{ SPAN_INIT("YandexBot"), SPAN_INIT("YandexBot"), DOMAINS(SPAN_INIT("yandex.ru"), SPAN_INIT("yandex.net"), SPAN_INIT("yandex.com")) },
};
#define BUILT_IN (sizeof(built_in) / sizeof(*built_in))

_Static_assert(BUILT_IN + BOTS_OWN_MAX <= BOTS_MAX, "a bit for each");

const struct bot *bots_built_in(size_t *count)
{
	*count = BUILT_IN;
	return built_in;
}

static size_t count_of(const struct bots *bots)
{
	return BUILT_IN + bots->own_count;
}

static const struct bot *bot_at(const struct bots *bots, size_t index)
{
	return index < BUILT_IN ? &built_in[index] : &bots->own[index - BUILT_IN];
}

static bool is_letter(char lower)
{
	return lower >= 'a' && lower <= 'z';
}

bool bots_make(const struct bots_settings *settings, struct bots *out)
{
	struct bots bots = { settings->also.items, settings->also.count, { 0 } };

	if (settings->mode == BOTS_OFF)
		return false;
	for (size_t i = 0; i < count_of(&bots); i++)
		bots.begins[ascii_lower(bot_at(&bots, i)->agent.at[0]) - 'a'] |= (uint64_t)1 << i;
	*out = bots;
	return true;
}

const struct bot *bots_first(const struct bots *bots, uint64_t claimed)
{
	return bot_at(bots, (size_t)__builtin_ctzll(claimed));
}

/* -- the claim -- */

static bool is_word_byte(char lower)
{
	return is_letter(lower) || is_digit(lower);
}

/* Bytes behind which no word begins. */
static const bool joins[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true, ['_'] = true,
};

/* A word that begins at the front of TEXT is WORD, and ends with it: "Googlebot/2.1", "Googlebot-Image"; not "Googlebots". */
static bool is_word(struct span text, struct span word)
{
	return span_starts_nocase(text, word) && (text.len == word.len || !is_word_byte(ascii_lower(text.at[word.len])));
}

/* Those that TEXT begins with. */
static uint64_t claimed_at(const struct bots *bots, struct span text)
{
	char lower = ascii_lower(text.at[0]);
	uint64_t claimed = 0;

	for (uint64_t left = is_letter(lower) ? bots->begins[lower - 'a'] : 0; left; left &= left - 1) {
		if (is_word(text, bots_first(bots, left)->agent))
			claimed |= left & -left;
	}
	return claimed;
}

/* Every request is looked at: one walk over the text, and comparisons only where a word begins with the right letter. */
uint64_t bots_claimed(const struct bots *bots, struct span agent)
{
	size_t end = agent.len < BOT_AGENT_LOOK ? agent.len : BOT_AGENT_LOOK;
	bool is_joined = false;
	uint64_t claimed = 0;

	for (size_t at = 0; at < end; at++) {
		bool joins_next = joins[(unsigned char)agent.at[at]];

		if (joins_next && !is_joined)
			claimed |= claimed_at(bots, span_skip(agent, at));
		is_joined = joins_next;
	}
	return claimed;
}

/* -- the proof -- */

/* NAME is DOMAIN, or a host in it. */
static bool is_in(struct span name, struct span domain)
{
	if (name.len <= domain.len)
		return span_equal_nocase(name, domain);
	return name.at[name.len - domain.len - 1] == '.' && span_equal_nocase(span_skip(name, name.len - domain.len), domain);
}

const struct bot *bots_find_owner(const struct bots *bots, uint64_t claimed, struct span name)
{
	if (name.len && name.at[name.len - 1] == '.')
		name.len--;
	for (; claimed; claimed &= claimed - 1) {
		const struct bot *bot = bots_first(bots, claimed);
		const struct span *domains = bot->domains.items;

		for (size_t i = 0; i < bot->domains.count; i++) {
			if (is_in(name, domains[i]))
				return bot;
		}
	}
	return NULL;
}

/* -- what a person may write -- */

bool bot_agent_is_word(struct span text)
{
	if (text.len < BOT_AGENT_MIN || text.len > BOT_AGENT_MAX || !is_letter(ascii_lower(text.at[0])))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char lower = ascii_lower(text.at[i]);

		if (!is_word_byte(lower) && lower != '.' && lower != '-' && lower != '_')
			return false;
	}
	return true;
}

bool bot_agent_is_common(struct span text)
{
	static const char *const words[] = {
		"Mozilla", "compatible", "Windows", "Macintosh", "Intel", "Linux", "x86_64", "Win64", "Android", "iPhone", "iPad", "Mobile", "AppleWebKit", "KHTML", "like",
		"Gecko", "Chrome", "Safari", "Version", "Firefox", "Edge", "OPR", "SamsungBrowser", "Trident", "MSIE", "Ubuntu", "CriOS", "FxiOS", "http", "https", "html", "Build",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal_nocase(text, span_of(words[i])))
			return true;
	}
	return false;
}

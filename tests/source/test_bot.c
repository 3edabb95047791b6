/* Good bots: the built-in table, what a User-Agent claims, which names prove it, and what a person may add. */
#include "../config/site_reading.h"

#include "config/dump.h"
#include "source/bot.h"

#include "base/banned.h"

#define CHROME "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#define BOTS "    verified_bots:\n"

static const struct bots_settings none;

static struct bots built_in(void)
{
	struct bots bots;

	assert_true(bots_make(&none, &bots));
	return bots;
}

/* The names of those that AGENT says to be. */
static const char *claimed(const struct bots *bots, struct span agent)
{
	static char text[256];
	size_t len = 0;

	text[0] = 0;
	for (uint64_t left = bots_claimed(bots, agent); left; left &= left - 1) {
		const struct bot *bot = bots_first(bots, left);

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", len ? " " : "", SPAN_ARG(bot->name));
	}
	return text;
}

static void what_is_claimed(void **state)
{
	static const struct { const char *agent, *names; } table[] = {
		{ "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot" },
		{ CHROME " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot" },
		{ "Googlebot-Image/1.0", "Googlebot" },
		{ "Googlebot", "Googlebot" },
		{ "gOOGLEBOT/9", "Googlebot" },
		{ "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/126 Safari/537.36", "Bingbot" },
		{ "Mozilla/5.0 (Windows NT 6.1) Safari/537.36  BingPreview/1.0b", "BingPreview" },
		{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)", "Applebot" },
		{ "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)", "Archive.org" },
		{ "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Facebook" },
		{ "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", "LinkedInBot" },
		{ "Mozilla/5.0 (compatible; Qwantbot/1.0_3728963; +https://help.qwant.com/bot/)", "Qwantbot" },
		{ "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "YandexBot" },
		{ "Twitterbot/1.0", "Twitterbot" }, { "Mozilla/5.0 (compatible; SeznamBot/4.0; +http://napoveda.seznam.cz/seznambot-intro/)", "SeznamBot" },
		{ "Mozilla/5.0 (compatible; MojeekBot/0.11; +https://www.mojeek.com/bot.html)", "MojeekBot" },
		{ "Googlebot bingbot", "Bingbot Googlebot" },
		{ "(Googlebot)", "Googlebot" }, { "\xff\xfeGooglebot\xff", "Googlebot" }, { "x;googlebot;", "Googlebot" },
		{ "NotGooglebot/2.1", "" }, { "Googlebots/2.1", "" }, { "Googlebot2", "" }, { "my-googlebot/1", "" }, { "my_googlebot", "" }, { "9Googlebot", "" },
		{ "Google bot", "" }, { "Googlebo", "" }, { "", "" }, { " ", "" }, { "archive_org_bot", "" }, { "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", "" },
		{ CHROME, "" }, { FIREFOX, "" },
	};
	struct bots bots = built_in();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(claimed(&bots, span_of(table[i].agent)), table[i].names) != 0)
			fail_msg("%s: %s", table[i].agent, claimed(&bots, span_of(table[i].agent)));
	}
	assert_string_equal(claimed(&bots, SPAN("a\0Googlebot\0b")), "Googlebot");
	assert_string_equal(claimed(&bots, SPAN_NONE), "");
}

/* As long as a field may be: what stands far behind is not looked at. */
static void long_agents(void **state)
{
	static char agent[8192];
	struct bots bots = built_in();

	(void)state;
	for (size_t at = 0; at + 10 < sizeof(agent); at += 7) {
		memset(agent, ' ', sizeof(agent));
		memcpy(agent + at, "Googlebot", 9);
		assert_string_equal(claimed(&bots, span_make(agent, sizeof(agent))), at < BOT_AGENT_LOOK ? "Googlebot" : "");
	}
	memset(agent, 'g', sizeof(agent));
	assert_string_equal(claimed(&bots, span_make(agent, sizeof(agent))), "");
	for (size_t i = 0; i < sizeof(agent); i++)
		agent[i] = i % 2 ? ' ' : 'g';
	assert_string_equal(claimed(&bots, span_make(agent, sizeof(agent))), "");
	for (size_t len = 0; len < 9; len++)  /* nothing behind the end is read */
		assert_string_equal(claimed(&bots, span_make("Googlebot", len)), "");
}

static void which_names_prove_it(void **state)
{
	static const struct { const char *agent, *name, *owner; } table[] = {
		{ "Googlebot", "crawl-66-249-66-1.googlebot.com", "Googlebot" },
		{ "Googlebot", "Crawl-66-249-66-1.GoogleBot.COM", "Googlebot" },
		{ "Googlebot", "geo-crawl-1.geo.googlebot.com", "Googlebot" },
		{ "Googlebot", "crawl-66-249-66-1.googlebot.com.", "Googlebot" },
		{ "Googlebot", "googlebot.com", "Googlebot" },
		{ "Googlebot", "evilgooglebot.com", NULL },
		{ "Googlebot", "a.evilgooglebot.com", NULL },
		{ "Googlebot", "crawl.googlebot.com.evil.example", NULL },
		{ "Googlebot", "googlebot.com.evil.example", NULL },
		{ "Googlebot", "ooglebot.com", NULL },
		{ "Googlebot", "google-proxy-66-249-81-1.google.com", NULL },  /* fetches what anybody tells it to */
		{ "Googlebot", "1.2.3.4.bc.googleusercontent.com", NULL },
		{ "Googlebot", "msnbot-1-2-3-4.search.msn.com", NULL },
		{ "Googlebot", "com", NULL }, { "Googlebot", "", NULL }, { "Googlebot", ".", NULL }, { "Googlebot", "..", NULL },
		{ "bingbot", "msnbot-1-2-3-4.search.msn.com", "Bingbot" },
		{ "bingbot", "crawl-1.msn.com", NULL },
		{ "bingbot", "xsearch.msn.com", NULL },
		{ "Googlebot bingbot", "msnbot-1-2-3-4.search.msn.com", "Bingbot" },
		{ "YandexBot", "a.spider.yandex.com", "YandexBot" }, { "YandexBot", "a.yandex.ru", "YandexBot" }, { "YandexBot", "a.yandex.net", "YandexBot" },
		{ "YandexBot", "a.yandex.org", NULL },
	};
	struct bots bots = built_in();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const struct bot *owner = bots_find_owner(&bots, bots_claimed(&bots, span_of(table[i].agent)), span_of(table[i].name));

		if (!span_equal(owner ? owner->name : SPAN_NONE, span_of(table[i].owner)))
			fail_msg("%s of %s: %.*s", table[i].agent, table[i].name, owner ? (int)owner->name.len : 0, owner ? owner->name.at : "");
	}
	assert_null(bots_find_owner(&bots, 0, SPAN("crawl-66-249-66-1.googlebot.com")));
}

/* Each has what is needed to be found and proved; nobody is there twice; no browser is one. */
static void the_table_is_whole(void **state)
{
	struct bots bots = built_in();
	size_t count;
	const struct bot *list = bots_built_in(&count);

	(void)state;
	assert_true(count > 5 && count + BOTS_OWN_MAX <= BOTS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct span *domains = list[i].domains.items;

		assert_true(bot_agent_is_word(list[i].agent) && !bot_agent_is_common(list[i].agent));
		assert_true(list[i].name.len && list[i].name.len <= BOT_AGENT_MAX);
		assert_int_equal(bots_claimed(&bots, list[i].agent), (uint64_t)1 << i);
		assert_in_range(list[i].domains.count, 1, BOT_DOMAINS_MAX);
		for (size_t j = 0; j < list[i].domains.count; j++) {
			assert_ptr_equal(bots_find_owner(&bots, (uint64_t)1 << i, domains[j]), &list[i]);
			assert_true(span_find(domains[j], '.') < domains[j].len);
			for (size_t k = 0; k < domains[j].len; k++)
				assert_int_equal(domains[j].at[k], ascii_lower(domains[j].at[k]));
		}
		for (size_t j = 0; j < i; j++)
			assert_false(span_equal_nocase(list[i].name, list[j].name));
	}
}

static struct config_section sections[2];

static void what_a_person_may_not_write(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ BOTS "      - {}\n", "name" },
		{ BOTS "      - { name: A, agent: SomeBot }\n", "domains" },
		{ BOTS "      - { name: A, domains: a.example }\n", "agent" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: [] }\n", "domains: found 0, expected 1 to 8" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: [a.b,b.b,c.b,d.b,e.b,f.b,g.b,h.b,i.b] }\n", "domains: found 9, expected 1 to 8" },
		{ BOTS "      - { name: A, agent: bot, domains: a.example }\n", "bouclier.yaml:4:27: error: agent: found \"bot\", expected 4 to 64 letters, digits and \".-_\", a letter first" },
		{ BOTS "      - { name: A, agent: \"Some Bot\", domains: a.example }\n", "agent: found \"Some Bot\"" },
		{ BOTS "      - { name: A, agent: 1Bot, domains: a.example }\n", "agent: found \"1Bot\"" },
		{ BOTS "      - { name: A, agent: mozilla, domains: a.example }\n", "agent: mozilla is what visitors' browsers say, too" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: example }\n", "domains: found \"example\", expected a domain that is somebody's own (search.example)" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: [a.example, 192.0.2.1] }\n", "domains: found \"192.0.2.1\", expected a domain" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: \"*.a.example\" }\n", "domains: found \"*.a.example\": what is below a domain is in it (a.example)" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: \"a b.example\" }\n", "domains: found \"a b.example\"" },
		{ BOTS "      - { name: googlebot, agent: SomeBot, domains: a.example }\n", "also: there is a bot of the name googlebot already" },
		{ BOTS "      - { name: A, agent: SomeBot, domains: a.example }\n      - { name: a, agent: Other, domains: b.example }\n",
		  "bouclier.yaml:5:9: error: also: there is a bot of the name a already" },
		{ BOTS "      - { name: A, agents: SomeBot, domains: a.example }\n", "(did you mean agent?)" },
		{ "    verified_bots: perhaps\n", "found \"perhaps\", expected" },
		{ "    verified_bot: off\n", "(did you mean verified_bots?)" },
	};
	struct buffer lines;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_refused(sections, "", table[i].lines, table[i].sentence);
	buffer_init(&lines, 1 << 16);
	assert_ok(buffer_print(&lines, BOTS));
	for (unsigned i = 0; i <= BOTS_OWN_MAX; i++)
		assert_ok(buffer_print(&lines, "      - { name: N%u, agent: Some%u, domains: a.example }\n", i, i));
	assert_ok(buffer_append_byte(&lines, 0));
	assert_refused(sections, "", lines.bytes, "also: found 33 bots, expected at most 32");
	buffer_done(&lines);
}

/* The manual, and with it the schema, lists all that are built in. */
static void the_manual_names_them(void **state)
{
	struct buffer out;
	size_t count;
	const struct bot *list = bots_built_in(&count);

	(void)state;
	buffer_init(&out, 1 << 20);
	assert_ok(config_manual(sections, &out));
	for (size_t i = 0; i < count; i++) {
		if (!span_contains(buffer_span(&out), list[i].name))
			fail_msg("%.*s", SPAN_ARG(list[i].name));
	}
	buffer_done(&out);
}

static struct bots bots_of(const struct snapshot *snapshot)
{
	struct bots bots;

	assert_true(bots_make(&source_site_settings(&snapshot->sites[0])->bots, &bots));
	return bots;
}

static void what_a_person_may_write(void **state)
{
	struct snapshot *snapshot = assert_taken(sections, "", BOTS "      - { name: Our search, agent: ZoekBot, domains: [Zoek.Example, crawl.zoek.test] }\n"
	                                                            "      - { name: Googlebot abroad, agent: Googlebot, domains: elsewhere.example }\n");
	struct bots bots = bots_of(snapshot);

	(void)state;
	assert_string_equal(claimed(&bots, SPAN("Mozilla/5.0 (zoekbot/1.0)")), "Our search");
	assert_span(bots_find_owner(&bots, bots_claimed(&bots, SPAN("ZoekBot")), SPAN("a.zoek.example"))->name, "Our search");
	assert_null(bots_find_owner(&bots, bots_claimed(&bots, SPAN("ZoekBot")), SPAN("a.crawl.zoek.example.net")));
	assert_null(bots_find_owner(&bots, bots_claimed(&bots, SPAN("ZoekBot")), SPAN("a.elsewhere.example")));
	assert_string_equal(claimed(&bots, SPAN("Googlebot/2.1")), "Googlebot Googlebot abroad");
	assert_span(bots_find_owner(&bots, bots_claimed(&bots, SPAN("Googlebot")), SPAN("a.elsewhere.example"))->name, "Googlebot abroad");
	assert_span(bots_find_owner(&bots, bots_claimed(&bots, SPAN("Googlebot")), SPAN("a.googlebot.com"))->name, "Googlebot");
	snapshot_drop(snapshot);
	snapshot = assert_taken(sections, "", "    verified_bots: off\n");
	assert_false(bots_make(&source_site_settings(&snapshot->sites[0])->bots, &bots));
	snapshot_drop(snapshot);
	snapshot = assert_taken(sections, "defaults:\n  verified_bots: off\n", "    verified_bots: on\n");
	bots = bots_of(snapshot);
	assert_string_equal(claimed(&bots, SPAN("Googlebot")), "Googlebot");
	snapshot_drop(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_claimed), cmocka_unit_test(long_agents), cmocka_unit_test(which_names_prove_it), cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(what_a_person_may_not_write), cmocka_unit_test(what_a_person_may_write), cmocka_unit_test(the_manual_names_them),
	};

	sections[0] = source_site_section;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

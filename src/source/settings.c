#include "source/settings.h"

#include "source/bot.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)

/* ISO 3166-1 alpha-2, and XK, which databases use for Kosovo. */
static const char countries[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM "
	"CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY "
	"HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF "
	"MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE "
	"RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ "
	"VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";
/* Members of the Union, its outermost regions and Aland, which have codes of their own, and Iceland, Liechtenstein and Norway. */
static const char eea[] =
	"AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK AX GF GP MF MQ RE YT IS LI NO ";

static bool is_in(const char *codes, const char code[3])
{
	for (; *codes; codes += 3) {
		if (codes[0] == code[0] && codes[1] == code[1])
			return true;
	}
	return false;
}

enum result country_read(struct span text, char out[3])
{
	char code[3];

	if (text.len != 2 || text.at[0] < 'A' || text.at[0] > 'Z' || text.at[1] < 'A' || text.at[1] > 'Z')
		return RESULT_MALFORMED;
	memcpy(code, text.at, 2);
	code[2] = '\0';
	if (!is_in(countries, code))
		return RESULT_NOT_FOUND;
	memcpy(out, code, sizeof(code));
	return RESULT_OK;
}

bool country_is_eea(const char code[3])
{
	return is_in(eea, code);
}

enum result asn_read(struct span text, uint32_t *out)
{
	uint64_t number;

	if (span_starts(text, SPAN("AS")))
		text = span_skip(text, 2);
	if (span_to_u64(text, UINT32_MAX - 1, &number) != RESULT_OK || number == 0)
		return RESULT_MALFORMED;
	*out = (uint32_t)number;
	return RESULT_OK;
}

/* What people write for countries whose code is another. */
static struct span guess_country(struct span text, char upper[3])
{
	static const char *const guesses[][2] = { { "UK", "GB" }, { "EL", "GR" }, { "SU", "RU" }, { "YU", "RS" }, { "DDR", "DE" }, { "USA", "US" } };

	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++) {
		if (span_equal_nocase(text, span_of(guesses[i][0])))
			return span_of(guesses[i][1]);
	}
	if (text.len != 2)
		return SPAN_NONE;
	for (unsigned i = 0; i < 2; i++)
		upper[i] = text.at[i] >= 'a' && text.at[i] <= 'z' ? (char)(text.at[i] - 0x20) : text.at[i];
	return country_read(span_make(upper, 2), upper) == RESULT_OK ? span_make(upper, 2) : SPAN_NONE;
}

static void check_country(struct span text, size_t index, struct key_check *check)
{
	char upper[3] = "";
	struct span guess = guess_country(text, upper);
	char sentence[24] = "";
	size_t len = 0;

	if (guess.len) {
		memcpy(sentence, "did you mean ", 13);
		memcpy(sentence + 13, guess.at, 2);
		sentence[15] = '?';
		len = 16;
	}
	key_complain_item(check, "countries", index, span_make(sentence, len), "countries: found \"%.*s\", expected the two capital letters of a country (BE)",
	                  SPAN_ARG(text));
}

static void check_names(const struct list_rule *rule, struct key_check *check)
{
	const struct span *asns = rule->asns.items, *names = rule->countries.items;
	uint32_t asn;
	char code[3];

	for (size_t i = 0; i < rule->asns.count; i++) {
		if (asn_read(asns[i], &asn) != RESULT_OK)
			key_complain_item(check, "asns", i, SPAN_NONE, "asns: found \"%.*s\", expected the number of an autonomous system (AS64496)", SPAN_ARG(asns[i]));
	}
	for (size_t i = 0; i < rule->countries.count; i++) {
		if (country_read(names[i], code) != RESULT_OK)
			check_country(names[i], i, check);
	}
}

static void check_rule(const void *values, struct key_check *check)
{
	const struct list_rule *rule = values;

	check_names(rule, check);
	if (!rule->networks.count && !rule->asns.count && !rule->countries.count)
		key_complain(check, NULL, SPAN_NONE, "a rule names networks, asns or countries");
	if (rule->countries.count && !rule->reason.len)
		key_complain(check, "countries", SPAN_NONE, "a rule about a whole country says its reason");
	if (rule->countries.count && !rule->until_ms)
		key_complain(check, "countries", SPAN_NONE, "a rule about a whole country says until when (until: 2027-01-31T00:00:00Z)");
}

/* Citizens of the Union have a right to be served: nobody takes it from them by a slip. */
static void check_denial(const void *values, struct key_check *check)
{
	const struct list_rule *rule = values;
	const struct span *names = rule->countries.items;
	char code[3];

	check_rule(values, check);
	for (size_t i = 0; i < rule->countries.count && !rule->even_eu; i++) {
		if (country_read(names[i], code) == RESULT_OK && country_is_eea(code))
			key_complain_item(check, "countries", i, SPAN("even_eu: true"), "%s is in the European Union or Economic Area: to deny it, say so", code);
	}
}

#define RULE_KEYS \
	{ .name = "networks", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = AT(list_rule, networks), .help = "Networks and single addresses." }, \
	{ .name = "asns", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(list_rule, asns), .min = 1, .max = 16, \
	  .help = "Autonomous systems (AS64496), by the database of `countries`." }, \
	{ .name = "countries", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(list_rule, countries), .min = 1, .max = 64, \
	  .help = "Countries by two letters (BE), by the database of `countries`. Such a rule needs a reason and an end." }, \
	{ .name = "reason", .type = KEY_TEXT, .offset = AT(list_rule, reason), .max = 200, .help = "Why; for the log and for whoever asks." }, \
	{ .name = "until", .type = KEY_TIME, .offset = AT(list_rule, until_ms), .help = "When the rule ends by itself." }

static const struct key allow_keys[] = { RULE_KEYS, { 0 } };
static const struct key deny_keys[] = {
	RULE_KEYS,
	{ .name = "even_eu", .type = KEY_BOOL, .offset = AT(list_rule, even_eu), .fallback = "false",
	  .help = "Countries of the European Union and the Economic Area may be among those denied." },
	{ 0 },
};

static const struct key_table allow_table = {
	.name = "allowlist", .keys = allow_keys, .size = sizeof(struct list_rule), .shorthand = "networks", .check = check_rule,
	.help = "Who is let in: networks, autonomous systems or countries.",
};
static const struct key_table deny_table = {
	.name = "denylist", .keys = deny_keys, .size = sizeof(struct list_rule), .shorthand = "networks", .check = check_denial,
	.help = "Who is not let in: networks, autonomous systems or countries.",
};

/* -- good bots -- */

/* Upper-level domains belong to nobody; an address is no domain, and "*" is what we mean anyway. */
static void check_domain(struct span domain, size_t index, struct key_check *check)
{
	struct address address;

	if (domain.len && domain.at[0] == '*')
		key_complain_item(check, "domains", index, span_skip(domain, 2), "domains: found \"%.*s\": what is below a domain is in it", SPAN_ARG(domain));
	else if (address_read(domain, &address) == RESULT_OK || domain.at[0] == '[' || span_find(domain, '.') == domain.len)
		key_complain_item(check, "domains", index, SPAN_NONE, "domains: found \"%.*s\", expected a domain that is somebody's own (search.example)", SPAN_ARG(domain));
}

static void check_bot(const void *values, struct key_check *check)
{
	const struct bot *bot = values;
	const struct span *domains = bot->domains.items;

	if (!bot_agent_is_word(bot->agent))
		key_complain(check, "agent", SPAN_NONE, "agent: found \"%.*s\", expected %u to %u letters, digits and \".-_\", a letter first", SPAN_ARG(bot->agent),
		             BOT_AGENT_MIN, BOT_AGENT_MAX);
	else if (bot_agent_is_common(bot->agent))
		key_complain(check, "agent", SPAN_NONE, "agent: %.*s is what visitors' browsers say, too", SPAN_ARG(bot->agent));
	if (bot->domains.count == 0 || bot->domains.count > BOT_DOMAINS_MAX)
		key_complain(check, "domains", SPAN_NONE, "domains: found %zu, expected 1 to %u", bot->domains.count, BOT_DOMAINS_MAX);
	for (size_t i = 0; i < bot->domains.count; i++)
		check_domain(domains[i], i, check);
}

/* Whoever chooses the word chooses who is asked about, of what all sites together may ask: tenants do not. */
static const struct key bot_keys[] = {
	{ .name = "name", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(bot, name), .min = 1, .max = 64, .help = "For the journal." },
	{ .name = "agent", .type = KEY_TEXT, .flags = KEY_REQUIRED | KEY_ADMINISTRATOR, .offset = AT(bot, agent), .min = 1, .max = 64,
	  .help = "A word of its User-Agent, in any case of letters." },
	{ .name = "domains", .type = KEY_HOST, .flags = KEY_REQUIRED | KEY_LIST, .offset = AT(bot, domains),
	  .help = "Where its addresses' names lie: those in DNS (PTR), which have these addresses." },
	{ 0 },
};

static const struct key_table bot_table = {
	.name = "bot", .keys = bot_keys, .size = sizeof(struct bot), .check = check_bot, .help = "A bot that DNS proves.",
};

static bool is_built_in(struct span name)
{
	size_t count;
	const struct bot *bots = bots_built_in(&count);

	for (size_t i = 0; i < count; i++) {
		if (span_equal_nocase(bots[i].name, name))
			return true;
	}
	return false;
}

static void check_bots(const void *values, struct key_check *check)
{
	const struct bots_settings *settings = values;
	const struct bot *bots = settings->also.items;

	if (settings->also.count > BOTS_OWN_MAX) {
		key_complain(check, "also", SPAN_NONE, "also: found %zu bots, expected at most %u", settings->also.count, BOTS_OWN_MAX);
		return;
	}
	for (size_t i = 0; i < settings->also.count; i++) {
		bool is_repeated = is_built_in(bots[i].name);

		for (size_t j = 0; j < i; j++)
			is_repeated |= span_equal_nocase(bots[j].name, bots[i].name);
		if (is_repeated)
			key_complain_item(check, "also", i, SPAN_NONE, "also: there is a bot of the name %.*s already", SPAN_ARG(bots[i].name));
	}
}

static const char *const bots_modes[] = { "on", "off", NULL };
static const struct key bots_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(bots_settings, mode), .fallback = "on", .choices = bots_modes,
	  .help = "off: nobody is taken for a good bot, and DNS is not asked." },
	{ .name = "also", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(bots_settings, also), .table = &bot_table,
	  .help = "Bots beside those that are built in: Applebot, Archive.org, Bingbot, BingPreview, Facebook, Googlebot, LinkedInBot, MojeekBot, Qwantbot, SeznamBot, "
	          "Twitterbot, YandexBot." },
	{ 0 },
};

static const struct key_table bots_table = {
	.name = "verified_bots", .keys = bots_keys, .size = sizeof(struct bots_settings), .shorthand = "mode", .list_shorthand = "also", .check = check_bots,
	.help = "Search engines and link previewers.",
};

static const struct key site_keys[] = {
	{ .name = "allowlist", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(source_site_settings, allowlist), .table = &allow_table,
	  .help = "Partners who go first and whom denylist does not concern. The narrowest network decides, then the autonomous system, then the country; "
	          "of the same in both lists, this one." },
	{ .name = "denylist", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(source_site_settings, denylist), .table = &deny_table,
	  .help = "Who is refused with 403." },
	{ .name = "verified_bots", .type = KEY_MAP, .offset = AT(source_site_settings, bots), .table = &bots_table,
	  .help = "Search engines and link previewers whom DNS proves: the address of one that says so has a name in its domain, and the name has that address. They are never "
	          "challenged nor banned; budgets and rate limits hold for them." },
	{ 0 },
};

static void check_sizes(const struct list_value *list, const char *key, struct key_check *check)
{
	const struct list_rule *rules = list->items;
	size_t networks = 0, numbers = 0;

	for (size_t i = 0; i < list->count; i++) {
		networks += rules[i].networks.count;
		numbers += rules[i].asns.count + rules[i].countries.count;
	}
	if (networks > LIST_NETWORKS_MAX)
		key_complain(check, key, SPAN_NONE, "%s: found %zu networks, expected at most %u", key, networks, LIST_NETWORKS_MAX);
	if (numbers > LIST_NUMBERS_MAX)
		key_complain(check, key, SPAN_NONE, "%s: found %zu autonomous systems and countries, expected at most %u", key, numbers, LIST_NUMBERS_MAX);
}

static void check_site(const void *values, struct key_check *check)
{
	const struct source_site_settings *settings = values;

	check_sizes(&settings->allowlist, "allowlist", check);
	check_sizes(&settings->denylist, "denylist", check);
}

static const struct key_table site_table = { .name = "site", .keys = site_keys, .size = sizeof(struct source_site_settings), .check = check_site };

const struct config_section source_site_section = { ROOM_SOURCE, SCOPE_SITE, &site_table };

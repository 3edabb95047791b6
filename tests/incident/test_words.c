#include "../base/check.h"
#include "incident/words.h"
#include "incident/words_text.h"

static struct incident incident;

static const char *written(enum result (*write)(const struct incident *incident, enum desk_language language, struct buffer *out), enum desk_language language)
{
	static char text[1024];
	struct buffer out;

	buffer_init(&out, sizeof(text) - 1);
	assert_ok(write(&incident, language, &out));
	assert_ok(span_to_text(buffer_span(&out), text, sizeof(text)));
	buffer_done(&out);
	return text;
}

static void begin(enum incident_family family, unsigned sites)
{
	incident_init(&incident, 1, family, SPAN("http://10.0.0.11:8080"), 1767657600);
	for (unsigned i = 0; i < sites; i++)
		incident_add_site(&incident, i == 0 ? SPAN("www.a.example") : i == 1 ? SPAN("www.b.example") : SPAN("www.c.example"), SPAN_NONE);
}

static void titles_say_what_happened_to_whom(void **unused)
{
	static const struct {
		enum incident_family family;
		unsigned sites;
		enum severity_reason reason;
		enum incident_status status;
		enum desk_language language;
		const char *title;
	} rows[] = {
		{ INCIDENT_ATTACK, 1, FOR_HELD, STATUS_NEW, DESK_EN, "www.a.example is under attack" },
		{ INCIDENT_ATTACK, 1, FOR_HELD, STATUS_ACKNOWLEDGED, DESK_FR, "www.a.example est attaqué" },
		{ INCIDENT_ATTACK, 1, FOR_HELD, STATUS_CONTAINED, DESK_EN, "www.a.example was attacked" },
		{ INCIDENT_ATTACK, 1, FOR_HELD, STATUS_CLOSED, DESK_FR, "www.a.example a été attaqué" },
		{ INCIDENT_ATTACK, 3, FOR_HELD, STATUS_NEW, DESK_EN, "3 portals are under attack, www.a.example among them" },
		{ INCIDENT_ATTACK, 2, FOR_HELD, STATUS_CLOSED, DESK_DE, "2 Portale wurden angegriffen, darunter www.a.example" },
		{ INCIDENT_ATTACK, 0, FOR_HELD, STATUS_NEW, DESK_NL, "Onze internetverbinding wordt aangevallen" },
		{ INCIDENT_OUTAGE, 0, FOR_ORIGIN_DOWN, STATUS_NEW, DESK_EN, "The server http://10.0.0.11:8080 does not answer" },
		{ INCIDENT_OUTAGE, 1, FOR_ORIGIN_DOWN, STATUS_CLOSED, DESK_NL, "www.a.example werkte niet zoals het hoort" },
		{ INCIDENT_CERTIFICATE, 1, FOR_EXPIRES, STATUS_NEW, DESK_EN, "The certificate of www.a.example needs attention" },
		{ INCIDENT_INTEGRITY, 0, FOR_RECORDS_LOST, STATUS_NEW, DESK_EN, "Part of the shield's records was lost" },
		{ INCIDENT_INTEGRITY, 1, FOR_DAMAGED, STATUS_NEW, DESK_DE, "Gespeicherte Seiten waren beschädigt und wurden entfernt" },
		{ INCIDENT_INTEGRITY, 0, FOR_WENT_BACK, STATUS_NEW, DESK_FR, "Le bouclier est revenu à sa configuration précédente" },
		{ INCIDENT_INTEGRITY, 0, FOR_NO_BACKUP, STATUS_CONTAINED, DESK_EN, "For a time no backup of the shield was made" },
		{ INCIDENT_CAPACITY, 0, FOR_LINE_FULL, STATUS_NEW, DESK_FR, "Notre connexion à Internet est saturée" },
		{ INCIDENT_CAPACITY, 0, FOR_DISK, STATUS_CONTAINED, DESK_EN, "A disk of the shield took no more data for a while" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].family, rows[i].sites);
		incident.status = rows[i].status;
		incident.reason = rows[i].reason;
		assert_string_equal(written(words_title, rows[i].language), rows[i].title);
	}
}

static void severity_is_told_in_a_sentence(void **unused)
{
	(void)unused;
	begin(INCIDENT_ATTACK, 1);
	incident.severity = SEVERITY_MEDIUM;
	incident.reason = FOR_HELD;
	incident.number = 1234567;
	assert_string_equal(written(words_severity, DESK_EN), "Medium: the shield holds (refusals: 1,234,567), and no citizen is known to suffer.");
	assert_string_equal(written(words_severity, DESK_FR), "Moyenne : le bouclier tient ; il a refusé 1\xc2\xa0" "234\xc2\xa0" "567 fois, sans qu'aucun citoyen en souffre, à notre connaissance.");
	incident.severity = SEVERITY_CRITICAL;
	incident.reason = FOR_UNREACHABLE;
	incident.number = 12;
	assert_string_equal(written(words_severity, DESK_NL), "Kritiek: gedurende 12 min konden burgers het niet bereiken.");
}

static void a_share_is_told_with_who_saw_it(void **unused)
{
	(void)unused;
	begin(INCIDENT_ATTACK, 1);
	assert_string_equal(written(words_citizens, DESK_EN), "How many citizens were served is not known.");
	incident.citizens = (struct citizens){ .expected = 1000, .served = 987, .site_minutes = 4 };
	assert_string_equal(written(words_citizens, DESK_EN), "Of the citizens who usually come, at most 98.7 % were served in time; nobody looked from outside.");
	incident.citizens.probed = incident.citizens.probes = 4;
	incident.citizens.reached = 1;
	assert_string_equal(written(words_citizens, DESK_DE), "Von den Bürgern, die gewöhnlich kommen, wurden 25,0 % rechtzeitig bedient, vom Schild und von außen gesehen.");
	incident.citizens.has_drops = true;
	assert_string_equal(written(words_citizens, DESK_NL), "Van de bezoeken die van buitenaf geprobeerd zijn, is 25,0 % op tijd geholpen; hoeveel burgers er kwamen, is niet bekend.");
	incident.citizens.probes = incident.citizens.probed = 0;
	assert_string_equal(written(words_citizens, DESK_FR), "On ne sait pas combien de citoyens ont été servis.");
}

static void numbers_are_grouped(void **unused)
{
	static const struct {
		uint64_t number;
		const char *text;
	} rows[] = { { 0, "0" }, { 999, "999" }, { 1000, "1.000" }, { 12345, "12.345" }, { 100000, "100.000" }, { UINT64_MAX, "18.446.744.073.709.551.615" } };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out;

		buffer_init(&out, 64);
		assert_ok(words_number(rows[i].number, DESK_NL, &out));
		assert_true(span_equal(buffer_span(&out), span_of(rows[i].text)));
		buffer_done(&out);
	}
}

/* -- every language has every sentence, with the same values in it -- */

static unsigned values_in(const char *words)
{
	static const char *const names[] = { "{site}", "{subject}", "{number}", "{percent}" };
	unsigned found = 0;
	size_t braces = 0, known = 0;

	assert_non_null(words);
	assert_true(words[0] != 0);
	for (const char *at = words; *at; at++)
		braces += *at == '{' || *at == '}';
	for (unsigned i = 0; i < 4; i++) {
		found |= strstr(words, names[i]) ? 1u << i : 0;
		known += strstr(words, names[i]) ? 2 : 0;
	}
	assert_int_equal(braces, known);
	return found;
}

static void languages_say_the_same(void **unused)
{
	(void)unused;
	for (unsigned language = 0; language < DESK_LANGUAGES; language++) {
		const struct words_text *words = &incident_words[language], *english = &incident_words[DESK_EN];

		for (unsigned i = 0; i < TITLE_COUNT; i++) {
			assert_int_equal(values_in(words->titles[i].now), values_in(english->titles[i].now));
			assert_int_equal(values_in(words->titles[i].past), values_in(words->titles[i].now));
		}
		for (unsigned i = 0; i < FOR_COUNT; i++)
			assert_int_equal(values_in(words->reasons[i]), values_in(english->reasons[i]));
		for (unsigned i = 0; i < VANTAGE_COUNT; i++)
			assert_int_equal(values_in(words->vantages[i]), values_in(english->vantages[i]));
		for (unsigned i = 0; i < SEVERITY_COUNT; i++)
			assert_int_equal(values_in(words->severities[i]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(titles_say_what_happened_to_whom),
		cmocka_unit_test(severity_is_told_in_a_sentence),
		cmocka_unit_test(a_share_is_told_with_who_saw_it),
		cmocka_unit_test(numbers_are_grouped),
		cmocka_unit_test(languages_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

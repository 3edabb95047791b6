#include "alert.h"
#include "event/json.h"
#include "hub/alert/message/message.h"
#include "hub/alert/message/words.h"
#include "hub/alert/message/words_text.h"

static struct alert alert;
static struct buffer out;

static int begin(void **state)
{
	(void)test_begin(state);
	test_settings.webhooks = (struct list_value){ &test_webhook, 1 };
	test_settings.syslog = (struct list_value){ &test_syslog, 1 };
	test_plan_make();
	buffer_init(&out, MESSAGE_MAX);
	alert = (struct alert){ .kind = ALERT_OPENED, .id = "incident-17-1768302000.1.mail", .thread = "incident-17-1768302000", .at_s = NOON, .severity = SEVERITY_HIGH, .has_facts = true,
		                    .path_name = "", .why = "" };
	alert_facts_of(test_attack(17, SEVERITY_HIGH, NOON), &alert.facts);
	return 0;
}

static int end(void **state)
{
	buffer_done(&out);
	return test_end(state);
}

static const char *text(enum result (*write)(const struct alert_plan *plan, const struct alert *one, struct buffer *to))
{
	static char copy[MESSAGE_MAX + 1];

	buffer_reset(&out);
	assert_ok(write(&test_plan, &alert, &out));
	assert_ok(span_to_text(buffer_span(&out), copy, sizeof(copy)));
	return copy;
}

static void a_mail_is_as_it_should_be(void **unused)
{
	(void)unused;
	assert_string_equal(text(alert_mail),
	                    "From: Bouclier <shield@commune.example>\r\n"
	                    "To: it@commune.example,\r\n mayor@commune.example\r\n"
	                    "Date: Tue, 13 Jan 2026 11:00:00 +0000\r\n"
	                    "Message-ID: <incident-17-1768302000.1.mail@hub.commune.example>\r\n"
	                    "In-Reply-To: <incident-17-1768302000@hub.commune.example>\r\n"
	                    "References: <incident-17-1768302000@hub.commune.example>\r\n"
	                    "Subject: =?UTF-8?B?W0JvdWNsaWVyXSBIaWdoOiB3d3cuY29tbXVuZS5leGFtcGxlIGlzIHVu?=\r\n"
	                    " =?UTF-8?B?ZGVyIGF0dGFjaw==?=\r\n"
	                    "Importance: high\r\n"
	                    "Auto-Submitted: auto-generated\r\n"
	                    "MIME-Version: 1.0\r\n"
	                    "Content-Type: text/plain; charset=utf-8\r\n"
	                    "Content-Transfer-Encoding: quoted-printable\r\n"
	                    "\r\n"
	                    "www.commune.example is under attack.\r\n"
	                    "\r\n"
	                    "High: the shield holds (refusals: 1,234), and no citizen is known to suffer=\r\n"
	                    ".\r\n"
	                    "How many citizens were served is not known.\r\n"
	                    "\r\n"
	                    "Incident 17, since 2026-01-13 12:00 +0100.\r\n"
	                    "\r\n"
	                    "Please look at it and acknowledge it, so that others know that somebody doe=\r\n"
	                    "s:\r\n"
	                    "https://hub.commune.example:8444/incidents/17\r\n"
	                    "\r\n"
	                    "--=20\r\n"
	                    "Sent by the Bouclier hub hub.commune.example. Who gets this stands in its c=\r\n"
	                    "onfiguration, under hub: alerts.\r\n");
}

/* What stands before the empty line: as many fields as ever, whatever a site or an origin is called. */
static unsigned fields_of(struct span mail)
{
	unsigned fields = 0;

	while (mail.len) {
		struct span line = span_cut(&mail, '\n');

		if (line.len == 1)
			return fields;
		assert_true(line.len && line.at[line.len - 1] == '\r' && line.len <= 79);
		fields += line.at[0] != ' ';
	}
	fail_msg("no end of the head");
	return 0;
}

static const char *const hostile[] = {
	"x\r\nBcc: everybody@example\r\n\r\nbody", "\n.\n", "=?UTF-8?B?AAAA?=", "\xff\xfe", "a\"]\\ x=\"1\" [evil@1 a=\"b\"]", "\x1b[31m", "\xe2\x80\xae\x65lpmaxe", "<script>",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
};

static void nothing_from_outside_adds_a_header_a_line_or_a_member(void **unused)
{
	unsigned fields = (text(alert_mail), fields_of(buffer_span(&out)));

	(void)unused;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct json *root = NULL;

		/* As they are, though alert_facts_of would have cleaned them: each writer is safe by itself. */
		snprintf(alert.facts.site, sizeof(alert.facts.site), "%s", hostile[i]);
		snprintf(alert.facts.subject, sizeof(alert.facts.subject), "%s", hostile[i]);
		alert.path_name = hostile[i];
		alert.why = hostile[i];
		text(alert_mail);
		assert_int_equal(fields_of(buffer_span(&out)), fields);
		for (size_t j = 0; j < buffer_len(&out); j++)
			assert_true(buffer_span(&out).at[j] == '\r' || buffer_span(&out).at[j] == '\n' || (buffer_span(&out).at[j] >= ' ' && buffer_span(&out).at[j] < 0x7f));
		text(alert_json);
		assert_ok(json_read(buffer_span(&out), &root));
		assert_int_equal(json_length(root), 13);
		json_drop(root);
		text(alert_syslog);
		assert_true(span_find(buffer_span(&out), '\n') == buffer_len(&out) && span_find(buffer_span(&out), '\x1b') == buffer_len(&out));
	}
}

static void a_syslog_message_is_as_rfc_5424_says(void **unused)
{
	(void)unused;
	alert.path = 2;
	alert.kind = ALERT_AGAIN;
	snprintf(alert.facts.site, sizeof(alert.facts.site), "a\"b\\c]d");
	assert_string_equal(text(alert_syslog), "<131>1 2026-01-13T11:00:00.000Z hub.commune.example bouclier - again [bouclier@32473 id=\"incident-17-1768302000.1.mail\" "
	                                        "thread=\"incident-17-1768302000\" severity=\"high\" path=\"syslog\" incident=\"17\" site=\"a\\\"b\\\\c\\]d\"] \xef\xbb\xbf"
	                                        "Hoog: Opnieuw: a\"b\\c]d wordt aangevallen");
	alert.kind = ALERT_SELF_TEST;
	alert.has_facts = false;
	assert_string_equal(text(alert_syslog), "<134>1 2026-01-13T11:00:00.000Z hub.commune.example bouclier - self-test [bouclier@32473 id=\"incident-17-1768302000.1.mail\" "
	                                        "thread=\"incident-17-1768302000\" severity=\"high\" path=\"syslog\"] \xef\xbb\xbfWekelijkse test van de meldingen");
}

static void a_webhook_says_what_the_document_says(void **unused)
{
	struct json *root = NULL;

	(void)unused;
	alert.path = 1;
	text(alert_json);
	assert_ok(json_read(buffer_span(&out), &root));
	assert_span(json_text_of(json_find(root, "kind")), "opened");
	assert_span(json_text_of(json_find(root, "title")), "High: www.commune.example is under attack");
	assert_span(json_text_of(json_find(root, "time")), "2026-01-13T11:00:00.000Z");
	assert_span(json_text_of(json_find(json_find(root, "incident"), "site")), "www.commune.example");
	assert_null(json_find(root, "warning"));
	json_drop(root);
	alert.facts = (struct alert_facts){ .is_warning = true, .warning = WARNING_DISK_LOW, .severity = SEVERITY_HIGH, .subject = "/var", .since_s = NOON };
	alert.kind = ALERT_WARNING;
	text(alert_json);
	assert_ok(json_read(buffer_span(&out), &root));
	assert_span(json_text_of(json_find(json_find(root, "warning"), "name")), "disk-low");
	assert_span(json_text_of(json_find(root, "title")), "High: The disk of /var is nearly full");
	assert_null(json_find(root, "incident"));
	json_drop(root);
}

static void a_digest_has_a_line_for_each(void **unused)
{
	static struct alert_held held[2];

	(void)unused;
	held[0] = (struct alert_held){ ALERT_OPENED, NOON, alert.facts };
	held[1] = (struct alert_held){ ALERT_CONTAINED, NOON + HOUR, alert.facts };
	held[1].facts.status = STATUS_CONTAINED;
	alert.kind = ALERT_DIGEST;
	alert.has_facts = false;
	alert.held = held;
	alert.held_count = 2;
	alert.held_more = 5;
	assert_string_equal(text(alert_subject), "Digest: 7 alerts of the quiet hours");
	assert_string_equal(text(alert_text), "This came in the quiet hours, and was not severe enough to disturb you:\n\n"
	                                      "- 2026-01-13 12:00 +0100  High: www.commune.example is under attack\n"
	                                      "- 2026-01-13 13:00 +0100  High: Contained: www.commune.example was attacked\n"
	                                      "And 5 more.\n\n"
	                                      "https://hub.commune.example:8444/\n\n-- \nSent by the Bouclier hub hub.commune.example. Who gets this stands in its configuration, under hub: alerts.\n");
}

static void a_share_of_citizens_is_told(void **unused)
{
	(void)unused;
	alert.facts.vantage = VANTAGE_SHIELD;
	alert.facts.per_mille = 987;
	assert_non_null(strstr(text(alert_text), "at most 98.7 % were served in time; nobody looked from outside."));
}

static const char *const values[] = { "{title}", "{subject}", "{path}", "{why}", "{time}", "{number}", "{count}", "{hub}", "{wave}" };

static unsigned count_of(const char *words, const char *value)
{
	unsigned count = 0;

	for (const char *at = strstr(words, value); at; at = strstr(at + 1, value))
		count++;
	return count;
}

static void check_words(const char *english, const char *words)
{
	assert_non_null(words);
	assert_int_equal(words[0] == 0, english[0] == 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(count_of(words, values[i]), count_of(english, values[i]));
}

static void each_language_says_all_of_it(void **unused)
{
	const struct alert_words *english = &alert_words[DESK_EN];

	(void)unused;
	for (unsigned language = 0; language < DESK_LANGUAGES; language++) {
		const struct alert_words *words = &alert_words[language];

		for (unsigned i = 0; i < ALERT_KINDS; i++) {
			check_words(english->subjects[i], words->subjects[i]);
			check_words(english->first[i], words->first[i]);
		}
		for (unsigned i = 0; i < WARNING_COUNT; i++)
			check_words(english->warnings[i], words->warnings[i]);
		check_words(english->incident, words->incident);
		check_words(english->wave, words->wave);
		check_words(english->what_to_do, words->what_to_do);
		check_words(english->more, words->more);
		check_words(english->foot, words->foot);
		test_plan.paths[0].language = (enum desk_language)language;
		for (unsigned i = 0; i < ALERT_KINDS; i++) {
			alert.kind = (enum alert_kind)i;
			assert_null(strchr(text(alert_subject), '{'));
			assert_null(strchr(text(alert_text), '{'));
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mail_is_as_it_should_be), TEST(nothing_from_outside_adds_a_header_a_line_or_a_member), TEST(a_syslog_message_is_as_rfc_5424_says),
		TEST(a_webhook_says_what_the_document_says), TEST(a_digest_has_a_line_for_each), TEST(a_share_of_citizens_is_told), TEST(each_language_says_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../base/check.h"
#include "incident/people.h"

#define NOW_S 1767657600u

static struct incident *begin(enum incident_status status, const char *owner)
{
	static struct incident incident;

	incident_init(&incident, 1, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	incident.status = status;
	snprintf(incident.owner, sizeof(incident.owner), "%s", owner);
	return &incident;
}

static void moves_are_those_of_the_table(void **unused)
{
	static enum result (*const moves[])(struct incident *incident, struct span who, uint64_t now_s) = { incident_acknowledge, incident_contain, incident_close, incident_reopen };
	static const enum incident_moment_kind kinds[] = { MOMENT_ACKNOWLEDGED, MOMENT_CONTAINED_BY, MOMENT_CLOSED_BY, MOMENT_REOPENED_BY };
	/* By status before and move: the status after; STATUS_COUNT: refused. */
	static const enum incident_status after[STATUS_COUNT][4] = {
		[STATUS_NEW] = { STATUS_ACKNOWLEDGED, STATUS_CONTAINED, STATUS_CLOSED, STATUS_COUNT },
		[STATUS_ACKNOWLEDGED] = { STATUS_ACKNOWLEDGED, STATUS_CONTAINED, STATUS_CLOSED, STATUS_COUNT },
		[STATUS_CONTAINED] = { STATUS_COUNT, STATUS_COUNT, STATUS_CLOSED, STATUS_NEW },
		[STATUS_CLOSED] = { STATUS_COUNT, STATUS_COUNT, STATUS_COUNT, STATUS_NEW },
	};

	(void)unused;
	for (unsigned status = 0; status < STATUS_COUNT; status++) {
		for (unsigned i = 0; i < 4; i++) {
			struct incident *incident = begin((enum incident_status)status, "");
			bool is_allowed = after[status][i] != STATUS_COUNT;

			assert_result(moves[i](incident, SPAN("anne"), NOW_S + 60), is_allowed ? RESULT_OK : RESULT_REFUSED);
			assert_int_equal(incident->status, is_allowed ? after[status][i] : status);
			assert_int_equal(incident->moment_count, is_allowed);
			if (!is_allowed)
				continue;
			assert_int_equal(incident->timeline[0].kind, kinds[i]);
			assert_int_equal(incident->timeline[0].at_s, NOW_S + 60);
			assert_string_equal(incident->timeline[0].who, "anne");
		}
	}
}

static void one_may_give_it_to_another(void **unused)
{
	struct incident *incident = begin(STATUS_NEW, "");

	(void)unused;
	assert_result(incident_own(incident, SPAN("anne"), SPAN(""), NOW_S), RESULT_MALFORMED);
	assert_result(incident_own(incident, SPAN(""), SPAN("bert"), NOW_S), RESULT_MALFORMED);
	assert_int_equal(incident->moment_count, 0);
	assert_ok(incident_own(incident, SPAN("anne"), SPAN("bert"), NOW_S));
	assert_int_equal(incident->status, STATUS_ACKNOWLEDGED);
	assert_string_equal(incident->owner, "bert");
	assert_string_equal(incident->timeline[0].who, "anne");
	assert_string_equal(incident->timeline[0].text, "bert");
	incident = begin(STATUS_CLOSED, "anne");
	assert_result(incident_own(incident, SPAN("anne"), SPAN("bert"), NOW_S), RESULT_REFUSED);
	assert_string_equal(incident->owner, "anne");
}

static void an_owner_stays(void **unused)
{
	struct incident *incident = begin(STATUS_NEW, "");

	(void)unused;
	assert_ok(incident_acknowledge(incident, SPAN("anne"), NOW_S));
	assert_string_equal(incident->owner, "anne");
	assert_ok(incident_close(incident, SPAN("bert"), NOW_S + 1));
	assert_int_equal(incident->closed_s, NOW_S + 1);
	assert_int_equal(incident->held_until_s, NOW_S + 1 + PEOPLE_HOLD_S);
	assert_ok(incident_reopen(incident, SPAN("bert"), NOW_S + 2));
	assert_int_equal(incident->status, STATUS_ACKNOWLEDGED);
	assert_int_equal(incident->closed_s + incident->held_until_s, 0);
	assert_string_equal(incident->owner, "anne");
	assert_ok(incident_acknowledge(incident, SPAN("bert"), NOW_S + 3));
	assert_string_equal(incident->owner, "bert");
}

static void who_must_be_somebody(void **unused)
{
	struct incident *incident = begin(STATUS_NEW, "");
	char longest[INCIDENT_WHO_BYTES + 1];

	(void)unused;
	memset(longest, 'a', sizeof(longest));
	assert_result(incident_acknowledge(incident, SPAN_NONE, NOW_S), RESULT_MALFORMED);
	assert_result(incident_acknowledge(incident, SPAN("an\nne"), NOW_S), RESULT_MALFORMED);
	assert_result(incident_acknowledge(incident, SPAN("an\xff"), NOW_S), RESULT_MALFORMED);
	assert_result(incident_acknowledge(incident, span_make(longest, INCIDENT_WHO_BYTES), NOW_S), RESULT_LIMIT);
	assert_int_equal(incident->status, STATUS_NEW);
	assert_int_equal(incident->moment_count, 0);
	assert_ok(incident_acknowledge(incident, span_make(longest, INCIDENT_WHO_BYTES - 1), NOW_S));
}

static void notes_are_kept_or_refused(void **unused)
{
	struct incident *incident = begin(STATUS_CLOSED, "");
	static char text[INCIDENT_NOTE_BYTES];

	(void)unused;
	memset(text, 'n', sizeof(text));
	assert_result(incident_note(incident, SPAN("anne"), SPAN_NONE, NOW_S), RESULT_MALFORMED);
	assert_result(incident_note(incident, SPAN_NONE, SPAN("a"), NOW_S), RESULT_MALFORMED);
	assert_result(incident_note(incident, SPAN("anne"), SPAN("a\x01"), NOW_S), RESULT_MALFORMED);
	assert_result(incident_note(incident, SPAN("anne"), span_make(text, sizeof(text)), NOW_S), RESULT_LIMIT);
	assert_int_equal(incident->note_count + incident->moment_count, 0);
	for (unsigned i = 0; i < INCIDENT_NOTES_MAX; i++)
		assert_ok(incident_note(incident, SPAN("anne"), i ? span_make(text, sizeof(text) - 1) : SPAN("first line\nsecond line"), NOW_S + i));
	assert_result(incident_note(incident, SPAN("anne"), SPAN("one more"), NOW_S), RESULT_LIMIT);
	assert_int_equal(incident->note_count, INCIDENT_NOTES_MAX);
	assert_int_equal(incident->moment_count, INCIDENT_NOTES_MAX);
	assert_string_equal(incident->notes[0].text, "first line\nsecond line");
	assert_int_equal(strlen(incident->notes[1].text), INCIDENT_NOTE_BYTES - 1);
	assert_int_equal(incident->timeline[1].kind, MOMENT_NOTED);
}

/* When every moment is a person's a move is refused, and nothing has changed. */
static void no_move_goes_unwritten(void **unused)
{
	struct incident *incident = begin(STATUS_NEW, "");

	(void)unused;
	for (unsigned i = 0; i < INCIDENT_TIMELINE_MAX; i++)
		assert_ok(incident_acknowledge(incident, SPAN("anne"), NOW_S));
	assert_result(incident_close(incident, SPAN("anne"), NOW_S), RESULT_LIMIT);
	assert_result(incident_note(incident, SPAN("anne"), SPAN("note"), NOW_S), RESULT_LIMIT);
	assert_int_equal(incident->status, STATUS_ACKNOWLEDGED);
	assert_int_equal(incident->note_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_are_those_of_the_table),
		cmocka_unit_test(one_may_give_it_to_another),
		cmocka_unit_test(an_owner_stays),
		cmocka_unit_test(who_must_be_somebody),
		cmocka_unit_test(notes_are_kept_or_refused),
		cmocka_unit_test(no_move_goes_unwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

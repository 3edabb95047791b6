#include "keep_stage.h"

#include "hub/keep/seconds.h"

/* Calm, an attack, calm for more than is needed to contain it, and a second wave. */
static void play_two_waves(struct keep_play *play)
{
	play_begin(play, 7200);
	play_seconds(play, 2400, 3, 0);
	play_notice(play, play_sites[0], "level", "from normal to attack: requests");
	play_seconds(play, 300, 3, 40);
	play_notice(play, play_sites[0], "level", "from attack to normal");
	play_seconds(play, 1500, 3, 0);
	play_notice(play, play_sites[0], "level", "from normal to attack: requests");
	play_seconds(play, 240, 3, 25);
	play_notice(play, play_sites[0], "level", "from attack to normal");
	play_seconds(play, 2700, 3, 0);
}

static uint64_t total_of(struct store *store, const char *kind)
{
	struct store_totals_ask ask = { .tenants = store_all_tenants, .to_s = UINT32_MAX, .grain = STORE_HOUR, .kind = span_of(kind) };
	struct stage_told told = { .stop_after = 0 };
	uint64_t sum = 0;
	struct span text;

	buffer_init(&told.text, 1 << 16);
	assert_int_equal(store_totals(store, &ask, NULL, stage_hear_total, &told), RESULT_OK);
	text = buffer_span(&told.text);
	while (text.len) {
		struct span line = span_cut(&text, '\n');
		uint64_t number = 0;

		assert_int_equal(span_to_u64(span_skip(line, span_find_last(line, ' ') + 1), UINT64_MAX, &number), RESULT_OK);
		sum += number;
	}
	buffer_done(&told.text);
	return sum;
}

static void an_attack_and_its_second_wave_are_one(void **unused)
{
	struct incident incident;
	struct keep_run run;
	struct keep_play play;

	(void)unused;
	play_two_waves(&play);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	assert_int_equal(keep_incident(run.keep, 1, &incident, NULL), RESULT_OK);
	assert_int_equal(incident.family, INCIDENT_ATTACK);
	assert_int_equal(incident.waves, 2);
	assert_int_equal(incident.status, STATUS_CONTAINED);
	assert_int_equal(incident.decisions[DECISION_BLOCK], 300 * 40 + 240 * 25);
	assert_string_equal(incident.sites[0].name, play_sites[0]);
	assert_string_equal(incident.sites[0].tenant, "commune");
	assert_int_equal(keep_incident(run.keep, 2, &incident, NULL), RESULT_NOT_FOUND);
	assert_int_equal(total_of(run.store, "events"), play.events[0] + play.events[1]);
	run_end(&run);
	play_end(&play);
}

/* The law: whoever is killed, wherever, has in the end the same incidents as who was not, and the same rows and totals. */
static void a_kill_changes_nothing(void **unused)
{
	char folder[] = "/tmp/bouclier-keep-XXXXXX";
	struct buffer whole, killed;
	struct keep_play play;
	struct keep_run run;
	unsigned kills = 0;

	(void)unused;
	play_two_waves(&play);
	assert_non_null(mkdtemp(folder));
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	run_end(&run);
	assert_int_equal(store_open(span_of(play.stage.folder), NULL, &run.store), RESULT_OK);
	run_incidents(run.store, &whole);
	store_close(run.store);
	/* Soon after it has begun, and past the 600 seconds after which it writes down where it is, at ever other places: so it gets on, and not far. */
	while (!run_killed(&play, folder, kills % 2 ? 601 + 7 * kills : 1 + kills)) {
		kills++;
		assert_true(kills < 100);
	}
	assert_true(kills > 10);
	run_begin(&run, &play, folder);
	run_until_now(&run);
	keep_free(run.keep);
	run_incidents(run.store, &killed);
	if (!span_equal(buffer_span(&killed), buffer_span(&whole)))
		fail_msg("after %u kills\n%.*s\nnot\n%.*s", kills, SPAN_ARG(buffer_span(&killed)), SPAN_ARG(buffer_span(&whole)));
	assert_int_equal(total_of(run.store, "events"), play.events[0] + play.events[1]);
	store_close(run.store);
	loop_done(&run.loop);
	buffer_done(&whole);
	buffer_done(&killed);
	stage_empty(folder);
	assert_int_equal(rmdir(folder), 0);
	play_end(&play);
}

/* The beginning of the journal is the beginning of the shield: what came in its first second is counted like any other. */
static void the_first_second_counts(void **unused)
{
	struct keep_second seconds[KEEP_SECONDS];
	struct incident incident;
	struct keep_play play;
	struct keep_run run;
	uint64_t blocked = 0;

	(void)unused;
	play_begin(&play, 60);
	play_notice(&play, play_sites[0], "level", "from normal to attack: requests");
	play_seconds(&play, 1, 3, 150);
	play_seconds(&play, 57, 3, 0);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	assert_int_equal(keep_incident(run.keep, 1, &incident, NULL), RESULT_OK);
	assert_int_equal(incident.decisions[DECISION_BLOCK], 150);
	for (size_t i = keep_seconds(run.keep, span_of(play_sites[0]), seconds, KEEP_SECONDS); i-- > 0;)
		blocked += seconds[i].decisions[DECISION_BLOCK];
	assert_int_equal(blocked, 150);
	run_end(&run);
	play_end(&play);
}

static uint64_t blocked_of(struct keep_run *run, uint64_t id)
{
	struct incident incident;

	assert_int_equal(keep_incident(run->keep, id, &incident, NULL), RESULT_OK);
	return incident.decisions[DECISION_BLOCK];
}

/* What was followed up to AT_S by a hub that is gone: the journal behind it is there already, and is read by the next one. */
static void play_restart(struct keep_play *play, uint64_t at_s)
{
	run_killed(play, play->stage.folder, (unsigned)(at_s - play->begin_s));
}

/* It said nothing for longer than what is read again after a start: how much its next line is, only who remembers the last one knows. */
static void a_site_that_was_silent_over_a_restart_loses_nothing(void **unused)
{
	struct keep_play play;
	struct keep_run run;
	uint64_t at_s;

	(void)unused;
	play_begin(&play, 4000);
	play_seconds(&play, 870, 3, 0);           /* both, */
	play_seconds(&play, 30, 3, 1);            /* so that there are totals: too few for an incident */
	play_one(&play, 1, 1500, 3, 0);           /* the first is silent for 25 minutes, */
	at_s = play.now_s;
	play_one(&play, 1, 60, 3, 0);
	play_notice(&play, play_sites[0], "level", "from normal to attack: requests");
	play_one(&play, 0, 1, 0, 500);            /* ... and then is attacked, at once */
	play_one(&play, 0, 10, 0, 7);
	play_seconds(&play, 1500, 3, 0);
	play_restart(&play, at_s);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	assert_int_equal(blocked_of(&run, 1), 500 + 10 * 7);
	assert_int_equal(total_of(run.store, "events"), play.events[0] + play.events[1]);
	run_end(&run);
	play_end(&play);
}

/* Nobody ever heard of it, and the shield was followed from its first second on: all of it is new. */
static void a_site_that_first_speaks_after_a_restart_loses_nothing(void **unused)
{
	struct keep_play play;
	struct keep_run run;
	uint64_t at_s;

	(void)unused;
	play_begin(&play, 4000);
	play_one(&play, 1, 2000, 3, 0);
	at_s = play.now_s;
	play_one(&play, 1, 60, 3, 0);
	play_notice(&play, play_sites[0], "level", "from normal to attack: requests");
	play_one(&play, 0, 1, 0, 300);
	play_one(&play, 1, 1500, 3, 0);
	play_restart(&play, at_s);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	assert_int_equal(blocked_of(&run, 1), 300);
	run_end(&run);
	play_end(&play);
}

/* -- people -- */

static struct keep_order order_of(enum keep_deed deed, uint64_t version, const char *text)
{
	return (struct keep_order){ .deed = deed, .id = 1, .version = version, .who = SPAN("anna"), .text = span_of(text) };
}

static void what_people_do_is_kept(void **unused)
{
	struct keep_order order = order_of(KEEP_ACKNOWLEDGE, 1, "I look at it");
	struct incident incident;
	struct keep_play play;
	struct keep_run run;

	(void)unused;
	play_two_waves(&play);
	play_notice(&play, play_sites[1], "level", "from normal to attack: requests");
	play_seconds(&play, 30, 3, 0);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	order.id = 2;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_OK);
	assert_int_equal(incident.status, STATUS_ACKNOWLEDGED);
	assert_string_equal(incident.owner, "anna");
	assert_string_equal(incident.notes[0].text, "I look at it");
	assert_int_equal(keep_version(&incident), 3);
	order = order_of(KEEP_OWN, 1, "bart");
	order.id = 2;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_END);  /* he has read an older one */
	order.version = 3;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_OK);
	assert_string_equal(incident.owner, "bart");
	order = order_of(KEEP_REOPEN, 0, "");
	order.id = 2;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_REFUSED);  /* it is not over */
	order.id = 77;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_NOT_FOUND);
	order = order_of(KEEP_NOTE, 0, "");
	order.id = 2;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_MALFORMED);  /* nothing noted */
	run_end(&run);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	assert_int_equal(keep_incident(run.keep, 2, &incident, NULL), RESULT_OK);
	assert_string_equal(incident.owner, "bart");
	assert_int_equal(incident.note_count, 1);
	run_end(&run);
	play_end(&play);
}

struct heard {
	struct keep_watch watch;
	unsigned changes, again;
	uint64_t last_id;
};

static void hear(struct keep_watch *watch, const struct keep_change *change)
{
	struct heard *heard = list_entry(watch, struct heard, watch.node);

	heard->changes += !change->is_again;
	heard->again += change->is_again;
	heard->last_id = change->incident->id;
	assert_true(change->version >= 1 && change->at_s);
}

/* Of an hour ago nobody is told; of what goes on everybody is, once it has caught up. */
static void watchers_are_told_of_now(void **unused)
{
	struct heard heard = { .watch = { .changed = hear } };
	struct keep_order order = order_of(KEEP_CLOSE, 0, "");
	struct incident incident;
	struct keep_play play;
	struct keep_run run;

	(void)unused;
	play_begin(&play, 3600);
	play_seconds(&play, 1200, 3, 0);
	play_notice(&play, play_sites[1], "level", "from normal to attack: requests");
	play_seconds(&play, 2390, 3, 0);
	run_begin(&run, &play, play.stage.folder);
	keep_watch(run.keep, &heard.watch);
	run_until_now(&run);
	assert_int_equal(heard.again, 1);
	assert_int_equal(heard.last_id, 1);
	assert_true(heard.changes <= 10);  /* of the last minutes alone */
	heard.changes = 0;
	assert_int_equal(keep_order(run.keep, &order, &incident, NULL), RESULT_OK);
	assert_int_equal(heard.changes, 1);
	keep_unwatch(&heard.watch);
	run_end(&run);
	play_end(&play);
}

/* The folder was emptied, and the same numbers are other lines: what they say of seconds that are over is not said again. */
static void another_journal_is_no_second_telling(void **unused)
{
	struct incident incident;
	struct keep_play play;
	struct keep_run run;

	(void)unused;
	play_begin(&play, 1500);
	play_seconds(&play, 600, 3, 0);
	play_notice(&play, play_sites[0], "level", "from normal to attack: requests");
	play_seconds(&play, 300, 3, 40);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	run_end(&run);
	for (unsigned i = 0; i < STREAM_MAX; i++)
		stream_writer_done(&play.stage.streams[i]);
	stage_empty(play.stage.journal);
	stage_streams(&play.stage);
	play.now_s -= 60;
	play_seconds(&play, 60, 3, 40);
	run_begin(&run, &play, play.stage.folder);
	run_until_now(&run);
	assert_int_equal(keep_incident(run.keep, 1, &incident, NULL), RESULT_OK);
	assert_int_equal(incident.decisions[DECISION_BLOCK], 300 * 40);
	assert_int_equal(keep_incident(run.keep, 2, &incident, NULL), RESULT_NOT_FOUND);
	run_end(&run);
	play_end(&play);
}

static void the_last_seconds_are_known(void **unused)
{
	uint64_t numbers[COUNTS_NUMBERS] = { 0 };
	struct keep_second out[3];
	struct seconds *seconds;

	(void)unused;
	assert_int_equal(seconds_new(&seconds), RESULT_OK);
	numbers[COUNTS_DECISIONS + DECISION_ALLOW * COUNTS_CLASSES + 2] = 5;
	numbers[COUNTS_CONNECTIONS + DECISION_DROP] = 2;
	seconds_add(seconds, SPAN("a"), 1000, numbers);
	seconds_add(seconds, SPAN("b"), 1000, numbers);
	seconds_add(seconds, SPAN("a"), 1002, numbers);
	seconds_read(seconds, SPAN("a"), 1002, out, 3);
	assert_int_equal(out[0].at_s, 1000);
	assert_int_equal(out[0].decisions[DECISION_ALLOW], 5);
	assert_int_equal(out[1].decisions[DECISION_ALLOW], 0);
	assert_int_equal(out[2].decisions[DECISION_DROP], 2);
	seconds_read(seconds, SPAN_NONE, 1000, out, 1);
	assert_int_equal(out[0].decisions[DECISION_ALLOW], 10);
	seconds_read(seconds, SPAN("nobody"), 1000, out, 1);
	assert_int_equal(out[0].decisions[DECISION_ALLOW], 0);
	seconds_add(seconds, SPAN("a"), 1000 + KEEP_SECONDS, numbers);
	seconds_add(seconds, SPAN("a"), 1000, numbers);  /* too old by now */
	seconds_read(seconds, SPAN("a"), 1000 + KEEP_SECONDS, out, 1);
	assert_int_equal(out[0].decisions[DECISION_ALLOW], 5);
	assert_int_equal(seconds_site_count(seconds), 2);
	seconds_free(seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attack_and_its_second_wave_are_one),
		cmocka_unit_test(a_kill_changes_nothing),
		cmocka_unit_test(the_first_second_counts), cmocka_unit_test(a_site_that_was_silent_over_a_restart_loses_nothing),
		cmocka_unit_test(a_site_that_first_speaks_after_a_restart_loses_nothing),
		cmocka_unit_test(what_people_do_is_kept),
		cmocka_unit_test(watchers_are_told_of_now),
		cmocka_unit_test(another_journal_is_no_second_telling),
		cmocka_unit_test(the_last_seconds_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

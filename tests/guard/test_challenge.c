/* Who gets which token: work before waiting, once for each puzzle, so many a network; and nobody is sent round in circles. */
#include "asking.h"
#include "solving.h"

#include "base/banned.h"

#define HOME "192.0.2.1"
#define NOBODY 99u

struct scene {
	struct challenge_memory *memory;
	struct visit visit;
	struct puzzle puzzle;
	char line[PUZZLE_TEXT_LEN], found[PUZZLE_SOLUTION_MAX + 1];
};

static struct scene scene_new(void)
{
	struct scene scene = { .memory = memory_new() };

	scene.visit = (struct visit){ .asker = asker_at(scene.memory, HOME, START_S * 1000), .now_us = START_US, .client = 5 };
	return scene;
}

static struct span text_of(const struct scene *scene)
{
	return span_make(scene->line, sizeof(scene->line));
}

static void later(struct scene *scene, uint64_t ms)
{
	scene->visit.asker.now_ms += ms;
	scene->visit.now_us += ms * 1000;
}

/* The page: a puzzle, and the cookie that goes with it if this browser KEEPS any. */
static void ask(struct scene *scene, bool keeps)
{
	struct token asked = challenge_asked(&scene->visit);

	scene->puzzle = challenge_puzzle(&scene->visit, LANE_PLAUSIBLE, 0);
	if (scene->puzzle.bits)
		scene->puzzle.bits = 6;  /* a test has no time for more */
	assert_ok(puzzle_write(&scene->visit.asker, &scene->puzzle, scene->line));
	scene->visit.has_token = keeps;
	if (keeps)
		scene->visit.shown = asked;
}

static enum result work(struct scene *scene, struct token *token)
{
	enum result result = challenge_admit_work(scene->memory, &scene->visit, text_of(scene),
	                                          solve(text_of(scene), &scene->puzzle, NOBODY, scene->found), token);

	if (result == RESULT_OK)
		scene->visit.shown = *token;
	return result;
}

static enum result come_back(struct scene *scene, struct token *token)
{
	uint64_t left_ms;

	return challenge_admit_wait(scene->memory, &scene->visit, text_of(scene), token, &left_ms);
}

static void work_is_paid_once(void **state)
{
	struct scene scene = scene_new();
	struct token token;
	uint64_t left_ms;

	(void)state;
	ask(&scene, true);
	assert_ok(work(&scene, &token));
	assert_int_equal(token.lane, TOKEN_WORK);
	assert_int_equal(token.lifetime_s, TOKEN_LIFETIME_S);
	assert_int_equal(token.solved, 1);
	assert_result(work(&scene, &token), RESULT_REFUSED);
	later(&scene, 6000);
	assert_result(challenge_admit_wait(scene.memory, &scene.visit, text_of(&scene), &token, &left_ms), RESULT_REFUSED);
	free(scene.memory);
}

static void a_wait_lets_in_lower(void **state)
{
	struct scene scene = scene_new();
	struct token token;
	uint64_t left_ms = 0;

	(void)state;
	ask(&scene, true);
	assert_result(challenge_admit_wait(scene.memory, &scene.visit, text_of(&scene), &token, &left_ms), RESULT_MORE);
	assert_int_equal(left_ms, scene.puzzle.wait_s * 1000);
	later(&scene, left_ms);
	assert_ok(come_back(&scene, &token));
	assert_int_equal(token.lane, TOKEN_WAITED);
	assert_result(come_back(&scene, &token), RESULT_REFUSED);
	free(scene.memory);
}

/* Work alone is not enough, or the page would be seen for ever; a wait is, and then that program of that network is not asked. */
static void without_cookies_there_is_no_circle(void **state)
{
	struct scene scene = scene_new();
	struct token token;

	(void)state;
	ask(&scene, false);
	assert_result(work(&scene, &token), RESULT_NOT_FOUND);
	assert_false(challenge_passes(scene.memory, &scene.visit));
	later(&scene, 6000);
	assert_ok(come_back(&scene, &token));
	assert_int_equal(token.lane, TOKEN_LOW);
	assert_true(challenge_passes(scene.memory, &scene.visit));
	scene.visit.client++;
	assert_false(challenge_passes(scene.memory, &scene.visit));
	scene.visit.client--;
	later(&scene, CHALLENGE_PASS_US / 1000);
	assert_false(challenge_passes(scene.memory, &scene.visit));
	free(scene.memory);
}

static void two_are_enough(void **state)
{
	struct scene scene = scene_new();
	struct token token;

	(void)state;
	for (unsigned i = 1; i <= CHALLENGE_SOLVED_MAX; i++) {
		ask(&scene, true);
		assert_int_equal(scene.puzzle.parts, PUZZLE_PARTS_MAX);
		assert_ok(work(&scene, &token));
		assert_int_equal(token.solved, i);
		later(&scene, 60000);
	}
	ask(&scene, true);
	assert_true(challenge_is_looping(&scene.visit));
	assert_int_equal(scene.puzzle.parts, 0);
	later(&scene, 6000);
	assert_ok(come_back(&scene, &token));
	assert_int_equal(token.lane, TOKEN_LOW);
	later(&scene, CHALLENGE_SOLVED_S * 1000);
	assert_false(challenge_is_looping(&scene.visit));
	ask(&scene, true);
	assert_ok(work(&scene, &token));
	assert_int_equal(token.solved, 1);
	free(scene.memory);
}

/* 128 at once and one every two seconds; who comes then waits, and is let in. Another network is not concerned. */
static void a_network_gets_so_many(void **state)
{
	struct scene scene = scene_new();
	struct token token;

	(void)state;
	for (unsigned i = 0; i < CHALLENGE_ISSUED_BURST; i++) {
		scene.visit.has_token = false;
		ask(&scene, true);
		assert_ok(work(&scene, &token));
	}
	scene.visit.has_token = false;
	ask(&scene, true);
	assert_result(work(&scene, &token), RESULT_LIMIT);
	scene.visit.asker.source = address_of("192.0.2.2");
	ask(&scene, true);
	assert_ok(work(&scene, &token));
	scene.visit.asker.source = address_of(HOME);
	scene.visit.has_token = false;
	later(&scene, CHALLENGE_ISSUED_EVERY_US / 1000);
	ask(&scene, true);
	assert_ok(work(&scene, &token));
	scene.visit.has_token = false;
	ask(&scene, true);
	scene.visit.asker.now_ms += 6000;  /* the wait is over, and no new place has come */
	assert_ok(come_back(&scene, &token));
	assert_int_equal(token.lane, TOKEN_LOW);
	free(scene.memory);
}

/* A /48 that the table of sources calls one source gets no more than a source does, from however many of its /64s they come. */
static void a_wide_source_is_one(void **state)
{
	static const struct { enum source_kind kind; unsigned issued; } table[] = {
		{ SOURCE_V6_WIDE, CHALLENGE_ISSUED_BURST }, { SOURCE_V6, CHALLENGE_ISSUED_BURST + 20 }, { SOURCE_NONE, CHALLENGE_ISSUED_BURST + 20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct scene scene = scene_new();
		struct token token;
		unsigned issued = 0;

		for (unsigned k = 0; k < CHALLENGE_ISSUED_BURST + 20; k++) {
			struct address source = address_of("2001:db8:1::1");

			source.bytes[7] = (uint8_t)k;
			scene.visit.asker.source = source;
			scene.visit.source = source_key_of(&source);
			if (table[i].kind == SOURCE_V6_WIDE)
				scene.visit.source.bits &= ~(uint64_t)0xffff;
			scene.visit.source.kind = table[i].kind;
			issued += challenge_let_in(scene.memory, &scene.visit, 600, &token) == RESULT_OK;
		}
		assert_int_equal(issued, table[i].issued);
		free(scene.memory);
	}
}

/* A person let the network in: each browser has that in writing for as long as it lasts, and no more of them than work would get. */
static void who_is_let_in_by_a_person(void **state)
{
	struct scene scene = scene_new();
	struct token token;

	(void)state;
	scene.visit.has_token = false;
	for (unsigned i = 0; i < CHALLENGE_ISSUED_BURST; i++) {
		assert_ok(challenge_let_in(scene.memory, &scene.visit, 600, &token));
		assert_true(token.lane == TOKEN_WORK && token.lifetime_s == 600);
	}
	assert_result(challenge_let_in(scene.memory, &scene.visit, 600, &token), RESULT_LIMIT);
	later(&scene, CHALLENGE_ISSUED_EVERY_US / 1000);
	assert_ok(challenge_let_in(scene.memory, &scene.visit, 86400, &token));
	assert_int_equal(token.lifetime_s, TOKEN_LIFETIME_S);
	free(scene.memory);
}

static void a_puzzle_may_move(void **state)
{
	struct scene scene = scene_new();
	struct token token;

	(void)state;
	ask(&scene, true);
	scene.visit.asker.source = address_of("198.51.100.1");
	assert_ok(work(&scene, &token));
	assert_int_equal(token.lane, TOKEN_WAITED);
	free(scene.memory);
}

static void budgets(void **state)
{
	struct scene scene = scene_new();
	struct token token = token_new(&scene.visit.asker, TOKEN_WORK, 600), other = token_new(&scene.visit.asker, TOKEN_WORK, 600);
	const struct challenge_account mine = challenge_account_of_token(&token), others = challenge_account_of_token(&other);

	(void)state;
	for (unsigned i = 0; i < CHALLENGE_BUDGET_BURST; i++)
		assert_true(challenge_is_within(scene.memory, &mine, scene.visit.now_us));
	assert_false(challenge_is_within(scene.memory, &mine, scene.visit.now_us));
	assert_true(challenge_is_within(scene.memory, &others, scene.visit.now_us));
	assert_true(challenge_is_within(scene.memory, &mine, scene.visit.now_us + CHALLENGE_BUDGET_EVERY_US));
	free(scene.memory);
}

/* A visitor asks for a page each EVERY_MS, PAGES of them, and each takes COST_MS of an origin: how many found him beyond what he has. */
static unsigned browse(struct scene *scene, const struct challenge_account *account, unsigned pages, unsigned every_ms, unsigned cost_ms)
{
	unsigned beyond = 0;

	for (unsigned i = 0; i < pages; i++) {
		beyond += challenge_owes_time(scene->memory, account, scene->visit.now_us);
		later(scene, every_ms);
		challenge_charge(scene->memory, account, (uint64_t)cost_ms * 1000, scene->visit.now_us);
	}
	return beyond;
}

/* What one person's browser takes of the origins, by hurry and by how dear the portal's pages are, and what machines with his token would. */
static void time_of_origins(void **state)
{
	static const struct { unsigned pages, every_ms, cost_ms, beyond_least, beyond_most; } table[] = {
		{ 28800, 3000, 1000, 0, 0 },       /* a person, a whole day long */
		{ 28800, 3000, 500, 0, 0 },
		{ 30, 0, 1000, 0, 0 },             /* a window that is opened again */
		{ 10, 0, 3000, 0, 0 },             /* an origin in trouble */
		{ 60, 2000, 1000, 0, 0 },          /* in a great hurry, for two minutes */
		{ 12000, 50, 5, 0, 0 },            /* a program that asks for what is cheap: his other budget is for that */
		{ 12000, 50, 500, 11900, 11939 },  /* twenty a second of what is not, for ten minutes: the first three seconds, and less than one in fifty then */
		{ 600, 1000, 1000, 540, 560 },     /* and slowly, all the time */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct scene scene = scene_new();
		struct token token = token_new(&scene.visit.asker, TOKEN_WORK, 600);
		const struct challenge_account account = challenge_account_of_token(&token);
		unsigned beyond = browse(&scene, &account, table[i].pages, table[i].every_ms, table[i].cost_ms);

		if (beyond < table[i].beyond_least || beyond > table[i].beyond_most)
			fail_msg("row %zu: %u", i, beyond);
		/* However long it went on: it is within again so soon after it has stopped. */
		later(&scene, (CHALLENGE_COST_BURSTS - 1) * CHALLENGE_COST_TIMES * (CHALLENGE_COST_BURST_US / 1000));
		assert_false(challenge_owes_time(scene.memory, &account, scene.visit.now_us));
		free(scene.memory);
	}
}

/* To the millisecond, each for himself, and never for what nobody showed. */
static void whose_time_it_is(void **state)
{
	struct scene scene = scene_new();
	struct token token = token_new(&scene.visit.asker, TOKEN_WORK, 600), other = token_new(&scene.visit.asker, TOKEN_WORK, 600);
	const struct challenge_account mine = challenge_account_of_token(&token), others = challenge_account_of_token(&other), nobodys = { { 0, 0 } };
	const struct challenge_account pass = challenge_account_of_pass(&scene.visit);

	(void)state;
	challenge_charge(scene.memory, &mine, CHALLENGE_COST_BURST_US, scene.visit.now_us);
	assert_false(challenge_owes_time(scene.memory, &mine, scene.visit.now_us));
	challenge_charge(scene.memory, &mine, 1000, scene.visit.now_us);
	assert_true(challenge_owes_time(scene.memory, &mine, scene.visit.now_us));
	assert_true(challenge_is_within(scene.memory, &mine, scene.visit.now_us));  /* of requests it has more */
	assert_false(challenge_owes_time(scene.memory, &others, scene.visit.now_us) || challenge_owes_time(scene.memory, &pass, scene.visit.now_us));
	challenge_memory_open(scene.memory, START_S * 1000, scene.visit.now_us);  /* another edge */
	assert_true(challenge_owes_time(scene.memory, &mine, scene.visit.now_us));
	later(&scene, CHALLENGE_COST_TIMES);
	assert_false(challenge_owes_time(scene.memory, &mine, scene.visit.now_us));
	challenge_charge(scene.memory, &nobodys, 10 * (uint64_t)CHALLENGE_COST_BURST_US, scene.visit.now_us);
	assert_false(challenge_owes_time(scene.memory, &nobodys, scene.visit.now_us));
	challenge_charge(scene.memory, &pass, CHALLENGE_COST_BURST_US + 1, scene.visit.now_us);
	assert_true(challenge_owes_time(scene.memory, &pass, scene.visit.now_us));
	free(scene.memory);
}

/* A person looks at three pages at once and then reads; a program asks seven times a second, and goes on asking when it is refused. */
static void a_persons_pace(void **state)
{
	struct scene person = scene_new(), program = person;
	unsigned within = 0;

	(void)state;
	program.visit.asker = asker_at(program.memory, "198.51.100.7", START_S * 1000);
	for (unsigned page = 0; page < 200; page++) {
		assert_true(challenge_is_at_human_pace(person.memory, &person.visit, CHALLENGE_PAGE));
		for (unsigned part = 0; part < (page < 3 ? 20 : 3); part++)  /* then his browser has most of them */
			assert_true(challenge_is_at_human_pace(person.memory, &person.visit, CHALLENGE_PART));
		later(&person, page < 1 ? 0 : 4000);
	}
	for (unsigned i = 0; i < 7 * 600; i++) {
		within += challenge_is_at_human_pace(program.memory, &program.visit, CHALLENGE_PAGE);
		later(&program, 1000 / 7);
	}
	assert_int_equal(within, CHALLENGE_PACE_AT_ONCE);  /* from then on it hammers */
	assert_false(challenge_was_at_human_pace(program.memory, &program.visit, CHALLENGE_PAGE));
	assert_true(challenge_was_at_human_pace(person.memory, &person.visit, CHALLENGE_PAGE));
	/* Another name does not help: it is the source that counts. And when it has stopped for a while it is believed again. */
	program.visit.client++;
	assert_false(challenge_is_at_human_pace(program.memory, &program.visit, CHALLENGE_PAGE));
	later(&program, CHALLENGE_PACE_TIMES * CHALLENGE_PACE_PAGES * (CHALLENGE_PACE_PAGE_US / 1000));
	assert_true(challenge_is_at_human_pace(program.memory, &program.visit, CHALLENGE_PAGE));
	free(person.memory);
}

/* A look counts nothing. Three pages that are asked at once are too many for all three, once the last one has come, and for a while; it passes for who comes back as our page
 * tells him. One after the other they are not too many, nor is the one that he has just proved himself for. */
static void a_pause_shows_the_pace(void **state)
{
	struct scene scene = scene_new();

	(void)state;
	for (unsigned page = 0; page < CHALLENGE_PACE_AT_ONCE; page++) {
		assert_true(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
		assert_true(challenge_was_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	}
	assert_false(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	later(&scene, 5000);
	assert_false(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	assert_true(challenge_was_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PART));
	later(&scene, 5000);
	assert_true(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	later(&scene, 60000);
	for (unsigned page = 0; page <= CHALLENGE_PACE_PAGES; page++) {  /* one more, in the seconds that this takes */
		assert_true(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
		later(&scene, CHALLENGE_PAUSE_MS);
	}
	assert_false(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	later(&scene, 120000);
	assert_true(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	assert_true(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_ENTRY));
	assert_true(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	assert_false(challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PAGE));
	assert_false(challenge_was_at_human_pace(scene.memory, &scene.visit, CHALLENGE_ENTRY));
	free(scene.memory);
}

/* Who has shown nothing has the parts of a page or two, whatever he waits for; and nothing of that is held against him once he has. */
static void parts_of_the_unproven(void **state)
{
	struct scene scene = scene_new();
	unsigned unproven = 0, proven = 0;

	(void)state;
	for (unsigned second = 0; second < 60; second++) {
		for (unsigned i = 0; i < 10; i++)
			unproven += challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PART_UNPROVEN);
		later(&scene, 1000);
	}
	for (unsigned i = 0; i < 2 * CHALLENGE_PACE_PARTS; i++)
		proven += challenge_is_at_human_pace(scene.memory, &scene.visit, CHALLENGE_PART);
	assert_int_equal(proven, CHALLENGE_PACE_PARTS);
	assert_in_range(unproven, CHALLENGE_UNPROVEN_PARTS, CHALLENGE_UNPROVEN_PARTS + 2);  /* what it earns meanwhile; then it hammers */
	free(scene.memory);
}

/* Of those who share an address each has a pace of his own; one that hammers has none of the others'. */
static void pace_of_a_token(void **state)
{
	struct scene scene = scene_new();
	struct token office[40], bot = token_new(&scene.visit.asker, TOKEN_WORK, TOKEN_LIFETIME_S);
	unsigned within = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		office[i] = token_new(&scene.visit.asker, TOKEN_WORK, TOKEN_LIFETIME_S);
	for (unsigned second = 0; second < 60; second++) {
		for (unsigned i = 0; i < 40; i++) {
			if ((second + i) % 4 == 0)
				assert_true(challenge_token_is_at_human_pace(scene.memory, &office[i], true, scene.visit.now_us));
		}
		for (unsigned i = 0; i < 7; i++)
			within += challenge_token_is_at_human_pace(scene.memory, &bot, true, scene.visit.now_us);
		later(&scene, 1000);
	}
	assert_int_equal(within, CHALLENGE_PACE_PAGES);
	free(scene.memory);
}

static void memory_outlives_an_edge(void **state)
{
	struct scene scene = scene_new();
	struct token token;

	(void)state;
	ask(&scene, true);
	assert_ok(work(&scene, &token));
	challenge_memory_open(scene.memory, START_S * 1000 + 5000, START_US + 5000000);
	assert_result(work(&scene, &token), RESULT_REFUSED);
	free(scene.memory);
}

/* Nine minutes after it was spent the wall clock is set back by as much, and the next edge begins by it: the puzzle is as old as it is. */
static void a_wall_clock_set_back(void **state)
{
	struct scene scene = scene_new();
	struct token token;
	uint64_t later_us = START_US + 9 * 60000000ull;

	(void)state;
	ask(&scene, true);
	assert_ok(work(&scene, &token));
	for (unsigned i = 0; i < 2; i++, later_us += 2 * 60000000ull) {
		challenge_memory_open(scene.memory, START_S * 1000, later_us);
		challenge_memory_turn(scene.memory, later_us);
		scene.visit.asker.now_ms = challenge_now_ms(scene.memory, later_us);
		scene.visit.now_us = later_us;
		assert_int_equal(scene.visit.asker.now_ms, START_S * 1000 + (later_us - START_US) / 1000);
		assert_result(work(&scene, &token), RESULT_TIMEOUT);
	}
	free(scene.memory);
}

/* A machine whose clock starts in 1970 challenges from its first second on. */
static void a_clock_of_1970(void **state)
{
	static const uint64_t walls_ms[] = { 0, 500, 3000, 60000 };

	(void)state;
	for (size_t i = 0; i < sizeof(walls_ms) / sizeof(*walls_ms); i++) {
		struct scene scene = scene_new();
		struct token token;

		memset(scene.memory, 0, sizeof(*scene.memory));
		scene.visit.now_us = 2000000;
		challenge_memory_open(scene.memory, walls_ms[i], scene.visit.now_us);
		scene.visit.asker.now_ms = challenge_now_ms(scene.memory, scene.visit.now_us);
		ask(&scene, true);
		assert_ok(work(&scene, &token));
		free(scene.memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_paid_once), cmocka_unit_test(a_wait_lets_in_lower), cmocka_unit_test(without_cookies_there_is_no_circle),
		cmocka_unit_test(two_are_enough), cmocka_unit_test(a_network_gets_so_many), cmocka_unit_test(a_wide_source_is_one), cmocka_unit_test(who_is_let_in_by_a_person), cmocka_unit_test(a_puzzle_may_move),
		cmocka_unit_test(budgets), cmocka_unit_test(time_of_origins), cmocka_unit_test(whose_time_it_is), cmocka_unit_test(a_persons_pace), cmocka_unit_test(a_pause_shows_the_pace), cmocka_unit_test(parts_of_the_unproven),
		cmocka_unit_test(pace_of_a_token), cmocka_unit_test(memory_outlives_an_edge), cmocka_unit_test(a_wall_clock_set_back),
		cmocka_unit_test(a_clock_of_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

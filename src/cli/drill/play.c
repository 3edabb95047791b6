#include "cli/drill/play.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "cli/drill/citizen.h"
#include "cli/drill/flood.h"
#include "cli/drill/slow.h"

#include "base/banned.h"

#define PEOPLE_MAX 64u
#define PULSE_MS 16u
#define LATE_MS 250u          /* a turn that comes so much later says that this machine has no time */
#define OTHER_DESCRIPTORS 256u

struct play {
	struct stage stage;
	struct citizen people[PEOPLE_MAX];
	unsigned people_count;
	struct flood pages, forms;
	struct slow slow;
	struct timer pulse;
};

enum drill_window drill_window_at(const struct drill_acts *acts, uint64_t now_ms)
{
	uint64_t begin_ms = acts->begin_ms, attack_ms = begin_ms + acts->calm_ms, after_ms = attack_ms + acts->attack_ms;

	if (!begin_ms || now_ms < attack_ms)
		return WINDOW_CALM;
	if (now_ms >= after_ms)
		return WINDOW_AFTER;
	return now_ms < attack_ms + DRILL_ONSET_MS ? WINDOW_ONSET : WINDOW_ATTACK;
}

static void pulse(struct timer *timer)
{
	struct play *play = list_entry(timer, struct play, pulse);
	struct drill_tally *tally = play->stage.tally;
	uint64_t now_ms = play->stage.loop.now_ms;

	tally->turns++;
	tally->late_turns += now_ms > timer->due_ms + LATE_MS;
	tally->window = drill_window_at(&tally->acts, now_ms);
	timer_set(&play->stage.loop.timers, timer, now_ms + PULSE_MS);
}

/* Citizens need descriptors too. */
static unsigned connections_each(void)
{
	unsigned attackers = cast_attackers(ATTACK_GET) + cast_attackers(ATTACK_POST);
	struct rlimit limit;
	rlim_t each;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= OTHER_DESCRIPTORS + attackers)
		return 1;
	each = (limit.rlim_cur - OTHER_DESCRIPTORS) / attackers;
	return each < CAST_CONNECTIONS ? (unsigned)each : CAST_CONNECTIONS;
}

static void come(struct play *play, const struct play_plan *plan)
{
	unsigned connections = connections_each();

	for (enum citizen_kind kind = 0; kind < CITIZEN_KINDS; kind++) {
		for (unsigned seat = 0; seat < cast_part(kind)->people && (kind != CITIZEN_PARTNER || plan->has_partners); seat++)
			citizen_init(&play->people[play->people_count++], &play->stage, kind, seat);
	}
	/* Six in ten ask for pages, as in the lists of targets of March 2025. */
	flood_init(&play->pages, &play->stage, ATTACK_GET, plan->rate * 6 / 10, connections);
	flood_init(&play->forms, &play->stage, ATTACK_POST, plan->rate - plan->rate * 6 / 10, connections);
	slow_init(&play->slow, &play->stage);
	timer_init(&play->pulse, pulse);
	timer_set(&play->stage.loop.timers, &play->pulse, play->stage.loop.now_ms + PULSE_MS);
}

static void leave(struct play *play)
{
	for (unsigned i = 0; i < play->people_count; i++)
		citizen_done(&play->people[i]);
	flood_done(&play->pages);
	flood_done(&play->forms);
	slow_done(&play->slow);
	timer_cancel(&play->stage.loop.timers, &play->pulse);
}

int play_run(const struct play_plan *plan, struct drill_tally *tally)
{
	static struct play play;
	uint64_t end_ms;

	play.stage.port = plan->port;
	play.stage.tally = tally;
	play.stage.chance = 1;
	if (loop_init(&play.stage.loop) != RESULT_OK)
		return 1;
	tally->acts.begin_ms = play.stage.loop.now_ms;
	end_ms = tally->acts.begin_ms + tally->acts.calm_ms + tally->acts.attack_ms + tally->acts.after_ms;
	come(&play, plan);
	while (play.stage.loop.now_ms < end_ms)
		loop_turn(&play.stage.loop, (int)PULSE_MS);
	leave(&play);
	loop_done(&play.stage.loop);
	tally->window = WINDOW_COUNT;
	return 0;
}

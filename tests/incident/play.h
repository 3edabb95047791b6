/* A small town's shield, played second by second: its journal is written as lines, read by observe.h, and grouped by group.h. What is told is kept. */
#ifndef TESTS_INCIDENT_PLAY_H
#define TESTS_INCIDENT_PLAY_H

#include <stdlib.h>

#include "incident/fingerprint.h"
#include "incident/group.h"
#include "incident/people.h"
#include "lines.h"

#define PLAY_SITES 4u
#define PLAY_TOLD_MAX 64u

struct play {
	struct observe *observe;
	struct group *group;
	struct lines lines;
	struct counts_total totals[PLAY_SITES];
	uint64_t told_events[PLAY_SITES];
	uint64_t now_s;
	struct draws draws;
	unsigned told;                          /* how often */
	unsigned opened;                        /* how many different ones */
	struct incident *incidents[PLAY_TOLD_MAX];  /* as they were last told, in the order of their first telling */
};

static const char *const play_names[PLAY_SITES] = { "www.a.example", "www.b.example", "www.c.example", "www.d.example" };

static inline void play_told(void *context, const struct incident *incident)
{
	struct play *play = context;
	unsigned i;

	play->told++;
	for (i = 0; i < play->opened && play->incidents[i]->id != incident->id; i++)
		;
	assert_true(i < PLAY_TOLD_MAX);
	if (i == play->opened)
		play->incidents[play->opened++] = malloc(sizeof(*incident));
	*play->incidents[i] = *incident;
}

static inline void play_place(void *context, const struct address *source, struct geo_place *out)
{
	(void)context;
	*out = (struct geo_place){ .asn = 64500 };
	memcpy(out->country, source->bytes[15] & 1 ? "BE" : "NL", 3);
}

static inline struct play *play_new_of(uint32_t contain_s, uint32_t close_s)
{
	struct play *play = calloc(1, sizeof(*play));
	struct group_birth birth = { .next_id = 1, .contain_s = contain_s, .close_s = close_s, .context = play, .changed = play_told, .place = play_place };

	play->now_s = TUESDAY_S;
	play->draws.state = 11;
	assert_ok(observe_new(&play->observe));
	assert_ok(group_new(&birth, play->now_s, &play->group));
	lines_init(&play->lines, "node1");
	for (unsigned i = 0; i < PLAY_SITES; i++)
		play->totals[i].name = span_of(play_names[i]);
	return play;
}

static inline struct play *play_new(void)
{
	return play_new_of(0, 0);
}

static inline void play_free(struct play *play)
{
	for (unsigned i = 0; i < play->opened; i++)
		free(play->incidents[i]);
	observe_free(play->observe);
	group_free(play->group);
	free(play);
}

static inline void play_line(struct play *play, struct span line)
{
	struct observation observation;
	enum result result = observe_line(play->observe, line, &observation);

	assert_true(result == RESULT_OK || result == RESULT_NOT_FOUND);
	if (result == RESULT_OK)
		group_feed(play->group, &observation);
}

static inline void play_notice(struct play *play, const char *action, const char *site, const char *origin, const char *detail)
{
	play_line(play, lines_notice(&play->lines, play->now_s, action, site, origin, detail));
}

static inline void play_level(struct play *play, unsigned site, const char *detail)
{
	play_notice(play, "level", play_names[site], "", detail);
}

static inline void play_probe(struct play *play, unsigned site, bool is_reached)
{
	struct observation observation = { .kind = OBSERVATION_PROBE, .at_s = play->now_s, .site = span_of(play_names[site]), .probe = { .asked = 1, .reached = is_reached } };

	group_feed(play->group, &observation);
}

/* The second is over. */
static inline void play_second(struct play *play)
{
	for (unsigned i = 0; i < PLAY_SITES; i++) {
		if (play->totals[i].numbers[COUNTS_EVENTS] != play->told_events[i] || !play->now_s)
			play_line(play, lines_counts(&play->lines, play->now_s, 7, &play->totals[i]));
		play->told_events[i] = play->totals[i].numbers[COUNTS_EVENTS];
	}
	group_second(play->group, ++play->now_s);
}

/* Citizens, at two to three requests a second each site. */
static inline void play_citizens(struct play *play)
{
	for (unsigned i = 0; i < PLAY_SITES; i++)
		add_served(&play->totals[i], 2 + draw_below(&play->draws, 2));
}

static inline void play_calm(struct play *play, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		play_citizens(play);
		play_second(play);
	}
}

/* Who asks a site too often, and is refused. Citizens come through. */
static inline void play_flood(struct play *play, unsigned site, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		play_citizens(play);
		add_refused(&play->totals[site], DECISION_LIMIT, REASON_RATE_LIMIT, 500);
		play_second(play);
	}
}

static inline void play_scan(struct play *play, unsigned site, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		play_citizens(play);
		add_refused(&play->totals[site], DECISION_BLOCK, REASON_RULES, 20);
		play_second(play);
	}
}

static inline unsigned play_moments(const struct incident *incident, enum incident_moment_kind kind)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < incident->moment_count; i++)
		count += incident->timeline[i].kind == kind;
	return count;
}

#endif

#include "hub/keep/feed.h"

#include "config/value.h"
#include "event/member.h"

#include "base/banned.h"

enum result journal_feed_init(struct journal_feed *feed, int journal_fd, struct group *group, struct seconds *seconds, struct lasts *lasts,
                              const struct position *position)
{
	enum result result;

	*feed = (struct journal_feed){ .group = group, .seconds = seconds, .lasts = lasts };
	for (unsigned i = 0; i < STREAM_MAX; i++)
		follow_init(&feed->sides[i], journal_fd, (enum stream)i);
	result = observe_new(&feed->observe);
	if (result != RESULT_OK || !position)
		return result;
	feed->target = *position;
	feed->position = *position;
	feed->is_warming = true;
	if (position->past_count)
		feed->position.now = position->past[0];
	observe_resume(feed->observe, position->whole);
	return RESULT_OK;
}

void journal_feed_recall(struct journal_feed *feed, struct span line, uint64_t sequence)
{
	(void)!observe_recall(feed->observe, line, sequence <= feed->position.now.at[STREAM_COUNTS].sequence);
}

void journal_feed_done(struct journal_feed *feed)
{
	for (unsigned i = 0; i < STREAM_MAX; i++)
		follow_done(&feed->sides[i]);
	observe_free(feed->observe);
	feed->observe = NULL;
}

/* -- reading -- */

/* Another journal lies there: whatever the warming knew is another's, too. */
static void begin_anew(struct journal_feed *feed)
{
	uint64_t second = feed->is_warming ? feed->target.now.second : feed->position.now.second;

	for (unsigned i = 0; i < STREAM_MAX; i++) {
		follow_begin(&feed->sides[i], 0);
		feed->has[i] = false;
		feed->position.now.at[i] = feed->target.now.at[i] = (struct follow_mark){ 0 };
	}
	feed->skip_until_s = second;
	feed->is_another = true;
	feed->position.past_count = feed->target.past_count = 0;
}

static enum result place(struct journal_feed *feed, unsigned i)
{
	enum result result = follow_place(&feed->sides[i], &feed->position.now.at[i]);

	if (result != RESULT_END)
		return result;
	begin_anew(feed);
	return RESULT_OK;
}

/* What has no time is of the second that goes on, and so is what says to come from the future. */
static uint64_t second_of(struct span line, uint64_t wall_s)
{
	struct member found;
	int64_t ms;

	if (member_find(line, SPAN("@timestamp"), &found) != RESULT_OK || time_read(found.value, &ms) != RESULT_OK)
		return 0;
	return (uint64_t)ms / 1000 < wall_s ? (uint64_t)ms / 1000 : wall_s;
}

/* RESULT_OK: there is a line. */
static enum result peek(struct journal_feed *feed, unsigned i, uint64_t wall_s)
{
	struct follow *side = &feed->sides[i];
	enum result result = RESULT_OK;

	if (!feed->has[i]) {
		if (!side->is_placed)
			result = place(feed, i);
		if (result == RESULT_OK)
			result = follow_next(side);
		if (result != RESULT_OK)
			return result;
		feed->has[i] = true;
		feed->at_s[i] = second_of(side->line, wall_s);
	}
	return feed->is_warming && side->seal.sequence > feed->target.now.at[i].sequence ? RESULT_MORE : RESULT_OK;
}

/* -- feeding -- */

static void take(struct journal_feed *feed, unsigned i)
{
	struct follow *side = &feed->sides[i];
	struct observation observation;
	enum result result;

	feed->has[i] = false;
	if (i == STREAM_COUNTS && side->seal.sequence == 1 && !feed->is_another)
		observe_beginning(feed->observe);
	feed->position.now.at[i] = (struct follow_mark){ side->seal.sequence, side->seal.crc };
	result = observe_line(feed->observe, side->line, &observation);
	if (observe_has_taken(feed->observe))
		lasts_set(feed->lasts, observation.site, side->line, side->seal.sequence);
	if (result != RESULT_OK || (feed->at_s[i] && feed->at_s[i] <= feed->skip_until_s))
		return;
	if (observation.kind == OBSERVATION_COUNTS && !feed->is_warming)
		seconds_add(feed->seconds, observation.site, observation.at_s, observation.counts.numbers);
	if (observation.kind == OBSERVATION_NOTICE && !feed->is_warming && feed->birth && feed->birth->noticed)
		feed->birth->noticed(feed->birth->context, &observation, &feed->position.now.at[i]);
	group_feed(feed->group, &observation);
}

static void close_until(struct journal_feed *feed, uint64_t second)
{
	struct position_mark *now = &feed->position.now;
	bool is_minute = second / 60 != now->second / 60;

	group_second(feed->group, second);
	now->second = second;
	if (is_minute && !feed->is_warming)
		position_mark(&feed->position);
}

/* Up to which second everything is there. */
static uint64_t whole_until(const struct journal_feed *feed, const bool there[STREAM_MAX], uint64_t wall_s)
{
	uint64_t limit = feed->is_warming ? feed->target.now.second : wall_s - KEEP_LAG_S;

	for (unsigned i = 0; i < STREAM_MAX; i++) {
		if (there[i] && feed->at_s[i] && feed->at_s[i] - 1 < limit)
			limit = feed->at_s[i] - 1;
	}
	return limit;
}

/* Everything of the second that goes on. RESULT_LIMIT: COUNT were fed. */
static enum result feed_lines(struct journal_feed *feed, uint64_t wall_s, bool there[STREAM_MAX], unsigned *count)
{
	uint64_t second = feed->position.now.second + 1;

	for (unsigned i = 0; i < STREAM_MAX; i++) {
		enum result result;

		while ((result = peek(feed, i, wall_s)) == RESULT_OK && feed->at_s[i] <= second) {
			if (*count == 0)
				return RESULT_LIMIT;
			--*count;
			take(feed, i);
		}
		if (result != RESULT_OK && result != RESULT_MORE)
			return result;
		there[i] = result == RESULT_OK;
	}
	return RESULT_OK;
}

/* The first line of all: time begins with it. RESULT_MORE: there is none. */
static enum result begin_time(struct journal_feed *feed, uint64_t wall_s)
{
	uint64_t first_s = UINT64_MAX;

	for (unsigned i = 0; i < STREAM_MAX; i++) {
		enum result result = peek(feed, i, wall_s);
		uint64_t at_s = feed->at_s[i] ? feed->at_s[i] : wall_s - KEEP_LAG_S;

		if (result != RESULT_OK && result != RESULT_MORE)
			return result;
		if (result == RESULT_OK && at_s < first_s)
			first_s = at_s;
	}
	if (first_s == UINT64_MAX)
		return RESULT_MORE;
	close_until(feed, first_s - 1);
	return RESULT_OK;
}

enum result journal_feed_second(struct journal_feed *feed, uint64_t wall_s, unsigned *count)
{
	bool there[STREAM_MAX] = { false };
	enum result result = feed->position.now.second ? RESULT_OK : begin_time(feed, wall_s);
	uint64_t until;

	if (result == RESULT_OK && feed->position.now.second > wall_s)  /* the clock was set back */
		close_until(feed, wall_s - KEEP_LAG_S);
	if (result == RESULT_OK)
		result = feed_lines(feed, wall_s, there, count);
	if (result != RESULT_OK)
		return result == RESULT_LIMIT ? RESULT_MORE : result;
	until = whole_until(feed, there, wall_s);
	if (until <= feed->position.now.second)
		return RESULT_MORE;
	close_until(feed, until);
	return RESULT_OK;
}

void journal_feed_warmed(struct journal_feed *feed)
{
	if (feed->position.now.second < feed->target.now.second)
		close_until(feed, feed->target.now.second);
	feed->position = feed->target;
	feed->is_warming = false;
}

#include "hub/keep/inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#include "base/banned.h"

#define SLICE_LINES 512u          /* between two looks at the clock */
#define CHECKPOINT_MS 5000u       /* where nothing is told sooner */
#define CHECKPOINT_S 600u         /* ... or so far by the journal's clock: who catches up gets ahead, whatever kills him */
#define STUCK_MS 2000u            /* between two tries */
#define AGAIN_MS 10u              /* between two pieces of a long way */
#define PRUNE_FIRST_MS 60000u
#define PRUNE_MS 86400000u
#define DAY_MS 86400000

static void on_changed(void *context, const struct incident *incident)
{
	struct keep *keep = context;

	if (!keep->feed.is_warming)
		keep_told(keep, incident);
}

static void on_place(void *context, const struct address *source, struct geo_place *out)
{
	struct keep *keep = context;

	if (keep->geo)
		(void)!geo_find_place(keep->geo, source, out);  /* nobody knows */
}

void keep_complain(struct keep *keep, unsigned what, enum result result, const struct complaints *complaints)
{
	struct span text = complaints->count ? complaints->list[0].text : span_of(result_name(result));
	bool is_new;

	keep->stuck = result == RESULT_OK ? keep->stuck & ~what : keep->stuck | what;
	if (!keep->stuck)
		keep->why[0] = 0;
	if (result == RESULT_OK)
		return;
	is_new = !span_equal(span_take(text, sizeof(keep->why) - 1), span_of(keep->why));
	snprintf(keep->why, sizeof(keep->why), "%.*s", SPAN_ARG(span_take(text, sizeof(keep->why) - 1)));
	if (is_new)
		fprintf(stderr, "bouclier: the hub's store takes nothing now: %s\n", keep->why);
}

/* -- what is done again and again -- */

/* True: there is more at once. */
static bool ingest(struct keep *keep)
{
	struct store_ingested ingested;
	struct complaints complaints;
	enum result result;

	complaints_init(&complaints);
	result = store_ingest(keep->journal, keep->birth.loop->wall_ns, &complaints, &ingested);
	keep->epochs += ingested.epochs;
	keep->damaged += ingested.damaged;
	keep->missing += ingested.missing;
	keep_complain(keep, KEEP_STUCK_LINES, result == RESULT_MORE ? RESULT_OK : result, &complaints);
	complaints_done(&complaints);
	return result == RESULT_OK;
}

static void checkpoint(struct keep *keep, uint64_t now_ms)
{
	struct complaints complaints;
	enum result result;

	complaints_init(&complaints);
	result = keep_checkpoint(keep, &complaints);
	keep_complain(keep, KEEP_STUCK_INCIDENTS, result, &complaints);
	complaints_done(&complaints);
	keep->checkpoint_due_ms = now_ms + (result == RESULT_OK ? CHECKPOINT_MS : STUCK_MS);
	keep->checkpoint_due_s = keep->feed.position.now.second + CHECKPOINT_S;
}

static bool is_checkpoint_due(const struct keep *keep, uint64_t now_ms)
{
	if (keep->feed.is_warming)
		return false;
	if (now_ms >= keep->checkpoint_due_ms)
		return true;
	return !keep->stuck && (keep->feed.position.now.second >= keep->checkpoint_due_s || (keep->told_count && !keep->is_behind));
}

/* The kept incidents take the place of those that warming made. */
static void take_up(struct keep *keep)
{
	struct complaints complaints;
	enum result result;

	complaints_init(&complaints);
	journal_feed_warmed(&keep->feed);
	result = keep_restore(keep, &complaints);
	keep_complain(keep, KEEP_STUCK_INCIDENTS, result, &complaints);
	complaints_done(&complaints);
}

static uint64_t lag_s(const struct keep *keep)
{
	uint64_t wall_s = clock_wall_ns() / 1000000000, second = keep->feed.position.now.second;

	return second && wall_s > second ? wall_s - second : 0;
}

static void look_whether_behind(struct keep *keep)
{
	bool was_behind = keep->is_behind;

	keep->is_behind = keep->feed.is_warming || lag_s(keep) > KEEP_BEHIND_S;
	if (was_behind && !keep->is_behind)
		keep_tell_live(keep);
}

static void feed_outside(void *context, const struct observation *observation)
{
	const struct keep *keep = context;

	group_feed(keep->group, observation);
}

/* What cannot be read now is fed later. */
static void look_outside(struct keep *keep)
{
	struct position *position = &keep->feed.position;

	if (keep->birth.outside && !keep->feed.is_warming)
		(void)!keep->birth.outside(keep->birth.context, &position->outside, position->now.second, feed_outside, keep);
}

/* True: there is more at once. */
static bool feed(struct keep *keep)
{
	uint64_t wall_s = keep->birth.loop->wall_ns / 1000000000, end_ms = clock_mono_ms() + KEEP_SLICE_MS, now_ms;
	enum result result;
	unsigned count;

	do {
		count = SLICE_LINES;
		result = journal_feed_second(&keep->feed, wall_s, &count);
		now_ms = clock_mono_ms();
		if (keep->feed.is_warming && result == RESULT_MORE && count) {
			take_up(keep);
			result = RESULT_OK;
		}
		if (result == RESULT_OK)
			look_outside(keep);
		look_whether_behind(keep);
		if (is_checkpoint_due(keep, now_ms))
			checkpoint(keep, now_ms);
	} while ((result == RESULT_OK || (result == RESULT_MORE && !count)) && now_ms < end_ms);
	return result == RESULT_OK || (result == RESULT_MORE && !count);
}

static void prune(struct keep *keep, uint64_t now_ms)
{
	const struct hub_keep_settings *settings = &keep->birth.settings->keep;
	struct store_keep how = {
		.event_days = (unsigned)(settings->events_ms / DAY_MS), .field_days = (unsigned)(settings->addresses_ms / DAY_MS),
		.minute_days = (unsigned)(settings->minutes_ms / DAY_MS), .hour_days = (unsigned)(settings->hours_ms / DAY_MS),
	};
	struct complaints complaints;
	enum result result;

	if (now_ms < keep->prune_due_ms)
		return;
	complaints_init(&complaints);
	result = store_prune(keep->birth.store, &how, keep->birth.loop->wall_ns, &complaints, keep->birth.deleted, keep->birth.context);
	if (result != RESULT_OK)  /* all for now; or it cannot be done now, which ingesting says too */
		keep->prune_due_ms = now_ms + (result == RESULT_MORE ? PRUNE_MS : PRUNE_FIRST_MS);
	complaints_done(&complaints);
}

static void tick(struct timer *timer)
{
	struct keep *keep = list_entry(timer, struct keep, timer);
	struct loop *loop = keep->birth.loop;
	bool has_more = ingest(keep);

	has_more |= feed(keep);
	prune(keep, loop->now_ms);
	timer_set(&loop->timers, timer, loop->now_ms + (has_more ? AGAIN_MS : KEEP_TICK_MS));
}

/* -- its life -- */

static void ignore_deleted(void *context, const struct store_deleted *deleted)
{
	(void)context;
	(void)deleted;
}

static enum result open_group(struct keep *keep, struct complaints *complaints)
{
	const struct hub_incident_settings *incidents = &keep->birth.settings->incidents;
	struct group_birth birth = { .next_id = 1, .contain_s = (uint32_t)(incidents->contained_after_ms / 1000),
		                     .close_s = (uint32_t)(incidents->closed_after_ms / 1000),
		                     .again_s = (uint32_t)(incidents->again_within_ms / 1000), .context = keep, .changed = on_changed, .place = on_place };
	struct position *position = calloc(1, sizeof(*position));
	enum result found = position ? keep_load_position(keep, position, complaints) : RESULT_NO_MEMORY;
	bool has_position = found == RESULT_OK;
	enum result result = has_position || found == RESULT_NOT_FOUND ? RESULT_OK : found;

	if (result == RESULT_OK)
		result = group_new(&birth, has_position ? (position->past_count ? position->past[0].second : position->now.second) : 0, &keep->group);
	if (result == RESULT_OK)
		result = group_new(&(struct group_birth){ .next_id = 1 }, 0, &keep->nothing);
	for (size_t i = 0; i < keep->birth.site_count && result == RESULT_OK; i++)
		result = group_set_tenant(keep->group, keep->birth.sites[i].name, keep->birth.sites[i].tenant);
	result = result == RESULT_LIMIT ? RESULT_OK : result;  /* further sites are followed as far as there is room */
	if (result == RESULT_OK)
		result = journal_feed_init(&keep->feed, keep->birth.journal_fd, keep->group, keep->seconds, keep->lasts, has_position ? position : NULL);
	if (result == RESULT_OK && has_position)
		result = keep_recall(keep, complaints);
	if (result == RESULT_OK)
		keep->feed.birth = &keep->birth;
	free(position);
	return result;
}

static enum result open_all(struct keep *keep, struct complaints *complaints)
{
	enum result result = seconds_new(&keep->seconds);

	if (result == RESULT_OK)
		result = lasts_new(&keep->lasts);
	keep->scratch = calloc(1, sizeof(*keep->scratch));
	keep->usual_hashes = calloc(SECONDS_SITES, sizeof(*keep->usual_hashes));
	if (result == RESULT_OK && (!keep->scratch || !keep->usual_hashes))
		result = RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = known_new(keep->birth.store, keep->birth.loop->wall_ns / 1000000000, complaints, &keep->known);
	if (result == RESULT_OK)
		result = store_follow(keep->birth.store, keep->birth.source, keep->birth.journal_fd, complaints, &keep->journal);
	return result == RESULT_OK ? open_group(keep, complaints) : result;
}

enum result keep_new(const struct keep_birth *birth, struct complaints *complaints, struct keep **out)
{
	struct keep *keep = calloc(1, sizeof(*keep));
	enum result result;

	if (!keep)
		return RESULT_NO_MEMORY;
	keep->birth = *birth;
	keep->birth.deleted = birth->deleted ? birth->deleted : ignore_deleted;
	list_init(&keep->watches);
	timer_init(&keep->timer, tick);
	keep->is_behind = true;
	/* Availability, fails open: without the database nobody is anywhere. */
	if (birth->countries && geo_open(birth->countries, &keep->geo) != RESULT_OK)
		keep->geo = NULL;
	result = open_all(keep, complaints);
	if (result != RESULT_OK) {
		keep->feed.is_warming = true;  /* nothing of it is to be written down */
		keep_free(keep);
		return result;
	}
	keep->prune_due_ms = birth->loop->now_ms + PRUNE_FIRST_MS;
	timer_set(&birth->loop->timers, &keep->timer, birth->loop->now_ms + AGAIN_MS);
	*out = keep;
	return RESULT_OK;
}

void keep_free(struct keep *keep)
{
	if (!keep)
		return;
	timer_cancel(&keep->birth.loop->timers, &keep->timer);
	list_init(&keep->watches);
	if (!keep->feed.is_warming)
		(void)!keep_checkpoint(keep, NULL);  /* what cannot be written now is fed again */
	for (size_t i = 0; i < keep->told_count; i++)
		buffer_done(&keep->told[i].text);
	free(keep->told);
	journal_feed_done(&keep->feed);
	group_free(keep->group);
	group_free(keep->nothing);
	store_journal_free(keep->journal);
	known_free(keep->known);
	seconds_free(keep->seconds);
	lasts_free(keep->lasts);
	geo_close(keep->geo);
	free(keep->usual_hashes);
	free(keep->scratch);
	free(keep);
}

void keep_watch(struct keep *keep, struct keep_watch *watch)
{
	list_add_last(&keep->watches, &watch->node);
}

void keep_unwatch(struct keep_watch *watch)
{
	list_remove(&watch->node);
}

struct group *keep_group(struct keep *keep)
{
	return keep->feed.is_warming ? keep->nothing : keep->group;
}

/* -- what is asked -- */

size_t keep_seconds(const struct keep *keep, struct span site, struct keep_second *out, size_t count)
{
	size_t told = count < KEEP_SECONDS ? count : KEEP_SECONDS;

	seconds_read(keep->seconds, site, keep->feed.position.now.second, out, told);
	return told;
}

void keep_health(const struct keep *keep, struct keep_health *out)
{
	struct group_sums sums = group_sums(keep->group);

	*out = (struct keep_health){
		.journal_s = keep->feed.position.now.second, .lag_s = lag_s(keep), .is_behind = keep->is_behind, .epochs = keep->epochs,
		.damaged = keep->damaged, .missing = keep->missing, .is_stuck = keep->stuck != 0, .followed = keep->feed.position.followed_count,
		.gave_place = sums.gave_place, .refused = sums.refused,
	};
	if (keep->stuck)
		memcpy(out->why, keep->why, sizeof(out->why));
	store_positions(keep->journal, out->positions);
}

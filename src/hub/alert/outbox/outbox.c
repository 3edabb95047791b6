#include "hub/alert/outbox/outbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "hub/alert/outbox/outbox_job.h"
#include "incident/text.h"
#include "store/document.h"

#include "base/banned.h"

#define GONE_STEP 64u

/* How a path does, as far as waiting goes. */
struct pause {
	char path[ALERT_NAME_MAX + 1];
	unsigned failures;
	uint64_t until_s;
};

struct outbox {
	struct list jobs;
	uint64_t last_number;
	struct pause pauses[ALERT_PATHS_MAX];
	uint64_t *gone;
	size_t gone_count, gone_size;
};

static struct outbox_job *job_of(struct list *node)
{
	return list_entry(node, struct outbox_job, node);
}

static bool is_for(const struct outbox_job *job, struct span path)
{
	return span_equal(span_of(job->path), path);
}

enum result outbox_new(struct outbox **out)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));

	if (!outbox)
		return RESULT_NO_MEMORY;
	list_init(&outbox->jobs);
	*out = outbox;
	return RESULT_OK;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	list_each_safe(node, following, &outbox->jobs)
		free(job_of(node));
	free(outbox->gone);
	free(outbox);
}

/* One of which it cannot be noted that it is gone is sent again after a restart: at least once, not at most. */
static void note_gone(struct outbox *outbox, uint64_t number)
{
	if (outbox->gone_count == outbox->gone_size) {
		uint64_t *gone = reallocarray(outbox->gone, outbox->gone_size + GONE_STEP, sizeof(*gone));

		if (!gone)
			return;
		outbox->gone = gone;
		outbox->gone_size += GONE_STEP;
	}
	outbox->gone[outbox->gone_count++] = number;
}

static void leave(struct outbox *outbox, struct outbox_job *job)
{
	if (job->is_kept)
		note_gone(outbox, job->number);
	list_remove(&job->node);
	free(job);
}

/* The oldest of the least severe, of those that are not on their way. */
static struct outbox_job *least(struct outbox *outbox, struct span path)
{
	struct outbox_job *found = NULL;

	list_each(node, &outbox->jobs) {
		struct outbox_job *job = job_of(node);

		if (is_for(job, path) && !job->out_s && (!found || job->severity < found->severity))
			found = job;
	}
	return found;
}

enum result outbox_add(struct outbox *outbox, struct span path, const struct alert *alert, struct span message, bool *out_lost)
{
	struct outbox_job *job = outbox_job_new(message), *other = outbox_count(outbox, path) >= OUTBOX_PATH_MAX ? least(outbox, path) : NULL;

	if (!job)
		return RESULT_NO_MEMORY;
	if (out_lost)
		*out_lost = other != NULL;
	if (other)
		leave(outbox, other);
	job->number = ++outbox->last_number;
	text_set(job->path, sizeof(job->path), path);
	text_set(job->id, sizeof(job->id), span_of(alert->id));
	job->severity = alert->severity;
	job->made_s = alert->at_s;
	list_add_last(&outbox->jobs, &job->node);
	return RESULT_OK;
}

/* -- pauses -- */

/* Of a path: its own, a free one, or that of a path which waits for nothing. */
static struct pause *pause_of(struct outbox *outbox, struct span path)
{
	struct pause *free_one = NULL;

	for (size_t i = 0; i < ALERT_PATHS_MAX; i++) {
		struct pause *pause = &outbox->pauses[i];

		if (span_equal(span_of(pause->path), path))
			return pause;
		if (!pause->path[0] || (!free_one && !outbox_count(outbox, span_of(pause->path))))
			free_one = free_one && !free_one->path[0] ? free_one : pause;
	}
	free_one = free_one ? free_one : &outbox->pauses[0];
	*free_one = (struct pause){ .failures = 0 };
	text_set(free_one->path, sizeof(free_one->path), path);
	return free_one;
}

static uint64_t pause_after(unsigned failures)
{
	unsigned doublings = failures > 8 ? 8 : failures ? failures - 1 : 0;
	uint64_t pause = (uint64_t)OUTBOX_PAUSE_S << doublings, chance;

	pause = pause > OUTBOX_PAUSE_MAX_S ? OUTBOX_PAUSE_MAX_S : pause;
	random_fill(&chance, sizeof(chance));
	return pause - pause / 4 + chance % (pause / 2 + 1);
}

/* -- attempts -- */

/* Not what lies further ahead than any pause: the clock was put back. */
static bool is_ahead(uint64_t at_s, uint64_t now_s)
{
	return at_s > now_s && at_s <= now_s + 2 * (uint64_t)OUTBOX_PAUSE_MAX_S;
}

struct outbox_job *outbox_next(struct outbox *outbox, struct span path, uint64_t now_s)
{
	struct outbox_job *found = NULL;

	if (is_ahead(pause_of(outbox, path)->until_s, now_s))
		return NULL;
	list_each(node, &outbox->jobs) {
		struct outbox_job *job = job_of(node);

		if (!is_for(job, path))
			continue;
		if (job->out_s)
			return NULL;
		if (!found && !is_ahead(job->next_s, now_s))
			found = job;
	}
	if (found) {
		found->out_s = now_s ? now_s : 1;
		found->attempts++;
	}
	return found;
}

static struct outbox_job *find(struct outbox *outbox, uint64_t number)
{
	list_each(node, &outbox->jobs) {
		if (job_of(node)->number == number)
			return job_of(node);
	}
	return NULL;
}

static bool is_too_old(const struct outbox_job *job, uint64_t now_s)
{
	return now_s >= job->made_s + OUTBOX_GIVE_UP_S;
}

enum result outbox_ended(struct outbox *outbox, uint64_t number, enum path_outcome *outcome, uint64_t now_s, char *path)
{
	struct outbox_job *job = find(outbox, number);
	struct pause *pause;

	if (!job || !job->out_s)
		return RESULT_NOT_FOUND;
	text_set(path, ALERT_NAME_MAX + 1, span_of(job->path));
	pause = pause_of(outbox, span_of(job->path));
	pause->failures = *outcome == OUTCOME_LATER ? pause->failures + 1 : 0;
	job->out_s = 0;
	if (*outcome == OUTCOME_LATER)
		pause->until_s = now_s + pause_after(pause->failures);
	else if (*outcome == OUTCOME_REFUSED)
		job->next_s = now_s + pause_after(job->attempts);
	if (*outcome != OUTCOME_ARRIVED && is_too_old(job, now_s))
		*outcome = OUTCOME_GIVEN_UP;
	if (*outcome == OUTCOME_ARRIVED || *outcome == OUTCOME_GIVEN_UP)
		leave(outbox, job);
	return RESULT_OK;
}

void outbox_called_off(struct outbox *outbox)
{
	list_each(node, &outbox->jobs)
		job_of(node)->out_s = 0;
}

void outbox_second(struct outbox *outbox, uint64_t now_s, void (*left)(void *context, struct span path), void *context)
{
	char path[ALERT_NAME_MAX + 1];

	list_each_safe(node, following, &outbox->jobs) {
		struct outbox_job *job = job_of(node);

		if (job->out_s && now_s >= job->out_s + OUTBOX_ANSWER_S)
			job->out_s = 0;
		if (job->out_s || !is_too_old(job, now_s))
			continue;
		text_set(path, sizeof(path), span_of(job->path));
		leave(outbox, job);
		left(context, span_of(path));
	}
}

void outbox_sift(struct outbox *outbox, bool (*known)(void *context, struct span path), void *context)
{
	list_each_safe(node, following, &outbox->jobs) {
		if (!known(context, span_of(job_of(node)->path)))
			leave(outbox, job_of(node));
	}
}

void outbox_each(const struct outbox *outbox, bool (*each)(void *context, const struct outbox_job *job), void *context)
{
	list_each(node, &outbox->jobs) {
		if (!each(context, job_of(node)))
			return;
	}
}

unsigned outbox_count(const struct outbox *outbox, struct span path)
{
	unsigned count = 0;

	list_each(node, &outbox->jobs)
		count += is_for(job_of(node), path);
	return count;
}

/* -- for the store -- */

struct outbox_job *outbox_unkept(struct outbox *outbox)
{
	list_each(node, &outbox->jobs) {
		if (!job_of(node)->is_kept)
			return job_of(node);
	}
	return NULL;
}

size_t outbox_gone(const struct outbox *outbox, uint64_t *out, size_t max)
{
	size_t count = outbox->gone_count < max ? outbox->gone_count : max;

	if (count)
		memcpy(out, outbox->gone, count * sizeof(*out));
	return count;
}

void outbox_forget_gone(struct outbox *outbox, size_t count)
{
	outbox->gone_count -= count;
	if (outbox->gone_count)
		memmove(outbox->gone, outbox->gone + count, outbox->gone_count * sizeof(*outbox->gone));
}

/* In the order of their numbers: the store may give them in another. */
static enum result take_up(struct outbox *outbox, struct outbox_job *job)
{
	struct list *before = outbox->jobs.prev;

	while (before != &outbox->jobs && job_of(before)->number > job->number)
		before = before->prev;
	if (before != &outbox->jobs && job_of(before)->number == job->number)
		return RESULT_REFUSED;
	list_add_first(before, &job->node);
	outbox->last_number = job->number > outbox->last_number ? job->number : outbox->last_number;
	return RESULT_OK;
}

static enum result restore(struct outbox *outbox, uint64_t number, const struct json *root)
{
	struct outbox_job *job = outbox_job_new(json_text_of(json_find(root, "message")));
	enum result result;

	if (!job)
		return RESULT_NO_MEMORY;
	job->number = number;
	job->is_kept = true;
	result = outbox_job_read(root, job) ? take_up(outbox, job) : RESULT_MALFORMED;
	if (result != RESULT_OK)
		free(job);
	return result;
}

enum result outbox_restore(struct outbox *outbox, struct span key, struct span text)
{
	struct json *root = NULL;
	uint64_t number;
	enum result result;

	if (key.len != DOCUMENT_KEY_DIGITS || span_to_u64(key, INT64_MAX, &number) != RESULT_OK)
		return RESULT_MALFORMED;
	result = text.len > OUTBOX_JOB_MAX ? RESULT_LIMIT : json_read(text, &root);
	if (result == RESULT_OK)
		result = restore(outbox, number, root);
	json_drop(root);
	return result;
}

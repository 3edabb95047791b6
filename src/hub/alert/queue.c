#include "hub/alert/queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "event/json.h"
#include "hub/alert/facts_json.h"
#include "incident/reading.h"
#include "incident/text.h"

#include "base/banned.h"

#define GONE_STEP 64u

/* How a path does, as far as waiting goes. */
struct pause {
	char path[ALERT_NAME_MAX + 1];
	unsigned failures;
	uint64_t until_s;
};

struct queue {
	struct list jobs;
	uint64_t last_number;
	struct pause pauses[ALERT_PATHS_MAX];
	uint64_t *gone;
	size_t gone_count, gone_size;
};

static struct queue_job *job_of(struct list *node)
{
	return list_entry(node, struct queue_job, node);
}

static bool is_for(const struct queue_job *job, struct span path)
{
	return span_equal(span_of(job->path), path);
}

enum result queue_new(struct queue **out)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return RESULT_NO_MEMORY;
	list_init(&queue->jobs);
	*out = queue;
	return RESULT_OK;
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	list_each_safe(node, following, &queue->jobs)
		free(job_of(node));
	free(queue->gone);
	free(queue);
}

/* One of which it cannot be noted that it is gone is sent again after a restart: at least once, not at most. */
static void note_gone(struct queue *queue, uint64_t number)
{
	if (queue->gone_count == queue->gone_size) {
		uint64_t *gone = reallocarray(queue->gone, queue->gone_size + GONE_STEP, sizeof(*gone));

		if (!gone)
			return;
		queue->gone = gone;
		queue->gone_size += GONE_STEP;
	}
	queue->gone[queue->gone_count++] = number;
}

static void leave(struct queue *queue, struct queue_job *job)
{
	if (job->is_kept)
		note_gone(queue, job->number);
	list_remove(&job->node);
	free(job);
}

static struct queue_job *job_new(struct span message)
{
	struct queue_job *job = calloc(1, sizeof(*job) + message.len + 1);

	if (!job)
		return NULL;
	if (message.len)
		memcpy(job + 1, message.at, message.len);
	job->message = span_make((char *)(job + 1), message.len);
	list_init(&job->node);
	return job;
}

/* The oldest of the least severe, of those that are not on their way. */
static struct queue_job *least(struct queue *queue, struct span path)
{
	struct queue_job *found = NULL;

	list_each(node, &queue->jobs) {
		struct queue_job *job = job_of(node);

		if (is_for(job, path) && !job->out_s && (!found || job->severity < found->severity))
			found = job;
	}
	return found;
}

enum result queue_add(struct queue *queue, struct span path, const struct alert *alert, struct span message, bool *out_lost)
{
	struct queue_job *job = job_new(message), *other = queue_count(queue, path) >= QUEUE_PATH_MAX ? least(queue, path) : NULL;

	if (!job)
		return RESULT_NO_MEMORY;
	if (out_lost)
		*out_lost = other != NULL;
	if (other)
		leave(queue, other);
	job->number = ++queue->last_number;
	text_set(job->path, sizeof(job->path), path);
	text_set(job->id, sizeof(job->id), span_of(alert->id));
	job->severity = alert->severity;
	job->made_s = alert->at_s;
	list_add_last(&queue->jobs, &job->node);
	return RESULT_OK;
}

/* -- pauses -- */

/* Of a path: its own, a free one, or that of a path which waits for nothing. */
static struct pause *pause_of(struct queue *queue, struct span path)
{
	struct pause *free_one = NULL;

	for (size_t i = 0; i < ALERT_PATHS_MAX; i++) {
		struct pause *pause = &queue->pauses[i];

		if (span_equal(span_of(pause->path), path))
			return pause;
		if (!pause->path[0] || (!free_one && !queue_count(queue, span_of(pause->path))))
			free_one = free_one && !free_one->path[0] ? free_one : pause;
	}
	free_one = free_one ? free_one : &queue->pauses[0];
	*free_one = (struct pause){ .failures = 0 };
	text_set(free_one->path, sizeof(free_one->path), path);
	return free_one;
}

static uint64_t pause_after(unsigned failures)
{
	unsigned doublings = failures > 8 ? 8 : failures ? failures - 1 : 0;
	uint64_t pause = (uint64_t)QUEUE_PAUSE_S << doublings, chance;

	pause = pause > QUEUE_PAUSE_MAX_S ? QUEUE_PAUSE_MAX_S : pause;
	random_fill(&chance, sizeof(chance));
	return pause - pause / 4 + chance % (pause / 2 + 1);
}

/* -- attempts -- */

struct queue_job *queue_next(struct queue *queue, struct span path, uint64_t now_s)
{
	struct queue_job *found = NULL;

	if (pause_of(queue, path)->until_s > now_s)
		return NULL;
	list_each(node, &queue->jobs) {
		struct queue_job *job = job_of(node);

		if (!is_for(job, path))
			continue;
		if (job->out_s)
			return NULL;
		if (!found && job->next_s <= now_s)
			found = job;
	}
	if (found) {
		found->out_s = now_s ? now_s : 1;
		found->attempts++;
	}
	return found;
}

static struct queue_job *find(struct queue *queue, uint64_t number)
{
	list_each(node, &queue->jobs) {
		if (job_of(node)->number == number)
			return job_of(node);
	}
	return NULL;
}

static bool is_too_old(const struct queue_job *job, uint64_t now_s)
{
	return now_s >= job->made_s + QUEUE_GIVE_UP_S;
}

enum result queue_ended(struct queue *queue, uint64_t number, enum path_outcome *outcome, uint64_t now_s, char *path)
{
	struct queue_job *job = find(queue, number);
	struct pause *pause;

	if (!job || !job->out_s)
		return RESULT_NOT_FOUND;
	text_set(path, ALERT_NAME_MAX + 1, span_of(job->path));
	pause = pause_of(queue, span_of(job->path));
	pause->failures = *outcome == OUTCOME_LATER ? pause->failures + 1 : 0;
	job->out_s = 0;
	if (*outcome == OUTCOME_LATER)
		pause->until_s = now_s + pause_after(pause->failures);
	else if (*outcome == OUTCOME_REFUSED)
		job->next_s = now_s + pause_after(job->attempts);
	if (*outcome != OUTCOME_ARRIVED && is_too_old(job, now_s))
		*outcome = OUTCOME_GIVEN_UP;
	if (*outcome == OUTCOME_ARRIVED || *outcome == OUTCOME_GIVEN_UP)
		leave(queue, job);
	return RESULT_OK;
}

void queue_called_off(struct queue *queue)
{
	list_each(node, &queue->jobs)
		job_of(node)->out_s = 0;
}

void queue_second(struct queue *queue, uint64_t now_s, void (*left)(void *context, struct span path), void *context)
{
	char path[ALERT_NAME_MAX + 1];

	list_each_safe(node, following, &queue->jobs) {
		struct queue_job *job = job_of(node);

		if (job->out_s && now_s >= job->out_s + QUEUE_ANSWER_S)
			job->out_s = 0;
		if (job->out_s || !is_too_old(job, now_s))
			continue;
		text_set(path, sizeof(path), span_of(job->path));
		leave(queue, job);
		left(context, span_of(path));
	}
}

void queue_sift(struct queue *queue, bool (*known)(void *context, struct span path), void *context)
{
	list_each_safe(node, following, &queue->jobs) {
		if (!known(context, span_of(job_of(node)->path)))
			leave(queue, job_of(node));
	}
}

void queue_each(const struct queue *queue, bool (*each)(void *context, const struct queue_job *job), void *context)
{
	list_each(node, &queue->jobs) {
		if (!each(context, job_of(node)))
			return;
	}
}

unsigned queue_count(const struct queue *queue, struct span path)
{
	unsigned count = 0;

	list_each(node, &queue->jobs)
		count += is_for(job_of(node), path);
	return count;
}

/* -- for the store -- */

void queue_key(uint64_t number, char out[QUEUE_KEY_BYTES])
{
	snprintf(out, QUEUE_KEY_BYTES, "%020llu", (unsigned long long)number);
}

struct queue_job *queue_unkept(struct queue *queue)
{
	list_each(node, &queue->jobs) {
		if (!job_of(node)->is_kept)
			return job_of(node);
	}
	return NULL;
}

size_t queue_gone(const struct queue *queue, uint64_t *out, size_t max)
{
	size_t count = queue->gone_count < max ? queue->gone_count : max;

	if (count)
		memcpy(out, queue->gone, count * sizeof(*out));
	return count;
}

void queue_forget_gone(struct queue *queue, size_t count)
{
	queue->gone_count -= count;
	if (queue->gone_count)
		memmove(queue->gone, queue->gone + count, queue->gone_count * sizeof(*queue->gone));
}

/* In the order of their numbers: the store may give them in another. */
static enum result take_up(struct queue *queue, struct queue_job *job)
{
	struct list *before = queue->jobs.prev;

	while (before != &queue->jobs && job_of(before)->number > job->number)
		before = before->prev;
	if (before != &queue->jobs && job_of(before)->number == job->number)
		return RESULT_REFUSED;
	list_add_first(before, &job->node);
	queue->last_number = job->number > queue->last_number ? job->number : queue->last_number;
	return RESULT_OK;
}

enum result queue_job_write(const struct queue_job *job, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("path"), span_of(job->path));
	json_put_text(&json, SPAN("id"), span_of(job->id));
	json_put_text(&json, SPAN("severity"), span_of(severity_name(job->severity)));
	json_put_number(&json, SPAN("made"), job->made_s);
	json_put_text(&json, SPAN("message"), job->message);
	json_close(&json, '}');
	return json.result;
}

static bool read_job(const struct json *root, struct queue_job *job)
{
	struct reading reading;

	reading_begin(&reading, root);
	reading_text(&reading, "path", job->path, sizeof(job->path));
	reading_text(&reading, "id", job->id, sizeof(job->id));
	job->severity = (enum severity)reading_name(&reading, "severity", SEVERITY_COUNT, facts_severity_at);
	job->made_s = reading_number(&reading, "made", INT64_MAX / 1000);
	reading_check(&reading, json_has_text(reading_member(&reading, "message")));
	return reading_end(&reading) && alert_name_is_good(span_of(job->path)) && job->id[0];
}

static enum result restore(struct queue *queue, uint64_t number, const struct json *root)
{
	struct queue_job *job = job_new(json_text_of(json_find(root, "message")));
	enum result result;

	if (!job)
		return RESULT_NO_MEMORY;
	job->number = number;
	job->is_kept = true;
	result = read_job(root, job) ? take_up(queue, job) : RESULT_MALFORMED;
	if (result != RESULT_OK)
		free(job);
	return result;
}

enum result queue_restore(struct queue *queue, struct span key, struct span text)
{
	struct json *root = NULL;
	uint64_t number;
	enum result result;

	if (key.len != QUEUE_KEY_BYTES - 1 || span_to_u64(key, INT64_MAX, &number) != RESULT_OK)
		return RESULT_MALFORMED;
	result = text.len > QUEUE_JOB_MAX ? RESULT_LIMIT : json_read(text, &root);
	if (result == RESULT_OK)
		result = restore(queue, number, root);
	json_drop(root);
	return result;
}

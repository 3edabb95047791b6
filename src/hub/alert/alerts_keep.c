/* Between alerts and the store. */
#include "base/arena.h"
#include "hub/alert/alerts_parts.h"

#include "base/banned.h"

#define STATE_KEY SPAN("alerts")
#define KEPT_MAX ((size_t)32 << 20)
#define KEPT_STEP ((size_t)64 << 10)

/* One change of the store. */
struct batch {
	struct arena texts;
	struct document_change changes[DOCUMENT_CHANGES_MAX];
	size_t count;
	struct outbox_job *jobs[DOCUMENT_CHANGES_MAX];
	size_t job_count;
	uint64_t gone[DOCUMENT_CHANGES_MAX / 2];
	size_t gone_count;
	bool has_state, no_memory;
};

static struct span copy(struct batch *batch, struct span text)
{
	struct span kept = arena_copy(&batch->texts, text);

	batch->no_memory |= !kept.at;
	return kept;
}

static struct span key_of(struct batch *batch, uint64_t number)
{
	return copy(batch, span_of(document_key(number).text));
}

static void add(struct batch *batch, enum document_kind kind, struct span key, struct span text, uint64_t sort)
{
	batch->changes[batch->count++] = (struct document_change){ .kind = kind, .key = key, .text = text, .sort = sort, .version = DOCUMENT_ANY };
}

static void add_job(struct batch *batch, struct outbox_job *job)
{
	struct buffer text;

	buffer_init(&text, OUTBOX_JOB_MAX);
	if (outbox_job_write(job, &text) != RESULT_OK)
		batch->no_memory = true;
	else
		add(batch, DOCUMENT_ALERT, key_of(batch, job->number), copy(batch, buffer_span(&text)), job->made_s * 1000);
	buffer_done(&text);
	batch->jobs[batch->job_count++] = job;
	job->is_kept = true;  /* taken back when the store does not take it */
}

static void add_state(struct batch *batch, const struct alerts *alerts)
{
	struct buffer text;

	buffer_init(&text, DECIDE_STATE_MAX);
	if (decide_write(alerts->decide, &text) != RESULT_OK)
		batch->no_memory = true;
	else
		add(batch, DOCUMENT_HUB, STATE_KEY, copy(batch, buffer_span(&text)), 0);
	buffer_done(&text);
	batch->has_state = true;
}

/* At most half of a change is what has gone, and one is the state, which comes with the last of the jobs. */
static void gather(struct batch *batch, const struct alerts *alerts)
{
	struct outbox_job *job;

	batch->gone_count = outbox_gone(alerts->outbox, batch->gone, sizeof(batch->gone) / sizeof(batch->gone[0]));
	for (size_t i = 0; i < batch->gone_count; i++)
		add(batch, DOCUMENT_ALERT, key_of(batch, batch->gone[i]), SPAN_NONE, 0);
	while (batch->count < DOCUMENT_CHANGES_MAX - 1 && !batch->no_memory && (job = outbox_unkept(alerts->outbox)))
		add_job(batch, job);
	if (alerts->is_dirty && !outbox_unkept(alerts->outbox) && !batch->no_memory)
		add_state(batch, alerts);
}

static void ended(struct alerts *alerts, const struct batch *batch, bool is_kept)
{
	alerts->is_kept = is_kept;
	if (!is_kept) {
		for (size_t i = 0; i < batch->job_count; i++)
			batch->jobs[i]->is_kept = false;
		return;
	}
	outbox_forget_gone(alerts->outbox, batch->gone_count);
	if (batch->has_state)
		alerts->is_dirty = false;
}

static bool keep_some(struct alerts *alerts)
{
	static struct batch batch;
	bool is_kept;

	batch = (struct batch){ .count = 0 };
	arena_init(&batch.texts, KEPT_MAX, KEPT_STEP);
	gather(&batch, alerts);
	is_kept = !batch.no_memory && batch.count && store_documents_change(alerts->birth.store, batch.changes, batch.count, NULL) == RESULT_OK;
	ended(alerts, &batch, is_kept);
	arena_done(&batch.texts);
	return is_kept;
}

static bool has_something(const struct alerts *alerts)
{
	uint64_t gone;

	return alerts->is_dirty || outbox_unkept(alerts->outbox) || outbox_gone(alerts->outbox, &gone, 1);
}

void alerts_keep(struct alerts *alerts)
{
	alerts->is_dirty |= decide_has_changed(alerts->decide);
	while (has_something(alerts) && keep_some(alerts))
		;
}

/* -- after a start -- */

struct taking {
	struct alerts *alerts;
	struct complaints *complaints;
};

static void complain_of(const struct taking *taking, struct span key, enum result result)
{
	if (taking->complaints)
		complain(taking->complaints, COMPLAINT_WARNING, (struct place){ .file = SPAN("store") }, SPAN_NONE, "what was kept of alerts (%.*s) cannot be read (%s): they go on without it",
		         SPAN_ARG(key), result_name(result));
}

static void take_state(void *context, const struct document *document)
{
	const struct taking *taking = context;
	enum result result = decide_read(taking->alerts->decide, document->text);

	if (result != RESULT_OK)
		complain_of(taking, document->key, result);
}

static bool take_job(void *context, const struct document *document)
{
	const struct taking *taking = context;
	enum result result = outbox_restore(taking->alerts->outbox, document->key, document->text);

	if (result != RESULT_OK)
		complain_of(taking, document->key, result);
	return true;
}

void alerts_take_up(struct alerts *alerts, struct complaints *complaints)
{
	struct taking taking = { alerts, complaints };
	struct documents_ask ask = { .kind = DOCUMENT_ALERT, .is_ascending = true };
	enum result result = store_document(alerts->birth.store, DOCUMENT_HUB, STATE_KEY, complaints, take_state, &taking);

	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		complain_of(&taking, STATE_KEY, result);
	result = store_documents(alerts->birth.store, &ask, complaints, take_job, &taking);
	if (result != RESULT_OK && result != RESULT_END)
		complain_of(&taking, SPAN("waiting"), result);
}

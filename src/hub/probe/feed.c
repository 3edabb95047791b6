/* What was taken: handed on to incidents, and deleted when it is old. */
#include "hub/probe/inside.h"

#include "base/banned.h"

#define MINUTE_S 60u

struct feeding {
	struct hub_probe *probe;
	struct probe_minute *minute;      /* that is being read */
	uint64_t *place;
	uint64_t until_s;
	unsigned left;
	void (*feed)(void *context, const struct observation *observation);
	void *context;
};

static bool feed_one(void *context, const struct document *document)
{
	struct feeding *feeding = context;
	struct probe_minute *minute = feeding->minute;

	if (probe_minute_read(document->text, minute) != RESULT_OK) {
		*feeding->place = document->sort;   /* what cannot be read now never can */
		return --feeding->left > 0;
	}
	if (minute->from_s + MINUTE_S > feeding->until_s)
		return false;
	for (uint32_t i = 0; i < minute->site_count; i++) {
		const struct hub_site *site = hub_probe_site(feeding->probe, span_of(minute->sites[i].host));
		struct observation observation = probe_observe(minute, &minute->sites[i], site ? site->name : SPAN_NONE);

		if (site)
			feeding->feed(feeding->context, &observation);
	}
	*feeding->place = document->sort;
	return --feeding->left > 0;
}

enum result hub_probe_feed(struct hub_probe *probe, uint64_t *place, uint64_t until_s, void (*feed)(void *context, const struct observation *observation), void *context)
{
	const struct documents_ask ask = { .kind = DOCUMENT_PROBE, .is_ascending = true, .has_after = true, .after_sort = *place, .after_key = SPAN("~") };
	struct feeding feeding = { .probe = probe, .minute = &probe->report.minutes[0], .place = place, .until_s = until_s, .left = HUB_PROBE_FEED_MAX, .feed = feed, .context = context };

	if (*place >= probe->last)
		return RESULT_OK;
	return store_documents(probe->store, &ask, NULL, feed_one, &feeding);
}

/* -- what is old -- */

struct pruning {
	struct document_change changes[DOCUMENT_CHANGES_MAX];
	char keys[DOCUMENT_CHANGES_MAX][PROBE_KEY_MAX];
	size_t count;
	uint64_t before_ms;
};

static bool prune_one(void *context, const struct document *document)
{
	struct pruning *pruning = context;
	char *key = pruning->keys[pruning->count];

	if (document->sort >= pruning->before_ms)
		return false;
	if (span_to_text(document->key, key, PROBE_KEY_MAX) == RESULT_OK)
		pruning->changes[pruning->count++] = (struct document_change){ .kind = DOCUMENT_PROBE, .key = span_of(key), .version = DOCUMENT_ANY };
	return pruning->count < DOCUMENT_CHANGES_MAX;
}

enum result hub_probe_prune(struct hub_probe *probe, uint64_t before_ms, struct complaints *complaints, unsigned *deleted)
{
	const struct documents_ask ask = { .kind = DOCUMENT_PROBE, .is_ascending = true };
	struct pruning pruning = { .before_ms = before_ms };
	enum result result = store_documents(probe->store, &ask, complaints, prune_one, &pruning);

	*deleted = 0;
	if (result != RESULT_OK || !pruning.count)
		return result;
	result = store_documents_change(probe->store, pruning.changes, pruning.count, complaints);
	if (result != RESULT_OK)
		return result;
	*deleted = (unsigned)pruning.count;
	return pruning.count == DOCUMENT_CHANGES_MAX ? RESULT_MORE : RESULT_OK;
}

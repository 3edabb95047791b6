/* Incidents and the position up to which they were fed are one change of documents: what is read again after a kill belongs together. */
#include <stdlib.h>

#include "base/hash.h"
#include "hub/keep/inner.h"
#include "hub/keep/kept.h"
#include "hub/keep/usual.h"
#include "incident/written.h"

#include "base/banned.h"

#define LEFT_TOGETHER 16u
_Static_assert(LEFT_TOGETHER + USUAL_TOGETHER + LASTS_TOGETHER + GROUP_INCIDENTS_MAX + 1 <= DOCUMENT_CHANGES_MAX, "they are one change");
#define POSITION_KEY SPAN("followed")
#define POSITION_MAX ((size_t)64 << 10)
#define USUAL_MAX ((size_t)16 << 10)

/* -- what is told -- */

void keep_told(struct keep *keep, const struct incident *incident)
{
	struct told *told = NULL;

	for (size_t i = 0; i < keep->told_count && !told; i++)
		told = keep->told[i].id == incident->id ? &keep->told[i] : NULL;
	if (!told && keep->told_count == keep->told_size) {
		size_t size = keep->told_size ? keep->told_size * 2 : 64;
		struct told *list = reallocarray(keep->told, size, sizeof(*list));

		if (!list)
			return;  /* it stays in the group, and is told of at its next change */
		keep->told = list;
		keep->told_size = size;
	}
	if (!told) {
		told = &keep->told[keep->told_count++];
		told->id = incident->id;
		buffer_init(&told->text, WRITTEN_MAX);
	}
	buffer_reset(&told->text);
	if (incident_write(incident, &told->text) != RESULT_OK)
		buffer_reset(&told->text);
}

static void forget_told(struct keep *keep)
{
	for (size_t i = 0; i < keep->told_count; i++)
		buffer_done(&keep->told[i].text);
	keep->told_count = 0;
}

void keep_tell(struct keep *keep, const struct incident *incident, bool is_again)
{
	struct keep_change change = { .incident = incident, .version = keep_version(incident), .at_s = keep->feed.position.now.second, .is_again = is_again };

	list_each_safe(node, next, &keep->watches) {
		struct keep_watch *watch = list_entry(node, struct keep_watch, node);

		watch->changed(watch, &change);
	}
}

static void tell_all(struct keep *keep)
{
	for (size_t i = 0; i < keep->told_count && !keep->is_behind; i++) {
		const struct incident *incident = group_find(keep->group, keep->told[i].id);

		if (!incident && incident_read(buffer_span(&keep->told[i].text), keep->scratch) == RESULT_OK)
			incident = keep->scratch;
		if (incident)
			keep_tell(keep, incident, false);
	}
	forget_told(keep);
}

static bool tell_live(void *context, const struct incident *incident)
{
	if (incident_is_live(incident))
		keep_tell(context, incident, true);
	return true;
}

void keep_tell_live(struct keep *keep)
{
	group_each(keep->group, tell_live, keep);
}

/* -- onto the disk -- */

struct change_set {
	struct keep *keep;
	struct document_change changes[DOCUMENT_CHANGES_MAX];
	struct buffer texts[DOCUMENT_CHANGES_MAX];
	struct document_key keys[DOCUMENT_CHANGES_MAX];
	size_t count;
	struct saved saved[GROUP_INCIDENTS_MAX];   /* as it will be */
	unsigned saved_count;
	uint64_t usual_hashes[SECONDS_SITES];
	enum result result;
};

static uint64_t hash_of(struct span text)
{
	return hash_span(hash_process_seed(), text);
}

static bool is_saved(const struct keep *keep, uint64_t id, uint64_t hash)
{
	for (unsigned i = 0; i < keep->saved_count; i++) {
		if (keep->saved[i].id == id)
			return keep->saved[i].hash == hash;
	}
	return false;
}

/* The text in the last buffer becomes a change, which owns it. */
static void put_change(struct change_set *set, enum document_kind kind, struct span key, uint64_t sort)
{
	set->changes[set->count] = (struct document_change){ .kind = kind, .key = key, .text = buffer_span(&set->texts[set->count]), .sort = sort,
		                                             .version = DOCUMENT_ANY };
	set->count++;
}

static bool put_followed(void *context, const struct incident *incident)
{
	struct change_set *set = context;
	struct incident *own = group_find(set->keep->group, incident->id);
	struct buffer *text = &set->texts[set->count];
	uint64_t hash;

	known_relate(set->keep->known, own);
	buffer_init(text, WRITTEN_MAX);
	set->result = incident_write(own, text);
	if (set->result != RESULT_OK) {
		buffer_done(text);
		return false;
	}
	hash = hash_of(buffer_span(text));
	set->saved[set->saved_count++] = (struct saved){ own->id, hash };
	if (is_saved(set->keep, own->id, hash)) {
		buffer_done(text);
		return true;
	}
	set->keys[set->count] = document_key(own->id);
	put_change(set, DOCUMENT_INCIDENT, span_of(set->keys[set->count].text), own->opened_s * 1000);
	return true;
}

static void commit(struct change_set *set, struct complaints *complaints)
{
	if (set->result == RESULT_OK)
		set->result = store_documents_change(set->keep->birth.store, set->changes, set->count, complaints);
	while (set->count)
		buffer_done(&set->texts[--set->count]);
}

static void put_one_left(struct change_set *set, const struct told *told)
{
	struct buffer *text = &set->texts[set->count];

	set->result = incident_read(buffer_span(&told->text), set->keep->scratch);
	if (set->result != RESULT_OK)
		return;
	buffer_init(text, WRITTEN_MAX);
	set->result = buffer_append(text, buffer_span(&told->text));
	if (set->result != RESULT_OK) {
		buffer_done(text);
		return;
	}
	set->keys[set->count] = document_key(told->id);
	put_change(set, DOCUMENT_INCIDENT, span_of(set->keys[set->count].text), set->keep->scratch->opened_s * 1000);
}

/* Those that the group told of and follows no longer. More of them than go with the position, in one second, are written before it: cut off there, they
 * would be counted again from the position on, which takes as many incidents that others push out. */
static void put_left(struct change_set *set, struct complaints *complaints)
{
	const struct keep *keep = set->keep;

	for (size_t i = 0; i < keep->told_count && set->result == RESULT_OK; i++) {
		if (group_find(keep->group, keep->told[i].id) || !buffer_len(&keep->told[i].text))
			continue;
		if (set->count == LEFT_TOGETHER)
			commit(set, complaints);
		if (set->result == RESULT_OK)
			put_one_left(set, &keep->told[i]);
	}
}

/* What has become usual in the minutes since. Of more sites than go with the position the first are written before it: a kill between costs them
 * no more than that these minutes are learned twice. */
static void put_usual(struct change_set *set, struct complaints *complaints)
{
	const struct keep *keep = set->keep;
	size_t count = seconds_site_count(keep->seconds), first = set->count;

	for (size_t i = 0; i < count && set->result == RESULT_OK; i++) {
		const struct citizens_usual *usual = group_usual(keep->group, seconds_site(keep->seconds, i));
		struct buffer *text = &set->texts[set->count];
		uint64_t hash = usual ? hash_of(span_make((const char *)usual, sizeof(*usual))) : 0;

		if (!usual || hash == keep->usual_hashes[i])
			continue;
		if (set->count - first == USUAL_TOGETHER) {
			commit(set, complaints);
			first = 0;
		}
		buffer_init(&set->texts[set->count], USUAL_MAX);
		text = &set->texts[set->count];
		if (set->result == RESULT_OK)
			set->result = usual_write(usual, text);
		put_change(set, DOCUMENT_USUAL, seconds_site(keep->seconds, i), 0);
		set->usual_hashes[i] = hash;
	}
}

/* Of more sites than go with the position the first are written before it: after a kill between, what came with their next line is not in incidents if they were silent for long. */
static void put_lasts(struct change_set *set, struct complaints *complaints)
{
	size_t at = 0, first = set->count;
	struct last_line last;

	while (set->result == RESULT_OK && lasts_next(set->keep->lasts, &at, &last)) {
		struct buffer *text;

		if (set->count - first == LASTS_TOGETHER) {
			commit(set, complaints);
			first = 0;
		}
		text = &set->texts[set->count];
		buffer_init(text, last.line.len);
		if (set->result == RESULT_OK)
			set->result = buffer_append(text, last.line);
		put_change(set, DOCUMENT_LAST, last.key, last.sequence);
	}
}

static void put_position(struct change_set *set)
{
	struct position *position = &set->keep->feed.position;
	struct buffer *text = &set->texts[set->count];

	position->next_id = group_next_id(set->keep->group);
	position->whole = observe_whole(set->keep->feed.observe);
	position->followed_count = set->saved_count;
	for (unsigned i = 0; i < set->saved_count; i++)
		position->followed[i] = set->saved[i].id;
	buffer_init(text, POSITION_MAX);
	set->result = position_write(position, text);
	if (set->result == RESULT_OK)
		put_change(set, DOCUMENT_HUB, POSITION_KEY, 0);
	else
		buffer_done(text);
}

static enum result save(struct keep *keep, struct complaints *complaints)
{
	struct change_set *set = calloc(1, sizeof(*set));
	uint64_t minute = keep->feed.position.now.second / 60;
	bool is_minute = minute != keep->usual_minute, has_marks = keep->feed.position.past_count != 0;
	enum result result;

	if (!set)
		return RESULT_NO_MEMORY;
	set->keep = keep;
	memcpy(set->usual_hashes, keep->usual_hashes, sizeof(set->usual_hashes));
	put_left(set, complaints);
	if (set->result == RESULT_OK && is_minute)
		put_usual(set, complaints);
	/* What came since the last minute is read again, unless there was none yet. */
	if (set->result == RESULT_OK && (is_minute || !has_marks))
		put_lasts(set, complaints);
	if (set->result == RESULT_OK)
		group_each(keep->group, put_followed, set);
	if (set->result == RESULT_OK)
		put_position(set);
	commit(set, complaints);
	result = set->result;
	if (result == RESULT_OK) {
		memcpy(keep->saved, set->saved, sizeof(keep->saved));
		keep->saved_count = set->saved_count;
		memcpy(keep->usual_hashes, set->usual_hashes, sizeof(set->usual_hashes));
		keep->usual_minute = minute;
		if (is_minute || !has_marks)
			lasts_saved(keep->lasts);
	}
	free(set);
	return result;
}

enum result keep_checkpoint(struct keep *keep, struct complaints *complaints)
{
	enum result result = save(keep, complaints);

	tell_all(keep);
	return result;
}

/* -- from it -- */

struct reading_position {
	enum result result;
	struct position *position;
};

static void read_position(void *context, const struct document *document)
{
	struct reading_position *reading = context;

	reading->result = position_read(document->text, reading->position);
}

enum result keep_load_position(struct keep *keep, struct position *out, struct complaints *complaints)
{
	struct reading_position reading = { .position = out };
	enum result result = store_document(keep->birth.store, DOCUMENT_HUB, POSITION_KEY, complaints, read_position, &reading);

	return result == RESULT_OK ? reading.result : result;
}

static bool recall_one(void *context, const struct document *document)
{
	struct keep *keep = context;

	journal_feed_recall(&keep->feed, document->text, document->sort);
	return true;
}

enum result keep_recall(struct keep *keep, struct complaints *complaints)
{
	return store_documents(keep->birth.store, &(struct documents_ask){ .kind = DOCUMENT_LAST }, complaints, recall_one, keep);
}

static bool restore_usual(void *context, const struct document *document)
{
	struct keep *keep = context;
	struct citizens_usual usual;

	/* One that cannot be read is learned again. */
	return usual_read(document->text, &usual) != RESULT_OK || group_set_usual(keep->group, document->key, &usual) != RESULT_NO_MEMORY;
}

enum result keep_restore(struct keep *keep, struct complaints *complaints)
{
	const struct position *position = &keep->feed.position;
	struct documents_ask ask = { .kind = DOCUMENT_USUAL };
	enum result result = RESULT_OK;

	group_begin(keep->group, position->next_id);
	keep->saved_count = 0;
	forget_told(keep);
	for (unsigned i = 0; i < position->followed_count && result == RESULT_OK; i++) {
		result = kept_read(keep->birth.store, position->followed[i], keep->scratch, complaints);
		if (result == RESULT_OK)
			result = group_restore(keep->group, keep->scratch);
		/* One that a person deleted or damaged keeps no other from being followed. */
		if (result == RESULT_NOT_FOUND || result == RESULT_MALFORMED || result == RESULT_REFUSED || result == RESULT_LIMIT)
			result = RESULT_OK;
	}
	return result == RESULT_OK ? store_documents(keep->birth.store, &ask, complaints, restore_usual, keep) : result;
}

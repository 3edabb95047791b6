/* Copies on their way between memory and disk: in the thread of the copies. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/continuity/tier.h"

#include "base/banned.h"

#define FILE_BYTES_MAX (COPY_HEAD_MAX + ((size_t)16 << 20))
#define EVICTIONS_MAX 64u         /* for one copy that comes */
#define TIER_EVICTIONS_MAX ((unsigned)(FILE_BYTES_MAX / FOLDER_BLOCK_BYTES))

/* -- loading -- */

/* For downstream it is no answer to keep, whatever the origin said when it was well. */
static bool is_about_keeping(const struct field *field)
{
	static const struct span others[] = { SPAN_INIT("cdn-cache-control"), SPAN_INIT("surrogate-control"), SPAN_INIT("cloudflare-cdn-cache-control"),
	                                      SPAN_INIT("x-accel-expires") };

	if (field->id == FIELD_CACHE_CONTROL || field->id == FIELD_EXPIRES || field->id == FIELD_PRAGMA || field->id == FIELD_CACHE_STATUS)
		return true;
	for (size_t i = 0; field->id == FIELD_OTHER && i < sizeof(others) / sizeof(*others); i++) {
		if (span_equal_nocase(field->name, others[i]))
			return true;
	}
	return false;
}

static enum result make_object(const struct copies *copies, const struct copy *copy, struct span text, uint64_t party, struct cache_object **object)
{
	struct field list[COPY_FIELDS_MAX + 1];
	struct fields fields = { .list = list, .size = COPY_FIELDS_MAX + 1, .max = COPY_FIELDS_MAX + 1 };
	uint64_t now_s = clock_wall_ns() / 1000000000u;
	bool is_tier = copies_is_tier(copies);
	struct cache_draft draft = {
		.key = copy->key, .vary = copy->vary, .variant = copy->variant, .tags = copy->tags, .hash = cache_store_hash(copies->store, copy->key), .party = party,
		.status = 200, .is_judged = copy->flags & COPY_IS_JUDGED, .fields = &fields, .received_ms = clock_mono_ms(),
		.life = { .age_s = now_s > copy->made_s ? (int64_t)(now_s - copy->made_s) : 0 },
	};
	enum result result = cache_body_new(copies->store, party, text.len, &draft.body);

	if (result != RESULT_OK)
		return result;
	for (unsigned i = 0; i < copy->field_count; i++) {
		if (is_tier || !is_about_keeping(&copy->fields[i]))
			list[fields.count++] = copy->fields[i];
	}
	if (is_tier)
		result = copy_read_life(copy->life, &draft.status, &draft.life);
	else
		list[fields.count++] = (struct field){ SPAN("Cache-Control"), SPAN("no-store"), FIELD_CACHE_CONTROL };
	if (result == RESULT_OK && text.len)
		result = cache_body_add(draft.body, text, text.len);
	cache_body_seal(draft.body);
	if (result == RESULT_OK)
		result = cache_object_make(copies->store, &draft, object);
	cache_body_drop(draft.body);
	return result;
}

/* A file, and what the index says of it: for whom it is given is known by that. */
struct reading {
	struct copy_place place;
	uint64_t party, made_s, kept_s;
	bool is_judged, is_private;
	struct copy copy;             /* what the file says, in FILE */
	struct buffer file;
	size_t head_bytes;
};

/* RESULT_MALFORMED, RESULT_REFUSED: it is no copy, or another's. */
static enum result read_file(const struct copies *copies, struct reading *reading)
{
	struct copy_place own;
	enum result result = copy_folder_read(&copies->folder, &reading->place, &reading->file);

	if (result == RESULT_OK)
		result = copy_read_head(span_take(buffer_span(&reading->file), COPY_HEAD_MAX), buffer_len(&reading->file), copies->folder.key, &reading->copy,
		                        &reading->head_bytes);
	else if (result == RESULT_LIMIT)
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = copy_place_of(reading->place.site, &reading->copy, &own);
	if (result == RESULT_OK && (reading->copy.kind != copies_kind(copies) || strcmp(own.name, reading->place.name) != 0))
		result = RESULT_REFUSED;
	if (result == RESULT_OK && !copy_has_body(&reading->copy, span_skip(buffer_span(&reading->file), reading->head_bytes)))
		result = RESULT_MALFORMED;
	return result;
}

static bool is_as_expected(const struct reading *reading)
{
	const struct copy *copy = &reading->copy;

	return copy->made_s == reading->made_s && copy->kept_s == reading->kept_s && !(copy->flags & COPY_IS_JUDGED) == !reading->is_judged &&
	       !(copy->flags & COPY_IS_PRIVATE) == !reading->is_private;
}

/* As read_file. RESULT_MORE: another edge has written another copy in its place. RESULT_LIMIT: its tenant has no memory for it now. */
static enum result load(const struct copies *copies, struct reading *reading, struct cache_object **object)
{
	enum result result = read_file(copies, reading);

	if (result == RESULT_OK && !is_as_expected(reading))
		result = RESULT_MORE;
	return result == RESULT_OK ? make_object(copies, &reading->copy, span_skip(buffer_span(&reading->file), reading->head_bytes), reading->party, object) : result;
}

/* The lock was given back meanwhile. */
static bool is_there(const struct list *bucket, const struct copy_entry *entry, const struct copy_place *place)
{
	list_each (node, bucket) {
		const struct copy_entry *other = list_entry(node, struct copy_entry, bucket);

		if (other == entry)
			return memcmp(entry->place.name, place->name, sizeof(place->name)) == 0;
	}
	return false;
}

/* Security, fails closed: for whom the copy is that is there now, the index is to know first. Who waits looks again. */
static void take_other(struct copies *copies, struct copy_entry *entry, const struct reading *reading)
{
	struct copies_site *site = entry->site;

	copy_entry_remove(copies, entry);
	if (!copy_entry_add(copies, site, &reading->copy, &reading->place, buffer_len(&reading->file)))
		copies_unlink(copies, &reading->place);
	copies->needs_sweep = true;
}

static void settle_load(struct copies *copies, struct copy_entry *entry, const struct reading *reading, enum result result, struct cache_object *object)
{
	if (result == RESULT_OK && copies_is_tier(copies)) {
		tier_return(copies, entry, object);
		cache_object_drop(object);
	} else if (result == RESULT_OK) {
		copy_entry_unload(copies, entry);
		entry->object = object;
		entry->used_ms = clock_mono_ms();
		copies->loaded++;
	}
	if (result == RESULT_MALFORMED || result == RESULT_REFUSED) {
		copies->state.damaged++;
		copies_unlink(copies, &entry->place);
	}
	if (result == RESULT_MORE)
		take_other(copies, entry, reading);
	else if (result == RESULT_MALFORMED || result == RESULT_REFUSED || result == RESULT_NOT_FOUND)
		copy_entry_remove(copies, entry);
	else
		copy_entry_tell(entry);
}

static void do_load(struct copies *copies, struct copy_entry *entry, struct reading *reading)
{
	struct list *bucket = copies_bucket(copies, entry->key);
	struct cache_object *object = NULL;
	enum result result;
	int error;

	reading->place = entry->place;
	reading->party = entry->site->rules.party;
	reading->made_s = entry->made_s;
	reading->kept_s = entry->kept_s;
	reading->is_judged = entry->is_judged;
	reading->is_private = entry->is_private;
	buffer_init(&reading->file, FILE_BYTES_MAX);
	pthread_mutex_unlock(&copies->lock);
	result = load(copies, reading, &object);
	error = errno;
	pthread_mutex_lock(&copies->lock);
	if (result == RESULT_IO)
		copies_note_error(copies, result, error);
	if (is_there(bucket, entry, &reading->place))
		settle_load(copies, entry, reading, result, object);
	else if (object)
		cache_object_drop(object);
	buffer_done(&reading->file);
}

void copies_do_load(struct copies *copies)
{
	struct copy_entry *entry = list_entry(copies->loads.next, struct copy_entry, loading);
	struct reading *reading = malloc(sizeof(*reading));

	copy_entry_settle(copies, entry);
	if (reading)
		do_load(copies, entry, reading);
	else
		copy_entry_tell(entry);
	free(reading);
}

/* -- saving -- */

/* Found anew each time: the one whose place it takes may have gone while the lock was given back. */
static struct copy_need need_of(struct copies *copies, struct copies_site *site, const struct copy *copy, uint64_t cost)
{
	const struct copy_entry *old = copy_entry_find(copies, copy->key, copy->vary, copy->variant);
	uint64_t before = old && !copies_is_tier(copies) ? copy_folder_cost(old->bytes) : 0;  /* for a moment both are there */
	bool is_pinned = copies_is_pinned(site, copy->key, copy->flags & COPY_IS_WILD);

	return (struct copy_need){ is_pinned ? COPY_PINNED : copy->flags & COPY_IS_PRIORITY ? COPY_PRIORITY : COPY_ORDINARY, cost > before ? cost - before : 0, !old, old };
}

/* Its file goes, while the lock is given back, before another is written. */
static void delete_now(struct copies *copies, struct copy_entry *entry)
{
	struct copy_place place = entry->place;

	copy_entry_remove(copies, entry);
	pthread_mutex_unlock(&copies->lock);
	(void)!copy_folder_delete(&copies->folder, &place);
	pthread_mutex_lock(&copies->lock);
}

/* So that COPY of SITE may take COST bytes. RESULT_LIMIT: nobody has to make room for it. */
static enum result make_room(struct copies *copies, struct copies_site *site, const struct copy *copy, uint64_t cost)
{
	bool is_room = false;

	for (unsigned i = 0; i < (copies_is_tier(copies) ? TIER_EVICTIONS_MAX : EVICTIONS_MAX); i++) {
		struct copy_need need = need_of(copies, site, copy, cost);
		struct copy_entry *victim = copies_victim(copies, site, &need, &is_room);

		if (!victim || (copies_is_tier(copies) && !tier_wins(copies, site, copy->key, victim)))
			break;
		delete_now(copies, victim);
	}
	return is_room ? RESULT_OK : RESULT_LIMIT;
}

/* In one piece, for its hash is in the head. */
static enum result gather_body(const struct cache_body *body, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (uint64_t at = 0; at < body->bytes && result == RESULT_OK;) {
		struct span piece = cache_body_piece(body, at);

		result = buffer_append(out, piece);
		at += piece.len;
	}
	return result;
}

static enum result describe(const struct copies *copies, const struct copy_save *save, struct span body, struct copy *copy)
{
	const struct cache_object *object = save->object;
	unsigned flags = save->flags | (object->is_judged ? COPY_IS_JUDGED : 0u);

	if (object->fields.count > COPY_FIELDS_MAX)
		return RESULT_LIMIT;
	*copy = (struct copy){
		.kind = copies_kind(copies), .flags = flags, .made_s = save->made_s, .kept_s = clock_wall_ns() / 1000000000u, .site = span_of(save->site->name),
		.key = object->key, .vary = object->vary, .variant = object->variant, .tags = object->tags, .field_count = object->fields.count,
		.body_bytes = body.len,
		.life = copies_is_tier(copies) ? span_make(save->life, sizeof(save->life)) : SPAN_NONE,
	};
	for (unsigned i = 0; i < object->fields.count; i++)
		copy->fields[i] = object->fields.list[i];
	return digest_plain(body, copy->body_digest);
}

/* The oldest of too many variants of an address goes. RESULT_LIMIT: they are all younger than `refresh`. */
static enum result make_room_for_variant(struct copies *copies, const struct copies_site *site, const struct copy *copy)
{
	struct copy_entry *victim;
	bool is_room;

	if (copy_entry_find(copies, copy->key, copy->vary, copy->variant))
		return RESULT_OK;
	victim = copies_victim_variant(copies, site, copy->key, &is_room);
	if (victim)
		delete_now(copies, victim);
	return victim || is_room ? RESULT_OK : RESULT_LIMIT;
}

/* Under the lock, which is given back while the disk works. */
static enum result put(struct copies *copies, const struct copy_save *save, const struct copy *copy, const struct copy_place *place, struct span head, struct span body)
{
	enum result result = make_room_for_variant(copies, save->site, copy);

	if (result == RESULT_OK)
		result = make_room(copies, save->site, copy, copy_folder_cost(head.len + body.len));
	if (result != RESULT_OK)
		return result;
	pthread_mutex_unlock(&copies->lock);
	result = copy_folder_put(&copies->folder, place, head, body, copies_is_tier(copies) ? FOLDER_NOTHING : FOLDER_BYTES);
	pthread_mutex_lock(&copies->lock);
	return result;
}

/* It is on disk: is it still wanted? */
static enum result settle_save(struct copies *copies, const struct copy_save *save, const struct copy *copy, const struct copy_place *place, uint64_t bytes)
{
	struct copy_entry *old = copy_entry_find(copies, copy->key, copy->vary, copy->variant);

	if (old)
		copy_entry_remove(copies, old);
	if (!save->is_dropped && save->drops == save->site->drops && save->site->is_served && copy_entry_add(copies, save->site, copy, place, bytes)) {
		copies->state.written++;
		return RESULT_OK;
	}
	copies_unlink(copies, place);
	return RESULT_OK;
}

static enum result save_copy(struct copies *copies, const struct copy_save *save, struct copy *copy, struct buffer *head, struct buffer *body)
{
	struct copy_place place;
	enum result result;

	pthread_mutex_unlock(&copies->lock);
	result = gather_body(save->object->body, body);
	if (result == RESULT_OK)
		result = describe(copies, save, buffer_span(body), copy);
	if (result == RESULT_OK)
		result = copy_write_head(copy, copies->folder.key, head);
	if (result == RESULT_OK)
		result = copy_place_of(save->site->rules.site, copy, &place);
	pthread_mutex_lock(&copies->lock);
	if (result == RESULT_OK)
		result = put(copies, save, copy, &place, buffer_span(head), buffer_span(body));
	return result == RESULT_OK ? settle_save(copies, save, copy, &place, buffer_len(head) + buffer_len(body)) : result;
}

void copies_save_end(struct copies *copies, struct copy_save *save)
{
	list_remove(&save->node);
	copies->save_count--;
	copies->save_bytes -= save->object->body->bytes;
	copies_fill(copies, save->object->key, false);
	cache_object_drop(save->object);
	free(save);
}

void copies_do_save(struct copies *copies)
{
	struct copy_save *save = list_entry(copies->saves.next, struct copy_save, node);
	struct copy *copy = malloc(sizeof(*copy));
	struct buffer head, body;
	enum result result = copy ? RESULT_OK : RESULT_NO_MEMORY;

	buffer_init(&head, COPY_HEAD_MAX);
	buffer_init(&body, FILE_BYTES_MAX);
	errno = 0;
	if (result == RESULT_OK && !copies->has_left)
		result = save_copy(copies, save, copy, &head, &body);
	if (result != RESULT_LIMIT)  /* too many fields, or no room among younger ones: no trouble of the disk */
		copies_note_error(copies, result, errno);
	copies_save_end(copies, save);
	buffer_done(&head);
	buffer_done(&body);
	free(copy);
}

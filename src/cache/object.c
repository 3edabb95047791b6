#include "cache/object.h"

#include <stdlib.h>

#include "cache/store.h"
#include "http/head_writer.h"

#include "base/banned.h"

#define CHUNK_MIN_BYTES ((size_t)4096)
#define CHUNK_MAX_BYTES ((size_t)256 * 1024)
#define WASTE_BYTES ((size_t)512)

struct body_chunk {
	struct body_chunk *next;
	size_t size, used;
	char bytes[];
};

/* -- memory that is counted -- */

static enum result account_open(struct cache_store *store, uint64_t party, struct cache_account *out)
{
	void *tenant = cache_store_hold_tenant(store, party);

	*out = (struct cache_account){ store, tenant, party, 0 };
	return tenant ? RESULT_OK : RESULT_NO_MEMORY;
}

static void account_close(struct cache_account *account)
{
	cache_store_give(account->store, account->tenant, account->bytes);
	cache_store_drop_tenant(account->store, account->tenant);
}

static bool account_take(struct cache_account *account, uint64_t bytes)
{
	if (!cache_store_take(account->store, account->tenant, account->party, bytes))
		return false;
	account->bytes += bytes;
	return true;
}

static void account_give(struct cache_account *account, uint64_t bytes)
{
	cache_store_give(account->store, account->tenant, bytes);
	account->bytes -= bytes;
}

/* -- bodies -- */

enum result cache_body_new(struct cache_store *store, uint64_t party, uint64_t max_bytes, struct cache_body **out)
{
	struct cache_body *body = calloc(1, sizeof(*body));
	enum result result = body ? account_open(store, party, &body->account) : RESULT_NO_MEMORY;

	if (result != RESULT_OK) {
		free(body);
		return result;
	}
	body->holders = 1;
	body->max_bytes = max_bytes;
	if (!account_take(&body->account, sizeof(*body))) {
		cache_body_drop(body);
		return RESULT_LIMIT;
	}
	*out = body;
	return RESULT_OK;
}

/* For at least WANTED bytes: what is expected, or else twice what there is already. */
static size_t chunk_size(const struct cache_body *body, size_t wanted, uint64_t expected)
{
	size_t size = body->last ? body->last->size * 2 : CHUNK_MIN_BYTES;

	if (expected > body->bytes)
		size = expected - body->bytes < CHUNK_MAX_BYTES ? (size_t)(expected - body->bytes) : CHUNK_MAX_BYTES;
	size = size > CHUNK_MAX_BYTES ? CHUNK_MAX_BYTES : size;
	return size < wanted ? wanted : size;
}

static enum result add_chunk(struct cache_body *body, size_t size)
{
	struct body_chunk *chunk;

	if (!account_take(&body->account, sizeof(*chunk) + size))
		return RESULT_LIMIT;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk) {
		account_give(&body->account, sizeof(*chunk) + size);
		return RESULT_NO_MEMORY;
	}
	chunk->next = NULL;
	chunk->size = size;
	chunk->used = 0;
	if (body->last)
		body->last->next = chunk;
	else
		body->first = chunk;
	body->last = chunk;
	return RESULT_OK;
}

static struct span fill_chunk(struct cache_body *body, struct body_chunk *chunk, struct span piece)
{
	struct span part = span_take(piece, chunk->size - chunk->used);

	if (part.len)
		memcpy(chunk->bytes + chunk->used, part.at, part.len);
	chunk->used += part.len;
	body->bytes += part.len;
	return span_skip(piece, part.len);
}

enum result cache_body_add(struct cache_body *body, struct span piece, uint64_t expected)
{
	struct body_chunk *last = body->last;
	size_t room = last ? last->size - last->used : 0;

	if (piece.len > body->max_bytes - body->bytes)
		return RESULT_LIMIT;
	if (piece.len > room) {  /* the memory first: all of it, or nothing */
		enum result result = add_chunk(body, chunk_size(body, piece.len - room, expected));

		if (result != RESULT_OK)
			return result;
	}
	if (last)
		piece = fill_chunk(body, last, piece);
	if (piece.len)
		fill_chunk(body, body->last, piece);
	return RESULT_OK;
}

void cache_body_seal(struct cache_body *body)
{
	struct body_chunk **link = &body->first, *smaller;
	size_t waste = body->last ? body->last->size - body->last->used : 0;

	if (waste < WASTE_BYTES)
		return;
	while (*link != body->last)
		link = &(*link)->next;
	smaller = realloc(body->last, sizeof(*smaller) + body->last->used);
	if (!smaller)
		return;
	smaller->size = smaller->used;
	*link = body->last = smaller;
	account_give(&body->account, waste);
}

struct span cache_body_piece(const struct cache_body *body, uint64_t at)
{
	for (const struct body_chunk *chunk = body->first; chunk; chunk = chunk->next) {
		if (at < chunk->used)
			return span_make(chunk->bytes + at, chunk->used - (size_t)at);
		at -= chunk->used;
	}
	return SPAN_NONE;
}

void cache_body_hold(struct cache_body *body)
{
	__atomic_add_fetch(&body->holders, 1u, __ATOMIC_RELAXED);
}

void cache_body_drop(struct cache_body *body)
{
	if (__atomic_sub_fetch(&body->holders, 1u, __ATOMIC_ACQ_REL))
		return;
	for (struct body_chunk *chunk = body->first, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	account_close(&body->account);
	free(body);
}

/* -- objects -- */

/* RFC 9111, 3.1: about a connection, or said anew with each delivery. Tags are for whoever purges, not for visitors. */
static bool is_left_out(const struct fields *fields, const struct field *field)
{
	if (field->id == FIELD_CONTENT_LENGTH || field->id == FIELD_AGE || field->id == FIELD_X_REQUEST_ID || field->id == FIELD_TRAILER ||
	    field->id == FIELD_SET_COOKIE || field_is_tag(field))
		return true;
	return field_is_hop_by_hop(fields, field);
}

static struct span copy(char **to, struct span text)
{
	struct span copied = span_make(*to, text.len);

	if (text.len)
		memcpy(*to, text.at, text.len);
	*to += text.len;
	return copied;
}

/* The object, its list of fields and all texts are one piece of memory. */
static size_t size_of(const struct cache_draft *draft)
{
	size_t size = sizeof(struct cache_object) + draft->key.len + draft->vary.len + draft->variant.len + draft->tags.len;

	for (unsigned i = 0; i < draft->fields->count; i++) {
		const struct field *field = &draft->fields->list[i];

		if (!is_left_out(draft->fields, field))
			size += sizeof(*field) + field->name.len + field->value.len;
	}
	return size;
}

static void copy_fields(struct cache_object *object, const struct fields *from, char **to)
{
	for (unsigned i = 0; i < from->count; i++) {
		if (!is_left_out(from, &from->list[i]))
			object->fields.list[object->fields.count++] = (struct field){ SPAN_NONE, SPAN_NONE, from->list[i].id };
	}
	object->fields.size = object->fields.max = object->fields.count;
	*to = (char *)(object->fields.list + object->fields.count);
	for (unsigned i = 0, at = 0; i < from->count; i++) {
		if (is_left_out(from, &from->list[i]))
			continue;
		object->fields.list[at].name = copy(to, from->list[i].name);
		object->fields.list[at++].value = copy(to, from->list[i].value);
	}
}

static void fill(struct cache_object *object, const struct cache_draft *draft)
{
	char *to = NULL;

	list_init(&object->bucket);
	list_init(&object->turn);
	object->segment = SEGMENT_NONE;
	object->holders = 1;
	object->hash = draft->hash;
	object->status = draft->status;
	object->is_judged = draft->is_judged;
	object->life = draft->life;
	object->received_ms = draft->received_ms;
	object->body = draft->body;
	cache_body_hold(draft->body);
	object->fields.list = (struct field *)(void *)(object + 1);
	copy_fields(object, draft->fields, &to);
	object->key = copy(&to, draft->key);
	object->vary = copy(&to, draft->vary);
	object->variant = copy(&to, draft->variant);
	object->tags = copy(&to, draft->tags);
}

enum result cache_object_make(struct cache_store *store, const struct cache_draft *draft, struct cache_object **out)
{
	struct cache_account account;
	struct cache_object *object;
	size_t size = size_of(draft);
	enum result result = account_open(store, draft->party, &account);

	if (result != RESULT_OK)
		return result;
	if (!account_take(&account, size > OBJECT_BYTES_MIN ? size : OBJECT_BYTES_MIN)) {
		account_close(&account);
		return RESULT_LIMIT;
	}
	object = calloc(1, size);
	if (!object) {
		account_close(&account);
		return RESULT_NO_MEMORY;
	}
	object->account = account;
	fill(object, draft);
	*out = object;
	return RESULT_OK;
}

void cache_object_hold(struct cache_object *object)
{
	__atomic_add_fetch(&object->holders, 1u, __ATOMIC_RELAXED);
}

void cache_object_drop(struct cache_object *object)
{
	struct cache_account account = object->account;

	if (__atomic_sub_fetch(&object->holders, 1u, __ATOMIC_ACQ_REL))
		return;
	cache_body_drop(object->body);
	free(object);
	account_close(&account);
}

/* -- a 304 -- */

static bool has_name(const struct fields *fields, const struct field *field)
{
	return field->id == FIELD_OTHER ? fields_find_name(fields, field->name) != NULL : fields_find(fields, field->id) != NULL;
}

/* RFC 9111, 3.2: what describes the bytes that are here already stays as it is. */
static bool is_about_body(const struct field *field)
{
	return field->id == FIELD_CONTENT_ENCODING || field->id == FIELD_CONTENT_TYPE || field->id == FIELD_CONTENT_RANGE || field->id == FIELD_CONTENT_LENGTH;
}

enum result cache_fields_merge(const struct fields *stored, const struct fields *update, struct fields *out)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < stored->count && result == RESULT_OK; i++) {
		const struct field *field = &stored->list[i];

		if (is_about_body(field) || !has_name(update, field))
			result = fields_add(out, field->id, field->name, field->value);
	}
	for (unsigned i = 0; i < update->count && result == RESULT_OK; i++) {
		const struct field *field = &update->list[i];

		if (!is_about_body(field))
			result = fields_add(out, field->id, field->name, field->value);
	}
	return result;
}

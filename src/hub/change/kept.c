#include "hub/change/kept.h"

#include <stdio.h>

#include "base/banned.h"

#define COUNTER_KEY "proposals"

static const char *const states[] = {
#define X(id, name) name,
	PROPOSAL_STATE_LIST(X)
#undef X
};

const char *proposal_state_name(enum proposal_state state)
{
	return states[state];
}

/* -- writing -- */

static void put_complaints(struct json_writer *json, const struct proposal *proposal)
{
	if (proposal->root)
		json_put_value(json, SPAN("complaints"), json_find(proposal->root, "complaints"));
	else
		json_put_raw(json, SPAN("complaints"), proposal->complaints.len ? proposal->complaints : SPAN("[]"));
}

static void put_shown(struct json_writer *json, const struct proposal *proposal)
{
	json_put_number(json, SPAN("id"), proposal->number);
	json_put_text(json, SPAN("path"), proposal->path);
	json_put_text(json, SPAN("author"), proposal->author);
	json_put_text(json, SPAN("why"), proposal->why);
	json_put_text(json, SPAN("state"), span_of(states[proposal->state]));
	json_put_text(json, SPAN("diff"), proposal->diff);
	put_complaints(json, proposal);
	json_put_bool(json, SPAN("needs_approval"), proposal->needs_approval);
	json_put_text(json, SPAN("decided_by"), proposal->decided_by);
	json_put_text(json, SPAN("decided_why"), proposal->decided_why);
}

void proposal_put(struct json_writer *json, const struct proposal *proposal)
{
	put_shown(json, proposal);
	json_put_time_ms(json, SPAN("at"), proposal->at_ms);
	if (proposal->back_to)
		json_put_number(json, SPAN("back_to"), proposal->back_to);
}

static enum result write(const struct proposal *proposal, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	put_shown(&json, proposal);
	json_put_number(&json, SPAN("at_ms"), proposal->at_ms);
	json_put_number(&json, SPAN("decided_ms"), proposal->decided_ms);
	json_put_number(&json, SPAN("applying_ms"), proposal->applying_ms);
	json_put_bool(&json, SPAN("takes_eyes"), proposal->takes_eyes);
	json_put_number(&json, SPAN("back_to"), proposal->back_to);
	json_open(&json, SPAN("files"), '[');
	for (size_t i = 0; i < proposal->file_count; i++) {
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("path"), proposal->files[i].path);
		json_put_text(&json, SPAN("text"), proposal->files[i].text);
		json_put_text(&json, SPAN("base"), proposal->files[i].base);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

static enum result change(struct store *store, const struct proposal *proposal, uint64_t version, const struct document_change *more, size_t more_count)
{
	struct document_key key = document_key(proposal->number);
	struct document_change changes[3];
	struct buffer text;
	enum result result;

	buffer_init(&text, DOCUMENT_TEXT_MAX);
	result = write(proposal, &text);
	changes[0] = (struct document_change){ DOCUMENT_PROPOSAL, span_of(key.text), buffer_span(&text), proposal->at_ms, version };
	for (size_t i = 0; i < more_count; i++)
		changes[1 + i] = more[i];
	if (result == RESULT_OK)
		result = store_documents_change(store, changes, 1 + more_count, NULL);
	buffer_done(&text);
	return result;
}

enum result proposal_keep(struct store *store, struct proposal *proposal)
{
	enum result result = change(store, proposal, proposal->version, NULL, 0);

	proposal->version += result == RESULT_OK;
	return result;
}

/* -- reading -- */

static bool read_state(struct span name, enum proposal_state *out)
{
	for (unsigned i = 0; i < PROPOSAL_STATES; i++) {
		if (span_equal(name, span_of(states[i]))) {
			*out = (enum proposal_state)i;
			return true;
		}
	}
	return false;
}

static enum result read_files(const struct json *list, struct proposal *out)
{
	out->file_count = json_length(list);
	if (!out->file_count || out->file_count > CHANGE_FILES_MAX)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < out->file_count; i++) {
		const struct json *file = json_item(list, i);

		out->files[i] = (struct change_text){ json_text_of(json_find(file, "path")), json_text_of(json_find(file, "text")), json_text_of(json_find(file, "base")) };
	}
	return RESULT_OK;
}

static enum result read(struct span text, struct proposal *out)
{
	enum result result = json_read(text, &out->root);
	const struct json *root = out->root;

	if (result != RESULT_OK)
		return result;
	out->number = json_number_of(json_find(root, "id"));
	out->path = json_text_of(json_find(root, "path"));
	out->author = json_text_of(json_find(root, "author"));
	out->why = json_text_of(json_find(root, "why"));
	out->diff = json_text_of(json_find(root, "diff"));
	out->decided_by = json_text_of(json_find(root, "decided_by"));
	out->decided_why = json_text_of(json_find(root, "decided_why"));
	out->at_ms = json_number_of(json_find(root, "at_ms"));
	out->decided_ms = json_number_of(json_find(root, "decided_ms"));
	out->applying_ms = json_number_of(json_find(root, "applying_ms"));
	out->back_to = json_number_of(json_find(root, "back_to"));
	out->needs_approval = json_bool_of(json_find(root, "needs_approval"));
	out->takes_eyes = json_bool_of(json_find(root, "takes_eyes"));
	/* Security, fails closed: one whose author is not known is nobody's to approve. */
	result = out->author.len && json_has_bool(json_find(root, "takes_eyes")) && read_state(json_text_of(json_find(root, "state")), &out->state) ?
	         read_files(json_find(root, "files"), out) : RESULT_MALFORMED;
	if (result != RESULT_OK)
		proposal_done(out);
	return result;
}

void proposal_done(struct proposal *proposal)
{
	if (proposal->root)
		json_drop(proposal->root);
	proposal->root = NULL;
}

struct finding {
	struct proposal *out;
	enum result result;
};

static void take(void *context, const struct document *document)
{
	struct finding *finding = context;

	*finding->out = (struct proposal){ .version = document->version };
	finding->result = read(document->text, finding->out);
}

enum result proposal_find(struct store *store, uint64_t number, struct proposal *out)
{
	struct finding finding = { .out = out };
	struct document_key key = document_key(number);
	enum result result = store_document(store, DOCUMENT_PROPOSAL, span_of(key.text), NULL, take, &finding);

	return result == RESULT_OK ? finding.result : result;
}

struct listing {
	void (*each)(void *context, const struct proposal *proposal);
	void *context;
};

static bool list_one(void *context, const struct document *document)
{
	const struct listing *listing = context;
	struct proposal proposal = { 0 };

	if (read(document->text, &proposal) != RESULT_OK)
		return true;  /* one that is damaged keeps no other from being seen */
	listing->each(listing->context, &proposal);
	proposal_done(&proposal);
	return true;
}

enum result proposal_each(struct store *store, void (*each)(void *context, const struct proposal *proposal), void *context)
{
	struct listing listing = { each, context };

	return store_documents(store, &(struct documents_ask){ .kind = DOCUMENT_PROPOSAL }, NULL, list_one, &listing);
}

/* -- a new one -- */

struct room {
	size_t count;
	uint64_t oldest_over;             /* 0: none is over */
};

static void look_at(void *context, const struct proposal *proposal)
{
	struct room *room = context;

	room->count++;
	if (proposal->state != PROPOSAL_WAITS && proposal->state != PROPOSAL_APPROVED)
		room->oldest_over = proposal->number;  /* the newest come first */
}

enum result proposal_add(struct store *store, struct proposal *proposal)
{
	struct document_counter counter;
	struct room room = { 0 };
	struct document_key key;
	struct document_change more[2];
	size_t more_count = 1;
	enum result result = proposal_each(store, look_at, &room);

	if (result == RESULT_OK && room.count >= PROPOSALS_MAX && !room.oldest_over)
		result = RESULT_LIMIT;
	if (result == RESULT_OK)
		result = store_counter(store, SPAN(COUNTER_KEY), NULL, &counter);
	if (result != RESULT_OK)
		return result;
	proposal->number = counter.next;
	more[0] = store_counter_taken(&counter);
	key = document_key(room.oldest_over);
	if (room.count >= PROPOSALS_MAX)
		more[more_count++] = (struct document_change){ .kind = DOCUMENT_PROPOSAL, .key = span_of(key.text), .version = DOCUMENT_ANY };
	result = change(store, proposal, 0, more, more_count);
	proposal->version = result == RESULT_OK;
	return result;
}

#include "hub/people/door/program_token.h"

#include "event/json.h"
#include "incident/reading.h"
#include "incident/text.h"

#include "base/banned.h"

#define NUMBER_MAX ((uint64_t)INT64_MAX)

static bool read_members(const struct json *root, void *context)
{
	struct program_token *out = context;
	struct reading reading;

	reading_begin(&reading, root);
	reading_text(&reading, "name", out->name, sizeof(out->name));
	reading_text(&reading, "person", out->person, sizeof(out->person));
	out->birth = reading_number(&reading, "birth", NUMBER_MAX);
	out->scopes = (uint32_t)reading_number(&reading, "scopes", PERMIT_ALL);
	reading_check(&reading, tenant_set_read(reading_member(&reading, "tenants"), &out->tenants) == RESULT_OK);
	out->made_ms = reading_number(&reading, "made_ms", NUMBER_MAX);
	out->used_ms = reading_number(&reading, "used_ms", NUMBER_MAX);
	out->until_ms = reading_number(&reading, "until_ms", NUMBER_MAX);
	return reading_end(&reading);
}

enum result program_token_read(struct span text, struct program_token *out)
{
	*out = (struct program_token){ 0 };
	return reading_whole(text, read_members, out);
}

enum result program_token_change(const struct program_token *token, struct buffer *text, struct document_change *out)
{
	struct json_writer writer;

	json_writer_init(&writer, text);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("name"), span_of(token->name));
	json_put_text(&writer, SPAN("person"), span_of(token->person));
	json_put_number(&writer, SPAN("birth"), token->birth);
	json_put_number(&writer, SPAN("scopes"), token->scopes);
	tenant_set_put(&writer, SPAN("tenants"), &token->tenants);
	json_put_number(&writer, SPAN("made_ms"), token->made_ms);
	json_put_number(&writer, SPAN("used_ms"), token->used_ms);
	json_put_number(&writer, SPAN("until_ms"), token->until_ms);
	json_close(&writer, '}');
	*out = (struct document_change){ DOCUMENT_TOKEN, span_of(token->key), buffer_span(text), token->until_ms, token->version };
	return writer.result;
}

struct walking {
	const struct person *person;     /* NULL: any */
	bool (*each)(void *context, const struct program_token *token);
	void *context;
	struct program_token token;
	enum result result;
};

static bool walk_one(void *context, const struct document *document)
{
	struct walking *walking = context;
	struct program_token *token = &walking->token;

	walking->result = document->key.len == SECRET_HASH_BYTES - 1 ? program_token_read(document->text, token) : RESULT_MALFORMED;
	if (walking->result != RESULT_OK)
		return true;
	text_set(token->key, sizeof(token->key), document->key);
	token->version = document->version;
	if (walking->person && (strcmp(token->person, walking->person->name) != 0 || token->birth != walking->person->birth))
		return true;
	return walking->each(walking->context, token);
}

enum result program_token_each(struct store *store, const struct person *person, bool (*each)(void *context, const struct program_token *token), void *context)
{
	const struct documents_ask ask = { .kind = DOCUMENT_TOKEN, .is_ascending = true };
	struct walking walking = { .person = person, .each = each, .context = context };

	return store_documents(store, &ask, NULL, walk_one, &walking);
}

static bool keep(void *context, const struct program_token *token)
{
	*(struct program_token *)context = *token;
	return true;
}

static void find_one(void *context, const struct document *document)
{
	(void)walk_one(context, document);
}

enum result program_token_find(struct store *store, struct span text, uint64_t wall_ms, struct program_token *out)
{
	struct program_token token;
	struct walking walking = { .each = keep, .context = &token, .result = RESULT_MALFORMED };
	char key[SECRET_HASH_BYTES];
	enum result result;

	if (text.len != PROGRAM_TOKEN_BYTES - 1 || !span_starts(text, SPAN(PROGRAM_TOKEN_FRONT)))
		return RESULT_NOT_FOUND;
	result = secret_hash(text, key);
	if (result == RESULT_OK)
		result = store_document(store, DOCUMENT_TOKEN, span_of(key), NULL, find_one, &walking);
	if (result == RESULT_OK)
		result = walking.result;
	if (result == RESULT_OK && wall_ms >= token.until_ms)
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		*out = token;
	return result;
}

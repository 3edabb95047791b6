#include "hub/people/passkey/credential.h"

#include "base/encode.h"
#include "event/json.h"
#include "incident/reading.h"
#include "incident/text.h"

#include "base/banned.h"

#define NUMBER_MAX ((uint64_t)INT64_MAX)

static void read_bytes(struct reading *reading, const char *name, uint8_t *out, size_t max, size_t *len)
{
	struct span text = json_text_of(reading_member(reading, name));

	reading_check(reading, text.len && text.len % 2 == 0 && text.len / 2 <= max && hex_read(text, out, text.len / 2) == RESULT_OK);
	*len = reading->is_bad ? 0 : text.len / 2;
}

static bool read_members(const struct json *root, void *context)
{
	struct credential *out = context;
	struct reading reading;

	reading_begin(&reading, root);
	reading_text(&reading, "name", out->name, sizeof(out->name));
	reading_text(&reading, "person", out->person, sizeof(out->person));
	out->birth = reading_number(&reading, "birth", NUMBER_MAX);
	out->key.algorithm = -(int)reading_number(&reading, "algorithm", 257);
	read_bytes(&reading, "id", out->key.id, FIDO_ID_MAX, &out->key.id_len);
	read_bytes(&reading, "key", out->key.key, FIDO_KEY_MAX, &out->key.key_len);
	out->key.counter = reading_number32(&reading, "counter");
	out->made_ms = reading_number(&reading, "made_ms", NUMBER_MAX);
	out->used_ms = reading_number(&reading, "used_ms", NUMBER_MAX);
	return reading_end(&reading);
}

enum result credential_read(struct span text, struct credential *out)
{
	*out = (struct credential){ 0 };
	return reading_whole(text, read_members, out);
}

static void put_bytes(struct json_writer *writer, struct span name, const uint8_t *bytes, size_t len)
{
	char text[2 * FIDO_KEY_MAX];

	hex_write(bytes, len, text);
	json_put_text(writer, name, span_make(text, 2 * len));
}

enum result credential_change(const struct credential *credential, struct buffer *text, struct document_change *out)
{
	struct json_writer writer;

	json_writer_init(&writer, text);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("name"), span_of(credential->name));
	json_put_text(&writer, SPAN("person"), span_of(credential->person));
	json_put_number(&writer, SPAN("birth"), credential->birth);
	json_put_number(&writer, SPAN("algorithm"), (uint64_t)-credential->key.algorithm);
	put_bytes(&writer, SPAN("id"), credential->key.id, credential->key.id_len);
	put_bytes(&writer, SPAN("key"), credential->key.key, credential->key.key_len);
	json_put_number(&writer, SPAN("counter"), credential->key.counter);
	json_put_number(&writer, SPAN("made_ms"), credential->made_ms);
	json_put_number(&writer, SPAN("used_ms"), credential->used_ms);
	json_close(&writer, '}');
	*out = (struct document_change){ DOCUMENT_CREDENTIAL, span_of(credential->hash), buffer_span(text), credential->made_ms, credential->version };
	return writer.result;
}

struct walking {
	const struct person *person;
	bool (*each)(void *context, const struct credential *credential);
	void *context;
	struct credential credential;
	enum result result;
};

static bool walk_one(void *context, const struct document *document)
{
	struct walking *walking = context;
	struct credential *credential = &walking->credential;

	walking->result = document->key.len == SECRET_HASH_BYTES - 1 ? credential_read(document->text, credential) : RESULT_MALFORMED;
	if (walking->result != RESULT_OK)
		return true;
	text_set(credential->hash, sizeof(credential->hash), document->key);
	credential->version = document->version;
	if (walking->person && (strcmp(credential->person, walking->person->name) != 0 || credential->birth != walking->person->birth))
		return true;
	return walking->each(walking->context, credential);
}

enum result credential_each(struct store *store, const struct person *person, bool (*each)(void *context, const struct credential *credential), void *context)
{
	const struct documents_ask ask = { .kind = DOCUMENT_CREDENTIAL, .is_ascending = true };
	struct walking walking = { .person = person, .each = each, .context = context };

	return store_documents(store, &ask, NULL, walk_one, &walking);
}

static bool keep(void *context, const struct credential *credential)
{
	*(struct credential *)context = *credential;
	return true;
}

static void find_one(void *context, const struct document *document)
{
	(void)walk_one(context, document);
}

enum result credential_find(struct store *store, struct span id, struct credential *out)
{
	struct credential credential;
	struct walking walking = { .each = keep, .context = &credential, .result = RESULT_MALFORMED };
	char hash[SECRET_HASH_BYTES];
	enum result result = secret_hash(id, hash);

	if (result == RESULT_OK)
		result = store_document(store, DOCUMENT_CREDENTIAL, span_of(hash), NULL, find_one, &walking);
	if (result == RESULT_OK)
		result = walking.result;
	if (result == RESULT_OK)
		*out = credential;
	return result;
}

#include "hub/people/account/person.h"

#include "base/hash.h"
#include "event/json.h"
#include "incident/reading.h"
#include "incident/text.h"

#include "base/banned.h"

#define NUMBER_MAX ((uint64_t)INT64_MAX)

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '_' || c == '-' || c == '@';
}

enum result person_name_read(struct span text, char *out)
{
	char name[PERSON_NAME_BYTES] = "";

	if (!text.len || text.len >= sizeof(name))
		return RESULT_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		name[i] = ascii_lower(text.at[i]);
		if (!is_name_byte(name[i]) || (!i && !is_digit(name[i]) && !(name[i] >= 'a' && name[i] <= 'z')))
			return RESULT_MALFORMED;
	}
	memcpy(out, name, sizeof(name));
	return RESULT_OK;
}

uint64_t person_draw(void)
{
	uint64_t number;

	random_fill(&number, sizeof(number));
	return number & NUMBER_MAX;
}

void person_init(struct person *person, const char *name, uint64_t wall_ms)
{
	*person = (struct person){ .language = "en", .birth = person_draw(), .epoch = person_draw(), .made_ms = wall_ms };
	text_set(person->name, sizeof(person->name), span_of(name));
	text_set(person->display, sizeof(person->display), span_of(name));
}

/* -- the document -- */

static bool read_members(const struct json *root, void *context)
{
	struct person *out = context;
	struct reading reading;

	reading_begin(&reading, root);
	reading_text(&reading, "display", out->display, sizeof(out->display));
	reading_text(&reading, "language", out->language, sizeof(out->language));
	out->roles = (uint32_t)reading_number(&reading, "roles", ROLE_ALL);
	reading_check(&reading, tenant_set_read(reading_member(&reading, "tenants"), &out->tenants) == RESULT_OK);
	reading_text(&reading, "password", out->password, sizeof(out->password));
	reading_text(&reading, "totp", out->totp, sizeof(out->totp));
	out->totp_step = reading_number(&reading, "totp_step", NUMBER_MAX);
	reading_text(&reading, "new_totp", out->new_totp, sizeof(out->new_totp));
	out->is_disabled = reading_bool(&reading, "disabled");
	out->must_change = reading_bool(&reading, "must_change");
	reading_text(&reading, "code", out->code, sizeof(out->code));
	out->code_until_ms = reading_number(&reading, "code_until_ms", NUMBER_MAX);
	reading_text(&reading, "certificate", out->certificate, sizeof(out->certificate));
	if (json_find(root, "oidc_subject"))  /* not there in accounts of before */
		reading_text(&reading, "oidc_subject", out->oidc_subject, sizeof(out->oidc_subject));
	out->birth = reading_number(&reading, "birth", NUMBER_MAX);
	out->epoch = reading_number(&reading, "epoch", NUMBER_MAX);
	out->made_ms = reading_number(&reading, "made_ms", NUMBER_MAX);
	out->seen_ms = reading_number(&reading, "seen_ms", NUMBER_MAX);
	return reading_end(&reading);
}

enum result person_read(struct span text, struct person *out)
{
	*out = (struct person){ 0 };
	return reading_whole(text, read_members, out);
}

enum result person_write(const struct person *person, struct buffer *out)
{
	struct json_writer writer;

	json_writer_init(&writer, out);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("display"), span_of(person->display));
	json_put_text(&writer, SPAN("language"), span_of(person->language));
	json_put_number(&writer, SPAN("roles"), person->roles);
	tenant_set_put(&writer, SPAN("tenants"), &person->tenants);
	json_put_text(&writer, SPAN("password"), span_of(person->password));
	json_put_text(&writer, SPAN("totp"), span_of(person->totp));
	json_put_number(&writer, SPAN("totp_step"), person->totp_step);
	json_put_text(&writer, SPAN("new_totp"), span_of(person->new_totp));
	json_put_bool(&writer, SPAN("disabled"), person->is_disabled);
	json_put_bool(&writer, SPAN("must_change"), person->must_change);
	json_put_text(&writer, SPAN("code"), span_of(person->code));
	json_put_number(&writer, SPAN("code_until_ms"), person->code_until_ms);
	json_put_text(&writer, SPAN("certificate"), span_of(person->certificate));
	json_put_text(&writer, SPAN("oidc_subject"), span_of(person->oidc_subject));
	json_put_number(&writer, SPAN("birth"), person->birth);
	json_put_number(&writer, SPAN("epoch"), person->epoch);
	json_put_number(&writer, SPAN("made_ms"), person->made_ms);
	json_put_number(&writer, SPAN("seen_ms"), person->seen_ms);
	json_close(&writer, '}');
	return writer.result;
}

/* -- the store -- */

struct loading {
	struct person *out;
	enum result result;
};

static void load_one(void *context, const struct document *document)
{
	struct loading *loading = context;

	loading->result = person_read(document->text, loading->out);
	if (loading->result != RESULT_OK || document->key.len >= PERSON_NAME_BYTES)
		return;
	text_set(loading->out->name, PERSON_NAME_BYTES, document->key);
	loading->out->version = document->version;
}

enum result person_load(struct store *store, struct span name, struct person *out)
{
	struct person person;
	struct loading loading = { &person, RESULT_MALFORMED };
	enum result result = store_document(store, DOCUMENT_PERSON, name, NULL, load_one, &loading);

	if (result == RESULT_OK)
		result = loading.result;
	if (result == RESULT_OK)
		*out = person;
	return result;
}

struct walking {
	bool (*each)(void *context, const struct person *person);
	void *context;
	struct person person;
};

static bool walk_one(void *context, const struct document *document)
{
	struct walking *walking = context;
	struct loading loading = { &walking->person, RESULT_MALFORMED };

	load_one(&loading, document);
	return loading.result != RESULT_OK || walking->each(walking->context, &walking->person);
}

enum result person_each(struct store *store, bool (*each)(void *context, const struct person *person), void *context)
{
	const struct documents_ask ask = { .kind = DOCUMENT_PERSON, .is_ascending = true };
	struct walking walking = { .each = each, .context = context };

	return store_documents(store, &ask, NULL, walk_one, &walking);
}

enum result person_change(const struct person *person, struct buffer *text, struct document_change *out)
{
	enum result result = person_write(person, text);

	*out = (struct document_change){ DOCUMENT_PERSON, span_of(person->name), buffer_span(text), 0, person->version };
	return result;
}

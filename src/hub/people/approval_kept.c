#include "hub/people/approval_kept.h"

#include "incident/reading.h"

#include "base/banned.h"

#define NUMBER_MAX ((uint64_t)INT64_MAX)

static const char *const kinds[APPROVAL_KINDS] = {
#define X(id, name) name,
	APPROVAL_LIST(X)
#undef X
};
static const char *const statuses[] = { "waiting", "approved", "rejected", "failed", "over" };

const char *approval_kind_name(unsigned kind)
{
	return kinds[kind];
}

const char *approval_status_name(unsigned status)
{
	return statuses[status];
}

static struct span read_span(struct reading *reading, const char *name)
{
	const struct json *value = reading_member(reading, name);

	reading_check(reading, json_has_text(value));
	return json_text_of(value);
}

static bool read_members(const struct json *root, void *into)
{
	struct approval *out = into;
	struct reading reading;

	*out = (struct approval){ 0 };
	reading_begin(&reading, root);
	out->kind = (enum approval_kind)reading_name(&reading, "kind", APPROVAL_KINDS, approval_kind_name);
	out->status = (enum approval_status)reading_name(&reading, "status", sizeof(statuses) / sizeof(*statuses), approval_status_name);
	out->author = read_span(&reading, "author");
	out->tenant = read_span(&reading, "tenant");
	out->object = read_span(&reading, "object");
	out->detail = read_span(&reading, "detail");
	out->asked_ms = reading_number(&reading, "asked_ms", NUMBER_MAX);
	out->decided_ms = reading_number(&reading, "decided_ms", NUMBER_MAX);
	out->decided_by = read_span(&reading, "decided_by");
	out->why = read_span(&reading, "why");
	return reading_end(&reading);
}

enum result approval_read(struct span text, struct approval *out, struct json **root)
{
	return reading_kept(text, read_members, out, root);
}

enum result approval_write(const struct approval *approval, struct buffer *out)
{
	struct json_writer writer;

	json_writer_init(&writer, out);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("kind"), span_of(kinds[approval->kind]));
	json_put_text(&writer, SPAN("status"), span_of(statuses[approval->status]));
	json_put_text(&writer, SPAN("author"), approval->author);
	json_put_text(&writer, SPAN("tenant"), approval->tenant);
	json_put_text(&writer, SPAN("object"), approval->object);
	json_put_text(&writer, SPAN("detail"), approval->detail);
	json_put_number(&writer, SPAN("asked_ms"), approval->asked_ms);
	json_put_number(&writer, SPAN("decided_ms"), approval->decided_ms);
	json_put_text(&writer, SPAN("decided_by"), approval->decided_by);
	json_put_text(&writer, SPAN("why"), approval->why);
	json_close(&writer, '}');
	return writer.result;
}

struct walking {
	bool (*each)(void *context, const struct approval *approval, uint64_t version);
	void *context;
};

static bool walk_one(void *context, const struct document *document)
{
	struct walking *walking = context;
	struct approval approval;
	struct json *root;
	bool goes_on = true;

	if (approval_read(document->text, &approval, &root) != RESULT_OK)
		return true;
	if (span_to_u64(document->key, NUMBER_MAX, &approval.number) == RESULT_OK)
		goes_on = walking->each(walking->context, &approval, document->version);
	json_drop(root);
	return goes_on;
}

enum result approval_each(struct store *store, bool (*each)(void *context, const struct approval *approval, uint64_t version), void *context)
{
	const struct documents_ask ask = { .kind = DOCUMENT_APPROVAL };
	struct walking walking = { .each = each, .context = context };

	return store_documents(store, &ask, NULL, walk_one, &walking);
}

struct finding {
	struct approval *out;
	uint64_t *version;
	struct json **root;
	enum result result;
};

static void find_one(void *context, const struct document *document)
{
	struct finding *finding = context;

	finding->result = approval_read(document->text, finding->out, finding->root);
	*finding->version = document->version;
}

enum result approval_find(struct store *store, uint64_t number, struct approval *out, uint64_t *version, struct json **root)
{
	struct finding finding = { out, version, root, RESULT_MALFORMED };
	struct document_key key = document_key(number);
	enum result result = store_document(store, DOCUMENT_APPROVAL, span_of(key.text), NULL, find_one, &finding);

	if (result == RESULT_OK)
		result = finding.result;
	out->number = number;
	return result;
}

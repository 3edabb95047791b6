#include "waf/body_parts.h"

#include "waf/audit.h"
#include "waf/body/cookie.h"

#include "base/banned.h"

#define FORM_SLACK 8192u

static enum result keep(struct waf_transaction *transaction, struct pairs *pairs, struct span name, struct span value)
{
	name = arena_copy(&transaction->arena, name);
	value = arena_copy(&transaction->arena, value);
	return name.at && value.at && pairs_add(transaction, pairs, name, value) ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result take_get(void *context, struct span name, struct span value)
{
	struct waf_transaction *transaction = context;

	return keep(transaction, &transaction->args_get, name, value);
}

static enum result take_post(void *context, struct span name, struct span value)
{
	struct waf_transaction *transaction = context;

	return keep(transaction, &transaction->args_post, name, value);
}

static enum result take_cookie(void *context, struct span name, struct span value)
{
	struct waf_transaction *transaction = context;

	return keep(transaction, &transaction->cookies, name, value);
}

static enum result take_part(void *context, const struct body_part *part)
{
	struct waf_transaction *transaction = context;

	transaction->multipart_name = arena_copy(&transaction->arena, part->name);
	if (!transaction->multipart_name.at)
		return RESULT_NO_MEMORY;
	if (!part->is_file)
		return RESULT_OK;
	transaction->multipart_filename = arena_copy(&transaction->arena, part->filename);
	return transaction->multipart_filename.at ? keep(transaction, &transaction->files, part->name, part->filename) : RESULT_NO_MEMORY;
}

static enum result take_part_header(void *context, const struct body_part *part, struct span line)
{
	struct waf_transaction *transaction = context;

	return keep(transaction, &transaction->part_headers, part->name, line);
}

bool body_keeps_files(const struct waf_transaction *transaction)
{
	const bool *looks_at = transaction->rules->looks_at;

	return !transaction->is_body_streamed && !transaction->are_files_left &&
	       (looks_at[VARIABLE_FILES_TMP_CONTENT] || looks_at[VARIABLE_FILES_TMPNAMES]);
}

static enum result take_file_piece(void *context, struct span piece)
{
	struct waf_transaction *transaction = context;

	return body_keeps_files(transaction) ? buffer_append(&transaction->file, piece) : RESULT_OK;
}

static enum result take_file_end(void *context, const struct body_part *part, uint64_t bytes)
{
	struct waf_transaction *transaction = context;
	char digits[DECIMAL_MAX];
	enum result result = keep(transaction, &transaction->file_sizes, part->name, span_make(digits, decimal_write(bytes, digits)));

	if (result == RESULT_OK && body_keeps_files(transaction))
		result = keep(transaction, &transaction->file_contents, part->name, buffer_span(&transaction->file));
	buffer_done(&transaction->file);
	return result;
}

static struct body_limits limits_of(const struct waf_transaction *transaction)
{
	struct body_limits limits = body_limits_default;

	limits.arguments = (uint32_t)transaction->settings->arguments_limit;
	if (settings_has(transaction->settings, SETTING_REQUEST_BODY_JSON_DEPTH_LIMIT))
		limits.depth = (uint32_t)transaction->settings->request_body_json_depth_limit;
	limits.files = (uint32_t)transaction->settings->upload_file_limit;
	return limits;
}

void body_choose(struct waf_transaction *transaction)
{
	const struct field *type = fields_find(&transaction->head->fields, FIELD_CONTENT_TYPE);

	if (!type)
		return;
	if (span_starts_nocase(type->value, SPAN("application/x-www-form-urlencoded")))
		transaction->processor = SPAN("URLENCODED");
	else if (span_starts_nocase(type->value, SPAN("multipart/form-data")))
		transaction->processor = SPAN("MULTIPART");
}

static enum result start_reader(struct waf_transaction *transaction)
{
	const struct field *type = fields_find(&transaction->head->fields, FIELD_CONTENT_TYPE);
	struct body_limits limits = limits_of(transaction);
	uint32_t used = transaction->query_report.arguments;  /* SecArgumentsLimit: of query and body together (2.9.7) */
	struct reader_birth birth = { .limits = &limits, .xml_arguments = (enum xml_arguments)transaction->parse_xml_into_args,
		                      .separator = transaction->settings->argument_separator,
		                      .content_type = type ? type->value : SPAN_NONE,
		                      .sink = { transaction, take_post, take_part, take_part_header, take_file_piece, take_file_end } };
	enum reader_kind kind;

	if (reader_find(transaction->processor, &kind) != RESULT_OK)
		return RESULT_OK;
	limits.arguments -= used < limits.arguments ? used : limits.arguments;
	transaction->is_json = kind == READER_JSON;
	return reader_new(kind, &birth, &transaction->reader);
}

/* REQUEST_BODY has forms, and what no reader knows if a rule wanted that (2.9.7). */
static bool is_shown(const struct waf_transaction *transaction)
{
	return span_equal_nocase(transaction->processor, SPAN("URLENCODED")) || (transaction->force_body && !transaction->processor.len);
}

static bool is_kept(const struct waf_transaction *transaction)
{
	const struct waf_rules *rules = transaction->rules;

	if (transaction->is_body_streamed)
		return false;
	return transaction->is_body_shown || transaction->settings->stream_in_body_inspection || rules->looks_at[VARIABLE_FULL_REQUEST] ||
	       rules->looks_at[VARIABLE_FULL_REQUEST_LENGTH] || audit_wants_body(transaction);
}

static enum result begin(struct waf_transaction *transaction)
{
	transaction->is_body_shown = is_shown(transaction);
	return start_reader(transaction);
}

/* SecRequestBodyNoFilesLimit: what is read, but for contents of files. A reader holds back a line that may be a boundary: until
 * the end it is given that much. */
static void judge_form(struct waf_transaction *transaction, uint64_t slack)
{
	const struct body_report *report = body_report_of(transaction);

	if (report && transaction->body_bytes - report->file_bytes > transaction->settings->request_body_no_files_limit + slack)
		transaction->is_form_too_long = true;
}

enum result body_piece(struct waf_transaction *transaction, struct span piece)
{
	enum result result = RESULT_OK;

	if (!transaction->request_body_access || !piece.len)
		return RESULT_OK;
	if (!transaction->body_bytes)
		result = begin(transaction);
	if (result != RESULT_OK)
		return result;
	if (!transaction->is_body_streamed && piece.len > transaction->request_body_limit - transaction->body_bytes) {
		transaction->is_body_too_long = true;
		piece = span_take(piece, (size_t)(transaction->request_body_limit - transaction->body_bytes));
	}
	transaction->body_bytes += piece.len;
	if (is_kept(transaction))
		result = buffer_append(&transaction->body, piece);
	if (result == RESULT_OK && transaction->reader)
		result = reader_feed(transaction->reader, piece);
	judge_form(transaction, FORM_SLACK);
	return result == RESULT_LIMIT ? RESULT_NO_MEMORY : result;
}

/* A multipart form was announced, be it of no bytes: that is a broken form. Other bodies may be empty (2.9.7). */
static bool is_form_announced(const struct waf_transaction *transaction)
{
	const struct fields *fields = &transaction->head->fields;

	if (!span_equal_nocase(transaction->processor, SPAN("MULTIPART")))
		return false;
	return fields_find(fields, FIELD_CONTENT_LENGTH) || fields_find(fields, FIELD_TRANSFER_ENCODING);
}

/* The last pair of a form may have been cut; of the others what is not whole is not there. */
static bool may_end(const struct waf_transaction *transaction)
{
	return !transaction->is_body_cut || span_equal_nocase(transaction->processor, SPAN("URLENCODED"));
}

enum result body_end(struct waf_transaction *transaction)
{
	enum result result = RESULT_OK;

	if (transaction->is_body_done)
		return RESULT_OK;
	if (!transaction->reader && !transaction->body_bytes && transaction->request_body_access && is_form_announced(transaction))
		result = start_reader(transaction);
	transaction->is_body_done = true;
	if (result == RESULT_OK && transaction->reader && may_end(transaction))
		result = reader_end(transaction->reader);
	judge_form(transaction, 0);
	return result == RESULT_LIMIT ? RESULT_NO_MEMORY : result;
}

static enum result take_fields(struct waf_transaction *transaction, const struct body_limits *limits)
{
	const struct settings *settings = transaction->settings;
	const struct fields *fields = &transaction->head->fields;
	struct body_sink sink = { .context = transaction, .argument = take_cookie };
	char separator = settings_has(settings, SETTING_COOKIE_V0_SEPARATOR) ? settings->cookie_v0_separator : 0;
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < fields->count && result == RESULT_OK; i++) {
		const struct field *field = &fields->list[i];

		if (!pairs_add(transaction, &transaction->request_headers, field->name, field->value))
			return RESULT_NO_MEMORY;
		if (field->id == FIELD_COOKIE)
			result = cookies_read(settings->cookie_format ? COOKIE_V1 : COOKIE_V0, field->value, separator, limits, &sink,
			                      &transaction->cookie_report);
	}
	return result;
}

enum result head_parts(struct waf_transaction *transaction)
{
	struct body_limits limits = limits_of(transaction);
	struct body_sink sink = { .context = transaction, .argument = take_get };
	enum result result = take_fields(transaction, &limits);

	if (result != RESULT_OK || !transaction->head->has_query)
		return result;
	return query_string_read(transaction->head->query, transaction->settings->argument_separator, &limits, &sink, &transaction->query_report);
}

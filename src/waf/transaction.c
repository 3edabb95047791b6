/* One request and its answer: what is known of them, and which phase comes when. */
#include "waf/transaction.h"

#include <stdlib.h>

#include "base/clock.h"
#include "waf/body_parts.h"

#include "base/banned.h"

#define BLOCK_BYTES (64 * 1024)
#define SEVERITY_NONE 255

struct pair *pairs_add(struct waf_transaction *transaction, struct pairs *pairs, struct span name, struct span value)
{
	struct pair *pair = arena_new(&transaction->arena, struct pair);

	if (!pair)
		return NULL;
	pair->name = pair->name_cell.raw.bytes = name;
	pair->value.raw.bytes = value;
	*(pairs->last ? pairs->last : &pairs->first) = pair;
	pairs->last = &pair->next;
	pairs->count++;
	pairs->bytes += name.len + value.len;
	return pair;
}

const struct body_report *body_report_of(const struct waf_transaction *transaction)
{
	return transaction->reader ? reader_report(transaction->reader) : NULL;
}

struct waf_transaction *waf_transaction_new(const struct waf_birth *birth)
{
	struct waf_transaction *transaction = calloc(1, sizeof(*transaction));
	const struct settings *settings = &birth->rules->ruleset->settings;

	if (!transaction)
		return NULL;
	*transaction = (struct waf_transaction){ .rules = birth->rules, .settings = settings, .scratch = birth->scratch,
		.source = birth->source, .destination = birth->destination, .unique_id = birth->unique_id, .start_ns = clock_mono_ns(),
		.wall_ns = clock_wall_ns(), .engine = settings->rule_engine, .request_body_access = settings->request_body_access,
		.response_body_access = settings->response_body_access, .request_body_limit = settings->request_body_limit,
		.response_body_limit = settings->response_body_limit, .highest_severity = SEVERITY_NONE };
	transaction->last = &transaction->first;
	arena_init(&transaction->arena, birth->limit_bytes, BLOCK_BYTES);
	buffer_init(&transaction->body, birth->limit_bytes);
	buffer_init(&transaction->response_body, birth->limit_bytes);
	transaction->gathered = arena_new_array(&transaction->arena, struct gathered, birth->rules->sets.count);
	if (!transaction->gathered) {
		waf_transaction_free(transaction);
		return NULL;
	}
	return transaction;
}

void waf_transaction_free(struct waf_transaction *transaction)
{
	if (transaction->reader)
		reader_free(transaction->reader);
	buffer_done(&transaction->body);
	buffer_done(&transaction->response_body);
	arena_done(&transaction->arena);
	free(transaction);
}

/* Something could not be kept: the next phase's end denies. */
static void note(struct waf_transaction *transaction, enum result result)
{
	transaction->has_failed |= result != RESULT_OK;
}

enum waf_answer waf_request_head(struct waf_transaction *transaction, const struct request_head *head)
{
	if (!transaction->head) {
		transaction->head = head;
		note(transaction, head_parts(transaction));
		body_choose(transaction);
	}
	return evaluate(transaction, 1);
}

static enum waf_answer refuse_body(struct waf_transaction *transaction)
{
	transaction->verdict = (struct waf_verdict){ .kind = WAF_DENY, .reason = WAF_BODY_LIMIT, .status = 413, .phase = 2 };
	transaction->is_stopped = true;
	return WAF_STOP;
}

enum waf_answer waf_request_body(struct waf_transaction *transaction, struct span piece)
{
	if (transaction->is_stopped)
		return WAF_STOP;
	if (transaction->engine != ENGINE_OFF)
		note(transaction, body_piece(transaction, piece));
	if (transaction->is_body_too_long && transaction->engine == ENGINE_ON && transaction->settings->request_body_limit_action == LIMIT_REJECT)
		return refuse_body(transaction);
	return WAF_GO_ON;
}

enum waf_answer waf_request_body_end(struct waf_transaction *transaction)
{
	if (transaction->is_stopped)
		return WAF_STOP;
	note(transaction, body_end(transaction));
	return evaluate(transaction, 2);
}

enum waf_answer waf_response_head(struct waf_transaction *transaction, const struct response_head *head)
{
	if (transaction->is_stopped)
		return WAF_STOP;
	if (!transaction->response) {
		transaction->response = head;
		for (unsigned i = 0; i < head->fields.count; i++) {
			if (!pairs_add(transaction, &transaction->response_headers, head->fields.list[i].name, head->fields.list[i].value))
				note(transaction, RESULT_NO_MEMORY);
		}
	}
	return evaluate(transaction, 3);
}

static bool is_type_read(const struct waf_transaction *transaction)
{
	const struct span_list *types = &transaction->settings->response_body_mime_types;
	const struct field *field = fields_find(&transaction->response->fields, FIELD_CONTENT_TYPE);
	struct span type = field ? span_trim(span_take(field->value, span_find(field->value, ';'))) : SPAN("null");

	for (size_t i = 0; i < types->count; i++) {
		if (span_equal_nocase(types->list[i], type))
			return true;
	}
	return false;
}

enum waf_answer waf_response_body(struct waf_transaction *transaction, struct span piece)
{
	uint64_t room = transaction->response_body_limit - buffer_len(&transaction->response_body);

	if (transaction->is_stopped)
		return WAF_STOP;
	if (!transaction->response_body_access || transaction->engine == ENGINE_OFF || !is_type_read(transaction))
		return WAF_GO_ON;
	transaction->is_response_cut |= piece.len > room;
	piece = span_take(piece, piece.len > room ? (size_t)room : piece.len);
	if (piece.len)
		note(transaction, buffer_append(&transaction->response_body, piece));
	return WAF_GO_ON;
}

enum waf_answer waf_response_end(struct waf_transaction *transaction)
{
	return transaction->is_stopped ? WAF_STOP : evaluate(transaction, 4);
}

enum waf_answer waf_log(struct waf_transaction *transaction)
{
	return evaluate(transaction, 5);
}

const struct waf_verdict *waf_verdict(const struct waf_transaction *transaction)
{
	return &transaction->verdict;
}

const struct waf_match *waf_matches(const struct waf_transaction *transaction)
{
	return transaction->first;
}

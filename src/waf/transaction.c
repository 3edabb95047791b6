/* One request and its answer: what is known of them, and which phase comes when. */
#include "waf/collection.h"

#include <stdlib.h>

#include "base/clock.h"
#include "waf/audit.h"
#include "waf/body_parts.h"
#include "waf/overlay_ask.h"

#include "base/banned.h"

#define BLOCK_BYTES (64 * 1024)
#define SEVERITY_NONE 255

struct pair *pairs_add(struct waf_transaction *transaction, struct pairs *pairs, struct span name, struct span value)
{
	struct pair *pair = arena_new(&transaction->arena, struct pair);

	if (!pair)
		return NULL;
	pair->name = computed_of(transaction, name);
	pair->value = computed_of(transaction, value);
	if (!pair->name || !pair->value)
		return NULL;
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

/* What is sized by the rules. */
static enum result take_tables(struct waf_transaction *transaction)
{
	const struct waf_rules *rules = transaction->rules;

	transaction->sourced = arena_new_array(&transaction->arena, struct sourced, rules->sources.count);
	transaction->grouped = arena_new_array(&transaction->arena, struct grouped *, rules->groups.count);
	transaction->tx = arena_new_array(&transaction->arena, struct slot, rules->ruleset->names.count);
	return transaction->sourced && transaction->grouped && transaction->tx ? RESULT_OK : RESULT_NO_MEMORY;
}

struct waf_spares {
	struct waf_transaction *first;
	unsigned count, max;
};

struct waf_spares *waf_spares_new(unsigned max)
{
	struct waf_spares *spares = calloc(1, sizeof(*spares));

	if (spares)
		spares->max = max;
	return spares;
}

static void transaction_free(struct waf_transaction *transaction)
{
	arena_done(&transaction->arena);
	free(transaction);
}

void waf_spares_free(struct waf_spares *spares)
{
	while (spares && spares->first) {
		struct waf_transaction *next = spares->first->next_spare;

		transaction_free(spares->first);
		spares->first = next;
	}
	free(spares);
}

/* With an arena that is empty. */
static struct waf_transaction *take_spare(const struct waf_birth *birth)
{
	struct waf_spares *spares = birth->spares;
	struct waf_transaction *transaction = spares ? spares->first : NULL;

	if (transaction) {
		spares->first = transaction->next_spare;
		spares->count--;
		transaction->arena.limit_bytes = birth->limit_bytes;
		return transaction;
	}
	transaction = calloc(1, sizeof(*transaction));
	if (transaction)
		arena_init(&transaction->arena, birth->limit_bytes, BLOCK_BYTES);
	return transaction;
}

struct waf_transaction *waf_transaction_new(const struct waf_birth *birth)
{
	struct waf_transaction *transaction = take_spare(birth);
	const struct settings *settings = &birth->rules->ruleset->settings;

	if (!transaction)
		return NULL;
	*transaction = (struct waf_transaction){ .spares = birth->spares, .arena = transaction->arena, .rules = birth->rules,
		.overlay = birth->overlay, .settings = settings, .scratch = birth->scratch, .asker = birth->asker,
		.source = birth->source, .destination = birth->destination, .unique_id = birth->unique_id, .start_ns = clock_mono_ns(),
		.wall_ns = birth->wall_ns ? birth->wall_ns : clock_wall_ns(), .tenant = birth->tenant, .site = birth->site,
		.collection_port = birth->collections, .retreats = birth->retreats, .retreat_count = birth->retreat_count,
		.is_audited = birth->is_audited, .is_screened = birth->is_screened, .audit_engine = settings->audit_engine,
		.audit_parts = audit_parts_of(settings->audit_log_parts), .engine = settings->rule_engine, .request_body_access = settings->request_body_access,
		.parse_xml_into_args = settings->parse_xml_into_args,
		.response_body_access = settings->response_body_access, .request_body_limit = settings->request_body_limit, .request_body_action = settings->request_body_limit_action,
		.response_body_limit = settings->response_body_limit, .highest_severity = SEVERITY_NONE,
		.asks_all = birth->asks_all, .pace.time = birth->time };
	transaction->last = &transaction->first;
	buffer_init(&transaction->body, birth->limit_bytes);
	buffer_init(&transaction->response_body, birth->limit_bytes);
	buffer_init(&transaction->file, birth->limit_bytes);
	if (take_tables(transaction) != RESULT_OK) {
		waf_transaction_free(transaction);
		return NULL;
	}
	return transaction;
}

void waf_transaction_free(struct waf_transaction *transaction)
{
	struct waf_spares *spares = transaction->spares;

	if (transaction->reader)
		reader_free(transaction->reader);
	buffer_done(&transaction->body);
	buffer_done(&transaction->response_body);
	buffer_done(&transaction->file);
	if (!spares || spares->count == spares->max) {
		transaction_free(transaction);
		return;
	}
	arena_reset(&transaction->arena);
	transaction->next_spare = spares->first;
	spares->first = transaction;
	spares->count++;
}

/* Something could not be kept: the next phase's end denies. */
static void note(struct waf_transaction *transaction, enum result result)
{
	transaction->has_failed |= result != RESULT_OK;
}

/* A rule may have paused before it stopped. */
static enum waf_answer stopped(const struct waf_transaction *transaction)
{
	return waf_pause_ms(transaction) ? WAF_WAIT : WAF_STOP;
}

enum waf_answer waf_request_head(struct waf_transaction *transaction, const struct request_head *head)
{
	if (!transaction->head) {
		transaction->head = head;
		note(transaction, head_parts(transaction));
		note(transaction, overlay_begin(transaction));
		body_choose(transaction);
	}
	return evaluate(transaction, 1);
}

/* SecRequestBodyNoFilesLimit knows no ProcessPartial (2.9.7). */
static bool is_body_refused(const struct waf_transaction *transaction)
{
	if (transaction->engine != ENGINE_ON)
		return false;
	return transaction->is_form_too_long ||
	       (transaction->is_body_too_long && transaction->request_body_action == LIMIT_REJECT);
}

static enum waf_answer refuse(struct waf_transaction *transaction, uint16_t status, uint8_t phase)
{
	transaction->verdict = (struct waf_verdict){ .kind = WAF_DENY, .reason = WAF_BODY_LIMIT, .status = status, .phase = phase };
	transaction->is_stopped = true;
	return WAF_STOP;
}

enum waf_answer waf_request_body(struct waf_transaction *transaction, struct span piece)
{
	if (transaction->is_stopped)
		return stopped(transaction);
	if (transaction->engine != ENGINE_OFF)
		note(transaction, body_piece(transaction, piece));
	return is_body_refused(transaction) ? refuse(transaction, 413, 2) : WAF_GO_ON;
}

enum waf_body_kind waf_request_body_kind(const struct waf_transaction *transaction)
{
	enum reader_kind kind;

	if (!transaction->request_body_access || transaction->engine == ENGINE_OFF)
		return WAF_BODY_BYTES;
	if (reader_find(transaction->processor, &kind) != RESULT_OK)
		return transaction->force_body && !transaction->processor.len ? WAF_BODY_FIELDS : WAF_BODY_BYTES;
	return kind == READER_MULTIPART ? WAF_BODY_FORM : WAF_BODY_FIELDS;
}

void waf_request_body_stream(struct waf_transaction *transaction)
{
	transaction->is_body_streamed = true;
}

bool waf_keeps_files(const struct waf_transaction *transaction)
{
	return waf_request_body_kind(transaction) == WAF_BODY_FORM && body_keeps_files(transaction);
}

void waf_request_files_leave(struct waf_transaction *transaction)
{
	transaction->are_files_left = true;
	buffer_done(&transaction->file);
}

enum waf_form_end waf_request_form_end(const struct waf_transaction *transaction)
{
	const struct body_report *report = body_report_of(transaction);

	if (transaction->has_failed || (report && body_report_has(report, BODY_FLAG_ERROR)))
		return WAF_FORM_BROKEN;
	/* A boundary right behind a part's head is no boundary to 2.9.7, and the end of the form to some applications. */
	return report && (report->is_closed || body_report_has(report, BODY_FLAG_INVALID_PART)) ? WAF_FORM_CLOSED : WAF_FORM_GOES_ON;
}

void waf_request_body_cut(struct waf_transaction *transaction)
{
	transaction->is_body_cut = true;
}

enum waf_answer waf_request_body_end(struct waf_transaction *transaction)
{
	if (transaction->is_stopped)
		return stopped(transaction);
	note(transaction, body_end(transaction));
	if (is_body_refused(transaction))
		return refuse(transaction, 413, 2);
	note(transaction, overlay_take_body(transaction));
	return evaluate(transaction, 2);
}

enum waf_answer waf_response_head(struct waf_transaction *transaction, const struct response_head *head)
{
	if (transaction->is_stopped)
		return stopped(transaction);
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

bool waf_reads_response_body(const struct waf_transaction *transaction)
{
	return transaction->response_body_access && transaction->engine != ENGINE_OFF && is_type_read(transaction);
}

enum waf_answer waf_response_body(struct waf_transaction *transaction, struct span piece)
{
	uint64_t room = transaction->response_body_limit - buffer_len(&transaction->response_body);

	if (transaction->is_stopped)
		return stopped(transaction);
	if (!waf_reads_response_body(transaction))
		return WAF_GO_ON;
	transaction->is_response_cut |= piece.len > room;
	piece = span_take(piece, piece.len > room ? (size_t)room : piece.len);
	if (piece.len)
		note(transaction, buffer_append(&transaction->response_body, piece));
	if (transaction->is_response_cut && transaction->engine == ENGINE_ON && transaction->settings->response_body_limit_action == LIMIT_REJECT)
		return refuse(transaction, 500, 4);
	return WAF_GO_ON;
}

enum waf_answer waf_response_end(struct waf_transaction *transaction)
{
	return transaction->is_stopped ? stopped(transaction) : evaluate(transaction, 4);
}

enum waf_answer waf_log(struct waf_transaction *transaction)
{
	enum waf_answer answer = evaluate(transaction, 5);

	if (answer != WAF_WAIT)
		collections_keep(transaction);
	return answer;
}

uint64_t waf_pause_ms(const struct waf_transaction *transaction)
{
	uint64_t now_ms = transaction->pause_until_ms ? clock_mono_ms() : 0;

	return transaction->pause_until_ms > now_ms ? transaction->pause_until_ms - now_ms : 0;
}

void waf_pause_end(struct waf_transaction *transaction)
{
	transaction->pause_until_ms = 0;
}

struct waf_injection waf_injection(const struct waf_transaction *transaction)
{
	if (!transaction->settings->content_injection)
		return (struct waf_injection){ SPAN_NONE, SPAN_NONE };
	return (struct waf_injection){ transaction->prepended, transaction->appended };
}

const struct waf_verdict *waf_verdict(const struct waf_transaction *transaction)
{
	return &transaction->verdict;
}

const struct waf_match *waf_matches(const struct waf_transaction *transaction)
{
	return transaction->first;
}

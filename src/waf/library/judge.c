/* A request and its answer, as a program feeds them, shown to the rules. */
#include <stdlib.h>

#include "waf/library/library.h"
#include "waf/store.h"

#include "base/banned.h"

#define SPARES_MAX 8
#define LIMIT_BYTES ((size_t)64 << 20)
#define BLOCK_BYTES (16 * 1024)
#define BUDGET_MS 1000
#define ENTRY_BYTES 4096

static struct span span_of_text(struct bouclier_waf_text text)
{
	return text.at ? span_make(text.at, text.len) : SPAN("");
}

/* -- what is kept between transactions -- */

struct bouclier_waf_thread *bouclier_waf_thread_new(void)
{
	struct bouclier_waf_thread *thread = calloc(1, sizeof(*thread));

	if (!thread)
		return NULL;
	thread->scratch = operator_scratch_new();
	thread->spares = waf_spares_new(SPARES_MAX);
	if (thread->scratch && thread->spares)
		return thread;
	bouclier_waf_thread_free(thread);
	return NULL;
}

void bouclier_waf_thread_free(struct bouclier_waf_thread *thread)
{
	if (!thread)
		return;
	if (thread->spares)
		waf_spares_free(thread->spares);
	if (thread->scratch)
		operator_scratch_free(thread->scratch);
	free(thread);
}

struct bouclier_waf_store *bouclier_waf_store_new(size_t bytes)
{
	const struct store_shape shape = { bytes & ~(size_t)63, ENTRY_BYTES };
	struct bouclier_waf_store *store = calloc(1, sizeof(*store));
	struct hash_seed seeds[2];

	if (!store)
		return NULL;
	random_fill(seeds, sizeof(seeds));
	store->port = store_port(bytes >= STORE_BYTES_MIN ? aligned_alloc(64, shape.bytes) : NULL);
	if (store->port.context && store_init(store->port.context, &shape, seeds[0], seeds[1]) == RESULT_OK)
		return store;
	bouclier_waf_store_free(store);
	return NULL;
}

void bouclier_waf_store_free(struct bouclier_waf_store *store)
{
	if (!store)
		return;
	free(store->port.context);
	free(store);
}

/* -- birth and end -- */

/* What an older caller does not know is 0. */
static bool take_birth(const struct bouclier_waf_birth *given, struct bouclier_waf_birth *out)
{
	*out = (struct bouclier_waf_birth){ 0 };
	if (given->size < offsetof(struct bouclier_waf_birth, limit_bytes))
		return false;
	memcpy(out, given, given->size < sizeof(*out) ? given->size : sizeof(*out));
	return out->rules && out->thread && out->client && out->server;
}

static bool write_birth(const struct bouclier_waf_birth *given, struct arena *arena, struct waf_birth *out)
{
	const char *names[3] = { given->id, given->tenant, given->site };
	struct span *places[3] = { &out->unique_id, &out->tenant, &out->site };

	*out = (struct waf_birth){ .rules = given->rules->rules, .scratch = given->thread->scratch, .spares = given->thread->spares,
		                   .limit_bytes = given->limit_bytes ? given->limit_bytes : LIMIT_BYTES,
		                   .collections = given->store ? &given->store->port : NULL };
	out->time.budget_ns = (given->budget_ms ? given->budget_ms : BUDGET_MS) * UINT64_C(1000000);
	for (size_t i = 0; i < 3; i++) {
		*places[i] = arena_copy(arena, span_of(names[i] ? names[i] : ""));
		if (!places[i]->at)
			return false;
	}
	return endpoint_read(span_of(given->client), &out->source) == RESULT_OK &&
	       endpoint_read(span_of(given->server), &out->destination) == RESULT_OK;
}

struct bouclier_waf_transaction *bouclier_waf_begin(const struct bouclier_waf_birth *given)
{
	struct bouclier_waf_birth birth;
	struct waf_birth inner;
	struct bouclier_waf_transaction *transaction = take_birth(given, &birth) ? calloc(1, sizeof(*transaction)) : NULL;

	if (!transaction)
		return NULL;
	arena_init(&transaction->arena, birth.limit_bytes ? birth.limit_bytes : LIMIT_BYTES, BLOCK_BYTES);
	fields_init(&transaction->head.fields, &transaction->arena, BOUCLIER_WAF_FIELDS_MAX);
	fields_init(&transaction->answer.fields, &transaction->arena, BOUCLIER_WAF_FIELDS_MAX);
	if (write_birth(&birth, &transaction->arena, &inner))
		transaction->inner = waf_transaction_new(&inner);
	if (transaction->inner)
		return transaction;
	bouclier_waf_end(transaction);
	return NULL;
}

void bouclier_waf_end(struct bouclier_waf_transaction *transaction)
{
	if (!transaction)
		return;
	if (transaction->inner)
		waf_transaction_free(transaction->inner);
	arena_done(&transaction->arena);
	free(transaction);
}

/* -- turns -- */

/* Security, fails closed: whoever once was told to stop, or lost a part, is told so to the end. */
static bool is_turn(struct bouclier_waf_transaction *transaction, enum library_stage stage)
{
	if (transaction->stage != stage && !transaction->is_stopped)
		transaction->has_failed = true;
	return !transaction->has_failed && !transaction->is_stopped;
}

static enum bouclier_waf_answer tell(const struct bouclier_waf_transaction *transaction)
{
	return transaction->is_stopped ? BOUCLIER_WAF_STOP : transaction->has_failed ? BOUCLIER_WAF_FAILED : BOUCLIER_WAF_GO_ON;
}

/* Nobody waits here: how long a rule would have is told. */
static bool is_waiting(struct bouclier_waf_transaction *transaction, enum waf_answer answer)
{
	if (answer == WAF_STOP)
		transaction->is_stopped = true;
	if (answer != WAF_WAIT)
		return false;
	transaction->pause_ms += waf_pause_ms(transaction->inner);
	waf_pause_end(transaction->inner);
	return true;
}

static enum bouclier_waf_answer fail(struct bouclier_waf_transaction *transaction)
{
	transaction->has_failed = true;
	return tell(transaction);
}

static enum bouclier_waf_answer go_to(struct bouclier_waf_transaction *transaction, enum library_stage stage)
{
	transaction->stage = stage;
	return tell(transaction);
}

static bool keep(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text text, struct span *out)
{
	*out = arena_copy(&transaction->arena, span_of_text(text));
	return out->at != NULL;
}

/* -- heads -- */

static void set_version(struct request_head *head, struct span version)
{
	head->version = span_equal(version, SPAN("HTTP/1.1")) ? HTTP_1_1 : HTTP_1_0;
	if (span_equal(version, SPAN("HTTP/2")) || span_equal(version, SPAN("HTTP/2.0")))
		head->version = HTTP_2;
	else if (head->version == HTTP_1_0 && !span_equal(version, SPAN("HTTP/1.0")))
		head->version_text = version;
}

/* RFC 3986, 3.1. */
static bool is_scheme(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.at[i]);

		if (!(c >= 'a' && c <= 'z') && !(i && (is_digit(c) || c == '+' || c == '-' || c == '.')))
			return false;
	}
	return text.len != 0;
}

/* RFC 9112, 3.2: "/path?query", or "http://host/path?query", of which the scheme and host are told apart. */
static void set_target(struct request_head *head, struct span target)
{
	struct span rest = target;
	size_t colon = span_find(target, ':'), mark;

	head->target = target;
	if (is_scheme(span_take(target, colon)) && span_starts(span_skip(target, colon), SPAN("://"))) {
		head->scheme = span_take(target, colon);
		rest = span_skip(target, colon + 3);
		for (mark = 0; mark < rest.len && rest.at[mark] != '/' && rest.at[mark] != '?'; mark++)
			;
		head->authority = span_take(rest, mark);
		rest = span_skip(rest, mark);
	}
	mark = span_find(rest, '?');
	head->path = mark ? span_take(rest, mark) : SPAN("/");
	head->has_query = mark < rest.len;
	head->query = span_skip(rest, mark + 1);
}

/* Without its port; an address in brackets keeps its colons. */
static struct span host_of(struct span authority)
{
	size_t colon = span_find_last(authority, ':'), bracket = span_find_last(authority, ']');

	return colon < authority.len && (bracket == authority.len || bracket < colon) ? span_take(authority, colon) : authority;
}

enum bouclier_waf_answer bouclier_waf_line(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text method,
                                           struct bouclier_waf_text target, struct bouclier_waf_text version)
{
	struct request_head *head = &transaction->head;
	struct span kept_target, kept_version;

	if (!is_turn(transaction, LIBRARY_LINE))
		return tell(transaction);
	if (!keep(transaction, method, &head->method_name) || !keep(transaction, target, &kept_target) || !keep(transaction, version, &kept_version))
		return fail(transaction);
	head->method = method_of(head->method_name);
	set_version(head, kept_version);
	set_target(head, kept_target);
	return go_to(transaction, LIBRARY_HEAD);
}

enum bouclier_waf_answer bouclier_waf_field(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text name,
                                            struct bouclier_waf_text value)
{
	bool is_answer = transaction->stage == LIBRARY_ANSWER_HEAD;
	struct fields *fields = is_answer ? &transaction->answer.fields : &transaction->head.fields;
	struct span kept_name, kept_value;

	if (!is_turn(transaction, is_answer ? LIBRARY_ANSWER_HEAD : LIBRARY_HEAD))
		return tell(transaction);
	if (!keep(transaction, name, &kept_name) || !keep(transaction, value, &kept_value) ||
	    fields_add(fields, field_id_of(kept_name), kept_name, span_trim(kept_value)) != RESULT_OK)
		return fail(transaction);
	return tell(transaction);
}

enum bouclier_waf_answer bouclier_waf_head(struct bouclier_waf_transaction *transaction)
{
	struct request_head *head = &transaction->head;
	const struct field *host;

	if (!is_turn(transaction, LIBRARY_HEAD))
		return tell(transaction);
	host = fields_find(&head->fields, FIELD_HOST);
	if (!head->authority.len && host)
		head->authority = host->value;
	head->host = host_of(head->authority);
	while (is_waiting(transaction, waf_request_head(transaction->inner, head)))
		;
	return go_to(transaction, LIBRARY_BODY);
}

/* -- bodies -- */

enum bouclier_waf_answer bouclier_waf_body(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text piece)
{
	struct span span = span_of_text(piece);

	if (!is_turn(transaction, LIBRARY_BODY))
		return tell(transaction);
	while (is_waiting(transaction, waf_request_body(transaction->inner, span)))
		span = SPAN_NONE;  /* it has been taken */
	return tell(transaction);
}

enum bouclier_waf_answer bouclier_waf_body_end(struct bouclier_waf_transaction *transaction)
{
	if (!is_turn(transaction, LIBRARY_BODY))
		return tell(transaction);
	while (is_waiting(transaction, waf_request_body_end(transaction->inner)))
		;
	return go_to(transaction, LIBRARY_ANSWER_LINE);
}

enum bouclier_waf_answer bouclier_waf_answer_line(struct bouclier_waf_transaction *transaction, unsigned status, struct bouclier_waf_text reason)
{
	if (!is_turn(transaction, LIBRARY_ANSWER_LINE))
		return tell(transaction);
	if (status < 100 || status > 599 || !keep(transaction, reason, &transaction->answer.reason))
		return fail(transaction);
	transaction->answer.status = status;
	transaction->answer.version = HTTP_1_1;
	return go_to(transaction, LIBRARY_ANSWER_HEAD);
}

enum bouclier_waf_answer bouclier_waf_answer_head(struct bouclier_waf_transaction *transaction)
{
	if (!is_turn(transaction, LIBRARY_ANSWER_HEAD))
		return tell(transaction);
	while (is_waiting(transaction, waf_response_head(transaction->inner, &transaction->answer)))
		;
	return go_to(transaction, LIBRARY_ANSWER_BODY);
}

enum bouclier_waf_answer bouclier_waf_answer_body(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text piece)
{
	struct span span = span_of_text(piece);

	if (!is_turn(transaction, LIBRARY_ANSWER_BODY))
		return tell(transaction);
	while (waf_reads_response_body(transaction->inner) && is_waiting(transaction, waf_response_body(transaction->inner, span)))
		span = SPAN_NONE;
	return tell(transaction);
}

enum bouclier_waf_answer bouclier_waf_answer_end(struct bouclier_waf_transaction *transaction)
{
	if (!is_turn(transaction, LIBRARY_ANSWER_BODY))
		return tell(transaction);
	while (is_waiting(transaction, waf_response_end(transaction->inner)))
		;
	return go_to(transaction, LIBRARY_OVER);
}

void bouclier_waf_log(struct bouclier_waf_transaction *transaction)
{
	if (transaction->stage == LIBRARY_LINE || transaction->stage == LIBRARY_HEAD || transaction->stage == LIBRARY_LOGGED)
		return;  /* the engine has no head to speak of, or has spoken */
	while (waf_log(transaction->inner) == WAF_WAIT)
		waf_pause_end(transaction->inner);
	transaction->stage = LIBRARY_LOGGED;
}

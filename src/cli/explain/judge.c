/* What the rules of a route say of a request, by the steps of edge/inspect/inspect.c with nobody to send it to: the head, the body as shown_body.h
 * shows it, and of an upload in `block` the whole form once more. */
#include "cli/command.h"
#include "cli/explain/judging.h"
#include "edge/client/feed.h"
#include "edge/inspect/shown_body.h"
#include "waf/operator/operator.h"

#include "base/banned.h"

#define CLIENT "192.0.2.1:40000"      /* RFC 5737: nobody's. Rules that ask for addresses are asked of these */
#define SHIELD "192.0.2.2:443"

struct trial {
	struct judging *judging;
	const struct edge_waf *waf;
	struct operator_scratch *scratch;
	struct waf_transaction *transaction;
	struct shown_body shown;
	struct buffer body;                 /* what has not been shown */
	bool is_blocking, is_stopped;
	bool is_whole;                      /* all of the body was shown */
	enum result damage;                 /* why it was not; in `detect` it goes on */
};

static bool asks(struct trial *trial, enum waf_answer answer)
{
	trial->is_stopped |= answer == WAF_STOP;
	if (answer == WAF_WAIT)
		waf_pause_end(trial->transaction);  /* nobody waits here */
	return answer == WAF_WAIT;
}

static void ask_log(struct trial *trial)
{
	while (asks(trial, waf_log(trial->transaction))) {}
}

/* -- the body -- */

static enum result refuse_body(struct trial *trial, enum result why)
{
	enum reason reason;
	unsigned status = shown_body_status(why, &reason);

	explained_refuse(trial->judging->out, status, reason);
	return RESULT_END;
}

/* RESULT_END: it is refused, and OUT says so. RESULT_MORE: no more of it is looked at. */
static enum result show_piece(struct trial *trial, struct span piece)
{
	enum waf_answer answer = WAF_GO_ON;
	enum result result = shown_body_add(&trial->shown, piece, &answer);

	trial->is_stopped |= answer == WAF_STOP;
	if (trial->is_stopped)
		return RESULT_MORE;
	if (result != RESULT_OK && trial->is_blocking)
		return refuse_body(trial, result);
	if (result != RESULT_OK)
		trial->damage = result;
	return result == RESULT_OK ? RESULT_OK : RESULT_MORE;
}

/* The body has no more to give: RESULT says why. */
static enum result end_body(struct trial *trial, enum result result, enum http_fault fault, uint64_t taken)
{
	if (result == RESULT_MORE) {
		command_failed("the body is shorter than the request says (%llu bytes came)", (unsigned long long)taken);
		return RESULT_REFUSED;
	}
	if (result != RESULT_END) {
		explained_refuse_fault(trial->judging->out, fault);
		return RESULT_END;
	}
	trial->is_whole = true;
	result = trial->damage == RESULT_OK ? shown_body_end(&trial->shown) : RESULT_OK;
	if (result != RESULT_OK && trial->is_blocking)
		return refuse_body(trial, result);
	if (result != RESULT_OK)
		trial->damage = result;
	return RESULT_OK;
}

static enum result show_all(struct trial *trial)
{
	struct judging *judging = trial->judging;
	enum http_fault fault = HTTP_FAULT_NONE;
	uint64_t taken = 0;
	struct feed feed;
	struct span piece;
	enum result result;

	feed_init(&feed, judging->head.body, (uint64_t)judging->settings->limits.body_bytes, judging->arena);
	while ((result = feed_peek(&feed, &trial->body, &piece, &fault)) == RESULT_OK) {
		if (taken == trial->shown.limit_bytes) {
			result = shown_body_stop(&trial->shown);
			return result == RESULT_OK ? RESULT_OK : refuse_body(trial, result);
		}
		if (piece.len > trial->shown.limit_bytes - taken)
			piece.len = (size_t)(trial->shown.limit_bytes - taken);
		result = show_piece(trial, piece);
		if (result == RESULT_END || trial->is_stopped)
			return result == RESULT_END ? result : RESULT_OK;
		taken += piece.len;
		feed_take(&feed, &trial->body, piece.len);
	}
	return end_body(trial, result, fault, taken);
}

static enum result show_body(struct trial *trial)
{
	struct judging *judging = trial->judging;
	enum result result = shown_body_init(&trial->shown, trial->transaction, trial->waf, &judging->head, trial->is_blocking);

	trial->damage = result;
	if (result == RESULT_NO_MEMORY)
		return result;
	if (result != RESULT_OK && trial->is_blocking)
		return refuse_body(trial, result);
	if (shown_body_is_long(&trial->shown, &judging->head.body))
		return refuse_body(trial, RESULT_LIMIT);
	if (trial->shown.is_form_streamed && !trial->is_blocking)
		waf_request_body_stream(trial->transaction);
	buffer_reset(&trial->body);
	result = buffer_append(&trial->body, judging->rest);
	return result == RESULT_OK ? show_all(trial) : result;
}

/* -- the phases -- */

static enum result begin(struct trial *trial)
{
	struct waf_birth birth = { .rules = trial->waf->rules, .overlay = trial->waf->overlay, .limit_bytes = WAF_TRANSACTION_BYTES_MAX,
		                   .unique_id = SPAN("explain"), .scratch = trial->scratch };

	if (endpoint_read(SPAN(CLIENT), &birth.source) != RESULT_OK || endpoint_read(SPAN(SHIELD), &birth.destination) != RESULT_OK)
		return RESULT_MALFORMED;
	if (trial->transaction)
		waf_transaction_free(trial->transaction);
	trial->transaction = waf_transaction_new(&birth);
	return trial->transaction ? RESULT_OK : RESULT_NO_MEMORY;
}

static void ask_head(struct trial *trial)
{
	while (asks(trial, waf_request_head(trial->transaction, &trial->judging->head))) {}
}

static void ask_body_end(struct trial *trial)
{
	while (!trial->is_stopped && asks(trial, waf_request_body_end(trial->transaction))) {}
}

/* inspect_stream.c: a second transaction sees the form from its first byte, without contents of files. */
static enum result ask_form_again(struct trial *trial)
{
	enum result result = begin(trial);

	if (result != RESULT_OK)
		return result;
	ask_head(trial);
	waf_request_body_stream(trial->transaction);
	trial->shown.waf = trial->transaction;
	trial->shown.limit_bytes = UINT64_MAX;
	trial->shown.shown_bytes = 0;
	trial->shown.is_over = false;
	buffer_reset(&trial->body);
	result = buffer_append(&trial->body, trial->judging->rest);
	if (result == RESULT_OK && !trial->is_stopped)
		result = show_all(trial);
	if (result == RESULT_OK)
		ask_body_end(trial);
	return result;
}

/* Phases 1 and 2 until one of them stops it. RESULT_END: something else than a rule refuses it. */
static enum result ask_phases(struct trial *trial)
{
	const struct body_size *body = &trial->judging->head.body;
	bool has_body = body->framing != BODY_NONE && !(body->is_known && !body->bytes);
	enum result result = RESULT_OK;

	ask_head(trial);
	if (!trial->is_stopped && has_body)
		result = show_body(trial);
	if (result == RESULT_OK)
		ask_body_end(trial);
	if (result == RESULT_OK && !trial->is_stopped && has_body && trial->is_blocking && trial->shown.is_form_streamed && !trial->is_whole)
		result = ask_form_again(trial);
	return result;
}

/* A head that the reader refused: rules see what can be represented of it, and change nothing (step_refuse). */
static void ask_refused(struct trial *trial)
{
	ask_head(trial);
	if (trial->judging->settings->http == EDGE_HTTP_TOLERANT)
		ask_body_end(trial);
	ask_log(trial);
}

/* -- telling -- */

static struct span copied(struct judging *judging, struct span text)
{
	struct span copy = arena_copy(judging->arena, text);

	return copy.at ? copy : SPAN_NONE;
}

/* Copied: the transaction ends before they are told. */
static void take_matches(struct trial *trial)
{
	struct explained *out = trial->judging->out;

	for (const struct waf_match *match = waf_matches(trial->transaction); match; match = match->next) {
		if (out->rule_count == EXPLAINED_RULES_MAX) {
			out->is_cut = true;
			return;
		}
		out->rules[out->rule_count++] = (struct explained_rule){ .id = match->rule->id, .phase = match->phase, .severity = match->rule->severity,
			.target = copied(trial->judging, match->name), .msg = copied(trial->judging, match->msg),
			.data = copied(trial->judging, match->captured), .value = copied(trial->judging, match->value), .length = match->value.len };
	}
}

static void take_verdict(struct trial *trial)
{
	const struct waf_verdict *verdict = waf_verdict(trial->transaction);
	struct explained *out = trial->judging->out;

	if (trial->is_stopped && verdict->kind != WAF_ALLOW && verdict->kind != WAF_PASS) {
		out->decision = verdict->kind == WAF_DROP ? SPAN("drop") : SPAN("block");
		out->reason = span_of(reason_name(verdict->reason == WAF_RULE ? REASON_RULES : REASON_RULES_LIMIT));
		out->status = verdict->kind == WAF_DROP ? 0 : verdict->status;
	} else if (edge_waf_refuses(trial->transaction)) {
		out->decision = SPAN("log");
		out->reason = span_of(reason_name(REASON_RULES));
	} else if (trial->damage == RESULT_REFUSED || trial->damage == RESULT_MALFORMED) {
		out->decision = SPAN("log");
		out->reason = span_of(reason_name(REASON_CODING));
	}
}

static enum result judge(struct trial *trial)
{
	enum result result = begin(trial);

	if (result != RESULT_OK)
		return result;
	if (trial->judging->fault != HTTP_FAULT_NONE) {
		ask_refused(trial);
	} else {
		result = ask_phases(trial);
		if (result == RESULT_OK || result == RESULT_END)
			ask_log(trial);
		if (result == RESULT_OK)
			take_verdict(trial);
	}
	if (result == RESULT_OK || result == RESULT_END)
		take_matches(trial);
	return result == RESULT_END ? RESULT_OK : result;
}

enum result judging_ask(struct judging *judging, const struct edge_waf *waf)
{
	struct trial trial = { .judging = judging, .waf = waf, .is_blocking = waf->mode == WAF_MODE_BLOCK };
	enum result result = RESULT_NO_MEMORY;

	buffer_init(&trial.body, judging->rest.len + 16);
	trial.scratch = operator_scratch_new();
	if (trial.scratch)
		result = judge(&trial);
	shown_body_done(&trial.shown);
	if (trial.transaction)
		waf_transaction_free(trial.transaction);
	if (trial.scratch)
		operator_scratch_free(trial.scratch);
	buffer_done(&trial.body);
	return result;
}

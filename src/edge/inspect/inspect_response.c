/* The answer's half of inspection: phases 3 and 4. Where rules read bodies of answers (`response_bodies`), in `block` what they
 * may read is held until the verdict; what is delivered is what came, encoded as it came.
 *
 * Limits   RESPONSE_HELD_MAX bytes as they came; decoded, as many as the rules read (SecResponseBodyLimit): a bomb costs no more
 */
#include "edge/inspect/inspect_inner.h"

#include "http/content_decoder.h"

#include "base/banned.h"

#define RESPONSE_HELD_MAX ((uint64_t)1 << 20)
#define SHOWN_MAX ((uint64_t)2 << 20)      /* decoded bytes: rules stop reading before */
#define DECODED_BYTES 16384u

struct response_inspection {
	struct hold held;
	struct content_decoder *decoder;  /* NULL: as it came */
	uint64_t shown;
	bool is_over;                     /* rules have seen all that they can */
};

void inspect_response_end(struct request *request)
{
	struct response_inspection *inspection = request->answer;

	if (!inspection)
		return;
	hold_done(&inspection->held);
	content_decoder_free(inspection->decoder);
	request->answer = NULL;
}

static void show(struct request *request, struct span piece)
{
	struct response_inspection *inspection = request->answer;

	inspection->shown += piece.len;
	inspection->is_over |= inspection->shown >= SHOWN_MAX || waf_response_body(request->waf, piece) == WAF_STOP;
}

static void show_decoded(struct request *request, struct span piece)
{
	struct response_inspection *inspection = request->answer;
	__attribute__((uninitialized)) char text[DECODED_BYTES];
	enum result result = RESULT_OK;

	while (result == RESULT_OK && !inspection->is_over) {
		size_t made;

		result = content_decoder_turn(inspection->decoder, &piece, text, sizeof(text), &made);
		if (result == RESULT_OK)
			show(request, span_make(text, made));
	}
	inspection->is_over |= result != RESULT_OK && result != RESULT_MORE;
}

static void show_piece(struct request *request, struct span piece)
{
	if (request->answer->is_over)
		return;
	if (request->answer->decoder)
		show_decoded(request, piece);
	else
		show(request, piece);
}

/* -- holding -- */

/* A body that rules cannot read (another coding) passes: its head was judged. */
static enum result begin_body(struct request *request, const struct response_head *head)
{
	enum content_coding coding = content_coding_of(&head->fields);
	struct response_inspection *inspection = arena_new(&request->arena, struct response_inspection);

	if (!inspection)
		return RESULT_NO_MEMORY;
	inspect_hold_init(request, &inspection->held);
	request->answer = inspection;
	inspection->is_over = coding == CODING_OTHER;
	if (coding == CODING_IDENTITY || coding == CODING_OTHER)
		return RESULT_OK;
	inspection->decoder = content_decoder_new(coding);
	return inspection->decoder ? RESULT_OK : RESULT_NO_MEMORY;
}

/* Its head leaves the origin's buffer, so that the body can be read behind it. */
static void take_head(struct request *request, const struct response_head *head)
{
	request->response = *head;
	buffer_consume(&request->origin->in, request->response_head_bytes);
	request->response_head_bytes = 0;
	feed_init(&request->down, head->body, UINT64_MAX, &request->arena);
	request->down.reader.drops_trailers = true;
	request->down_has_feed = true;
}

/* RESULT_LIMIT: no more of it can be held. Availability, fails open: who fills the disk with uploads takes nobody's pages away; what is
 * held is judged, at least HOLD_MEMORY_BYTES of it, and the rest streams behind the verdict. */
static enum result hold_piece(struct request *request, struct span piece)
{
	struct hold *held = &request->answer->held;
	uint64_t before = held->bytes;
	enum result result = hold_add(held, piece);

	if (result == RESULT_IO && held->fd < 0)
		result = RESULT_LIMIT;
	if (result != RESULT_OK && result != RESULT_LIMIT)
		return result;
	piece = span_take(piece, (size_t)(held->bytes - before));
	show_piece(request, piece);
	feed_take(&request->down, &request->origin->in, piece.len);
	return result;
}

static enum step_outcome hold_body(struct request *request)
{
	struct response_inspection *inspection = request->answer;
	enum result result = request_pump_up(request);  /* an origin may wait for the rest of the request before it goes on */

	if (result == RESULT_NO_MEMORY)
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	if (result == RESULT_MALFORMED || result == RESULT_REFUSED)
		return request_answer(request, 400, DECISION_DROP, result == RESULT_REFUSED ? REASON_CLIENT_SLOW : REASON_FAULT);
	for (;;) {
		struct span piece;

		if (inspection->held.bytes >= RESPONSE_HELD_MAX || inspection->is_over)
			break;
		if (request->reason == REASON_ORIGIN_TIMEOUT)
			return request_answer(request, 504, DECISION_DROP, REASON_ORIGIN_TIMEOUT);
		result = response_peek(request, &piece);
		if (result == RESULT_END)
			break;
		if (result == RESULT_MORE) {
			request_set_clock(request, request->route->settings->timeouts.idle_ms);
			return STEP_WAIT;
		}
		if (result != RESULT_OK)
			return request_answer(request, 502, DECISION_DROP, REASON_ORIGIN_BROKEN);
		result = hold_piece(request, piece);
		if (result == RESULT_LIMIT)
			break;
		if (result != RESULT_OK)
			return inspect_not_held(request, result);
	}
	result = hold_rewind(&inspection->held);
	if (result != RESULT_OK)
		return inspect_not_held(request, result);
	request->inspect_stage = INSPECT_PHASE_4;
	return STEP_AGAIN;
}

void inspect_response_passing(struct request *request, struct span piece)
{
	if (request->answer && request->inspect_stage == INSPECT_RESPONSE_PASSING)
		show_piece(request, piece);
}

struct hold *inspect_held_answer(struct request *request)
{
	struct response_inspection *inspection = request->answer;

	return inspection && inspection->held.is_sealed && inspection->held.read < inspection->held.bytes ? &inspection->held : NULL;
}

/* -- the step -- */

/* A stream of events is never held: it has no end to wait for. */
static bool is_endless(const struct request *request)
{
	const struct field *type = fields_find(&request->response.fields, FIELD_CONTENT_TYPE);

	return type && span_starts_nocase(type->value, SPAN("text/event-stream"));
}

static bool has_body(const struct request *request)
{
	return request->response.body.framing != BODY_NONE && !request->wants_tunnel && request_asked_method(request) != METHOD_HEAD;
}

static enum step_outcome ask_head(struct request *request)
{
	const struct response_head *head = inspect_response_head(request);
	enum waf_answer answer;

	if (!head)
		return inspect_fail(request);
	request->inspect_stage = INSPECT_PHASE_3;
	outside_begin(request, inspect_may_wait(request));
	answer = waf_response_head(request->waf, head);
	if (answer == WAF_WAIT)
		return inspect_later(request);
	inspect_end_pause(request);
	if (answer == WAF_STOP)
		return inspect_refuse(request);
	request->inspect_stage = INSPECT_PHASE_4;
	if (!has_body(request) || is_endless(request) || !waf_reads_response_body(request->waf))
		return STEP_AGAIN;
	if (begin_body(request, head) != RESULT_OK)
		return inspect_fail(request);
	if (!inspect_is_blocking(request)) {
		request->inspect_stage = INSPECT_RESPONSE_PASSING;
		return STEP_NEXT;
	}
	take_head(request, head);
	request->inspect_stage = INSPECT_RESPONSE_BODY;
	return STEP_AGAIN;
}

static enum step_outcome ask_phase_4(struct request *request)
{
	enum waf_answer answer;

	outside_begin(request, inspect_may_wait(request));
	answer = waf_response_end(request->waf);
	if (answer == WAF_WAIT)
		return inspect_later(request);
	inspect_end_pause(request);
	if (answer == WAF_STOP)
		return inspect_refuse(request);
	request->inspect_stage = INSPECT_DONE;
	return STEP_NEXT;
}

static enum step_outcome wait_for_passed(struct request *request)
{
	if (!inspect_ask_passed(request))
		return inspect_later(request);
	inspect_end_pause(request);
	return STEP_AGAIN;
}

static enum step_outcome ask(struct request *request)
{
	switch (request->inspect_stage) {
	case INSPECT_PASSED:
		return wait_for_passed(request);
	case INSPECT_PHASE_4:
		return ask_phase_4(request);
	case INSPECT_RESPONSE_BODY:
		return hold_body(request);
	case INSPECT_DONE:
	case INSPECT_RESPONSE_PASSING:
		return STEP_NEXT;
	default:
		return ask_head(request);
	}
}

enum step_outcome step_inspect_response(struct request *request)
{
	enum step_outcome outcome = STEP_AGAIN;

	if (!request->waf)
		return STEP_NEXT;
	while (outcome == STEP_AGAIN && request->step == STEP_INSPECT_RESPONSE)
		outcome = ask(request);
	return outcome;
}

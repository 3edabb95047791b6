/* Uploads of `upload_routes` in `block`: files go on as they come, fields are judged wherever they stand.
 *
 * The front (HOLD_MEMORY_BYTES) was held and judged. A second transaction sees the whole form again, from its first byte, without
 * contents of files; its verdict comes when the body is whole. What the origin gets before it is short of BACK_BYTES from the end
 * of what has come, and of everything from the line of the closing boundary on.
 *
 * Limits   the form without its files: SecRequestBodyNoFilesLimit; what follows the closing boundary: EPILOGUE_BYTES
 *
 * Security, fails closed: before the verdict no origin has a whole request, nor its closing boundary. Refused, the origin's connection
 * closes in the middle of the body, and the client gets the refusal. An origin that answers before gets no more of the request; its answer
 * is delivered where rules let pass what they have seen.
 */
#include "edge/inspect/inspect_inner.h"

#include "base/banned.h"

#define BACK_BYTES 8192u              /* a closing boundary with its line is at most half of it (LINE_BYTES_MAX of multipart.h) */
#define AHEAD_BYTES (64u * 1024)      /* beyond BACK_BYTES, shown and not sent yet */
#define EPILOGUE_BYTES (64u * 1024)
#define STREAM_PIECE_BYTES (16u * 1024)

bool inspect_stream_is_wanted(const struct request *request)
{
	return request->seen && request->seen->shown.is_form_streamed && !request->up_is_whole && inspect_is_blocking(request) &&
	       !request_is_probe(request);
}

enum step_outcome inspect_stream_begin(struct request *request)
{
	outside_end(request);  /* its questions point into the transaction */
	list_remove(&request->inspect_job.node);
	waf_transaction_free(request->waf);
	request->waf = NULL;
	buffer_init(&request->seen->back, BACK_BYTES + AHEAD_BYTES + EPILOGUE_BYTES + STREAM_PIECE_BYTES);
	if (inspect_begin(request) != RESULT_OK)
		return inspect_fail(request);
	request->inspect_stage = INSPECT_STREAM_HEAD;
	return STEP_AGAIN;
}

/* What is held already, which is all in memory. */
static enum result show_front(struct request *request)
{
	struct span piece;
	enum result result;

	while ((result = hold_peek(request->held, &piece)) == RESULT_OK) {
		if (waf_request_body(request->waf, piece) == WAF_STOP)
			return RESULT_REFUSED;
		hold_take(request->held, piece.len);
	}
	return result == RESULT_END ? hold_rewind(request->held) : result;
}

enum step_outcome inspect_stream_ask_head(struct request *request)
{
	enum step_outcome outcome = inspect_ask_head(request);
	enum result result;

	if (outcome != STEP_NEXT || !request->waf)
		return outcome;
	waf_request_body_stream(request->waf);
	result = show_front(request);
	if (result == RESULT_REFUSED)
		return inspect_refuse(request);
	if (result != RESULT_OK)
		return inspect_not_held(request, result);
	request->inspect_stage = INSPECT_STREAM;
	return STEP_NEXT;
}

/* -- on its way -- */

bool inspect_is_streaming(const struct request *request)
{
	return request->inspect_stage == INSPECT_STREAM || (request->seen && buffer_len(&request->seen->back));
}

static enum result refuse(struct request *request, enum stream_refusal why)
{
	request->seen->refusal = why;
	return RESULT_REFUSED;
}

/* Reads on until there is enough to send. RESULT_OK: there is something to look at, or the body is whole. */
static enum result read_on(struct request *request)
{
	struct buffer *back = &request->seen->back;
	enum result result = RESULT_OK;

	while (!request->up_is_whole && waf_request_form_end(request->waf) != WAF_FORM_BROKEN && buffer_len(back) < BACK_BYTES + AHEAD_BYTES + EPILOGUE_BYTES) {
		struct span piece;

		result = request_body_peek(request, &piece);
		request->up_is_whole = result == RESULT_END;
		if (result != RESULT_OK)
			break;
		piece = span_take(piece, STREAM_PIECE_BYTES);
		result = buffer_append(back, piece);
		if (result != RESULT_OK)
			return RESULT_NO_MEMORY;
		if (waf_request_body(request->waf, piece) == WAF_STOP)
			return refuse(request, STREAM_RULES);
		request_body_take(request, piece.len);
		if (waf_request_form_end(request->waf) == WAF_FORM_GOES_ON && buffer_len(back) >= BACK_BYTES + AHEAD_BYTES)
			break;
	}
	return result == RESULT_END ? RESULT_OK : result;
}

/* The whole of it was shown, or its reader gave it up: what rules say now, they say of what follows too. */
static enum result ask_verdict(struct request *request)
{
	enum waf_answer answer;

	outside_begin(request, true);
	answer = waf_request_body_end(request->waf);
	if (answer == WAF_WAIT) {
		(void)inspect_later(request);
		return RESULT_MORE;
	}
	inspect_end_pause(request);
	if (answer == WAF_STOP)
		return refuse(request, STREAM_RULES);
	request->inspect_stage = INSPECT_REQUEST_DONE;
	return RESULT_OK;
}

static enum result advance(struct request *request, size_t *ready)
{
	size_t len;
	enum result result = read_on(request);
	enum waf_form_end end = waf_request_form_end(request->waf);

	len = buffer_len(&request->seen->back);
	*ready = end == WAF_FORM_GOES_ON && len > BACK_BYTES ? len - BACK_BYTES : 0;
	if (result != RESULT_OK && result != RESULT_MORE)
		return result;
	if (request->up_is_whole || end == WAF_FORM_BROKEN) {
		result = ask_verdict(request);
		*ready = result == RESULT_OK ? len : 0;
		return result;
	}
	if (end == WAF_FORM_CLOSED && len >= BACK_BYTES + AHEAD_BYTES + EPILOGUE_BYTES)
		return refuse(request, STREAM_LONG);
	return *ready ? RESULT_OK : RESULT_MORE;
}

enum result inspect_stream_peek(struct request *request, struct span *piece)
{
	size_t ready = buffer_len(&request->seen->back);
	enum result result = request->inspect_stage == INSPECT_STREAM ? advance(request, &ready) : RESULT_OK;

	if (result != RESULT_OK)
		return result;
	*piece = span_take(buffer_span(&request->seen->back), ready);
	return RESULT_OK;
}

void inspect_stream_take(struct request *request, size_t count)
{
	buffer_consume(&request->seen->back, count);
}

bool inspect_stream_is_refused(const struct request *request)
{
	return request->seen && request->seen->refusal != STREAM_PASSES;
}

enum step_outcome inspect_stream_refuse(struct request *request)
{
	if (request->seen->refusal == STREAM_RULES)
		return inspect_refuse(request);
	return request_answer(request, 413, DECISION_BLOCK, REASON_BODY_LIMIT);
}

enum step_outcome inspect_stream_answered(struct request *request)
{
	if (request->inspect_stage != INSPECT_STREAM)
		return STEP_NEXT;
	waf_request_body_cut(request->waf);
	inspect_at_once(request, waf_request_body_end);
	request->inspect_stage = INSPECT_REQUEST_DONE;
	buffer_reset(&request->seen->back);
	request->response.wants_close = true;  /* the origin has half a request: nobody else may have this connection */
	if (!request->is_h2 && request_body_is_left(request))
		request->connection->is_closing = request->connection->has_unread = true;
	request->up_is_done = true;
	return inspect_is_refusal(request) ? inspect_refuse(request) : STEP_NEXT;
}

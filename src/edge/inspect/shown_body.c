#include "edge/inspect/shown_body.h"

#include "edge/inspect/hold.h"

#include "base/banned.h"

#define DECODED_BYTES 16384u

/* On an upload route contents of files pass: of a form with files the front is held, and then inspect_stream.c has it; of bytes
 * that rules cannot read anyway the front is all. What has fields alone is no upload, whatever the route. */
static void set_limits(struct shown_body *shown, const struct edge_waf *rules, const struct request_head *head, enum content_coding coding, bool is_held)
{
	enum waf_body_kind kind = waf_request_body_kind(shown->waf);
	bool is_upload = edge_waf_is_upload(rules, head->path);

	shown->limit_bytes = edge_waf_body_limit(rules, &head->fields);
	shown->is_rejecting = rules->is_rejecting;
	shown->is_form_streamed = kind == WAF_BODY_FORM && coding == CODING_IDENTITY && is_upload;
	if (shown->is_form_streamed || (kind == WAF_BODY_BYTES && is_upload)) {
		shown->limit_bytes = is_held ? HOLD_MEMORY_BYTES : UINT64_MAX;
		shown->is_rejecting = false;
	}
	shown->is_rejecting &= is_held;
}

enum result shown_body_init(struct shown_body *shown, struct waf_transaction *waf, const struct edge_waf *rules, const struct request_head *head,
                            bool is_held)
{
	enum content_coding coding = content_coding_of(&head->fields);

	*shown = (struct shown_body){ .waf = waf };
	set_limits(shown, rules, head, coding, is_held);
	if (coding == CODING_IDENTITY || waf_request_body_kind(waf) == WAF_BODY_BYTES)
		return RESULT_OK;
	shown->is_over = coding == CODING_OTHER;
	if (shown->is_over)
		return RESULT_REFUSED;
	shown->decoder = content_decoder_new(coding);
	return shown->decoder ? RESULT_OK : RESULT_NO_MEMORY;
}

void shown_body_done(struct shown_body *shown)
{
	content_decoder_free(shown->decoder);
	shown->decoder = NULL;
}

bool shown_body_is_long(const struct shown_body *shown, const struct body_size *body)
{
	return shown->is_rejecting && body->is_known && body->bytes > shown->limit_bytes;
}

static enum result show_plain(struct shown_body *shown, struct span piece, enum waf_answer *answer)
{
	struct span part = span_take(piece, (size_t)(shown->limit_bytes - shown->shown_bytes));
	enum result result = shown->make_room ? shown->make_room(shown->room_context, part.len) : RESULT_OK;

	if (result != RESULT_OK)
		return result;
	shown->shown_bytes += part.len;
	if (part.len)
		*answer = waf_request_body(shown->waf, part);
	return part.len == piece.len ? RESULT_OK : RESULT_LIMIT;
}

static enum result show_decoded(struct shown_body *shown, struct span piece, enum waf_answer *answer)
{
	__attribute__((uninitialized)) char text[DECODED_BYTES];

	for (;;) {
		size_t made;
		enum result result = content_decoder_turn(shown->decoder, &piece, text, sizeof(text), &made);

		if (result == RESULT_END && piece.len)
			return RESULT_MALFORMED;  /* what follows the end somebody else may read */
		if (result == RESULT_MORE || result == RESULT_END)
			return RESULT_OK;
		if (result == RESULT_OK)
			result = show_plain(shown, span_make(text, made), answer);
		if (result != RESULT_OK || *answer == WAF_STOP)
			return result;
	}
}

enum result shown_body_stop(struct shown_body *shown)
{
	if (shown->is_rejecting)
		return RESULT_LIMIT;
	waf_request_body_cut(shown->waf);
	shown->is_over = true;
	return RESULT_OK;
}

enum result shown_body_add(struct shown_body *shown, struct span piece, enum waf_answer *answer)
{
	enum result result;

	if (shown->is_over)
		return RESULT_OK;
	result = shown->decoder ? show_decoded(shown, piece, answer) : show_plain(shown, piece, answer);
	return result == RESULT_LIMIT ? shown_body_stop(shown) : result;
}

enum result shown_body_end(const struct shown_body *shown)
{
	return shown->is_over || !shown->decoder || content_decoder_is_whole(shown->decoder) ? RESULT_OK : RESULT_MALFORMED;
}

unsigned shown_body_status(enum result result, enum reason *reason)
{
	switch ((int)result) {
	case RESULT_REFUSED:
		*reason = REASON_CODING;
		return 415;
	case RESULT_MALFORMED:
		*reason = REASON_CODING;
		return 400;
	case RESULT_LIMIT:
		*reason = REASON_BODY_LIMIT;
		return 413;
	default:
		*reason = REASON_NO_MEMORY;
		return 503;
	}
}

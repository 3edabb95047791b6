/* Variables of bodies: what readers said, what was kept, and the response. */
#include "waf/variable_parts.h"

#include "base/banned.h"

static enum result kept_body(const struct waf_transaction *transaction, struct span *out)
{
	return buffer_len(&transaction->body) && transaction->is_body_done ? here(buffer_span(&transaction->body), out) : RESULT_NOT_FOUND;
}

/* What REQBODY_ERROR tells of. A query or a Cookie field past its limits counts too: what was left out of ARGS or REQUEST_COOKIES
 * has been looked at by no rule. 2.9.7 does so for queries, and knows no limit of cookies. */
static const struct body_report *faulty_report(const struct waf_transaction *transaction)
{
	const struct body_report *reports[] = { body_report_of(transaction), &transaction->query_report, &transaction->cookie_report };

	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++) {
		if (reports[i] && body_report_has(reports[i], BODY_FLAG_ERROR))
			return reports[i];
	}
	return NULL;
}

static enum result fault_message(const struct waf_transaction *transaction, struct span *out)
{
	const struct body_report *faulty = faulty_report(transaction);

	return here(faulty ? body_report_message(faulty) : SPAN(""), out);
}

enum result variable_get_body(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	const struct body_report *report = body_report_of(transaction);
	static const struct {
		enum variable variable;
		enum body_flag flag;
	} flags[] = {
		{ VARIABLE_MULTIPART_BOUNDARY_QUOTED, BODY_FLAG_BOUNDARY_QUOTED },
		{ VARIABLE_MULTIPART_BOUNDARY_WHITESPACE, BODY_FLAG_BOUNDARY_WHITESPACE },
		{ VARIABLE_MULTIPART_CRLF_LINE, BODY_FLAG_CRLF_LINE },
		{ VARIABLE_MULTIPART_DATA_AFTER, BODY_FLAG_DATA_AFTER },
		{ VARIABLE_MULTIPART_DATA_BEFORE, BODY_FLAG_DATA_BEFORE },
		{ VARIABLE_MULTIPART_FILE_LIMIT_EXCEEDED, BODY_FLAG_FILE_LIMIT_EXCEEDED },
		{ VARIABLE_MULTIPART_HEADER_FOLDING, BODY_FLAG_HEADER_FOLDING },
		{ VARIABLE_MULTIPART_INVALID_HEADER_FOLDING, BODY_FLAG_INVALID_HEADER_FOLDING },
		{ VARIABLE_MULTIPART_INVALID_PART, BODY_FLAG_INVALID_PART },
		{ VARIABLE_MULTIPART_INVALID_QUOTING, BODY_FLAG_INVALID_QUOTING },
		{ VARIABLE_MULTIPART_LF_LINE, BODY_FLAG_LF_LINE },
		{ VARIABLE_MULTIPART_MISSING_SEMICOLON, BODY_FLAG_MISSING_SEMICOLON },
		{ VARIABLE_MULTIPART_UNMATCHED_BOUNDARY, BODY_FLAG_UNMATCHED_BOUNDARY },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (flags[i].variable == variable)
			return flag(report && body_report_has(report, flags[i].flag), out);
	}
	switch ((int)variable) {
	case VARIABLE_MULTIPART_STRICT_ERROR:
		return flag(report && body_report_strict_error(report), out);
	case VARIABLE_MULTIPART_CRLF_LF_LINES:
		return flag(report && body_report_mixed_lines(report), out);
	case VARIABLE_REQBODY_ERROR:
		return flag(faulty_report(transaction) != NULL, out);
	case VARIABLE_REQBODY_ERROR_MSG:
		return fault_message(transaction, out);
	case VARIABLE_URLENCODED_ERROR:
		return flag((report && body_report_has(report, BODY_FLAG_URLENCODED_ERROR)) ||
		            body_report_has(&transaction->query_report, BODY_FLAG_URLENCODED_ERROR), out);
	case VARIABLE_REQBODY_PROCESSOR:
		return here(transaction->processor.len ? transaction->processor : SPAN(""), out);
	case VARIABLE_REQUEST_BODY:
		return transaction->is_body_shown ? kept_body(transaction, out) : RESULT_NOT_FOUND;
	case VARIABLE_STREAM_INPUT_BODY:
		return transaction->settings->stream_in_body_inspection ? kept_body(transaction, out) : RESULT_NOT_FOUND;
	case VARIABLE_REQUEST_BODY_LENGTH:
		return variable_number(transaction, transaction->body_bytes, out);
	case VARIABLE_ARGS_COMBINED_SIZE:
		return variable_number(transaction, transaction->args_get.bytes + transaction->args_post.bytes, out);
	case VARIABLE_FILES_COMBINED_SIZE:
		return variable_number(transaction, report ? report->file_bytes : 0, out);
	case VARIABLE_INBOUND_DATA_ERROR:
		return flag(transaction->is_body_too_long || transaction->is_form_too_long, out);
	case VARIABLE_MULTIPART_NAME:
		return transaction->multipart_name.at ? here(transaction->multipart_name, out) : RESULT_NOT_FOUND;
	case VARIABLE_MULTIPART_FILENAME:
		return transaction->multipart_filename.at ? here(transaction->multipart_filename, out) : RESULT_NOT_FOUND;
	default:
		return RESULT_NOT_FOUND;
	}
}

static enum result status_line(struct waf_transaction *transaction, struct span *out)
{
	const struct response_head *head = transaction->response;
	char digits[DECIMAL_MAX];
	struct span parts[] = { span_make(digits, decimal_write(head->status, digits)), SPAN(" "),
		                head->reason.len ? head->reason : status_reason(head->status) };

	return variable_join(transaction, parts, sizeof(parts) / sizeof(*parts), out);
}

static enum result kept_response(const struct waf_transaction *transaction, struct span *out)
{
	return transaction->walk.phase >= 4 && buffer_len(&transaction->response_body) ? here(buffer_span(&transaction->response_body), out) :
	                                                                                 RESULT_NOT_FOUND;
}

enum result variable_get_response(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	const struct response_head *head = transaction->response;
	const struct field *field;

	if (!head)
		return variable == VARIABLE_RESPONSE_STATUS ? here(SPAN("0"), out) : RESULT_NOT_FOUND;
	switch ((int)variable) {
	case VARIABLE_RESPONSE_STATUS:
		return variable_number(transaction, head->status, out);
	case VARIABLE_RESPONSE_PROTOCOL:
		return here(version_name(head->version), out);
	case VARIABLE_RESPONSE_CONTENT_TYPE:
		field = fields_find(&head->fields, FIELD_CONTENT_TYPE);
		return field ? here(field->value, out) : RESULT_NOT_FOUND;
	case VARIABLE_RESPONSE_CONTENT_LENGTH:
		return variable_number(transaction, head->body.is_known ? head->body.bytes : buffer_len(&transaction->response_body), out);
	case VARIABLE_STATUS_LINE:
		return status_line(transaction, out);
	case VARIABLE_STREAM_OUTPUT_BODY:
		return transaction->settings->stream_out_body_inspection ? kept_response(transaction, out) : RESULT_NOT_FOUND;
	case VARIABLE_RESPONSE_BODY:
		return kept_response(transaction, out);
	case VARIABLE_OUTBOUND_DATA_ERROR:
		return flag(transaction->is_response_cut, out);
	default:
		return RESULT_NOT_FOUND;
	}
}

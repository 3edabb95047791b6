/* What the reader refused. The answer is the reader's; rules may say what they think of it before. */
#include "edge/inspect/inspect.h"
#include "edge/request.h"
#include "edge/sites/shares.h"

#include "base/banned.h"

/* A request line without a version has no answer that its sender would understand: HTTP/0.9 knows no status. */
static bool is_wordless(const struct request *request)
{
	return request_is_tolerant(request) && request->fault == HTTP_FAULT_REQUEST_LINE && request->head.version_text.at &&
	       !request->head.version_text.len;
}

/* Beside Transfer-Encoding a length says nothing (RFC 9112, 6.3), and Apache's rules never see it. The fault tells of it. */
static void forget_length(struct fields *fields)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id != FIELD_CONTENT_LENGTH)
			fields->list[kept++] = fields->list[i];
	}
	fields->count = kept;
}

enum step_outcome step_refuse(struct request *request)
{
	enum step_outcome outcome = shares_admit(request);

	if (outcome != STEP_NEXT || request->fault == HTTP_FAULT_NONE)
		return outcome;
	if (request->fault == HTTP_FAULT_LENGTH_AND_CHUNKED && request_is_tolerant(request))
		forget_length(&request->head.fields);
	/* Rules that died of it twice are not asked a third time. */
	if (!quarantine_holds(&request->connection->worker->common->quarantine, request) && inspect_refused(request) == STEP_WAIT)
		return STEP_WAIT;
	return is_wordless(request) ? request_hang_up(request, REASON_FAULT) : request_answer_fault(request, request->fault);
}

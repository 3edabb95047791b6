#include "edge/caller/reference.h"

#include "edge/request.h"

#include "base/banned.h"

bool reference_helps(enum reason reason)
{
	switch ((int)reason) {
	case REASON_BANNED: case REASON_RATE_LIMIT: case REASON_BUDGET: case REASON_CHALLENGED: case REASON_WAITING: case REASON_QUEUE_FULL:
	case REASON_QUEUE_LATE: return true;
	default: return false;
	}
}

/* Somebody sees it: the page of a picture, or of what a script asks for, shows nobody a reference. */
static bool is_seen(const struct request *request)
{
	const struct field *dest = fields_find_name(&request->head.fields, SPAN("sec-fetch-dest"));

	return request->is_own && request->down_has_head && (!dest || span_equal(dest->value, SPAN("document")) || span_equal(dest->value, SPAN("iframe")));
}

void reference_of_request(const struct request *request)
{
	const struct worker *worker = request->connection->worker;
	struct source_key key = source_key_of(&request->source);
	struct reference reference;

	if (!worker->common->references || !request->site || !reference_helps(request->reason) || !is_seen(request))
		return;
	reference = (struct reference){ { request->id[0], request->id[1] }, key.bits, request->site->key, worker->loop.now_ns / 1000000,
		                        (uint16_t)caller_client(request), (uint8_t)key.kind, (uint8_t)request->reason };
	references_add(worker->common->references, &reference);
}

/* Probes of the shield by itself: requests that carry the key which its admin socket gave away for a minute, and connections that began with
 * one. They go as far as the rules and no further.
 *
 *     bouclier-probe: KEY              this request
 *     bouclier-probe: KEY NUMBER       this request is answered here with a proof, and all that follows on its connection is probing, byte by
 *                                      byte as it comes: broken heads too. Whatever its Host, it is judged by the site of the first.
 *                                      probe_log.h keeps what came of it, for the admin socket */
#include "base/encode.h"
#include "edge/request.h"

#include "base/banned.h"

#define KEY_DIGITS 32u
#define NUMBER_DIGITS 16u

/* Security, fails closed: without a whole key of this minute it is a field like any other. */
static const struct field *find_key(const struct request *request)
{
	const struct worker *worker = request->connection->worker;
	uint64_t until_ms = __atomic_load_n(&worker->common->probe_until_ms, __ATOMIC_ACQUIRE);
	const struct field *field = worker->loop.now_ms < until_ms ? fields_find_name(&request->head.fields, SPAN(PROBE_HEADER)) : NULL;
	uint64_t key[2];

	return field && hex_read(span_take(field->value, KEY_DIGITS), key, sizeof(key)) == RESULT_OK &&
	       memcmp(key, worker->common->probe_key, sizeof(key)) == 0 ? field : NULL;
}

/* The number behind the key; 0: there is none. */
static uint64_t number_of(struct span value)
{
	struct span digits = span_skip(value, KEY_DIGITS + 1);
	uint64_t number = 0;

	if (value.len != KEY_DIGITS + 1 + NUMBER_DIGITS || value.at[KEY_DIGITS] != ' ' || hex_read(digits, &number, sizeof(number)) != RESULT_OK)
		return 0;
	return be64toh(number);
}

bool request_is_probe(const struct request *request)
{
	const struct field *field;

	if (request->connection->probe)
		return true;
	field = find_key(request);
	return field && (field->value.len == KEY_DIGITS || number_of(field->value));
}

bool request_has_probe_key(const struct request *request)
{
	return find_key(request) != NULL;
}

bool request_begins_probing(const struct request *request)
{
	const struct field *field = request->connection->probe || request->is_h2 ? NULL : find_key(request);

	return field && number_of(field->value);
}

enum step_outcome request_begin_probing(struct request *request)
{
	struct connection *connection = request->connection;
	const struct field *field = find_key(request);
	uint64_t number = field ? number_of(field->value) : 0, proof = probe_proof(connection->worker->common->probe_key, number);
	char *text = arena_take(&request->arena, NUMBER_DIGITS);

	if (!number || !text)
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	connection->probe = number;
	connection->probe_site = request->site->key;
	proof = htobe64(proof);
	hex_write(&proof, sizeof(proof), text);
	request->is_probe_start = true;
	request->reason = REASON_PROBE;
	return request_answer_with(request, 200, SPAN("text/plain"), span_make(text, NUMBER_DIGITS), SPAN_NONE);
}

const struct site *request_probed_site(const struct request *request)
{
	const struct plan *plan = request->binding->plan;

	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].key == request->connection->probe_site)
			return plan->sites[i].site;
	}
	return NULL;
}

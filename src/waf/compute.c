/* Forms of values: transformed once for all rules, scanned once. A step that changes nothing gives the same form, so that most
 * values have one, and whatever led to a form shares what comes behind it. */
#include "base/hash.h"
#include "waf/transaction.h"
#include "waf/transform/code_page.h"

#include "base/banned.h"

#define LATELY_BYTES_MAX 64

_Static_assert(TRANSFORM_COUNT <= 64, "a bit for each transformation");

/* Names of arguments and short values come again and again (JSON: once for each element of an array). The last one of each hash
 * is kept: who makes hashes collide loses that, and no more. */
struct computed *computed_of(struct waf_transaction *transaction, struct span bytes)
{
	struct computed **lately = NULL, *computed;
	uint64_t front = 0, back = 0;

	if (bytes.len <= LATELY_BYTES_MAX && bytes.len && !transaction->asks_all) {
		size_t part = bytes.len < 8 ? bytes.len : 8;

		memcpy(&front, bytes.at, part);
		memcpy(&back, bytes.at + bytes.len - part, part);
		lately = &transaction->lately[hash_u64(front * 31 + back + bytes.len) % LATELY_COUNT];
		if (*lately && span_equal((*lately)->bytes, bytes))
			return *lately;
	}
	computed = arena_take(&transaction->arena, sizeof(*computed));
	if (computed)
		computed_start(computed, bytes);
	return lately ? *lately = computed : computed;
}

enum result computed_scan(struct waf_transaction *transaction, struct computed *computed)
{
	const struct waf_rules *rules = transaction->rules;

	if (computed->is_scanned)
		return RESULT_OK;
	transaction->pace.work_bytes += computed->bytes.len;
	if (rules->scanner) {
		computed->traits.hits = arena_take(&transaction->arena, rules->words * sizeof(uint64_t));
		if (!computed->traits.hits)
			return RESULT_NO_MEMORY;
		scanner_scan(rules->scanner, computed->bytes, &computed->traits.bytes, computed->traits.hits);
	} else {
		computed->traits = (struct traits){ 0 };
		byte_set_add_span(&computed->traits.bytes, computed->bytes);
	}
	computed->is_scanned = true;
	return RESULT_OK;
}

static struct computed *find_step(const struct computed *before, enum transform transform)
{
	struct computed *after = before->steps;

	while (after && after->transform != transform)
		after = after->next;
	return after;
}

/* A scan does not mind case: its hits stay, and letters are those of the other case. */
static void take_lower(const struct computed *before, struct computed *after)
{
	const uint64_t upper = 0x7fffffe;

	if (!before->is_scanned)
		return;
	after->traits = before->traits;
	after->traits.bytes.words[1] = (before->traits.bytes.words[1] & ~upper) | (before->traits.bytes.words[1] & upper) << 32;
	after->is_scanned = true;
}

static enum result apply(struct waf_transaction *transaction, enum transform transform, struct span in, struct span *out)
{
	const struct code_page *page = transaction->settings->code_page;

	if (transform == TRANSFORM_URL_DECODE_UNI && page)
		return transform_url_decode_with(page, in, &transaction->arena, out);
	return transform_apply(transform, in, &transaction->arena, out);
}

struct computed *computed_step(struct waf_transaction *transaction, struct computed *before, enum transform transform)
{
	const struct byte_set *touches = transform_touches(transform);
	struct computed *after;
	struct span bytes;

	if (before->unchanged >> transform & 1 || (touches && before->is_scanned && !transaction->asks_all && !byte_sets_meet(touches, &before->traits.bytes)))
		return before;
	after = find_step(before, transform);
	if (after)
		return after;
	transaction->pace.work_bytes += before->bytes.len;
	if (apply(transaction, transform, before->bytes, &bytes) != RESULT_OK)
		return NULL;
	if (bytes.at == before->bytes.at && bytes.len == before->bytes.len) {
		before->unchanged |= (uint64_t)1 << transform;
		return before;
	}
	after = arena_take(&transaction->arena, sizeof(*after));
	if (!after)
		return NULL;
	computed_start(after, bytes);
	after->transform = transform;
	after->next = before->steps;
	if (transform == TRANSFORM_LOWERCASE && !transaction->asks_all)
		take_lower(before, after);
	return before->steps = after;
}

struct computed *compute(struct waf_transaction *transaction, struct computed *raw, uint16_t number)
{
	const struct node *nodes = transaction->rules->nodes.items;
	struct computed *before;

	if (!number)
		return raw;
	before = compute(transaction, raw, nodes[number].parent);
	return before ? computed_step(transaction, before, nodes[number].transform) : NULL;
}

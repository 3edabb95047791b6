/* A head that the strict reader accepts is represented as what it is; of another, what was read before the fault is there; limits hold. */
#include "http/represent.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static bool is_same(const struct request_head *a, const struct request_head *b)
{
	return a->method == b->method && span_equal(a->method_name, b->method_name) && a->version == b->version && span_equal(a->target, b->target) &&
	       span_equal(a->scheme, b->scheme) && span_equal(a->host, b->host) && a->port == b->port && span_equal(a->path, b->path) &&
	       a->has_query == b->has_query && span_equal(a->query, b->query) && a->fields.count == b->fields.count && !b->version_text.at;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	const struct http_limits limits = { 4096, 512, 30, INT64_MAX };
	struct span input = span_make((const char *)bytes, count);
	struct request_head strict = { 0 }, seen = { 0 };
	enum http_fault fault = HTTP_FAULT_NONE;
	struct head_reader reader = { 0 };
	struct arena arena;
	size_t used;
	enum result result;

	arena_init(&arena, 1 << 20, 4096);
	fields_init(&strict.fields, &arena, limits.fields);
	fields_init(&seen.fields, &arena, limits.fields);
	result = request_head_read(&reader, input, &limits, &strict, &used, &fault);
	request_represent(input, &limits, &seen);
	assert(result != RESULT_OK || is_same(&strict, &seen));
	assert(seen.target.len <= limits.target_bytes && seen.fields.count <= limits.fields && strict.fields.count <= seen.fields.count);
	for (unsigned i = 0; i < strict.fields.count; i++) {
		assert(span_equal(strict.fields.list[i].name, seen.fields.list[i].name) && strict.fields.list[i].id == seen.fields.list[i].id);
		assert(result != RESULT_OK || span_equal(strict.fields.list[i].value, seen.fields.list[i].value));
	}
	arena_done(&arena);
	return 0;
}

/* A query, a newline, a line: what is accepted prints, rereads and matches the same; what is refused has one complaint. */
#include <assert.h>

#include "event/query.h"
#include "event/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct query *read_query(struct span text, struct arena *arena)
{
	struct complaints complaints;
	struct query *query = NULL;

	complaints_init(&complaints);
	enum result result = query_read(text, 1767312245123456789u, arena, &complaints, &query);
	assert(result == RESULT_OK ? complaints.count == 0 : complaints.count == 1 && complaints.list[0].column <= text.len + 1);
	complaints_done(&complaints);
	return query;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span line = { (const char *)data, size }, text = span_cut(&line, '\n');
	struct buffer first, second, shown;
	struct arena arena;
	struct query *query, *again;

	arena_init(&arena, 1 << 22, 4096), buffer_init(&first, 1 << 16), buffer_init(&second, 1 << 16), buffer_init(&shown, 1 << 20);
	query = read_query(text, &arena);
	if (query && query_write(query, &first) == RESULT_OK && buffer_len(&first) <= QUERY_MAX_BYTES) {
		again = read_query(buffer_span(&first), &arena);
		assert(again && query_write(again, &second) == RESULT_OK && span_equal(buffer_span(&first), buffer_span(&second)));
		assert(query_match(query, line) == query_match(again, line));
	}
	if (line.len && line.len < 4096 && line.at[line.len - 1] == '}' && show_line(line, true, &shown) == RESULT_OK)
		assert(buffer_len(&shown) && show_line(span_take(line, line.len - 1), true, &shown) == RESULT_MALFORMED);
	buffer_done(&first), buffer_done(&second), buffer_done(&shown), arena_done(&arena);
	return 0;
}

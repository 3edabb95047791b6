/* Any bytes as a line of the journal: a row, totals, and a line without what says who it was; what is no object is nobody's. */
#include <assert.h>
#include <stdlib.h>

#include "store/count_line.h"
#include "store/strip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct count_line first, second;
	struct span line = { (const char *)data, size }, stripped;
	struct row_space space, other_space;
	char *out = malloc(size + 2), *again = malloc(size + 2);
	struct row row, other;

	row_read(line, &space, &row);
	stripped = strip_line(line, out);
	assert(stripped.len <= (size > 2 ? size : 2) && span_equal(strip_line(stripped, again), stripped));
	row_read(stripped, &other_space, &other);
	if (span_equal(stripped, SPAN("{}")))
		assert(!other.tenant.len && !other.has_request);
	else
		assert(span_equal(row.tenant, other.tenant) && span_equal(row.site, other.site) && row.time_ms == other.time_ms && row.request == other.request);
	if (count_line_read(line, &first) == RESULT_OK) {
		assert(first.count <= COUNT_LINE_MAX && count_line_read(line, &second) == RESULT_OK);
		for (unsigned i = 0; i < first.count; i++)
			assert(count_line_growth(&first, &second, &second.list[i]) == 0 && second.list[i].name_len <= COUNT_NAME_MAX);
	}
	free(out), free(again);
	return 0;
}

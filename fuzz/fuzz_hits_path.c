/* What is kept of any path: segments of the path itself, in their order, or "*"; none that is long, or a number. */
#include <assert.h>

#include "edge/hits/hits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span path = { (const char *)data, size }, kept;
	char out[HITS_PATH_MAX];
	bool is_cut;

	kept = hits_path(path, out, &is_cut);
	if (!kept.len)
		return 0;
	assert(kept.len <= HITS_PATH_MAX && (!is_cut || path.len > HITS_PATH_MAX) && kept.at[0] == '/' && path.at[0] == '/');
	kept = span_skip(kept, 1);
	path = span_skip(path, 1);
	while (kept.len) {
		struct span segment = span_cut(&kept, '/'), came = span_cut(&path, '/');
		size_t digits = 0;

		for (size_t i = 0; i < segment.len; i++)
			digits += is_digit(segment.at[i]);
		assert(span_equal(segment, came) || span_equal(segment, SPAN("*")));
		assert(segment.len <= 40 && digits <= 4 && (!digits || digits < segment.len));
	}
	assert(is_cut || !path.len);
	return 0;
}

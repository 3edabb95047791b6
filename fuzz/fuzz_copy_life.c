/* Any bytes as the life of an answer on the cache's disk: what is read is within its limits, and is written again as the same bytes. */
#include <assert.h>
#include <string.h>

#include "cache/continuity/copy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct cache_life life = { .age_s = 7 };
	char again[COPY_LIFE_LEN];
	unsigned status = 0;

	if (copy_read_life(text, &status, &life) != RESULT_OK) {
		assert(!status && life.age_s == 7 && !life.fresh_s && !life.has_validator);
		return 0;
	}
	assert(status >= 200 && status <= 599 && life.age_s == 7 && !life.is_learned);
	assert(life.fresh_s >= 0 && life.fresh_s <= UINT32_MAX && life.while_s >= 0 && life.error_s >= 0 && life.error_s <= UINT32_MAX);
	copy_write_life(status, &life, again);
	assert(span_equal(text, span_make(again, sizeof(again))));
	return 0;
}

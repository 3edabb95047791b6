/* Whatever a broken check writes: the reader never leaves the image, and no prefix of an image is one. */
#include <assert.h>
#include <stdlib.h>

#include "process/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct image image, shorter;
	struct image_listener listener;
	struct image_record record;

	memcpy(copy, data, size);
	if (image_read(span_make(copy, size), &image) == RESULT_OK) {
		for (enum image_kind kind = IMAGE_COMPLAINTS; kind < IMAGE_KIND_COUNT; kind++) {
			for (size_t at = 0; image_next(&image, kind, &at, &record);) {
				assert(record.kind == kind && record.name.len < IMAGE_PATH_MAX);
				assert(record.name.at >= copy && record.bytes.at + record.bytes.len <= copy + size);
			}
		}
		for (size_t at = 0; image_next(&image, IMAGE_RULE_TEXT, &at, &record);)
			assert(image_rules_owner(&record).len + 1 + image_rules_bytes(&record).len == record.bytes.len);
		for (size_t at = 0; image_next_listener(&image, &at, &listener);)
			assert(at <= size);
		assert(image_settings(&image).workers >= 1 && image_settings(&image).workers <= IMAGE_WORKERS_MAX);
		assert(image_read(span_make(copy, size - 1), &shorter) != RESULT_OK);
	}
	free(copy);
	return 0;
}

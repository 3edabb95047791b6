/* Records of a backup: whatever is taken has a path that leads nowhere else, and is written as the same bytes. */
#include <stdlib.h>

#include "cli/backup/format.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct backup_record record;
	size_t used = 0;

	while (backup_record_read(input, &record, &used) == RESULT_OK) {
		struct buffer again;

		if (used == 0 || used > input.len || record.mode > 0777 || record.size > BACKUP_FILE_MAX)
			if (record.kind != BACKUP_END)
				abort();
		if (record.path[0] && (!backup_path_is_plain(span_of(record.path)) || record.path[0] == '/' || span_contains(span_of(record.path), SPAN("/../"))))
			abort();
		buffer_init(&again, BACKUP_HEAD_MAX);
		if (backup_record_write(&record, &again) != RESULT_OK || !span_equal(buffer_span(&again), span_take(input, used)))
			abort();
		buffer_done(&again);
		input = span_skip(input, used);
	}
	return 0;
}

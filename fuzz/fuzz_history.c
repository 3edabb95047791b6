/* An entry of the history of configurations: whatever is taken is within its limits, and each of its paths leads only where it says. */
#include <stdlib.h>

#include "event/history/inside.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history_entry entry;

	if (history_entry_read(span_make((const char *)data, size), &entry) != RESULT_OK)
		return 0;
	if (!entry.number || !entry.count || entry.count > HISTORY_FILES_MAX || entry.note.who.len > HISTORY_WHO_MAX || entry.note.why.len > HISTORY_WHY_MAX)
		abort();
	for (size_t i = 0; i < entry.count; i++) {
		struct span path = entry.files[i].path;

		if (path.len < 2 || path.at[0] != '/' || span_contains(path, SPAN("/../")) || span_ends(path, SPAN("/..")) || span_contains(path, SPAN("//")) ||
		    span_find(path, 0) != path.len || entry.files[i].bytes > HISTORY_TEXT_MAX || history_find(&entry, path) != &entry.files[i])
			abort();
	}
	history_entry_done(&entry);
	return 0;
}

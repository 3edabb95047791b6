#include "hub/audit/list.h"

#include "base/read_file.h"
#include "hub/audit/files.h"

#include "base/banned.h"

struct telling {
	uint64_t before;
	bool (*row)(void *context, const struct audit_entry *entry);
	void *context;
	bool is_over;
};

/* From the last line to the first. */
static enum result tell_lines(struct telling *telling, struct span text)
{
	while (text.len && !telling->is_over) {
		size_t begin = span_find_last(span_take(text, text.len - 1), '\n');
		bool is_first = begin == text.len - 1;  /* none was found */
		struct span line = is_first ? text : span_skip(text, begin + 1);
		struct audit_entry entry;
		enum result result = audit_line_read(span_take(line, line.len - 1), &entry);

		if (result == RESULT_NO_MEMORY)
			return result;
		if (result == RESULT_OK && (!telling->before || entry.number < telling->before))
			telling->is_over = !telling->row(telling->context, &entry);
		text = is_first ? SPAN_NONE : span_take(text, begin + 1);
	}
	return RESULT_OK;
}

static enum result tell_file(struct telling *telling, int folder, uint64_t number)
{
	char name[AUDIT_FILE_NAME_BYTES];
	struct buffer text;
	enum result result;

	if (telling->before && number >= telling->before)
		return RESULT_OK;
	audit_file_name(number, name);
	buffer_init(&text, AUDIT_READ_MAX);
	result = read_file_at(folder, name, &text);
	if (result == RESULT_OK) {
		struct span whole = buffer_span(&text);
		size_t last = span_find_last(whole, '\n');

		result = tell_lines(telling, last < whole.len ? span_take(whole, last + 1) : SPAN_NONE);
	}
	buffer_done(&text);
	return result;
}

enum result audit_list_folder(int folder, uint64_t before, bool (*row)(void *context, const struct audit_entry *entry), void *context)
{
	struct telling telling = { before, row, context, false };
	struct audit_files files;
	enum result result = audit_files_list(folder, &files);

	if (result != RESULT_OK)
		return result;
	for (size_t i = files.count; i-- && result == RESULT_OK && !telling.is_over;)
		result = tell_file(&telling, folder, files.list[i]);
	audit_files_done(&files);
	return result;
}

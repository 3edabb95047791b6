/* Any text is a snapshot or a refusal with a sentence; what dumps, dumps the same when read again; an edit that is done
 * can be undone. Build with `fuzz` beside tests/config/tables.h. */
#include <assert.h>

#include "../tests/config/tables.h"
#include "config/dump.h"
#include "config/edit.h"
#include "config/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads TEXT; the dump of what it says, or nothing, goes to OUT. */
static bool read_and_dump(struct span text, struct buffer *out)
{
	struct config_texts image;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	enum result result;

	config_texts_init(&image);
	complaints_init(&complaints);
	assert(config_source_init(&source, SPAN("/c/b.yaml")) == RESULT_OK && config_texts_add(&image, source.path, text) == RESULT_OK);
	source.image = &image;
	result = config_read(&source, test_sections, &complaints, &snapshot);
	assert((result == RESULT_OK) == (complaints.errors == 0));
	assert(result != RESULT_OK || config_dump(snapshot, test_sections, DUMP_YAML, out) == RESULT_OK);
	snapshot_drop(snapshot);
	complaints_done(&complaints);
	config_source_done(&source);
	config_texts_done(&image);
	return result == RESULT_OK;
}

static void edit(struct span text)
{
	static const struct new_site site = { SPAN_INIT("new.example"), SPAN_INIT("/t"), SPAN_INIT("http://10.0.0.1") };
	struct complaints complaints;
	struct buffer added, changed, removed;

	complaints_init(&complaints);
	buffer_init(&added, 1 << 20);
	buffer_init(&changed, 1 << 20);
	buffer_init(&removed, 1 << 20);
	if (config_edit_add_site(SPAN("f"), text, &site, &complaints, &added) == RESULT_OK) {
		enum result set = config_edit_set(SPAN("f"), buffer_span(&added), site.name, SPAN("hsts"), SPAN("1d"), &complaints, &changed);
		enum result gone = config_edit_remove_site(SPAN("f"), buffer_span(&added), site.name, &complaints, &removed);

		assert(set == RESULT_OK && gone == RESULT_OK);
	}
	buffer_done(&added);
	buffer_done(&changed);
	buffer_done(&removed);
	complaints_done(&complaints);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct buffer first, again;

	buffer_init(&first, 16 << 20);
	buffer_init(&again, 16 << 20);
	if (read_and_dump(text, &first)) {
		assert(read_and_dump(buffer_span(&first), &again));
		assert(span_equal(buffer_span(&first), buffer_span(&again)));
	}
	edit(text);
	buffer_done(&first);
	buffer_done(&again);
	return 0;
}

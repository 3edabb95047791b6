/* A site that was added to any text can be given a list with an item, and taken out again; the text around it stays.
 * An item that was added to any list and taken out again leaves all comments. */
#include <assert.h>

#include "config/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_marks(struct span text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '#';
	return count;
}

static void check_list(struct span text, struct complaints *complaints)
{
	static const struct edit_pair pair = { "name", SPAN_INIT("p") };
	static const struct edit_item item = { SPAN_INIT("a"), SPAN_INIT("l"), &pair, 1 };
	struct buffer added, removed;

	buffer_init(&added, 1 << 20);
	buffer_init(&removed, 1 << 20);
	if (config_edit_add_item(SPAN("f"), text, &item, complaints, &added) == RESULT_OK) {
		assert(count_marks(buffer_span(&added)) == count_marks(text));
		assert(config_edit_remove_item(SPAN("f"), buffer_span(&added), &item, complaints, &removed) == RESULT_OK);
		assert(count_marks(buffer_span(&removed)) == count_marks(text));
	}
	buffer_done(&added);
	buffer_done(&removed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct new_site site = { SPAN_INIT("new.example"), SPAN_INIT("/t"), SPAN_INIT("http://10.0.0.1"), .ruleset = SPAN_INIT("crs") };
	struct span file = SPAN("f"), text = span_make((const char *)data, size);
	static const struct edit_pair pair = { "name", SPAN_INIT("p") };
	static const struct edit_item item = { SPAN_INIT("new.example"), SPAN_INIT("partners"), &pair, 1 };
	struct complaints complaints;
	struct buffer added, changed, removed;

	complaints_init(&complaints);
	check_list(text, &complaints);
	buffer_init(&added, 1 << 20);
	buffer_init(&changed, 1 << 20);
	buffer_init(&removed, 1 << 20);
	if (config_edit_add_site(file, text, &site, &complaints, &added) == RESULT_OK) {
		struct span with = buffer_span(&added);

		assert(with.len + 2 > text.len);
		assert(config_edit_add_item(file, with, &item, &complaints, &changed) == RESULT_OK);
		assert(config_edit_remove_item(file, buffer_span(&changed), &item, &complaints, &removed) == RESULT_OK);
		buffer_reset(&removed);
		assert(config_edit_remove_site(file, with, site.name, &complaints, &removed) == RESULT_OK);
	} else {
		assert(buffer_len(&added) == 0);
	}
	buffer_done(&added);
	buffer_done(&changed);
	buffer_done(&removed);
	complaints_done(&complaints);
	return 0;
}

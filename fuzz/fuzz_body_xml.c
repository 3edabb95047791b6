/* An XML document whole and in pieces is the same, and so is what XPath finds in it: by our own short ways and by libxml2's. */
#include "reader_pieces.h"
#include "waf/body/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static enum result found(void *context, struct span value)
{
	say(context, 'x', value);
	return RESULT_OK;
}

static void find(struct xml_document *document, const char *text, struct buffer *said)
{
	const struct xml_sink sink = { said, found };
	struct xml_path *path;

	assert(xml_path_new(span_of(text), NULL, 0, &path) == RESULT_OK);
	assert(xml_find(document, path, &sink) == RESULT_OK);
	xml_path_free(path);
}

static void ask(struct reader *reader, struct telling *telling)
{
	struct xml_document *document = reader_document(reader);
	struct buffer slow = { .max_bytes = 16 << 20 }, fast = { .max_bytes = 16 << 20 };

	assert((document == NULL) == body_report_has(reader_report(reader), BODY_FLAG_ERROR));
	if (!document)
		return;
	find(document, "/*", &fast);
	find(document, "//@*", &fast);
	find(document, "/child::*", &slow);
	find(document, "/descendant::node()/@*", &slow);
	assert(span_equal(buffer_span(&fast), buffer_span(&slow)));
	assert(buffer_append(&telling->said, buffer_span(&fast)) == RESULT_OK);
	buffer_done(&fast);
	buffer_done(&slow);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct telling telling = tell_twice(READER_XML, SPAN_NONE, span_make((const char *)bytes, count), ask);

	buffer_done(&telling.said);
	return 0;
}

/* Complaints as members. */
#include "../base/check.h"
#include "base/complaint.h"
#include "hub/change/said.h"

static struct buffer out;

static struct span written(const char *text)
{
	struct json_writer json;

	buffer_reset(&out);
	json_writer_init(&json, &out);
	said_put(&json, SPAN_NONE, span_of(text));
	assert_ok(json.result);
	return buffer_span(&out);
}

static void lines_become_members(void **unused)
{
	(void)unused;
	buffer_init(&out, 1 << 20);
	assert_span(written(""), "[]");
	assert_span(written("/etc/b.yaml:12:3: error: no such key (did you mean origins?)\n"),
	            "[{\"file\":\"/etc/b.yaml\",\"line\":12,\"column\":3,\"text\":\"no such key\",\"suggestion\":\"did you mean origins?\"}]");
	assert_span(written("/etc/b.yaml: warning: it is old\nhow sad\n"), "[{\"file\":\"/etc/b.yaml\",\"line\":0,\"column\":0,\"text\":\"it is old\",\"suggestion\":null},"
	            "{\"file\":\"\",\"line\":0,\"column\":0,\"text\":\"how sad\",\"suggestion\":null}]");
	assert_span(written("a:b:1: error: x"), "[{\"file\":\"a:b:1\",\"line\":0,\"column\":0,\"text\":\"x\",\"suggestion\":null}]");
	assert_span(written("(x)"), "[{\"file\":\"\",\"line\":0,\"column\":0,\"text\":\"(x)\",\"suggestion\":null}]");
	buffer_done(&out);
}

/* What base/complaint.h writes is read as it was meant. */
static void it_is_what_complaints_write(void **unused)
{
	struct complaints complaints;
	struct buffer text;

	(void)unused;
	buffer_init(&out, 1 << 20);
	buffer_init(&text, 1 << 16);
	complaints_init(&complaints);
	complain(&complaints, COMPLAINT_ERROR, (struct place){ SPAN("/a b/c.yaml"), 7, 9 }, SPAN("did you mean (b)?"), "found \"x\": bad");
	assert_ok(complaints_write(&complaints, &text));
	assert_ok(buffer_append_byte(&text, 0));
	assert_span(written(buffer_span(&text).at), "[{\"file\":\"/a b/c.yaml\",\"line\":7,\"column\":9,\"text\":\"found \\\"x\\\": bad (did you mean\",\"suggestion\":\"b)?\"}]");
	complaints_done(&complaints);
	buffer_done(&text);
	buffer_done(&out);
}

static void there_is_an_end(void **unused)
{
	struct buffer text;
	struct json *root;

	(void)unused;
	buffer_init(&out, 1 << 20);
	buffer_init(&text, 1 << 20);
	for (unsigned i = 0; i < 1000; i++)
		assert_ok(buffer_append(&text, SPAN("a\n")));
	assert_ok(buffer_append_byte(&text, 0));
	assert_ok(json_read(written(buffer_span(&text).at), &root));
	assert_int_equal(json_length(root), SAID_MAX);
	json_drop(root);
	buffer_done(&text);
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_members),
		cmocka_unit_test(it_is_what_complaints_write),
		cmocka_unit_test(there_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

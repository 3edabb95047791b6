/* Words with {values} in them. */
#include "base/check.h"

#include "base/buffer.h"
#include "base/template.h"

#include "base/banned.h"

static void show(void *context, struct span text, bool is_value)
{
	assert_true(text.len || is_value);
	assert_ok(buffer_print(context, is_value ? "<%.*s>" : "%.*s|", SPAN_ARG(text)));
}

static void words_and_values(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "no value", "no value|" }, { "{site}", "<site>" }, { "{a}{b}", "<a><b>" }, { "{site} was attacked: {n} times", "<site> was attacked: |<n> times|" },
		{ "open {name", "open |<name>" }, { "shut } alone", "shut } alone|" }, { "{}", "<>" }, { "end{", "end|<>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer text;

		buffer_init(&text, 256);
		template_fill(span_of(rows[i][0]), show, &text);
		assert_true(span_equal(buffer_span(&text), span_of(rows[i][1])));
		buffer_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

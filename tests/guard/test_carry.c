/* The form that goes along: it comes back whole, to the same place, from the same network, for five minutes. */
#include "asking.h"

#include "guard/carry.h"

#include "base/banned.h"

#define HOME "192.0.2.1"
#define URL SPAN("/contact?lang=nl")

static void it_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 1000, CARRY_BODY_MAX };
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t len = CARRY_TEXT_LEN(sizes[i]);
		char *body = malloc(sizes[i] + 1), *text = malloc(len), *out = malloc(len);
		uint64_t number, again;
		struct span read;

		assert_true(body && text && out);
		memset(body, 'x', sizes[i] + 1);
		assert_ok(carry_seal(&asker, URL, span_make(body, sizes[i]), text));
		assert_null(sizes[i] > 100 ? memmem(text, len, "xxxx", 4) : NULL);
		assert_ok(carry_open(&asker, URL, span_make(text, len), out, &read, &number));
		assert_true(span_equal(read, span_make(body, sizes[i])));
		assert_ok(carry_seal(&asker, URL, span_make(body, sizes[i]), text));
		assert_ok(carry_open(&asker, URL, span_make(text, len), out, &read, &again));
		assert_true(number != again);
		free(body);
		free(text);
		free(out);
	}
	assert_result(carry_seal(&asker, URL, span_make(NULL, CARRY_BODY_MAX + 1), NULL), RESULT_LIMIT);
	assert_result(carry_seal(&asker, span_make(NULL, CARRY_URL_MAX + 1), SPAN("a=b"), NULL), RESULT_LIMIT);
	free(memory);
}

static void nobody_else_opens_it(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000), other = asker_at(memory, "192.0.2.2", START_S * 1000);
	char text[CARRY_TEXT_LEN(3)], out[sizeof(text)];
	struct span sealed = span_make(text, sizeof(text)), body;
	uint64_t number;

	(void)state;
	assert_ok(carry_seal(&asker, URL, SPAN("a=b"), text));
	assert_result(carry_open(&other, URL, sealed, out, &body, &number), RESULT_MALFORMED);
	assert_result(carry_open(&asker, SPAN("/contact?lang=fr"), sealed, out, &body, &number), RESULT_MALFORMED);
	other = asker;
	other.site++;
	assert_result(carry_open(&other, URL, sealed, out, &body, &number), RESULT_MALFORMED);
	for (size_t i = 0; i < sizeof(text); i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_result(carry_open(&asker, URL, sealed, out, &body, &number), RESULT_MALFORMED);
		text[i] = was;
		assert_result(carry_open(&asker, URL, span_take(sealed, i), out, &body, &number), RESULT_MALFORMED);
	}
	asker.now_ms += (CARRY_LIFETIME_S - 1) * 1000;
	assert_ok(carry_open(&asker, URL, sealed, out, &body, &number));
	assert_span(body, "a=b");
	asker.now_ms += 1000;
	assert_result(carry_open(&asker, URL, sealed, out, &body, &number), RESULT_TIMEOUT);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(it_comes_back), cmocka_unit_test(nobody_else_opens_it) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

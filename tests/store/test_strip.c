#include "stage.h"

#include "store/strip.h"

static void what_goes_and_what_stays(void **state)
{
	static const char *const examples[][2] = {
		{ "{\"a\":1}", "{\"a\":1}" },
		{ "{\"source.ip\":\"192.0.2.7\",\"a\":1}", "{\"a\":1}" },
		{ "{\"a\":1,\"source.ip\":\"192.0.2.7\",\"source.port\":7,\"b\":[1,{\"source.ip\":\"x\"}],\"url.query\":\"q=*5\"}", "{\"a\":1,\"b\":[1,{\"source.ip\":\"x\"}]}" },
		{ "{ \"a\" : \"x\\\"\" , \"user_agent.original\" : \"y\" }", "{\"a\" : \"x\\\"\"}" },
		{ "{\"bouclier.client_key\":\"0123\",\"event.sequence\":7,\"bouclier.crc\":\"00000000\"}", "{\"event.sequence\":7}" },
		{ "{\"source.ip\":\"192.0.2.7\"}", "{}" },
		{ "{}", "{}" },
		{ "", "{}" },
		{ "{\"source.ip\":\"192.0.2.7\"", "{}" },
		{ "[\"192.0.2.7\"]", "{}" },
		{ "{\"a\":1}{\"source.ip\":\"192.0.2.7\"}", "{}" },
	};
	char out[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct span got = strip_line(span_of(examples[i][0]), out);

		if (!span_equal(got, span_of(examples[i][1])))
			fail_msg("%s became %.*s", examples[i][0], SPAN_ARG(got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_goes_and_what_stays) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

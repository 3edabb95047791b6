/* What is asked of an origin whose answers rules read, for what clients ask of us. */
#include "base/check.h"
#include "http/accept_encoding.h"

static const struct { const char *said, *again, *asked; } rows[] = {
	{ NULL, NULL, "" },
	{ "", NULL, "" },
	{ "gzip, deflate, br, zstd", NULL, "gzip, br, zstd" },
	{ "zstd;q=0.9 , BR ; q=0.123,x-gzip;q=1.000", NULL, "zstd;q=0.9, br;q=0.123, gzip" },
	{ "br", "gzip", "br, gzip" },
	{ "*", NULL, "" },
	{ "identity;q=0, *;q=0", NULL, "" },
	{ "gzip;q=0, br;q=0.000, zstd;q=0.", NULL, "" },
	{ "gzip, gzip;q=0.5, gzip", "gzip", "gzip" },
	{ "gzip;q=0, x-gzip", NULL, "" },
	{ "gzip;q=2, br;q=-1, zstd;q=0.1234", NULL, "" },
	{ "gzip;q=, br;q, zstd;level=9", NULL, "" },
	{ "gzip;q=1.1, br;q=0x1, zstd;q=0.5;q=0", NULL, "" },
	{ "gzip;q=0.001, br;q=0.999, zstd;q=0.123", NULL, "gzip;q=0.001, br;q=0.999, zstd;q=0.123" },
	{ ",,;q=1,gzip,;", NULL, "gzip" },
};

static void only_what_rules_and_client_can_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char out[ACCEPT_ENCODING_MAX];
		struct arena arena;
		struct fields fields;
		struct span asked;

		arena_init(&arena, 65536, 4096);
		fields_init(&fields, &arena, 4);
		if (rows[i].said)
			assert_ok(fields_add(&fields, FIELD_ACCEPT_ENCODING, SPAN("Accept-Encoding"), span_of(rows[i].said)));
		if (rows[i].again)
			assert_ok(fields_add(&fields, FIELD_ACCEPT_ENCODING, SPAN("Accept-Encoding"), span_of(rows[i].again)));
		asked = accept_encoding_reduce(&fields, out);
		if (!span_equal(asked, span_of(rows[i].asked)))
			fail_msg("row %zu: %.*s", i, SPAN_ARG(asked));
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_what_rules_and_client_can_read) };

	return cmocka_run_group_tests_name("http/accept_encoding", tests, NULL, NULL);
}

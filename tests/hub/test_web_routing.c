#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/web/read/routing.h"

static void nobody(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context, (void)request, (void)answer;
}

static const struct web_route first[] = {
	{ "/api/v1/me/passkeys", METHOD_GET, 1, nobody },
	{ "/api/v1/me/passkeys/{id}", METHOD_GET, 2, nobody },
	{ "/api/v1/me/passkeys/{id}", METHOD_DELETE, 3, nobody },
	{ "/api/v1/{what}/passkeys/options", METHOD_GET, 4, nobody },
};
static const struct web_route second[] = {
	{ "/api/v1/me/passkeys/options", METHOD_GET, 5, nobody },
	{ "/api/v1/me/passkeys/options", METHOD_POST, 6, nobody },
};
static int first_context, second_context;
static const struct web_routes routes = { .tables = { { first, 4, &first_context }, { second, 2, &second_context } }, .table_count = 2 };

static void finds_the_most_literal(void **state)
{
	static const struct { enum method method; const char *path; enum result result; uint32_t permit; const char *part, *allow; } cases[] = {
		{ METHOD_GET, "/api/v1/me/passkeys", RESULT_OK, 1, "", "" },
		{ METHOD_HEAD, "/api/v1/me/passkeys", RESULT_OK, 1, "", "" },
		{ METHOD_GET, "/api/v1/me/passkeys/7", RESULT_OK, 2, "7", "" },
		{ METHOD_DELETE, "/api/v1/me/passkeys/options", RESULT_OK, 3, "options", "" },
		{ METHOD_GET, "/api/v1/me/passkeys/options", RESULT_OK, 5, "", "" },
		{ METHOD_POST, "/api/v1/me/passkeys/options", RESULT_OK, 6, "", "" },
		{ METHOD_GET, "/api/v1/you/passkeys/options", RESULT_OK, 4, "you", "" },
		{ METHOD_POST, "/api/v1/me/passkeys", RESULT_REFUSED, 0, "", "GET, HEAD, OPTIONS" },
		{ METHOD_PUT, "/api/v1/me/passkeys/7", RESULT_REFUSED, 0, "", "GET, HEAD, DELETE, OPTIONS" },
		{ METHOD_OTHER, "/api/v1/me/passkeys/options", RESULT_REFUSED, 0, "", "GET, HEAD, POST, DELETE, OPTIONS" },
		{ METHOD_OPTIONS, "/api/v1/me/passkeys", RESULT_REFUSED, 0, "", "GET, HEAD, OPTIONS" },
		{ METHOD_GET, "/api/v1/me", RESULT_NOT_FOUND, 0, "", "" },
		{ METHOD_GET, "/api/v1/me/passkeys/", RESULT_NOT_FOUND, 0, "", "" },
	};

	(void)state;
	assert_true(web_routes_are_valid(&routes));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_routing found;
		struct web_path path;
		struct arena arena;
		char allow[WEB_ALLOW_MAX];

		arena_init(&arena, 65536, 512);
		assert_int_equal(web_path_read(span_of(cases[i].path), &arena, &path), RESULT_OK);
		assert_int_equal(web_routing_find(&routes, cases[i].method, &path, &found), cases[i].result);
		if (cases[i].result == RESULT_OK) {
			assert_int_equal(found.route->permit, cases[i].permit);
			assert_ptr_equal(found.context, cases[i].permit > 4 ? &second_context : &first_context);
			assert_true(span_equal(found.parts[0], span_of(cases[i].part)));
		}
		if (cases[i].result == RESULT_REFUSED)
			assert_true(span_equal(web_allow_write(found.methods, allow), span_of(cases[i].allow)));
		arena_done(&arena);
	}
}

static void knows_a_table_that_is_wrong(void **state)
{
	static const struct web_route bad[][2] = {
		{ { "/a/", METHOD_GET, 0, nobody }, { "/b", METHOD_GET, 0, nobody } },
		{ { "/a", METHOD_GET, 0, NULL }, { "/b", METHOD_GET, 0, nobody } },
		{ { "/a", METHOD_HEAD, 0, nobody }, { "/b", METHOD_GET, 0, nobody } },
		{ { "/a", METHOD_OPTIONS, 0, nobody }, { "/b", METHOD_GET, 0, nobody } },
		{ { "/a", METHOD_GET, 0, nobody }, { "/a", METHOD_GET, 1, nobody } },
	};
	struct web_routes twice = { .tables = { { first, 4, NULL }, { first, 1, NULL } }, .table_count = 2 };

	(void)state;
	assert_false(web_routes_are_valid(&twice));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct web_routes table = { .tables = { { bad[i], 2, NULL } }, .table_count = 1 };

		assert_false(web_routes_are_valid(&table));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_most_literal),
		cmocka_unit_test(knows_a_table_that_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

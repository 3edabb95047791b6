/* Every case of $SHARED_DIR/seclang-vectors/operators. Where ModSecurity 2.9.7 answers otherwise it decides, and the case is a row
 * of `different`, told in docs/waf/vectors-operators.md. */
#include "operator_stage.h"

#include <glob.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/encode.h"

static const char *shared_dir;
static char phrase_file[4096];
static size_t phrase_len;

static const struct { const char *name, *parameter, *input; int match; } different[] = {
	{ "ipMatch", "10.0.0.0/100", "10.10.10.11", -1 },  /* no network: the rule is refused, by both */
};

/* \u0000 to \u00ff of a JSON string stand for bytes. */
static struct span bytes_of(struct arena *arena, const json_t *text)
{
	struct span rest = span_make(json_string_value(text), json_string_length(text));
	char *out = arena_take(arena, rest.len);
	size_t len = 0;

	assert_non_null(out);
	while (rest.len) {
		size_t count = utf8_length(rest);
		unsigned first = (unsigned char)rest.at[0];

		assert_true(count == 1 || (count == 2 && first <= 0xc3));
		out[len++] = (char)(count == 1 ? first : first << 6 | ((unsigned char)rest.at[1] & 0x3fu));
		rest = span_skip(rest, count);
	}
	return span_make(out, len);
}

/* Inputs write some bytes as \0 and \xHH. */
static struct span without_escapes(struct arena *arena, struct span text)
{
	char *out = arena_take(arena, text.len);
	size_t len = 0;

	assert_non_null(out);
	while (text.len) {
		if (span_starts(text, SPAN("\\0"))) {
			out[len++] = '\0';
			text = span_skip(text, 2);
		} else if (span_starts(text, SPAN("\\x")) && text.len >= 4) {
			assert_ok(hex_read(span_make(text.at + 2, 2), &out[len++], 1));
			text = span_skip(text, 4);
		} else {
			out[len++] = text.at[0];
			text = span_skip(text, 1);
		}
	}
	return span_make(out, len);
}

static enum result vector_file(void *context, struct span rule_file, struct span path, struct span *text)
{
	(void)context;
	(void)rule_file;
	if (!span_ends(path, SPAN("/operators/op/pmFromFile-01.dat")))
		return RESULT_NOT_FOUND;
	*text = span_make(phrase_file, phrase_len);
	return RESULT_OK;
}

static enum result no_country(void *context, const struct address *address, struct country *out)
{
	(void)context;
	(void)address;
	(void)out;
	return RESULT_NOT_FOUND;
}

static int expected_match(struct span name, struct span parameter, struct span input, int match)
{
	for (size_t i = 0; i < COUNT(different); i++) {
		if (span_equal(name, span_of(different[i].name)) && span_equal(parameter, span_of(different[i].parameter)) &&
		    span_equal(input, span_of(different[i].input)))
			return different[i].match;
	}
	return match;
}

static void check_groups(struct stage *stage, json_t *test, enum operator_id id)
{
	const json_t *groups = json_object_get(test, "re_groups");

	if (!groups)
		return;
	/* Of @rxGlobal, which 2.9.7 does not have, some vectors name the groups of the first match only. */
	if (id == OPERATOR_RX_GLOBAL)
		assert_true(stage->captures.count >= json_array_size(groups));
	else
		assert_int_equal(stage->captures.count, json_array_size(groups));
	for (size_t i = 0; i < json_array_size(groups); i++)
		assert_true(span_equal(stage->captures.list[i], bytes_of(&stage->request, json_array_get(groups, i))));
}

static bool check_one(struct stage *stage, json_t *test)
{
	struct span name = bytes_of(&stage->request, json_object_get(test, "name")), parameter = SPAN(""), input;
	int expected, match;
	enum operator_id id;

	if (json_object_get(test, "param"))
		parameter = bytes_of(&stage->request, json_object_get(test, "param"));
	input = without_escapes(&stage->request, bytes_of(&stage->request, json_object_get(test, "input")));
	expected = expected_match(name, parameter, input, (int)json_integer_value(json_object_get(test, "ret")));
	assert_ok(operator_find(name, &id));
	match = stage_ask(stage, id, parameter, input);
	/* What cannot be judged does not match. */
	if ((match == MATCH_ERROR ? MATCH_NO : match) != expected) {
		print_error("@%.*s %.*s of \"%.*s\": %d, not %d\n", SPAN_ARG(name), SPAN_ARG(parameter), SPAN_ARG(input), match, expected);
		return false;
	}
	check_groups(stage, test, id);
	return true;
}

static size_t check_file(struct stage *stage, const char *path, size_t *bad)
{
	json_error_t error;
	json_t *tests = json_load_file(path, JSON_ALLOW_NUL, &error);
	size_t count;

	assert_true(json_is_array(tests));
	count = json_array_size(tests);
	for (size_t i = 0; i < count; i++) {
		*bad += !check_one(stage, json_array_get(tests, i));
		complaints_done(&stage->complaints);
		complaints_init(&stage->complaints);
		arena_reset(&stage->request);
		arena_reset(&stage->arena);
	}
	json_decref(tests);
	return count;
}

static void every_vector(void **state)
{
	char path[4096];
	struct stage stage;
	glob_t files;
	size_t count = 0, bad = 0;
	FILE *file;

	(void)state;
	if (!shared_dir) {
		print_message("skipped: no SHARED_DIR\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/seclang-vectors/operators/op/pmFromFile-01.dat", shared_dir);
	file = fopen(path, "r");
	assert_non_null(file);
	phrase_len = fread(phrase_file, 1, sizeof(phrase_file), file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/seclang-vectors/operators/*.json", shared_dir);
	assert_int_equal(glob(path, 0, NULL, &files), 0);
	stage_init(&stage);
	stage.ports.file_read = vector_file;
	stage.ports.geo_find = no_country;
	for (size_t i = 0; i < files.gl_pathc; i++)
		count += check_file(&stage, files.gl_pathv[i], &bad);
	globfree(&files);
	stage_done(&stage);
	print_message("%zu vectors, %zu otherwise\n", count, bad);
	assert_true(count > 3900);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_vector) };

	shared_dir = getenv("SHARED_DIR");
	return cmocka_run_group_tests_name("waf/operator_vectors", tests, NULL, NULL);
}

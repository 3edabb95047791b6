/* The vectors of the public secrules-language-tests collection, in $SHARED_DIR/seclang-vectors/transformations.
 *
 * They do not say what bytes their texts are. A case agrees when it does in one of these readings: a character is a byte,
 * or UTF-8; "\xHH" and "\u00HH" are those six letters, or a byte (in the answer only, or in both). docs/waf/vectors.md tells
 * the cases that agree in none, because 2.9.7 answers otherwise.
 */
#include "transform_check.h"

#include <dirent.h>
#include <jansson.h>

#include "base/encode.h"

static const struct {
	const char *file;
	size_t number;
} disagree[] = { { "cssDecode.json", 3 }, { "escapeSeqDecode.json", 5 } };

struct reading {
	bool is_utf8, decodes_in, decodes_out;
};

static const struct reading readings[] = {
	{ false, false, false }, { false, false, true }, { false, true, true },
	{ true, false, false }, { true, false, true }, { true, true, true },
};

/* TEXT is UTF-8 (as jansson gives it): characters below 0x100 become bytes. */
static struct span to_bytes(struct span text, struct arena *arena)
{
	struct span out = arena_copy(arena, text);
	char *to = (char *)(uintptr_t)out.at;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char lead = (unsigned char)text.at[i];

		if ((lead & 0xfc) == 0xc0)
			to[len++] = (char)(unsigned char)(lead << 6 | (text.at[++i] & 0x3f));
		else
			to[len++] = (char)lead;
	}
	return span_make(out.at, len);
}

/* How many bytes the escape at the front of TEXT has; 0: it is none. */
static size_t escape_length(struct span text, unsigned char *byte)
{
	size_t digits = span_starts(text, SPAN("\\x")) ? 2 : span_starts(text, SPAN("\\u00")) ? 4 : 0;

	if (!digits || text.len < digits + 2 || hex_read(span_take(span_skip(text, digits), 2), byte, 1) != RESULT_OK)
		return 0;
	return digits + 2;
}

static struct span without_escapes(struct span text, struct arena *arena)
{
	struct span out = arena_copy(arena, text);
	char *to = (char *)(uintptr_t)out.at;
	size_t len = 0;

	while (text.len) {
		unsigned char byte = (unsigned char)*text.at;
		size_t used = escape_length(text, &byte);

		to[len++] = (char)byte;
		text = span_skip(text, used ? used : 1);
	}
	return span_make(out.at, len);
}

static struct span read_text(const json_t *row, const char *key, struct reading reading, bool decodes, struct arena *arena)
{
	const json_t *value = json_object_get(row, key);
	struct span text = span_make(json_string_value(value), json_string_length(value));

	if (!reading.is_utf8)
		text = to_bytes(text, arena);
	return decodes ? without_escapes(text, arena) : text;
}

static bool agrees(enum transform transform, const json_t *row, struct arena *arena)
{
	for (size_t i = 0; i < COUNT(readings); i++) {
		struct span in = read_text(row, "input", readings[i], readings[i].decodes_in, arena);
		struct span want = read_text(row, "output", readings[i], readings[i].decodes_out, arena), out;

		assert_ok(transform_apply(transform, in, arena, &out));
		if (span_equal(out, want))
			return true;
	}
	return false;
}

static bool is_to_disagree(const char *file, size_t number)
{
	for (size_t i = 0; i < COUNT(disagree); i++)
		if (!strcmp(disagree[i].file, file) && disagree[i].number == number)
			return true;
	return false;
}

/* How many cases FILE has. */
static size_t check_file(const char *folder, const char *file)
{
	struct span name = span_take(span_of(file), strlen(file) - strlen(".json"));
	enum transform transform;
	char path[512];
	json_t *rows;
	size_t count;

	assert_true((size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) < sizeof(path));
	rows = json_load_file(path, JSON_ALLOW_NUL, NULL);
	assert_non_null(rows);
	assert_ok(transform_find(name, &transform));
	count = json_array_size(rows);
	for (size_t i = 0; i < count; i++) {
		struct arena arena;

		arena_init(&arena, CHECK_LIMIT, 1 << 16);
		if (agrees(transform, json_array_get(rows, i), &arena) == is_to_disagree(file, i))
			fail_msg("%s, case %zu: %s", file, i, is_to_disagree(file, i) ? "agrees now" : "does not agree");
		arena_done(&arena);
	}
	json_decref(rows);
	return count;
}

static void vectors(void **state)
{
	const char *shared = getenv("SHARED_DIR");
	struct dirent *entry;
	char folder[400];
	size_t cases = 0;
	DIR *files;

	(void)state;
	if (!shared) {
		print_message("skipped: no SHARED_DIR\n");
		skip();
	}
	assert_true((size_t)snprintf(folder, sizeof(folder), "%s/seclang-vectors/transformations", shared) < sizeof(folder));
	files = opendir(folder);
	assert_non_null(files);
	while ((entry = readdir(files)))
		if (span_ends(span_of(entry->d_name), SPAN(".json")))
			cases += check_file(folder, entry->d_name);
	closedir(files);
	assert_true(cases >= 376);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(vectors) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

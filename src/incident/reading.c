#include "incident/reading.h"

#include "config/value.h"
#include "incident/text.h"

#include "base/banned.h"

void reading_begin(struct reading *reading, const struct json *object)
{
	*reading = (struct reading){ .object = object, .is_bad = !json_has_object(object) };
}

bool reading_end(const struct reading *reading)
{
	return !reading->is_bad && json_length(reading->object) == reading->members;
}

void reading_check(struct reading *reading, bool is_good)
{
	reading->is_bad |= !is_good;
}

const struct json *reading_member(struct reading *reading, const char *name)
{
	const struct json *value = reading->is_bad ? NULL : json_find(reading->object, name);

	reading_check(reading, value != NULL);
	reading->members++;
	return value;
}

enum result reading_kept(struct span text, bool (*read_members)(const struct json *root, void *out), void *out, struct json **root)
{
	enum result result = json_read(text, root);

	if (result != RESULT_OK)
		return result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
	if (read_members(*root, out))
		return RESULT_OK;
	json_drop(*root);
	return RESULT_MALFORMED;
}

enum result reading_whole(struct span text, bool (*read_members)(const struct json *root, void *out), void *out)
{
	struct json *root;
	enum result result = reading_kept(text, read_members, out, &root);

	if (result == RESULT_OK)
		json_drop(root);
	return result;
}

uint64_t reading_number(struct reading *reading, const char *name, uint64_t max)
{
	const struct json *value = reading_member(reading, name);
	uint64_t number = json_number_of(value);

	reading_check(reading, json_has_number(value) && number <= max);
	return number;
}

bool reading_bool(struct reading *reading, const char *name)
{
	const struct json *value = reading_member(reading, name);

	reading_check(reading, json_has_bool(value));
	return json_bool_of(value);
}

uint64_t reading_time(struct reading *reading, const char *name)
{
	const struct json *value = reading_member(reading, name);
	int64_t ms = 0;

	if (json_has_null(value))
		return 0;
	reading_check(reading, json_has_text(value) && time_read(json_text_of(value), &ms) == RESULT_OK && ms % 1000 == 0);
	return reading->is_bad ? 0 : (uint64_t)ms / 1000;
}

static void read_text(struct reading *reading, const char *name, char *out, size_t size, bool lines)
{
	const struct json *value = reading_member(reading, name);

	reading_check(reading, json_has_text(value) && text_is_kept(json_text_of(value), size, lines));
	if (!reading->is_bad && lines)
		text_set_lines(out, size, json_text_of(value));
	else if (!reading->is_bad)
		text_set(out, size, json_text_of(value));
}

void reading_text(struct reading *reading, const char *name, char *out, size_t size)
{
	read_text(reading, name, out, size, false);
}

void reading_lines(struct reading *reading, const char *name, char *out, size_t size)
{
	read_text(reading, name, out, size, true);
}

unsigned reading_name(struct reading *reading, const char *name, unsigned count, const char *(*name_of)(unsigned index))
{
	struct span text = json_text_of(reading_member(reading, name));

	for (unsigned i = 0; i < count; i++) {
		if (span_equal(text, span_of(name_of(i))))
			return i;
	}
	reading_check(reading, false);
	return 0;
}

const struct json *reading_list(struct reading *reading, const char *name, size_t max, uint32_t *count)
{
	const struct json *value = reading_member(reading, name);

	reading_check(reading, json_has_list(value) && json_length(value) <= max);
	*count = reading->is_bad ? 0 : (uint32_t)json_length(value);
	return reading->is_bad ? NULL : value;
}

#include "message/field.h"

#include <endian.h>

#include "base/banned.h"

#define FIRST_FIELDS 24u  /* what a browser sends, without growing */

/* One cache line. MASK has 0x20 under each letter, so that (byte | mask) == lower holds for both cases of the letter and
 * for nothing else: a plain | 0x20 would take CR for '-'. */
struct field_text {
	uint8_t len;
	char lower[32];
	char mask[31];
};

#include "message/field_table.h"

static uint64_t load_8(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static uint32_t load_4(const char *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* As field_table.py computes it. */
static unsigned slot_of(struct span name)
{
	uint64_t key;

	if (name.len >= 4) {
		uint64_t first = le32toh(load_4(name.at)), last = le32toh(load_4(name.at + name.len - 4));

		key = (first | last << 32) | 0x2020202020202020ull;
	} else {
		key = ((uint8_t)name.at[0] | 0x20ull) | ((uint8_t)name.at[name.len / 2] | 0x20ull) << 8 |
		      ((uint8_t)name.at[name.len - 1] | 0x20ull) << 16;
	}
	return (unsigned)(((key + name.len) * FIELD_HASH_FACTOR) >> FIELD_HASH_SHIFT);
}

static bool same_8(const struct field_text *text, const char *at, size_t from)
{
	return (load_8(at + from) | load_8(text->mask + from)) == load_8(text->lower + from);
}

static bool same_4(const struct field_text *text, const char *at, size_t from)
{
	return (load_4(at + from) | load_4(text->mask + from)) == load_4(text->lower + from);
}

/* NAME has the length of TEXT: whole words, the last one overlapping the one before it. */
static bool is_same_name(const struct field_text *text, struct span name)
{
	size_t from = 0;

	if (name.len >= 8) {
		for (; from + 8 < name.len; from += 8) {
			if (!same_8(text, name.at, from))
				return false;
		}
		return same_8(text, name.at, name.len - 8);
	}
	if (name.len >= 4)
		return same_4(text, name.at, 0) && same_4(text, name.at, name.len - 4);
	for (; from < name.len; from++) {
		if ((name.at[from] | text->mask[from]) != text->lower[from])
			return false;
	}
	return true;
}

enum field_id field_id_of(struct span name)
{
	const struct field_text *text;
	unsigned id;

	if (name.len == 0)
		return FIELD_OTHER;
	id = field_slots[slot_of(name)];
	text = &field_texts[id];
	return text->len == name.len && is_same_name(text, name) ? (enum field_id)id : FIELD_OTHER;
}

struct span field_name(enum field_id id)
{
	if ((unsigned)id >= FIELD_COUNT)
		return SPAN("");
	return span_make(field_texts[id].lower, field_texts[id].len);
}

void fields_init(struct fields *fields, struct arena *arena, unsigned max)
{
	*fields = (struct fields){ .arena = arena, .max = max };
}

/* The old list stays in the arena: the sizes double, so all old ones together are smaller than the new one. */
enum result fields_grow(struct fields *fields)
{
	unsigned size = fields->size ? fields->size * 2 : FIRST_FIELDS;
	struct field *list;

	if (fields->count >= fields->max)
		return RESULT_LIMIT;
	if (size > fields->max || size < fields->size)
		size = fields->max;
	list = arena_take(fields->arena, size * sizeof(*list));
	if (!list)
		return RESULT_NO_MEMORY;
	if (fields->count)
		memcpy(list, fields->list, fields->count * sizeof(*list));
	fields->list = list;
	fields->size = size;
	return RESULT_OK;
}

enum result fields_add(struct fields *fields, enum field_id id, struct span name, struct span value)
{
	return fields_add_inline(fields, id, name, value);
}

const struct field *fields_find(const struct fields *fields, enum field_id id)
{
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == id)
			return &fields->list[i];
	}
	return NULL;
}

const struct field *fields_find_name(const struct fields *fields, struct span name)
{
	enum field_id id = field_id_of(name);

	if (id != FIELD_OTHER)
		return fields_find(fields, id);
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == FIELD_OTHER && span_equal_nocase(fields->list[i].name, name))
			return &fields->list[i];
	}
	return NULL;
}

unsigned fields_count(const struct fields *fields, enum field_id id)
{
	unsigned count = 0;

	for (unsigned i = 0; i < fields->count; i++)
		count += fields->list[i].id == id;
	return count;
}

bool list_has_token(struct span list, struct span token)
{
	while (list.len) {
		if (span_equal_nocase(span_trim(span_cut(&list, ',')), token))
			return true;
	}
	return false;
}

bool fields_has_token(const struct fields *fields, enum field_id id, struct span token)
{
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == id && list_has_token(fields->list[i].value, token))
			return true;
	}
	return false;
}

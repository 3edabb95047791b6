#include "waf/prefilter/scanner_tables.h"

#include <stdlib.h>

#include "waf/prefilter/scanner_keys.h"
#include "base/banned.h"

/* One phrase of one entry, before equal ones are brought together. */
struct wish {
	struct span text;
	uint32_t number;
};

static bool is_lower(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != ascii_lower(text.at[i]))
			return false;
	return true;
}

static enum result wishes_check(const struct scanner_entry *entries, size_t count, size_t *total)
{
	*total = 0;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].number >= SCANNER_ENTRIES_MAX)
			return RESULT_LIMIT;
		for (size_t j = 0; j < entries[i].phrases.count; j++)
			if (!entries[i].phrases.list[j].len || !is_lower(entries[i].phrases.list[j]))
				return RESULT_REFUSED;
		*total += entries[i].phrases.count;
	}
	return *total >= 1u << 24 ? RESULT_LIMIT : RESULT_OK;
}

static int compare_wishes(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;
	int order = span_compare(x->text, y->text);

	return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int compare_rows(const void *a, const void *b)
{
	const struct scanner_row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->key_bytes > y->key_bytes) - (x->key_bytes < y->key_bytes);
}

/* Equal phrases become one row with several numbers. */
static enum result rows_make(struct scanner *scanner, struct arena *arena, const struct wish *wishes, size_t count, size_t *rows)
{
	size_t made = 0, numbers = 0;

	scanner->rows = arena_new_array(arena, struct scanner_row, count);
	scanner->numbers = arena_new_array(arena, uint32_t, count);
	if (!scanner->rows || !scanner->numbers)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct scanner_row *row = &scanner->rows[made];

		if (i && compare_wishes(&wishes[i - 1], &wishes[i]) == 0)
			continue;
		if (i && span_equal(wishes[i - 1].text, wishes[i].text)) {
			scanner->rows[made - 1].count++;
			scanner->rows[made - 1].number = NUMBER_SEVERAL;
		} else {
			row->text = arena_copy(arena, wishes[i].text);
			if (!row->text.at)
				return RESULT_NO_MEMORY;
			row->first = (uint32_t)numbers;
			row->count = 1;
			row->number = wishes[i].number;
			made++;
		}
		scanner->numbers[numbers++] = wishes[i].number;
	}
	*rows = made;
	return RESULT_OK;
}

/* The text of ROW from its key on, as far as it goes in eight bytes; MASK: how far that is. */
static uint64_t text_from_key(const struct scanner_row *row, uint64_t *mask)
{
	struct span rest = span_take(span_skip(row->text, row->key_at), sizeof(uint64_t));
	uint64_t text = 0;

	*mask = 0;
	for (size_t i = 0; i < rest.len; i++) {
		text |= (uint64_t)(unsigned char)rest.at[i] << 8 * i;
		*mask |= (uint64_t)0xff << 8 * i;
	}
	return text;
}

static void slot_add(struct scanner *scanner, uint32_t number)
{
	const struct scanner_row *row = &scanner->rows[number];
	uint32_t at = scanner_hash(row->key, row->key_bytes) & scanner->slots_mask;
	struct scanner_slot *slot;
	uint64_t text, mask;

	for (slot = &scanner->slots[at]; slot->key_bytes && (slot->key != row->key || slot->key_bytes != row->key_bytes);
	     slot = &scanner->slots[at])
		at = (at + 1) & scanner->slots_mask;
	text = text_from_key(row, &mask);
	if (!slot->key_bytes)
		*slot = (struct scanner_slot){ .key = row->key, .key_bytes = row->key_bytes & 0xff, .first = number, .number = row->number,
			                       .text = text, .mask = mask };
	slot->mask &= mask & ~(slot->text ^ text);
	if (slot->number != row->number)
		slot->number = NUMBER_SEVERAL;
	slot->count++;
}

static void single_add(struct scanner *scanner, const struct scanner_row *row)
{
	unsigned char byte = (unsigned char)row->text.at[0], upper = byte >= 'a' && byte <= 'z' ? byte & (unsigned char)~0x20 : byte;

	byte_set_add(&scanner->singles, byte);
	byte_set_add(&scanner->singles, upper);
	for (uint32_t i = 0; i < row->count; i++) {
		uint32_t number = scanner->numbers[row->first + i];

		scanner->single_hits[byte * scanner->words + number / 64] |= (uint64_t)1 << number % 64;
		scanner->single_hits[upper * scanner->words + number / 64] |= (uint64_t)1 << number % 64;
	}
}

static enum result tables_new(struct scanner *scanner, struct arena *arena, size_t rows)
{
	size_t slots = 64;

	while (slots < rows + rows / 2)
		slots *= 2;
	scanner->slots = arena_new_array(arena, struct scanner_slot, slots);
	scanner->pairs = arena_new_array(arena, uint16_t, 65536);
	scanner->bits = arena_new_array(arena, uint64_t, (1u << KEY_BITS) / 64);
	scanner->single_hits = arena_new_array(arena, uint64_t, 256 * scanner->words);
	if (!scanner->slots || !scanner->pairs || !scanner->bits || !scanner->single_hits)
		return RESULT_NO_MEMORY;
	scanner->slots_mask = (uint32_t)slots - 1;
	for (unsigned byte = 0; byte < 256; byte++)
		scanner->thirds[byte] = (uint16_t)(PAIR_IS_PHRASE | 1u << byte % THIRDS);
	return RESULT_OK;
}

static void tables_fill(struct scanner *scanner, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		const struct scanner_row *row = &scanner->rows[i];
		uint32_t hash = scanner_hash(row->key, row->key_bytes);

		if (row->key_bytes == 1) {
			single_add(scanner, row);
			continue;
		}
		slot_add(scanner, (uint32_t)i);
		if (row->key_bytes > 2)
			scanner->bits[hash / 64] |= (uint64_t)1 << hash % 64;
	}
}

static enum result fill(struct scanner *scanner, struct arena *arena, const struct scanner_entry *entries, size_t count, size_t total)
{
	struct wish *wishes = calloc(total + 1, sizeof(*wishes));
	enum result result;
	size_t filled = 0, rows = 0;

	if (!wishes)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < entries[i].phrases.count; j++)
			wishes[filled++] = (struct wish){ entries[i].phrases.list[j], entries[i].number };
	qsort(wishes, total, sizeof(*wishes), compare_wishes);
	result = rows_make(scanner, arena, wishes, total, &rows);
	free(wishes);
	if (result == RESULT_OK)
		result = tables_new(scanner, arena, rows);
	if (result == RESULT_OK)
		result = keys_choose(scanner, rows);
	if (result != RESULT_OK)
		return result;
	qsort(scanner->rows, rows, sizeof(scanner->rows[0]), compare_rows);
	tables_fill(scanner, rows);
	return RESULT_OK;
}

enum result scanner_new(struct arena *arena, const struct scanner_entry *entries, size_t count, struct scanner **out)
{
	struct scanner *scanner;
	size_t total;
	enum result result = wishes_check(entries, count, &total);

	if (result != RESULT_OK)
		return result;
	scanner = arena_new(arena, struct scanner);
	if (!scanner)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (entries[i].number / 64 + 1 > scanner->words)
			scanner->words = entries[i].number / 64 + 1;
	result = fill(scanner, arena, entries, count, total);
	if (result == RESULT_OK)
		*out = scanner;
	return result;
}

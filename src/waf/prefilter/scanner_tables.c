#include "waf/prefilter/scanner_tables.h"

#include <stdlib.h>

#include "waf/prefilter/rarity.h"
#include "base/banned.h"

#define LOAD_RATE 2e-7  /* what one more phrase of the same key costs, in the unit of rarity_rate */

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

static uint32_t key_of(struct span part)
{
	uint32_t key = 0;

	for (size_t i = 0; i < part.len; i++)
		key |= (uint32_t)(unsigned char)part.at[i] << (8 * i);
	return key;
}

/* The key: where the first three bytes, then all four, are rarest. Of many phrases that share their rarest part (mysql_...)
 * each would have to be compared wherever it stands, and an attacker may write it everywhere: they take other parts. */
static void key_choose(struct scanner_row *row, uint16_t *loads)
{
	double least = 4, rate;
	uint32_t key = 0;

	row->key_bytes = row->text.len < KEY_BYTES ? (uint32_t)row->text.len : KEY_BYTES;
	for (size_t i = 0; i + row->key_bytes <= row->text.len; i++) {
		struct span part = span_make(row->text.at + i, row->key_bytes);

		key = key_of(part);
		rate = rarity_rate(part) + rarity_rate(span_take(part, (row->key_bytes + 2) / 2)) / 32 +
		       loads[scanner_hash(key, row->key_bytes)] * LOAD_RATE;
		if (rate >= least)
			continue;
		row->key = key;
		row->key_at = (uint32_t)i;
		least = rate;
	}
	if (loads[scanner_hash(row->key, row->key_bytes)] < UINT16_MAX)
		loads[scanner_hash(row->key, row->key_bytes)]++;
}

/* Equal phrases become one row with several numbers. */
static enum result rows_make(struct scanner *scanner, struct arena *arena, const struct wish *wishes, size_t count, uint16_t *loads, size_t *rows)
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
			key_choose(row, loads);
			row->first = (uint32_t)numbers;
			row->count = 1;
			row->number = wishes[i].number;
			made++;
		}
		scanner->numbers[numbers++] = wishes[i].number;
	}
	qsort(scanner->rows, made, sizeof(scanner->rows[0]), compare_rows);
	*rows = made;
	return RESULT_OK;
}

static void slot_add(struct scanner *scanner, uint32_t number)
{
	const struct scanner_row *row = &scanner->rows[number];
	uint32_t at = scanner_hash(row->key, row->key_bytes) & scanner->slots_mask;
	struct scanner_slot *slot;

	for (slot = &scanner->slots[at]; slot->key_bytes && (slot->key != row->key || slot->key_bytes != row->key_bytes);
	     slot = &scanner->slots[at])
		at = (at + 1) & scanner->slots_mask;
	if (!slot->key_bytes)
		*slot = (struct scanner_slot){ .key = row->key, .key_bytes = row->key_bytes & 0xff, .first = number, .number = row->number };
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

static void filter_add(struct scanner *scanner, const struct scanner_row *row)
{
	uint32_t hash = scanner_hash(row->key, row->key_bytes);

	if (row->key_bytes == 2) {
		scanner->pairs[row->key] |= PAIR_IS_PHRASE;
		return;
	}
	scanner->pairs[row->key & 0xffff] |= scanner->thirds[row->key >> 16 & 0xff] & (uint16_t)~PAIR_IS_PHRASE;
	scanner->bits[hash / 64] |= (uint64_t)1 << hash % 64;
}

static enum result tables_make(struct scanner *scanner, struct arena *arena, size_t rows)
{
	size_t slots = 64;

	while (slots < rows * 2)
		slots *= 2;
	scanner->slots = arena_new_array(arena, struct scanner_slot, slots);
	scanner->pairs = arena_new_array(arena, uint16_t, 65536);
	scanner->bits = arena_new_array(arena, uint64_t, (1u << KEY_BITS) / 64);
	scanner->single_hits = arena_new_array(arena, uint64_t, 256 * scanner->words);
	if (!scanner->slots || !scanner->pairs || !scanner->bits || !scanner->single_hits)
		return RESULT_NO_MEMORY;
	scanner->slots_mask = (uint32_t)slots - 1;
	for (unsigned byte = 0; byte < 256; byte++)
		scanner->thirds[byte] = (uint16_t)(PAIR_IS_PHRASE | 1u << byte % 15);
	for (size_t i = 0; i < rows; i++) {
		if (scanner->rows[i].key_bytes == 1) {
			single_add(scanner, &scanner->rows[i]);
			continue;
		}
		slot_add(scanner, (uint32_t)i);
		filter_add(scanner, &scanner->rows[i]);
	}
	return RESULT_OK;
}

static enum result fill(struct scanner *scanner, struct arena *arena, const struct scanner_entry *entries, size_t count, size_t total)
{
	struct wish *wishes = calloc(total + 1, sizeof(*wishes));
	uint16_t *loads = calloc((size_t)1 << KEY_BITS, sizeof(*loads));
	enum result result = RESULT_NO_MEMORY;
	size_t filled = 0, rows = 0;

	if (!wishes || !loads)
		goto free_both;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < entries[i].phrases.count; j++)
			wishes[filled++] = (struct wish){ entries[i].phrases.list[j], entries[i].number };
	qsort(wishes, total, sizeof(*wishes), compare_wishes);
	result = rows_make(scanner, arena, wishes, total, loads, &rows);
	if (result == RESULT_OK)
		result = tables_make(scanner, arena, rows);
free_both:
	free(loads);
	free(wishes);
	return result;
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

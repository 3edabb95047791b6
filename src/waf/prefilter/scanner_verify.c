/* The third step: which phrases have a key that was found, and which of them are really there. */
#include "waf/prefilter/scanner_verify.h"
#include "base/banned.h"

static const struct scanner_slot *slot_find(const struct scanner *scanner, uint32_t key, uint32_t key_bytes)
{
	uint32_t at = scanner_hash(key, key_bytes) & scanner->slots_mask;

	for (;; at = (at + 1) & scanner->slots_mask) {
		const struct scanner_slot *slot = &scanner->slots[at];

		if (!slot->key_bytes)
			return NULL;
		if (slot->key == key && slot->key_bytes == key_bytes)
			return slot;
	}
}

static bool is_hit(uint32_t number, const uint64_t *hits)
{
	return number != NUMBER_SEVERAL && hits[number / 64] >> number % 64 & 1;
}

static void hit(const struct scanner *scanner, const struct scanner_row *row, uint64_t *hits)
{
	for (uint32_t i = 0; i < row->count; i++) {
		uint32_t number = scanner->numbers[row->first + i];

		hits[number / 64] |= (uint64_t)1 << number % 64;
	}
}

/* All that ROW could tell is told: in a long value, most of what is found was found before. */
static bool is_row_hit(const struct scanner *scanner, const struct scanner_row *row, const uint64_t *hits)
{
	if (row->number != NUMBER_SEVERAL)
		return is_hit(row->number, hits);
	for (uint32_t i = 0; i < row->count; i++)
		if (!is_hit(scanner->numbers[row->first + i], hits))
			return false;
	return true;
}

static bool is_row_at(const struct scanner_row *row, struct span value, size_t key_at)
{
	size_t from = key_at - row->key_at;
	const char *at;

	/* Candidates are looked for four at a time: one may lie behind the end, among zeros. */
	if (key_at < row->key_at || from > value.len || row->text.len > value.len - from)
		return false;
	at = value.at + from;
	for (size_t i = 0; i < row->text.len; i++)
		if (ascii_lower(at[i]) != row->text.at[i])
			return false;
	return true;
}

/* True: nothing more is to be learnt here. */
static bool rows_verify(const struct scanner *scanner, struct span value, size_t at, const struct scanner_slot *slot, uint64_t *hits)
{
	bool is_spent = true;

	for (uint32_t i = 0; i < slot->count; i++) {
		const struct scanner_row *row = &scanner->rows[slot->first + i];

		if (is_row_hit(scanner, row, hits))
			continue;
		if (is_row_at(row, value, at))
			hit(scanner, row, hits);
		else
			is_spent = false;
	}
	return is_spent;
}

static bool verify(const struct scanner *scanner, struct span value, size_t at, uint64_t eight, uint32_t key_bytes, uint64_t *hits)
{
	const struct scanner_slot *slot = slot_find(scanner, (uint32_t)(eight & (((uint64_t)1 << 8 * key_bytes) - 1)), key_bytes);

	if (!slot || is_hit(slot->number, hits))
		return true;
	if ((eight ^ slot->text) & slot->mask)
		return false;
	return rows_verify(scanner, value, at, slot, hits);
}

bool scanner_verify(const struct scanner *scanner, struct span value, size_t at, uint64_t eight, uint64_t *hits)
{
	bool is_spent = true;

	if (scanner_has_bit(scanner, scanner_hash((uint32_t)eight, 4)))
		is_spent &= verify(scanner, value, at, eight, 4, hits);
	if (scanner_has_bit(scanner, scanner_hash((uint32_t)eight & 0xffffff, 3)))
		is_spent &= verify(scanner, value, at, eight, 3, hits);
	if (scanner->pairs[eight & 0xffff] & PAIR_IS_PHRASE)
		is_spent &= verify(scanner, value, at, eight, 2, hits);
	return is_spent;
}

/* What spent_init relies on: its one other filler is not at its own place either. */
_Static_assert(SPENT_OF(0) != SPENT_OF(1), "choose another filler");

void spent_init(struct spent *spent)
{
	memset(spent->fours, 0, sizeof(spent->fours));
	spent->fours[SPENT_OF(0)] = 1;
}

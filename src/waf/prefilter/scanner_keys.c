#include "waf/prefilter/scanner_keys.h"

#include <stdlib.h>

#include "waf/prefilter/rarity.h"
#include "base/banned.h"

#define CODED_RATE (0.1 / (36 * 36)) /* how often a pair of letters or digits is there because of base64 and its kin */
#define KEY_COST 8               /* of a place that has a key, where one that merely passed the first step costs 1 */
#define LOAD_RATE 2e-7           /* of one more phrase of the same key, in the unit of rarity_rate */

struct choice {
	struct scanner *scanner;
	double thirds[THIRDS];       /* how often ordinary text has a byte of this class */
	uint32_t *loads;             /* phrases for each hash of a key */
};

static uint32_t key_of(struct span part)
{
	uint32_t key = 0;

	for (size_t i = 0; i < part.len; i++)
		key |= (uint32_t)(unsigned char)part.at[i] << (8 * i);
	return key;
}

static void key_set(struct scanner_row *row, size_t at)
{
	struct span part = span_take(span_skip(row->text, at), KEY_BYTES);

	row->key_at = (uint32_t)at;
	row->key_bytes = (uint32_t)part.len;
	row->key = key_of(part);
}

/* What the first step must let through for a key: bits in pairs. */
static uint16_t pass_of(const struct scanner *scanner, const struct scanner_row *row)
{
	if (row->key_bytes == 2)
		return PAIR_IS_PHRASE;
	return scanner->thirds[row->key >> 16 & 0xff] & (uint16_t)~PAIR_IS_PHRASE;
}

static bool is_coded(char byte)
{
	return (byte >= 'a' && byte <= 'z') || is_digit(byte);
}

/* How much more the first step lets through with ROW's key: nothing, where another key has the same beginning. */
static double pass_cost(const struct choice *choice, const struct scanner_row *row)
{
	struct span pair = span_take(span_skip(row->text, row->key_at), 2);
	double rate;

	if (choice->scanner->pairs[row->key & 0xffff] & (pass_of(choice->scanner, row) | PAIR_IS_PHRASE))
		return 0;
	rate = rarity_rate(pair) + (is_coded(pair.at[0]) && is_coded(pair.at[1]) ? CODED_RATE : 0);
	return row->key_bytes == 2 ? rate : rate * choice->thirds[(row->key >> 16 & 0xff) % THIRDS];
}

/* Of many phrases that share their rarest part (mysql_...) each would have to be compared wherever it stands, and an attacker
 * may write it everywhere: they take other parts. */
static double key_cost(const struct choice *choice, const struct scanner_row *row)
{
	return rarity_rate(span_take(span_skip(row->text, row->key_at), row->key_bytes)) +
	       choice->loads[scanner_hash(row->key, row->key_bytes)] * LOAD_RATE;
}

/* A key has at least three bytes where its phrase has. */
static void key_choose(struct choice *choice, struct scanner_row *row)
{
	size_t last = row->text.len < 3 ? 0 : row->text.len - 3, best = 0;
	double least = 0, cost;

	for (size_t at = 0; at <= last; at++) {
		key_set(row, at);
		cost = pass_cost(choice, row) + KEY_COST * key_cost(choice, row);
		if (at && cost >= least)
			continue;
		best = at;
		least = cost;
	}
	key_set(row, best);
	choice->loads[scanner_hash(row->key, row->key_bytes)]++;
	choice->scanner->pairs[row->key & 0xffff] |= pass_of(choice->scanner, row);
}

static void choose_between(struct choice *choice, size_t count, size_t shortest, size_t longest)
{
	for (size_t i = 0; i < count; i++) {
		struct scanner_row *row = &choice->scanner->rows[i];

		if (row->text.len >= shortest && row->text.len <= longest)
			key_choose(choice, row);
	}
}

/* Those that have little choice choose first. */
enum result keys_choose(struct scanner *scanner, size_t count)
{
	struct choice choice = { .scanner = scanner, .loads = calloc((size_t)1 << KEY_BITS, sizeof(*choice.loads)) };

	if (!choice.loads)
		return RESULT_NO_MEMORY;
	for (unsigned byte = 0; byte < 256; byte++) {
		char text = (char)byte;

		choice.thirds[byte % THIRDS] += ascii_lower(text) == text ? rarity_rate(span_make(&text, 1)) : 0;
	}
	for (size_t i = 0; i < count; i++)
		if (scanner->rows[i].text.len == 1)
			key_set(&scanner->rows[i], 0);
	choose_between(&choice, count, 2, 3);
	choose_between(&choice, count, 4, 5);
	choose_between(&choice, count, 6, 9);
	choose_between(&choice, count, 10, SIZE_MAX);
	free(choice.loads);
	return RESULT_OK;
}

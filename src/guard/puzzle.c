#include "guard/puzzle.h"

#include "base/hash.h"
#include "net/digest.h"

#include "base/banned.h"

#define BITS_CALM 12u
#define BITS_BUSY 13u
#define BUSY_US 2000000u     /* citizens have that long for a page */
#define WAIT_S_MIN 2u
#define SKEW_MS 60000u

unsigned puzzle_bits(enum lane lane, uint64_t wait_us)
{
	return lane >= LANE_REST || wait_us >= BUSY_US ? BITS_BUSY : BITS_CALM;
}

/* Longer than a puzzle takes, or waiting would be the cheaper way for machines. */
unsigned puzzle_wait_s(enum lane lane, uint64_t wait_us)
{
	uint64_t wait_s = WAIT_S_MIN + (lane >= LANE_REST ? 1 : 0) + wait_us / 1000000;

	return wait_s < PUZZLE_WAIT_S_MAX ? (unsigned)wait_s : PUZZLE_WAIT_S_MAX;
}

struct puzzle puzzle_new(const struct asker *asker, unsigned bits, unsigned wait_s)
{
	struct puzzle puzzle = { .made_ms = asker->now_ms, .bits = bits, .parts = bits ? PUZZLE_PARTS_MAX : 0, .wait_s = wait_s, .site = asker->site };

	puzzle.network = signed_network(asker, (uint32_t)(asker->now_ms / 1000));
	random_fill(&puzzle.nonce, sizeof(puzzle.nonce));
	return puzzle;
}

enum result puzzle_write(const struct asker *asker, const struct puzzle *puzzle, char out[PUZZLE_TEXT_LEN])
{
	uint8_t bytes[PUZZLE_BYTES] = { 0 }, *at = bytes + SIGNED_FRONT_LEN;

	at = bytes_put(at, PUZZLE_VERSION, 1);
	at = bytes_put(at, puzzle->bits, 1);
	at = bytes_put(at, puzzle->parts, 1);
	at = bytes_put(at, puzzle->wait_s, 1);
	at = bytes_put(at, puzzle->made_ms % 1000, 2);
	at = bytes_put(at, 0, 2);
	at = bytes_put(at, puzzle->network, 4);
	at = bytes_put(at, puzzle->site, 8);
	at = bytes_put(at, puzzle->nonce, 8);
	return signed_write(asker, SIGNED_PUZZLE, (uint32_t)(puzzle->made_ms / 1000), bytes, sizeof(bytes), out);
}

enum result puzzle_read(const struct asker *asker, struct span text, struct puzzle *out)
{
	uint64_t version, bits, parts, wait_s, ms, zero, network;
	uint8_t bytes[PUZZLE_BYTES];
	const uint8_t *at = bytes + SIGNED_FRONT_LEN;
	struct puzzle puzzle;
	uint32_t made_s;

	if (signed_read(asker, SIGNED_PUZZLE, text, bytes, sizeof(bytes), &made_s) != RESULT_OK)
		return RESULT_MALFORMED;
	at = bytes_get(at, &version, 1);
	at = bytes_get(at, &bits, 1);
	at = bytes_get(at, &parts, 1);
	at = bytes_get(at, &wait_s, 1);
	at = bytes_get(at, &ms, 2);
	at = bytes_get(at, &zero, 2);
	at = bytes_get(at, &network, 4);
	at = bytes_get(at, &puzzle.site, 8);
	(void)bytes_get(at, &puzzle.nonce, 8);
	puzzle.made_ms = (uint64_t)made_s * 1000 + ms;
	puzzle.bits = (unsigned)bits;
	puzzle.parts = (unsigned)parts;
	puzzle.wait_s = (unsigned)wait_s;
	puzzle.network = (uint32_t)network;
	if (version != PUZZLE_VERSION || puzzle.site != asker->site || parts > PUZZLE_PARTS_MAX || bits > PUZZLE_BITS_MAX ||
	    puzzle.made_ms > asker->now_ms + SKEW_MS)
		return RESULT_MALFORMED;
	*out = puzzle;
	return asker->now_ms >= puzzle.made_ms + PUZZLE_WAIT_MS ? RESULT_TIMEOUT : RESULT_OK;
}

/* One to eight hexadecimal digits. */
static enum result number_read(struct span text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 8)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(text.at[i]);

		if (digit < 0)
			return RESULT_MALFORMED;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return RESULT_OK;
}

enum result puzzle_try(const uint8_t seed[PUZZLE_SEED_LEN], unsigned part, uint64_t number, unsigned bits)
{
	uint8_t text[PUZZLE_SEED_LEN + 8], digest[DIGEST_LEN];
	uint64_t front;

	memcpy(text, seed, PUZZLE_SEED_LEN);
	(void)bytes_put(bytes_put(text + PUZZLE_SEED_LEN, part, 4), number, 4);
	if (digest_plain(span_make((const char *)text, sizeof(text)), digest) != RESULT_OK)
		return RESULT_REFUSED;
	(void)bytes_get(digest, &front, 4);
	return front >> (32 - bits) ? RESULT_REFUSED : RESULT_OK;
}

enum result puzzle_check(const struct asker *asker, const struct puzzle *puzzle, struct span text, struct span solution)
{
	uint64_t numbers[PUZZLE_PARTS_MAX];
	uint8_t digest[DIGEST_LEN];
	enum result result = RESULT_OK;

	if (asker->now_ms >= puzzle->made_ms + PUZZLE_WORK_MS)
		return RESULT_TIMEOUT;
	if (puzzle->bits == 0 || puzzle->parts == 0)
		return RESULT_REFUSED;
	if (solution.len > PUZZLE_SOLUTION_MAX)
		return RESULT_MALFORMED;
	for (unsigned i = 0; i < puzzle->parts; i++) {
		if (number_read(span_cut(&solution, '.'), &numbers[i]) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	if (solution.at)
		return RESULT_MALFORMED;
	if (digest_plain(text, digest) != RESULT_OK)
		return RESULT_REFUSED;
	for (unsigned i = 0; i < puzzle->parts && result == RESULT_OK; i++)
		result = puzzle_try(digest, i, numbers[i], puzzle->bits);
	return result;
}

uint64_t puzzle_left_ms(const struct asker *asker, const struct puzzle *puzzle)
{
	uint64_t end_ms = puzzle->made_ms + (uint64_t)puzzle->wait_s * 1000;

	return end_ms > asker->now_ms ? end_ms - asker->now_ms : 0;
}

bool puzzle_has_moved(const struct asker *asker, const struct puzzle *puzzle)
{
	return signed_network(asker, (uint32_t)(puzzle->made_ms / 1000)) != puzzle->network;
}

#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256() looks its algorithm up each time: ten times what the hash takes */
#include "solver.h"

#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_LEN   64
#define PARTS_MAX 16
#define BITS_MAX  20
#define WAIT_S_MAX 60
#define PHONE_MS  1000 /* what a slow phone takes for all of it: docs/challenge.md */

/* As docs/challenge.md and challenge.js have it: PARTS numbers, each of which makes the first BITS bits of a SHA-256 zero. */
struct puzzle {
	char ask[ASK_LEN + 1], admit[64], to[TEXT_TARGET_MAX / 2];
	unsigned bits, parts, wait_s;
};

/* The value of an attribute, as far as SIZE allows. */
static bool read_text(const char *page, const char *name, const char *end, char *out, size_t size)
{
	const char *at = strstr(page, name);
	size_t len = at ? strcspn(at + strlen(name), end) : 0;

	if (!at || len >= size)
		return false;
	memcpy(out, at + strlen(name), len);
	out[len] = 0;
	return true;
}

static bool puzzle_read(const char *page, struct puzzle *puzzle)
{
	char bits[8], parts[8], wait[8];

	if (!read_text(page, "data-ask=\"", "\"", puzzle->ask, sizeof(puzzle->ask)) ||
	    !read_text(page, "data-admit=\"", "\"", puzzle->admit, sizeof(puzzle->admit)) || !read_text(page, ";to=", "\"", puzzle->to, sizeof(puzzle->to)) ||
	    !read_text(page, "data-bits=\"", "\"", bits, sizeof(bits)) || !read_text(page, "data-parts=\"", "\"", parts, sizeof(parts)) ||
	    !read_text(page, "data-wait=\"", "\"", wait, sizeof(wait)))
		return false;
	puzzle->bits = (unsigned)atoi(bits);
	puzzle->parts = (unsigned)atoi(parts);
	puzzle->wait_s = (unsigned)atoi(wait);
	return strlen(puzzle->ask) == ASK_LEN && puzzle->parts <= PARTS_MAX && puzzle->wait_s <= WAIT_S_MAX && puzzle->bits <= BITS_MAX;
}

static void put_u32(unsigned char *out, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (24 - 8 * i));
}

static uint32_t find_number(const unsigned char *seed, unsigned part, unsigned bits)
{
	unsigned char text[24], digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX hash;

	memcpy(text, seed, 16);
	put_u32(text + 16, part);
	for (uint32_t number = 0;; number++) {
		put_u32(text + 20, number);
		SHA256_Init(&hash);
		SHA256_Update(&hash, text, sizeof(text));
		SHA256_Final(digest, &hash);
		if (((uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3]) >> (32 - bits) == 0)
			return number;
	}
}

/* The page's other way in, where there is nothing to work at, or the work was for nothing. */
static bool wait_out(const struct puzzle *puzzle, struct solution *solution)
{
	int len;

	*solution = (struct solution){.work_ms = puzzle->wait_s * 1000};
	len = snprintf(solution->target, sizeof(solution->target), "%s?ask=%s&to=%s", puzzle->admit, puzzle->ask, puzzle->to);
	return len > 0 && (size_t)len < sizeof(solution->target);
}

bool solver_solve(const struct answer *answer, struct solution *solution)
{
	unsigned char seed[SHA256_DIGEST_LENGTH];
	struct puzzle puzzle;
	int len;

	if (!answer->page_len || !puzzle_read(answer->page, &puzzle))
		return false;
	if (!puzzle.parts)
		return wait_out(&puzzle, solution);
	SHA256((const unsigned char *)puzzle.ask, ASK_LEN, seed);
	*solution = (struct solution){.work_ms = PHONE_MS};
	len = snprintf(solution->target, sizeof(solution->target), "%s?ask=%s&to=%s&work=", puzzle.admit, puzzle.ask, puzzle.to);
	for (unsigned part = 0; part < puzzle.parts && len > 0 && (size_t)len < sizeof(solution->target); part++)
		len += snprintf(solution->target + len, sizeof(solution->target) - (size_t)len, "%s%x", part ? "." : "", find_number(seed, part, puzzle.bits));
	return len > 0 && (size_t)len < sizeof(solution->target);
}

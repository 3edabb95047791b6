#include "cli/drill/work.h"

#include <stdio.h>

#include "base/banned.h"

#define SEED_LEN 16u   /* of the digest */

enum result work_begin(struct work *work, struct span ask, unsigned bits, unsigned parts)
{
	*work = (struct work){ .bits = bits, .parts = parts };
	return digest_plain(ask, work->seed);
}

static enum result try_one(const struct work *work, bool *is_found)
{
	uint8_t text[SEED_LEN + 8], digest[DIGEST_LEN];
	uint64_t front;

	memcpy(text, work->seed, SEED_LEN);
	(void)bytes_put(bytes_put(text + SEED_LEN, work->part, 4), work->next, 4);
	if (digest_plain(span_make((const char *)text, sizeof(text)), digest) != RESULT_OK)
		return RESULT_NO_MEMORY;
	(void)bytes_get(digest, &front, 4);
	*is_found = front >> (32 - work->bits) == 0;
	return RESULT_OK;
}

enum result work_go_on(struct work *work, unsigned tries)
{
	for (; tries && work->part < work->parts; tries--) {
		bool is_found = false;
		enum result result = try_one(work, &is_found);

		if (result != RESULT_OK)
			return result;
		if (is_found) {
			work->len += (size_t)snprintf(work->solution + work->len, sizeof(work->solution) - work->len, "%s%x", work->part ? "." : "", work->next);
			work->part++;
		}
		work->next = is_found ? 0 : work->next + 1;
	}
	return work->part == work->parts ? RESULT_OK : RESULT_MORE;
}

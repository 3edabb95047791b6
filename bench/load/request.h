/* The bytes every request sends: one text (a head, with its body if it has one) or one per variant, and a
 * count of zeros after it.
 *
 * Limits  a text is shorter than 2 MiB
 * Owns    the heads, all made before the run, so that sending copies nothing
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

struct head {
	const char *at;
	size_t len;
};

struct request {
	struct head *heads;
	unsigned count;
	unsigned next;
	uint64_t body_bytes;
};

bool request_init(struct request *request, const struct options *options);
void request_done(struct request *request);

/* The next variant's head. */
const struct head *request_take(struct request *request);

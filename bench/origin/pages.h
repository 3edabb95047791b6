/* What the origin answers: a small page at once, or so many bytes of nothing.
 *
 * Shape   /s/bulk/N is N zeros; anything else is the page
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct page {
	const char *at;
	size_t len;
};

/* Makes the page with a body of BODY_BYTES, once, in both forms; they live as long as the process. */
bool pages_init(size_t body_bytes);
struct page pages_small(bool closes);

/* The head of a reply with BODY_BYTES after it, written to BUFFER: its length. */
size_t pages_head_write(char *buffer, size_t size, const char *status, unsigned long long body_bytes, bool closes);

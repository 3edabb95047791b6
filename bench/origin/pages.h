/* What the origin answers: a small page, or so many bytes of nothing.
 *
 * Shape   /s/bulk/N is N zeros, /s/... a file; anything else is a page, which may have to be computed; /secure leads to the same
 *         over TLS
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct page {
	const char *at;
	size_t len;
};

/* Makes the page with a body of BODY_BYTES, once, in all its forms; they live as long as the process. MARKED: what this origin
 * answers carries a field by which a client knows it from what a proxy answers in its place. */
bool pages_init(size_t body_bytes, bool marked);

/* COMPUTED: fresh each time, so that no cache may keep it. */
struct page pages_small(bool computed, bool closes);

/* The head of a reply with BODY_BYTES after it, written to BUFFER: its length. STATUS may bring fields along. */
size_t pages_head_write(char *buffer, size_t size, const char *status, unsigned long long body_bytes, bool closes);

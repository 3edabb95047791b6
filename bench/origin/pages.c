#include "pages.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD_MAX 512

static struct page kept_page, closing_page;

size_t pages_head_write(char *buffer, size_t size, const char *status, unsigned long long body_bytes, bool closes)
{
	int len = snprintf(buffer, size,
			   "HTTP/1.1 %s\r\nServer: origin\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\n"
			   "%sContent-Length: %llu\r\n\r\n",
			   status, closes ? "Connection: close\r\n" : "", body_bytes);

	return len > 0 ? (size_t)len : 0;
}

static struct page page_write(char *buffer, size_t body_bytes, bool closes)
{
	size_t head = pages_head_write(buffer, HEAD_MAX, "200 OK", body_bytes, closes);

	for (size_t i = 0; i < body_bytes; i++)
		buffer[head + i] = (char)('a' + i % 26);
	return (struct page){buffer, head + body_bytes};
}

bool pages_init(size_t body_bytes)
{
	char *kept = malloc(HEAD_MAX + body_bytes);
	char *closing = malloc(HEAD_MAX + body_bytes);

	if (!kept || !closing)
		return false;
	kept_page = page_write(kept, body_bytes, false);
	closing_page = page_write(closing, body_bytes, true);
	return true;
}

struct page pages_small(bool closes)
{
	return closes ? closing_page : kept_page;
}

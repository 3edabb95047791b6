#include "pages.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD_MAX 512

static struct page pages[2][2]; /* [computed][closes] */
static const char *mark = "";

static size_t head_write(char *buffer, size_t size, const char *status, const char *freshness, unsigned long long body_bytes, bool closes)
{
	int len = snprintf(buffer, size,
			   "HTTP/1.1 %s\r\nServer: origin\r\nContent-Type: text/html\r\nCache-Control: %s\r\n"
			   "%s%sContent-Length: %llu\r\n\r\n",
			   status, freshness, mark, closes ? "Connection: close\r\n" : "", body_bytes);

	return len > 0 ? (size_t)len : 0;
}

size_t pages_head_write(char *buffer, size_t size, const char *status, unsigned long long body_bytes, bool closes)
{
	return head_write(buffer, size, status, "max-age=60", body_bytes, closes);
}

static bool page_write(struct page *page, size_t body_bytes, bool computed, bool closes)
{
	char *buffer = malloc(HEAD_MAX + body_bytes);
	size_t head;

	if (!buffer)
		return false;
	head = head_write(buffer, HEAD_MAX, "200 OK", computed ? "no-cache" : "max-age=60", body_bytes, closes);
	for (size_t i = 0; i < body_bytes; i++)
		buffer[head + i] = (char)('a' + i % 26);
	*page = (struct page){buffer, head + body_bytes};
	return true;
}

bool pages_init(size_t body_bytes, bool marked)
{
	bool made = true;

	mark = marked ? "X-Bench-Page: 1\r\n" : "";
	for (int computed = 0; computed < 2; computed++)
		for (int closes = 0; closes < 2; closes++)
			made = made && page_write(&pages[computed][closes], body_bytes, computed, closes);
	return made;
}

struct page pages_small(bool computed, bool closes)
{
	return pages[computed][closes];
}

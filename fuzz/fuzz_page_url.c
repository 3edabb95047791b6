/* Any text as the address of a page, as a redirect from one, and as a cookie: nothing of it ever ends a line of a request. */
#include <assert.h>

#include "cli/probe/jar.h"
#include "cli/probe/page_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_plain(const char *text)
{
	for (; *text; text++)
		assert((unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f);
}

static void check(const struct page_url *url)
{
	is_plain(url->authority), is_plain(url->target);
	assert(url->target[0] == '/' && url->authority[0] && url->host[0] && url->port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct page_url url, page, next;
	struct jar jar = { "a=1; bb=2" };

	if (page_url_read(text, &url) == RESULT_OK)
		check(&url);
	if (page_url_read(SPAN("https://www.x.example/a/page?q=/1"), &page) == RESULT_OK && page_url_follow(&page, text, &next) == RESULT_OK) {
		check(&next);
		assert(span_equal(span_of(next.host), span_of(page.host)));
	}
	jar_put(&jar, text);
	is_plain(jar.text);
	return 0;
}

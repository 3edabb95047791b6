#include "cli/probe/page_url.h"

#include <stdio.h>

#include "http/head_reader.h"

#include "base/banned.h"

static bool is_target(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f)
			return false;
	}
	return text.len && text.at[0] == '/';
}

static enum result set_target(struct span text, struct page_url *out)
{
	text = span_take(text, span_find(text, '#'));
	if (!is_target(text))
		return RESULT_MALFORMED;
	return span_to_text(text, out->target, sizeof(out->target));
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = ascii_lower(*text);
}

static enum result set_authority(struct span text, struct page_url *out)
{
	struct span host;
	uint16_t port = 0, usual = out->is_tls ? 443 : 80;
	bool is_v6;
	int len;

	if (authority_read(text, &host, &port) != RESULT_OK || span_to_text(host, out->host, sizeof(out->host)) != RESULT_OK)
		return RESULT_MALFORMED;
	lower(out->host);
	if (out->host[0] == '[') {  /* the reader leaves brackets where they were */
		size_t count = strlen(out->host);

		memmove(out->host, out->host + 1, count);
		out->host[count - 2] = '\0';
	}
	is_v6 = strchr(out->host, ':') != NULL;
	out->port = port ? port : usual;
	len = snprintf(out->authority, sizeof(out->authority), "%s%s%s", is_v6 ? "[" : "", out->host, is_v6 ? "]" : "");
	if (len > 0 && (size_t)len < sizeof(out->authority) && out->port != usual)
		len += snprintf(out->authority + len, sizeof(out->authority) - (size_t)len, ":%u", out->port);
	return len > 0 && (size_t)len < sizeof(out->authority) ? RESULT_OK : RESULT_LIMIT;
}

enum result page_url_read(struct span text, struct page_url *out)
{
	struct page_url url = { .is_tls = span_starts_nocase(text, SPAN("https://")) };
	struct span rest;
	enum result result;
	size_t end;

	if (!url.is_tls && !span_starts_nocase(text, SPAN("http://")))
		return RESULT_MALFORMED;
	rest = span_skip(text, url.is_tls ? 8 : 7);
	end = span_find(rest, '/');
	if (span_find(rest, '?') < end || span_find(rest, '#') < end)
		return RESULT_MALFORMED;
	result = set_authority(span_take(rest, end), &url);
	if (result == RESULT_OK)
		result = set_target(end < rest.len ? span_skip(rest, end) : SPAN("/"), &url);
	if (result == RESULT_OK)
		*out = url;
	return result;
}

/* RFC 3986, 5.2, without dot segments: a server understands them as well. */
static enum result follow_relative(const struct page_url *page, struct span location, struct page_url *out)
{
	struct span base = span_of(page->target), path = span_take(base, span_find(base, '?'));
	struct page_url url = *page;
	struct buffer target;
	enum result result;

	buffer_init(&target, PAGE_TARGET_MAX);
	if (location.at[0] == '?')
		result = buffer_append(&target, path);
	else if (location.at[0] == '/')
		result = RESULT_OK;
	else
		result = buffer_append(&target, span_take(path, span_find_last(path, '/') + 1));
	if (result == RESULT_OK)
		result = buffer_append(&target, location);
	if (result == RESULT_OK)
		result = set_target(buffer_span(&target), &url);
	buffer_done(&target);
	if (result == RESULT_OK)
		*out = url;
	return result;
}

static enum result follow_absolute(const struct page_url *page, struct span location, struct page_url *out)
{
	struct page_url url;
	enum result result = page_url_read(location, &url);

	if (result == RESULT_OK && strcmp(url.host, page->host) != 0)
		return RESULT_REFUSED;
	if (result == RESULT_OK)
		*out = url;
	return result;
}

enum result page_url_follow(const struct page_url *page, struct span location, struct page_url *out)
{
	char text[PAGE_TARGET_MAX + PROBE_HOST_MAX + 16];
	int len;

	if (span_starts_nocase(location, SPAN("http://")) || span_starts_nocase(location, SPAN("https://")))
		return follow_absolute(page, location, out);
	if (span_starts(location, SPAN("//"))) {
		len = snprintf(text, sizeof(text), "%s:%.*s", page->is_tls ? "https" : "http", SPAN_ARG(location));
		return len > 0 && (size_t)len < sizeof(text) ? follow_absolute(page, span_make(text, (size_t)len), out) : RESULT_LIMIT;
	}
	/* "mailto:" and its like are no page. */
	if (!location.len || location.at[0] == '#' || span_find(location, ':') < span_find(location, '/'))
		return RESULT_MALFORMED;
	return follow_relative(page, location, out);
}

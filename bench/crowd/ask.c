#include "ask.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NO_END   "1000000" /* what a dripping body promises */
#define FORM     "application/x-www-form-urlencoded"
#define CRAWLER  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
#define DOCUMENT "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

static void put(struct ask *ask, const char *name, const char *value)
{
	if (ask->count < ASK_FIELDS_MAX)
		ask->fields[ask->count++] = (struct ask_field){name, value};
}

static void put_cookie(struct ask *ask, const struct ask_order *order)
{
	if (order->cookies && cookies_write(order->cookies, order->tls, ask->cookie, sizeof ask->cookie))
		put(ask, "cookie", ask->cookie);
}

static void fill_browser(struct ask *ask, const struct ask_order *order)
{
	put(ask, "user-agent", order->agent);
	put(ask, "accept", order->is_part ? "*/*" : DOCUMENT);
	put(ask, "accept-language", "nl-BE,nl;q=0.8,fr;q=0.5,en;q=0.3");
	put(ask, "accept-encoding", order->tls ? "gzip, deflate, br, zstd" : "gzip, deflate");
	if (order->referer)
		put(ask, "referer", order->referer);
	put_cookie(ask, order);
	if (!order->is_part)
		put(ask, "upgrade-insecure-requests", "1");
	if (!order->tls)
		return;
	put(ask, "sec-fetch-dest", order->is_part ? "style" : "document");
	put(ask, "sec-fetch-mode", order->is_part ? "no-cors" : "navigate");
	put(ask, "sec-fetch-site", order->referer ? "same-origin" : "none");
}

/* What attack tools of the campaign send, and a citizen who happens to look like one. */
static void fill_tool(struct ask *ask, const struct ask_order *order)
{
	put(ask, "user-agent", order->agent);
	put(ask, "accept", "text/html,application/xhtml+xml,*/*;q=0.8");
	put(ask, "accept-language", "en-US,en;q=0.5");
	put(ask, "accept-encoding", "gzip, deflate");
	put_cookie(ask, order);
}

static void fill_partner(struct ask *ask)
{
	put(ask, "accept", "application/json");
	put(ask, "authorization", "Bearer 6f1c0e5d2a7b4938");
	put(ask, "user-agent", "municipal-register/4.2");
}

static void fill_crawler(struct ask *ask)
{
	put(ask, "accept", "text/html,application/xhtml+xml,application/signed-exchange;v=b3,application/xml;q=0.9,*/*;q=0.8");
	put(ask, "from", "googlebot(at)googlebot.com");
	put(ask, "user-agent", CRAWLER);
	put(ask, "accept-encoding", "gzip, deflate, br");
}

void ask_fill(struct ask *ask, const struct ask_order *order)
{
	bool has_body = ask->body_len || ask->endless;

	ask->method = has_body ? "POST" : "GET";
	ask->host = group_host(order->group);
	ask->scheme = order->tls ? "https" : "http";
	ask->count = 0;
	switch (order->group->profile) {
	case PROFILE_BROWSER: fill_browser(ask, order); break;
	case PROFILE_TOOL: fill_tool(ask, order); break;
	case PROFILE_PARTNER: fill_partner(ask); break;
	case PROFILE_CRAWLER: fill_crawler(ask); break;
	case PROFILE_COUNT: break;
	}
	if (!has_body)
		return;
	snprintf(ask->length, sizeof ask->length, "%zu", ask->body_len);
	put(ask, "content-type", FORM);
	put(ask, "content-length", ask->endless ? NO_END : ask->length);
}

/* user-agent -> User-Agent */
static size_t name_write(const char *name, char *buffer)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		buffer[i] = !i || name[i - 1] == '-' ? (char)toupper((unsigned char)name[i]) : name[i];
	return len;
}

size_t ask_write(const struct ask *ask, bool complete, bool last, char *buffer)
{
	size_t used = (size_t)snprintf(buffer, ASK_BYTES_MAX, "%s %s HTTP/1.1\r\nHost: %s\r\n", ask->method, ask->target,
				       ask->host);

	for (unsigned i = 0; i < ask->count; i++) {
		used += name_write(ask->fields[i].name, buffer + used);
		used += (size_t)snprintf(buffer + used, ASK_BYTES_MAX - used, ": %s\r\n", ask->fields[i].value);
	}
	if (!complete)
		return used;
	used += (size_t)snprintf(buffer + used, ASK_BYTES_MAX - used, "Connection: %s\r\n\r\n", last ? "close" : "keep-alive");
	memcpy(buffer + used, ask->body, ask->body_len);
	return used + ask->body_len;
}

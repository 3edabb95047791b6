#include "hub/web/origin.h"

#include "base/banned.h"

/* "hub.example." is the same host. */
static struct span without_dot(struct span host)
{
	return span_ends(host, SPAN(".")) ? span_take(host, host.len - 1) : host;
}

bool web_host_is_ours(struct span host, struct span name)
{
	struct address address;

	host = without_dot(host);
	if (host.len == 0)
		return false;
	if (span_equal_nocase(host, without_dot(name)) || span_equal_nocase(host, SPAN("localhost")))
		return true;
	return address_read(host, &address) == RESULT_OK && address_is_loopback(&address);
}

static bool is_same(const struct web_request *request, struct span origin)
{
	struct span authority = request->head->authority, rest = origin;

	if (span_starts(rest, SPAN("https://")))
		rest = span_skip(rest, 8);
	else if (span_starts(rest, SPAN("http://")) && request->door == WEB_LOOPBACK)
		rest = span_skip(rest, 7);
	else
		return false;
	return authority.len > 0 && span_equal_nocase(rest, authority);
}

enum web_origin web_origin(const struct web_request *request)
{
	const struct fields *fields = &request->head->fields;
	const struct field *origin = fields_find(fields, FIELD_ORIGIN), *site = fields_find_name(fields, SPAN("sec-fetch-site"));

	if (fields_count(fields, FIELD_ORIGIN) > 1)
		return WEB_ORIGIN_OTHER;
	/* "none" is a person: typed, or a bookmark. */
	if (site && !span_equal(site->value, SPAN("same-origin")) && !span_equal(site->value, SPAN("none")))
		return WEB_ORIGIN_OTHER;
	if (origin)
		return is_same(request, origin->value) ? WEB_ORIGIN_SAME : WEB_ORIGIN_OTHER;
	return site && span_equal(site->value, SPAN("same-origin")) ? WEB_ORIGIN_SAME : WEB_ORIGIN_NONE;
}

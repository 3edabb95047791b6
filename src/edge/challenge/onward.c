/* The answer to a form that was carried leads elsewhere: by a page of ours, for a redirect would be the form's own still. */
#include "edge/challenge/inner.h"

#include "edge/challenge_embedded.h"

#include "base/banned.h"

/* Security: a page may not lead to where a redirect does not, "javascript:" among them. Nor to "#part", which is a part of the page itself. */
static bool is_web(struct span url)
{
	size_t colon = span_find(url, ':'), end = url.len;

	for (size_t i = 0; i < url.len && end == url.len; i++) {
		if (url.at[i] == '/' || url.at[i] == '?' || url.at[i] == '#')
			end = i;
	}
	return url.len && url.at[0] != '#' && (colon >= end || span_starts_nocase(url, SPAN("https://")) || span_starts_nocase(url, SPAN("http://")));
}

static const struct field *target_of(const struct request *request)
{
	unsigned status = request->response.status;
	const struct field *location = fields_find(&request->response.fields, FIELD_LOCATION);

	return (status == 301 || status == 302 || status == 303) && location && is_web(location->value) ? location : NULL;
}

/* What the origin's answer is to leave in the browser, copied: its buffer goes. And what leads back to that origin, which goes too. */
static enum result copy_cookies(struct request *request, struct fields *out)
{
	const struct fields *from = &request->response.fields;
	struct span sticky = response_sticky_cookie(request);
	enum result result = RESULT_OK;

	fields_init(out, &request->arena, from->count + 3);
	if (sticky.len)
		result = fields_add(out, FIELD_SET_COOKIE, SPAN("Set-Cookie"), sticky);
	for (unsigned i = 0; i < from->count && result == RESULT_OK; i++) {
		struct span value = from->list[i].id == FIELD_SET_COOKIE ? arena_copy(&request->arena, from->list[i].value) : SPAN_NONE;

		if (value.len)
			result = fields_add(out, FIELD_SET_COOKIE, SPAN("Set-Cookie"), value);
	}
	if (result == RESULT_OK)
		result = fields_add(out, FIELD_CONTENT_TYPE, SPAN("Content-Type"), SPAN("text/html; charset=utf-8"));
	return result == RESULT_OK ? fields_add(out, FIELD_CONTENT_SECURITY_POLICY, SPAN("Content-Security-Policy"), SPAN(CHALLENGE_LINK_POLICY)) : result;
}

bool challenge_leads_on(struct request *request)
{
	const struct field *target = request->is_carried && !request->is_own ? target_of(request) : NULL;
	struct fields fields;
	struct span page;

	if (!target)
		return false;
	page = challenge_onward_page(request, target->value);
	if (!page.len || copy_cookies(request, &fields) != RESULT_OK)
		return false;  /* availability, fails open: as the origin said it, which many browsers follow */
	caching_leave_origin(request);
	(void)request_answer_with(request, 200, SPAN_NONE, page, SPAN_NONE);
	request->response.fields = fields;
	return true;
}

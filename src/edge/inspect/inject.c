#include "edge/inspect/inject.h"

#include "http/content_decoder.h"

#include "base/banned.h"

static bool is_page(const struct request *request)
{
	static const struct span page = SPAN_INIT("text/html");
	const struct fields *fields = &request->response.fields;
	const struct field *type = fields_find(fields, FIELD_CONTENT_TYPE);

	if (!type || !span_starts_nocase(type->value, page) || (type->value.len > page.len && !memchr("; \t", type->value.at[page.len], 3)))
		return false;
	return request->response.status != 206 && content_coding_of(fields) == CODING_IDENTITY;
}

void inject_begin(struct request *request)
{
	struct waf_injection injection;

	if (!request->waf || !is_page(request))
		return;
	injection = waf_injection(request->waf);
	request->before = injection.prepended;
	request->after = injection.appended;
	request->is_injected = injection.prepended.len || injection.appended.len;
	request->response.body.bytes += injection.prepended.len + injection.appended.len;  /* of no meaning where it is not known */
}

bool inject_drops(const struct request *request, const struct field *field)
{
	static const struct span names[] = { SPAN_INIT("accept-ranges"), SPAN_INIT("content-md5"), SPAN_INIT("digest"), SPAN_INIT("content-digest"),
		                             SPAN_INIT("repr-digest") };

	for (size_t i = 0; request->is_injected && i < sizeof(names) / sizeof(*names); i++) {
		if (span_equal_nocase(field->name, names[i]))
			return true;
	}
	return false;
}

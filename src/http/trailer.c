#include "http/body_reader.h"

#include "base/banned.h"

/* Names without an id that decide something too. What begins with "content-", "if-", "proxy-" or "x-forwarded-" is
 * refused as a family. */
static const struct span refused_names[] = {
	SPAN_INIT("age"), SPAN_INIT("expires"), SPAN_INIT("max-forwards"), SPAN_INIT("pragma"), SPAN_INIT("warning"),
	SPAN_INIT("www-authenticate"), SPAN_INIT("true-client-ip"), SPAN_INIT("x-original-url"), SPAN_INIT("x-rewrite-url"),
	SPAN_INIT("x-http-method-override"),
};
static const struct span refused_families[] = {
	SPAN_INIT("content-"), SPAN_INIT("if-"), SPAN_INIT("proxy-"), SPAN_INIT("x-forwarded-"),
};

static bool is_refused(struct span name)
{
	for (size_t i = 0; i < sizeof(refused_names) / sizeof(*refused_names); i++) {
		if (span_equal_nocase(name, refused_names[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(refused_families) / sizeof(*refused_families); i++) {
		if (span_starts_nocase(name, refused_families[i]))
			return true;
	}
	return false;
}

/* A name that the house knows decides something: fails closed, with ETag and Server-Timing's kind left. Those who put
 * trailers among their headers may be those who read "_" and "." as "-". */
bool trailer_is_allowed(const struct field *field)
{
	char plain[40];
	struct span name = span_take(field->name, sizeof(plain));

	if (field->id != FIELD_OTHER)
		return field->id == FIELD_ETAG;
	for (size_t i = 0; i < name.len; i++)
		plain[i] = name.at[i] == '_' || name.at[i] == '.' ? '-' : name.at[i];
	name = span_make(plain, name.len);
	return field_id_of(name) == FIELD_OTHER && !is_refused(name);
}

/* The Content-Type of a form. Whatever an application's parser could take for another boundary than we do is an error: two
 * boundary parameters, other parameters before or after, odd bytes. */
#include "waf/body/multipart.h"

#include "base/banned.h"

#define FORM_DATA_LEN 19  /* "multipart/form-data" */

static enum result refuse(struct multipart *form, const char *why)
{
	reader_flag(&form->base, BODY_FLAG_MULTIPART_ERROR);
	return reader_fail(&form->base, "Multipart: %s", why);
}

/* How often "boundary", in any case, has a '=' anywhere behind it. */
static unsigned count_boundaries(struct span text)
{
	unsigned count = 0;

	for (; text.len >= 8; text = span_skip(text, 1)) {
		if (span_starts_nocase(text, SPAN("boundary")) && memchr(text.at + 8, '=', text.len - 8))
			count++;
	}
	return count;
}

/* RFC 2046's bchars. */
static bool is_boundary_text(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i], lower = ascii_lower(c);

		if (!is_digit(c) && !(lower >= 'a' && lower <= 'z') && !(c && strchr(" '()+,-./:=?_", c)))
			return false;
	}
	return true;
}

/* Between the type and the parameter: white space and at most one semicolon. */
static enum result check_before(struct multipart *form, struct span text)
{
	bool has_semicolon = false;

	for (size_t i = 0; i < text.len; i++) {
		if (is_space(text.at[i]))
			continue;
		if (text.at[i] != ';' || has_semicolon)
			return refuse(form, "Invalid boundary in C-T (malformed).");
		has_semicolon = true;
	}
	if (!has_semicolon)
		reader_flag(&form->base, BODY_FLAG_MISSING_SEMICOLON);
	return RESULT_OK;
}

/* VALUE: all that is behind '='. */
static enum result read_value(struct multipart *form, struct span value)
{
	bool opens = value.len && value.at[0] == '"', closes = value.len >= 2 && value.at[value.len - 1] == '"';

	if (value.len && is_space(value.at[0]))
		reader_flag(&form->base, BODY_FLAG_BOUNDARY_WHITESPACE);
	if (opens != closes)
		return refuse(form, "Invalid boundary in C-T (quote).");
	if (opens) {
		value = span_make(value.at + 1, value.len - 2);
		reader_flag(&form->base, BODY_FLAG_BOUNDARY_QUOTED);
	}
	if (!is_boundary_text(value))
		return refuse(form, "Invalid boundary in C-T (characters).");
	if (!value.len)
		return refuse(form, "Invalid boundary in C-T (empty).");
	memcpy(form->delimiter, "--", 2);
	memcpy(form->delimiter + 2, value.at, value.len);
	form->delimiter_len = value.len + 2;
	while (form->delimiter_dashes < form->delimiter_len && form->delimiter[form->delimiter_dashes] == '-')
		form->delimiter_dashes++;
	return RESULT_OK;
}

/* PARAMETER begins with "boundary". */
static enum result read_parameter(struct multipart *form, struct span parameter)
{
	struct span rest = span_skip(parameter, 8);
	size_t equals = span_find(rest, '=');

	if (equals == rest.len)
		return refuse(form, "Invalid boundary in C-T (malformed).");
	for (size_t i = 0; i < equals; i++) {
		if (!is_space(rest.at[i]))
			return refuse(form, "Invalid boundary in C-T (parameter name).");
		reader_flag(&form->base, BODY_FLAG_BOUNDARY_WHITESPACE);
	}
	return read_value(form, span_skip(rest, equals + 1));
}

enum result multipart_read_type(struct multipart *form, struct span type)
{
	const char *found;
	enum result result;

	if (!type.at)
		return refuse(form, "Content-Type header not available.");
	if (type.len > CONTENT_TYPE_MAX)
		return refuse(form, "Invalid boundary in C-T (length).");
	if (!span_starts_nocase(type, SPAN("multipart/form-data")))
		return refuse(form, "Invalid MIME type.");
	if (count_boundaries(type) > 1)
		return refuse(form, "Multiple boundary parameters in C-T.");
	found = memmem(type.at, type.len, "boundary", 8);
	if (!found)
		return refuse(form, count_boundaries(type) ? "Invalid boundary in C-T (case sensitivity)." : "Boundary not found in C-T.");
	result = check_before(form, span_make(type.at + FORM_DATA_LEN, (size_t)(found - type.at) - FORM_DATA_LEN));
	return result == RESULT_OK ? read_parameter(form, span_make(found, (size_t)(type.at + type.len - found))) : result;
}

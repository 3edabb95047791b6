#include "http/field_line.h"

#include "message/scan.h"

#include "base/banned.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

enum result line_fault(const char *at, const char *end, enum http_fault otherwise, enum http_fault *fault)
{
	if (at == end || (*at == '\r' && at + 1 == end))
		return RESULT_MORE;
	if (*at == 0)
		*fault = HTTP_FAULT_NUL;
	else if (*at == '\n')
		*fault = HTTP_FAULT_BARE_LF;
	else if (*at == '\r' && at[1] != '\n')
		*fault = HTTP_FAULT_BARE_CR;
	else
		*fault = otherwise;
	return RESULT_MALFORMED;
}

/* The line does not begin with a name and a colon; STOP is where the name ended. */
static enum result other_line_read(const char **at, const char *stop, const char *end, enum http_fault *fault)
{
	if (stop == end)
		return RESULT_MORE;
	if (stop == *at) {
		if (*stop == '\r' && stop + 1 < end && stop[1] == '\n') {
			*at = stop + 2;
			return RESULT_END;
		}
		return line_fault(stop, end, is_blank(*stop) ? HTTP_FAULT_OBS_FOLD : HTTP_FAULT_FIELD_NAME, fault);
	}
	if (is_blank(*stop)) {
		while (stop < end && is_blank(*stop))
			stop++;
		if (stop < end && *stop == ':')
			return line_fault(stop, end, HTTP_FAULT_FIELD_NAME_SPACE, fault);
	}
	return line_fault(stop, end, stop < end && *stop == '\r' ? HTTP_FAULT_FIELD_MISSING_COLON : HTTP_FAULT_FIELD_NAME, fault);
}

static inline enum result line_read(const char **at, const char *end, struct field *field, enum http_fault *fault)
{
	const char *name_end = scan_token(*at, end), *value, *value_end, *stop;

	if (name_end == end || *name_end != ':' || name_end == *at)
		return other_line_read(at, name_end, end, fault);
	value = name_end + 1;
	while (value < end && is_blank(*value))
		value++;
	stop = scan_text(value, end);
	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return line_fault(stop, end, HTTP_FAULT_FIELD_VALUE, fault);
	for (value_end = stop; value_end > value && is_blank(value_end[-1]);)
		value_end--;
	field->name = span_make(*at, (size_t)(name_end - *at));
	field->value = span_make(value, (size_t)(value_end - value));
	field->id = field_id_of(field->name);
	*at = stop + 2;
	return RESULT_OK;
}

enum result field_line_read(const char **at, const char *end, struct field *field, enum http_fault *fault)
{
	return line_read(at, end, field, fault);
}

enum result field_lines_read(const char **at, const char *end, unsigned max, struct fields *fields, enum http_fault *fault)
{
	struct field field;
	enum result result;

	while ((result = line_read(at, end, &field, fault)) == RESULT_OK) {
		if (fields->count >= max)
			result = RESULT_LIMIT;
		else
			result = fields_add_inline(fields, field.id, field.name, field.value);
		if (result != RESULT_OK) {
			*fault = result == RESULT_LIMIT ? HTTP_FAULT_FIELDS_MANY : HTTP_FAULT_NO_MEMORY;
			return RESULT_MALFORMED;
		}
	}
	return result == RESULT_END ? RESULT_OK : result;
}

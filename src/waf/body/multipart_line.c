/* Lines that are boundaries, and lines that are like them. */
#include "waf/body/multipart.h"

#include "base/banned.h"

static enum result end_part(struct multipart *form)
{
	struct body_part *part = &form->part;
	struct reader *base = &form->base;

	if (!part->is_file && buffer_len(&form->value) > base->limits.value_bytes)
		return multipart_value_too_long(form);
	if (!part->is_file)
		return reader_argument(base, part->name, buffer_span(&form->value));
	return base->sink.file_end ? base->sink.file_end(base->sink.context, part, form->part_bytes) : RESULT_OK;
}

static enum result begin_part(struct multipart *form)
{
	if (form->base.report.parts == form->base.limits.parts)
		return multipart_fail(form, "Over %u parts.", form->base.limits.parts);
	form->base.report.parts++;
	form->place = PLACE_HEADERS;
	form->part = (struct body_part){ 0 };
	form->header_count = 0;
	buffer_reset(&form->headers);
	buffer_reset(&form->names);
	buffer_reset(&form->value);
	return RESULT_OK;
}

enum result multipart_read_boundary(struct multipart *form, struct span line, bool is_cut)
{
	struct span rest = span_skip(line, form->delimiter_len);
	bool is_final = span_starts(rest, SPAN("--"));
	char shown[SHOWN_MAX];
	enum result result;

	rest = span_skip(rest, is_final ? 2 : 0);
	if (form->held_len == 1)
		reader_flag(&form->base, BODY_FLAG_LF_LINE);  /* the line before */
	if (!is_cut && !span_equal(rest, SPAN("\r\n")) && !span_equal(rest, SPAN("\n")))
		return multipart_fail(form, "Invalid boundary: %s", reader_show(line, shown));
	if (!is_cut)
		reader_flag(&form->base, rest.len == 1 ? BODY_FLAG_LF_LINE : BODY_FLAG_CRLF_LINE);
	form->held_len = 0;
	form->has_boundary = true;
	result = form->place == PLACE_DATA ? end_part(form) : RESULT_OK;
	if (result != RESULT_OK)
		return result;
	if (!is_final)
		return begin_part(form);
	form->place = PLACE_AFTER;
	form->base.report.is_closed = true;
	return RESULT_OK;
}

/* A line that begins like a boundary, and is none. */
static enum result check_likeness(struct multipart *form, struct span line)
{
	struct span boundary = span_skip(multipart_delimiter(form), 2), rest = span_skip(line, 2);

	if (body_report_has(&form->base.report, BODY_FLAG_BOUNDARY_QUOTED) && *rest.at == '"' && span_starts(span_skip(rest, 1), boundary))
		return multipart_fail(form, "Invalid boundary (quotes).");
	while (rest.len && is_space(*rest.at))
		rest = span_skip(rest, 1);
	if (rest.at != line.at + 2 && span_starts(rest, boundary))
		return multipart_fail(form, "Invalid boundary (whitespace).");
	reader_flag(&form->base, BODY_FLAG_UNMATCHED_BOUNDARY);
	return RESULT_OK;
}

enum result multipart_judge(struct multipart *form, struct span line, bool *is_boundary)
{
	bool is_like = line.len > 3 && span_starts(line, SPAN("--")) && line.at[2] && line.at[3];

	*is_boundary = false;
	if (is_like && span_starts(line, multipart_delimiter(form))) {
		if (form->place == PLACE_BEFORE || (form->place == PLACE_DATA && form->has_data)) {
			*is_boundary = true;
			return multipart_read_boundary(form, line, false);
		}
		reader_flag(&form->base, BODY_FLAG_INVALID_PART);
		return RESULT_OK;
	}
	if (is_like)
		return check_likeness(form, line);
	if (memmem(line.at, line.len, form->delimiter, form->delimiter_len))
		reader_flag(&form->base, BODY_FLAG_UNMATCHED_BOUNDARY);
	return RESULT_OK;
}

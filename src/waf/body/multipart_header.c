/* The head of a part. */
#include "waf/body/multipart.h"

#include "base/banned.h"

/* Without CRLF or LF at its end. */
static struct span without_end(struct span line)
{
	if (line.len && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* The value of the header NAME (any case); a NULL pointer when there is none. */
static struct span find_header(const struct multipart *form, struct span name)
{
	struct span rest = buffer_span(&form->headers);

	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), value = line;

		if (span_equal_nocase(span_cut(&value, ':'), name)) {
			while (value.len && (*value.at == ' ' || *value.at == '\t'))
				value = span_skip(value, 1);
			return value.at ? value : span_make(line.at + line.len, 0);
		}
	}
	return SPAN_NONE;
}

static enum result add(struct multipart *form, struct span text)
{
	enum result result = buffer_append(&form->headers, text);

	if (result == RESULT_OK)
		result = buffer_append_byte(&form->headers, '\n');
	return result == RESULT_LIMIT ? multipart_fail(form, "Part headers too long.") : result;
}

/* A line that begins with white space goes on with the header before. RFC 2557 allows SP and HTAB; others are flagged, because
 * applications take them too. */
static enum result fold(struct multipart *form, struct span line)
{
	size_t spaces = 0, value_len;
	struct span header;

	reader_flag(&form->base, BODY_FLAG_HEADER_FOLDING);
	for (; spaces < line.len && is_space(line.at[spaces]); spaces++) {
		if (line.at[spaces] != ' ' && line.at[spaces] != '\t')
			reader_flag(&form->base, BODY_FLAG_INVALID_HEADER_FOLDING);
	}
	if (!form->header_count)
		return multipart_fail(form, "Invalid part header (folding error).");
	line = without_end(span_skip(line, spaces));
	header = span_skip(buffer_span(&form->headers), form->last_header);
	value_len = header.len - span_find(header, ':') - 1 + line.len;
	if (value_len > LINE_BYTES_MAX)
		return multipart_fail(form, "Part header too long.");
	form->headers.bytes[form->headers.end - 1] = ' ';  /* was the end of the line */
	return add(form, line);
}

static enum result begin_header(struct multipart *form, struct span line)
{
	struct span name = span_take(line, span_find(line, ':'));
	char shown[SHOWN_MAX];

	if (name.len == line.len)
		return multipart_fail(form, "Invalid part header (colon missing): %s.", reader_show(line, shown));
	if (!name.len)
		return multipart_fail(form, "Invalid part header (header name missing).");
	if (find_header(form, name).at)
		return multipart_fail(form, "Duplicate part header: %s.", reader_show(name, shown));
	if (form->header_count == PART_HEADERS_MAX)
		return multipart_fail(form, "Over %d headers in a part.", PART_HEADERS_MAX);
	form->header_count++;
	form->last_header = buffer_len(&form->headers);
	return add(form, without_end(line));
}

enum result multipart_read_header(struct multipart *form, struct span line)
{
	bool is_crlf = line.len >= 2 && line.at[line.len - 2] == '\r';

	if (memchr(line.at, '\0', line.len))
		return multipart_fail(form, "Nul byte in part headers.");
	reader_flag(&form->base, is_crlf ? BODY_FLAG_CRLF_LINE : BODY_FLAG_LF_LINE);
	if (line.len == (is_crlf ? 2 : 1))
		return multipart_end_headers(form);
	return is_space(line.at[0]) ? fold(form, line) : begin_header(form, line);
}

static enum result tell(struct multipart *form)
{
	const struct body_sink *sink = &form->base.sink;
	struct span rest = buffer_span(&form->headers);
	enum result result = RESULT_OK;

	if (sink->part)
		result = sink->part(sink->context, &form->part);
	while (sink->part_header && result == RESULT_OK && rest.len)
		result = sink->part_header(sink->context, &form->part, span_cut(&rest, '\n'));
	return result;
}

static enum result check_names(struct multipart *form, struct span disposition)
{
	struct body_limits *limits = &form->base.limits;

	if (!form->part.name.at)
		return multipart_fail(form, "Content-Disposition header missing name field.");
	if (form->part.name.len > limits->name_bytes)
		return multipart_fail(form, "Name of a part over %zu bytes long.", limits->name_bytes);
	/* What reads headers crudely has to see the file too. */
	if (form->part.is_file && !span_contains(disposition, SPAN("filename=")))
		return multipart_fail(form, "Invalid Content-Disposition header (filename).");
	return RESULT_OK;
}

enum result multipart_end_headers(struct multipart *form)
{
	struct span disposition = find_header(form, SPAN("Content-Disposition"));
	struct body_report *report = &form->base.report;
	char shown[SHOWN_MAX];
	enum result result;
	int fault;

	if (!disposition.at)
		return multipart_fail(form, "Part missing Content-Disposition header.");
	fault = multipart_read_disposition(form, disposition);
	if (fault == -20)
		return RESULT_NO_MEMORY;
	if (fault)
		return multipart_fail(form, "Invalid Content-Disposition header (%d): %s.", fault, reader_show(disposition, shown));
	result = check_names(form, disposition);
	if (result != RESULT_OK)
		return result;
	if (form->part.is_file && report->files++ >= form->base.limits.files) {
		form->part.is_beyond_limit = true;
		reader_flag(&form->base, BODY_FLAG_FILE_LIMIT_EXCEEDED);
	}
	form->place = PLACE_DATA;
	form->has_data = false;
	form->part_bytes = 0;
	return tell(form);
}

#include "waf/body/multipart.h"

#include "waf/body/dashes.h"

#include "base/banned.h"

#define HEADERS_BYTES_MAX (64u << 10)

static struct span delimiter(const struct multipart *form)
{
	return span_make(form->delimiter, form->delimiter_len);
}

/* BYTES are data for certain. */
static enum result give(struct multipart *form, struct span bytes)
{
	struct reader *base = &form->base;
	enum result result;

	if (!bytes.len)
		return RESULT_OK;
	if (form->place == PLACE_BEFORE) {
		reader_flag(base, BODY_FLAG_DATA_BEFORE);
		return RESULT_OK;
	}
	form->has_data = true;
	form->part_bytes += bytes.len;
	if (form->part.is_file) {
		base->report.file_bytes += bytes.len;
		return base->sink.file_piece && !form->part.is_beyond_limit ? base->sink.file_piece(base->sink.context, bytes) : RESULT_OK;
	}
	result = buffer_append(&form->value, bytes);
	return result == RESULT_LIMIT ? multipart_fail(form, "Value of a part over %zu bytes long.", base->limits.value_bytes) : result;
}

static enum result give_held(struct multipart *form)
{
	size_t len = form->held_len;

	form->held_len = 0;
	return give(form, span_make(form->held, len));
}

/* A run of data, which ends where a line or a piece does: its line end is held back. */
static enum result give_run(struct multipart *form, struct span run)
{
	enum result result;
	size_t end = 0;

	if (!run.len)
		return RESULT_OK;
	result = give_held(form);
	if (result != RESULT_OK)
		return result;
	if (run.at[run.len - 1] == '\r')
		end = 1;
	else if (run.at[run.len - 1] == '\n')
		end = run.len >= 2 && run.at[run.len - 2] == '\r' ? 2 : 1;
	result = give(form, span_take(run, run.len - end));
	memcpy(form->held, run.at + run.len - end, end);
	form->held_len = end;
	form->has_data = true;  /* of a part; before the first it means nothing */
	form->is_line_start = run.at[run.len - 1] == '\n';
	if (form->place == PLACE_BEFORE)
		reader_flag(&form->base, BODY_FLAG_DATA_BEFORE);
	return result;
}

/* Does the boundary, begun in what came before, go on in PIECE? Only for a flag: once it is set, nobody asks. */
static void search_seam(struct multipart *form, struct span piece)
{
	char seam[2 * DELIMITER_MAX];
	struct span head = span_take(piece, form->delimiter_len - 1);

	if (!form->tail_len || !head.len)
		return;
	memcpy(seam, form->tail, form->tail_len);
	memcpy(seam + form->tail_len, head.at, head.len);
	if (memmem(seam, form->tail_len + head.len, form->delimiter, form->delimiter_len))
		reader_flag(&form->base, BODY_FLAG_UNMATCHED_BOUNDARY);
}

/* Remembers the end of the line so far. */
static void keep_tail(struct multipart *form, struct span run)
{
	size_t max = form->delimiter_len - 1, keep;

	if (run.len && run.at[run.len - 1] == '\n') {
		form->tail_len = 0;
		return;
	}
	run = span_skip(run, run.len > max ? run.len - max : 0);
	keep = form->tail_len < max - run.len ? form->tail_len : max - run.len;
	memmove(form->tail, form->tail + form->tail_len - keep, keep);
	if (run.len)
		memcpy(form->tail + keep, run.at, run.len);
	form->tail_len = keep + run.len;
}

/* Data up to the next line that may be a boundary, or all of PIECE. USED is what was taken. */
static enum result scan(struct multipart *form, struct span piece, size_t *used)
{
	const char *at = piece.at, *end = piece.at + piece.len;
	bool is_flagged = body_report_has(&form->base.report, BODY_FLAG_UNMATCHED_BOUNDARY);

	if (!is_flagged)
		search_seam(form, piece);
	while ((at = dashes_find(at, end)) && (at == piece.at || at[-1] != '\n')) {
		if (!is_flagged && span_starts(span_make(at, (size_t)(end - at)), delimiter(form)))
			reader_flag(&form->base, BODY_FLAG_UNMATCHED_BOUNDARY);
		at++;
	}
	if (!at && piece.len >= 2 && end[-1] == '-' && end[-2] == '\n')
		at = end - 1;
	*used = at ? (size_t)(at - piece.at) : piece.len;
	if (!is_flagged)
		keep_tail(form, span_take(piece, *used));
	return give_run(form, span_take(piece, *used));
}

static enum result end_part(struct multipart *form)
{
	struct body_part *part = &form->part;
	struct reader *base = &form->base;

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

/* REST: what stands behind the boundary in its line; IS_CUT: the body ended without a line end. */
static enum result read_boundary(struct multipart *form, struct span line, bool is_cut)
{
	struct span rest = span_skip(line, form->delimiter_len);
	bool is_final = span_starts(rest, SPAN("--"));
	char shown[SHOWN_MAX];
	enum result result;

	rest = span_skip(rest, is_final ? 2 : 0);
	if (!is_cut && !span_equal(rest, SPAN("\r\n")) && !span_equal(rest, SPAN("\n")))
		return multipart_fail(form, "Invalid boundary: %s", reader_show(line, shown));
	if (form->held_len == 1)
		reader_flag(&form->base, BODY_FLAG_LF_LINE);  /* the line before */
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
	return RESULT_OK;
}

/* A line that begins like a boundary, and is none. */
static enum result check_likeness(struct multipart *form, struct span line)
{
	struct span boundary = span_skip(delimiter(form), 2), rest = span_skip(line, 2);

	if (body_report_has(&form->base.report, BODY_FLAG_BOUNDARY_QUOTED) && *rest.at == '"' && span_starts(span_skip(rest, 1), boundary))
		return multipart_fail(form, "Invalid boundary (quotes).");
	while (rest.len && is_space(*rest.at))
		rest = span_skip(rest, 1);
	if (rest.at != line.at + 2 && span_starts(rest, boundary))
		return multipart_fail(form, "Invalid boundary (whitespace).");
	reader_flag(&form->base, BODY_FLAG_UNMATCHED_BOUNDARY);
	return RESULT_OK;
}

/* Is LINE a boundary? IS_BOUNDARY is set if it was, and then it has been acted upon. Where a boundary would leave a part without a head or
 * without a byte of data, it is a line like others (RFC 2046: what precedes it is the CRLF that belongs to it). */
static enum result judge(struct multipart *form, struct span line, bool *is_boundary)
{
	bool is_like = line.len > 3 && span_starts(line, SPAN("--")) && line.at[2] && line.at[3];

	*is_boundary = false;
	if (is_like && span_starts(line, delimiter(form))) {
		if (form->place == PLACE_BEFORE || (form->place == PLACE_DATA && form->has_data)) {
			*is_boundary = true;
			return read_boundary(form, line, false);
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

static enum result end_line(struct multipart *form)
{
	struct span line = buffer_span(&form->line);
	bool is_boundary;
	enum result result = judge(form, line, &is_boundary);

	if (result != RESULT_OK)
		return result;
	if (is_boundary) {
		form->is_line_start = true;
	} else if (form->place == PLACE_HEADERS) {
		if (line.len == LINE_BYTES_MAX)
			return multipart_fail(form, "Part header line over %d bytes long", LINE_BYTES_MAX);
		result = multipart_read_header(form, line);
		form->is_line_start = true;
	} else {
		result = give_run(form, line);
		keep_tail(form, line);
	}
	buffer_reset(&form->line);
	if (form->is_line_start)
		form->tail_len = 0;
	return result;
}

/* The line that is being collected can still be a boundary, or belongs to a head. */
static bool wants_line(const struct multipart *form, struct span line)
{
	return form->place == PLACE_HEADERS || (line.at[0] == '-' && (line.len == 1 || line.at[1] == '-'));
}

static enum result collect(struct multipart *form, struct span piece, size_t *used)
{
	size_t room = LINE_BYTES_MAX - buffer_len(&form->line);
	struct span part = span_take(piece, room);
	struct span line;
	enum result result;

	part = span_take(part, span_find(part, '\n') + 1);
	*used = part.len;
	result = buffer_append(&form->line, part);
	if (result != RESULT_OK)
		return result;
	line = buffer_span(&form->line);
	if (line.at[line.len - 1] == '\n' || line.len == LINE_BYTES_MAX)
		return end_line(form);
	if (wants_line(form, line))
		return RESULT_OK;
	/* A dash that turned out to be alone: it is data, and so is what follows it. */
	*used -= line.len - 1;
	form->line.end = form->line.start + 1;
	result = give_run(form, buffer_span(&form->line));
	keep_tail(form, SPAN("-"));
	buffer_reset(&form->line);
	return result;
}

static enum result advance(struct multipart *form, struct span piece, size_t *used)
{
	if (form->held_len == 1 && form->held[0] == '\r' && *piece.at == '\n' && !buffer_len(&form->line)) {
		form->held[form->held_len++] = '\n';
		form->is_line_start = true;
		form->tail_len = 0;
		*used = 1;
		return RESULT_OK;
	}
	if (buffer_len(&form->line) || form->place == PLACE_HEADERS || (form->is_line_start && *piece.at == '-'))
		return collect(form, piece, used);
	return scan(form, piece, used);
}

static enum result multipart_feed(struct reader *reader, struct span piece)
{
	struct multipart *form = (struct multipart *)reader;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && piece.len) {
		size_t used = piece.len;

		if (form->place == PLACE_AFTER)
			reader_flag(reader, BODY_FLAG_DATA_AFTER);
		else
			result = advance(form, piece, &used);
		piece = span_skip(piece, used);
	}
	return result;
}

static enum result multipart_end(struct reader *reader)
{
	struct multipart *form = (struct multipart *)reader;
	struct span line = buffer_span(&form->line);

	if (form->place == PLACE_AFTER || (form->place == PLACE_BEFORE && !line.len && !body_report_has(&reader->report, BODY_FLAG_DATA_BEFORE)))
		return RESULT_OK;  /* whole; or nothing has come at all */
	if (!form->has_boundary)
		return multipart_fail(form, "No boundaries found in payload.");
	/* The last line may lack its end. */
	if (form->place == PLACE_DATA && form->has_data && line.len == form->delimiter_len + 2 && span_starts(line, delimiter(form)) &&
	    span_ends(line, SPAN("--")))
		return read_boundary(form, line, true);
	return multipart_fail(form, "Final boundary missing.");
}

static enum result multipart_begin(struct reader *reader, const struct reader_birth *birth)
{
	struct multipart *form = (struct multipart *)reader;

	form->is_line_start = true;
	buffer_init(&form->line, LINE_BYTES_MAX);
	buffer_init(&form->headers, HEADERS_BYTES_MAX);
	buffer_init(&form->names, HEADERS_BYTES_MAX);
	buffer_init(&form->value, reader->limits.value_bytes);
	return multipart_read_type(form, birth->content_type);
}

static void multipart_done(struct reader *reader)
{
	struct multipart *form = (struct multipart *)reader;

	buffer_done(&form->line);
	buffer_done(&form->headers);
	buffer_done(&form->names);
	buffer_done(&form->value);
}

const struct reader_type multipart_type = {
	sizeof(struct multipart), multipart_begin, multipart_feed, multipart_end, multipart_done,
};

#include "waf/body/multipart.h"

#include "waf/body/dashes.h"

#include "base/banned.h"

#define HEADERS_BYTES_MAX (64u << 10)

/* BYTES are data for certain. */
static enum result give(struct multipart *form, struct span bytes)
{
	struct reader *base = &form->base;

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
	return buffer_append(&form->value, bytes);
}

static enum result give_held(struct multipart *form)
{
	size_t len = form->held_len;

	form->held_len = 0;
	return give(form, span_make(form->held, len));
}

/* How many more bytes of data this part may have: two more than its value, for a line end that may not belong to it. Counted in
 * bytes of the body, so that the fault is at the same place however it was cut. */
static size_t data_room(const struct multipart *form)
{
	size_t taken = (size_t)form->part_bytes + form->held_len;

	if (form->place == PLACE_BEFORE || form->part.is_file)
		return SIZE_MAX;
	return form->value.max_bytes > taken ? form->value.max_bytes - taken : 0;
}

/* A run of data, which ends where a line or a piece does: its line end is held back. */
static enum result give_run(struct multipart *form, struct span run)
{
	enum result result;
	size_t end = 0;

	if (!run.len)
		return RESULT_OK;
	if (run.len > data_room(form))
		return multipart_value_too_long(form);
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

/* A run of dashes, which goes on to END: does the delimiter begin in it? At one place at most, so that a body of dashes costs
 * no more than another. */
static void search_run(struct multipart *form, const char *run, const char *after, const char *end)
{
	size_t own = form->delimiter_dashes, len = (size_t)(after - run);

	if (len >= own && span_starts(span_make(after - own, (size_t)(end - after) + own), multipart_delimiter(form)))
		reader_flag(&form->base, BODY_FLAG_UNMATCHED_BOUNDARY);
}

/* The first "--" that begins a line in PIECE, which does not begin one itself; NULL. */
static const char *find_line(struct multipart *form, struct span piece, bool searches)
{
	const char *end = piece.at + piece.len, *at = piece.at, *after;

	while ((at = dashes_find(at, end)) && (at == piece.at || at[-1] != '\n')) {
		for (after = at + 2; after < end && *after == '-'; after++)
			;
		if (searches)
			search_run(form, at, after, end);
		at = after;
	}
	return at;
}

/* Data up to the next line that may be a boundary, or all of PIECE. USED is what was taken. */
static enum result scan(struct multipart *form, struct span piece, size_t *used)
{
	bool searches = !body_report_has(&form->base.report, BODY_FLAG_UNMATCHED_BOUNDARY);
	const char *end, *at;

	piece = span_take(piece, data_room(form));
	if (!piece.len)
		return multipart_value_too_long(form);
	end = piece.at + piece.len;
	if (searches)
		search_seam(form, piece);
	at = find_line(form, piece, searches);
	if (!at && piece.len >= 2 && end[-1] == '-' && end[-2] == '\n')
		at = end - 1;
	*used = at ? (size_t)(at - piece.at) : piece.len;
	if (searches)
		keep_tail(form, span_take(piece, *used));
	return give_run(form, span_take(piece, *used));
}

static enum result end_line(struct multipart *form, struct span line)
{
	bool is_boundary;
	enum result result = multipart_judge(form, line, &is_boundary);

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

/* What begins with LINE can be a boundary. */
static bool may_be_boundary(struct span line)
{
	return line.at[0] == '-' && (line.len == 1 || line.at[1] == '-');
}

static bool is_whole(struct span line)
{
	return line.at[line.len - 1] == '\n' || line.len == LINE_BYTES_MAX;
}

/* A dash that turned out to be alone: it is data, and so is what follows it. */
static enum result give_dash(struct multipart *form)
{
	enum result result = give_run(form, SPAN("-"));

	keep_tail(form, SPAN("-"));
	buffer_reset(&form->line);
	return result;
}

static enum result collect(struct multipart *form, struct span piece, size_t *used)
{
	size_t room = LINE_BYTES_MAX - buffer_len(&form->line);
	struct span part = span_take(piece, room);
	enum result result;

	if (form->place != PLACE_HEADERS && room == LINE_BYTES_MAX - 1 && *piece.at != '-') {
		*used = 0;
		return give_dash(form);
	}
	part = span_take(part, span_find(part, '\n') + 1);
	*used = part.len;
	if (room == LINE_BYTES_MAX && is_whole(part))
		return end_line(form, part);  /* from where it lies */
	result = buffer_append(&form->line, part);
	if (result != RESULT_OK)
		return result;
	part = buffer_span(&form->line);
	return is_whole(part) ? end_line(form, part) : RESULT_OK;
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
	if (buffer_len(&form->line) || form->place == PLACE_HEADERS || (form->is_line_start && may_be_boundary(piece)))
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
	if (line.len != form->delimiter_len + 2 || !span_starts(line, multipart_delimiter(form)) || !span_ends(line, SPAN("--")))
		return multipart_fail(form, "Final boundary missing.");
	/* The last line may lack its end; and here 2.9.7 is content with a part that has no data, or no head. */
	if (form->place == PLACE_HEADERS || !form->has_data)
		reader_flag(reader, BODY_FLAG_INVALID_PART);
	return multipart_read_boundary(form, line, true);
}

static enum result multipart_begin(struct reader *reader, const struct reader_birth *birth)
{
	struct multipart *form = (struct multipart *)reader;

	form->is_line_start = true;
	buffer_init(&form->line, LINE_BYTES_MAX);
	buffer_init(&form->headers, HEADERS_BYTES_MAX);
	buffer_init(&form->names, HEADERS_BYTES_MAX);
	buffer_init(&form->value, reader->limits.value_bytes < SIZE_MAX / 4 ? reader->limits.value_bytes + 2 : SIZE_MAX / 4);
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

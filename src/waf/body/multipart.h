/* multipart/form-data as ModSecurity 2.9.7 reads it: strictly, and telling about everything that another reader could
 * understand otherwise. This header is for the files multipart*.c.
 *
 *     BEFORE    lines before the first boundary: flagged, left out
 *     HEADERS   lines of a part's head, each at most LINE_BYTES_MAX - 1 bytes with its end
 *     DATA      handed on from where it lies; a line end is held back until it is known not to belong to a boundary
 *     AFTER     the final boundary has been: flagged, left out
 *
 * A line that begins with "--" (and every line of a head) is collected, then judged; all other data is only searched for "--".
 *
 * Source   RFC 7578, RFC 2046 section 5.1; CVE-2022-48279
 */
#ifndef BOUCLIER_WAF_BODY_MULTIPART_H
#define BOUCLIER_WAF_BODY_MULTIPART_H

#include "waf/body/inside.h"

#define LINE_BYTES_MAX 4096
#define PART_HEADERS_MAX 100
#define CONTENT_TYPE_MAX 1024
#define DELIMITER_MAX (CONTENT_TYPE_MAX + 2)

enum multipart_place { PLACE_BEFORE, PLACE_HEADERS, PLACE_DATA, PLACE_AFTER };

struct multipart {
	struct reader base;
	enum multipart_place place;
	char delimiter[DELIMITER_MAX];  /* "--" and the boundary */
	size_t delimiter_len;
	size_t delimiter_dashes;        /* at its front, at least 2 */
	struct buffer line;             /* being collected */
	bool is_line_start;             /* the next byte begins a line */
	char held[2];                   /* the end of the last line, or a CR that may become one */
	size_t held_len;
	char tail[DELIMITER_MAX];       /* last bytes of the line so far: a boundary may have begun in them */
	size_t tail_len;

	struct buffer headers;          /* of this part: lines, joined, each ended by LF */
	unsigned header_count;
	size_t last_header;             /* where the newest begins */
	struct buffer names;            /* the part's name and filename, unescaped */
	struct body_part part;          /* spans point into `names` */
	struct buffer value;            /* of a field */
	uint64_t part_bytes;
	bool has_data;                  /* in this part; before the first byte there is no boundary */
	bool has_boundary;              /* one has been */
};

static inline struct span multipart_delimiter(const struct multipart *form)
{
	return span_make(form->delimiter, form->delimiter_len);
}

/* Is LINE, which is collected, a boundary? If IS_BOUNDARY is set it was, and has been acted upon. Where one would leave a part
 * without a head or without a byte of data it is a line like others: the CRLF that belongs to it (RFC 2046) is not there. */
enum result multipart_judge(struct multipart *form, struct span line, bool *is_boundary) must_check;
/* LINE begins with the delimiter; IS_CUT: the body ended, and there is no line end. */
enum result multipart_read_boundary(struct multipart *form, struct span line, bool is_cut) must_check;
/* The request's Content-Type: the boundary, or why there is none. */
enum result multipart_read_type(struct multipart *form, struct span content_type) must_check;
/* One line of a part's head, its end included. */
enum result multipart_read_header(struct multipart *form, struct span line) must_check;
/* The empty line: makes PART of the headers, and tells the sink. */
enum result multipart_end_headers(struct multipart *form) must_check;
/* VALUE of Content-Disposition. 0, or the negative number that 2.9.7 puts in its message; -20: no memory. */
int multipart_read_disposition(struct multipart *form, struct span value);

#define multipart_fail(form, ...) \
	(reader_flag(&(form)->base, BODY_FLAG_MULTIPART_ERROR), reader_fail(&(form)->base, "Multipart parsing error: Multipart: " __VA_ARGS__))

#define multipart_value_too_long(form) \
	multipart_fail(form, "Value of a part over %zu bytes long.", (form)->base.limits.value_bytes)

#endif

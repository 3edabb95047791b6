/* What a reader of a body gives to whoever asked for it: named values, parts of forms, contents of files; and, beside them,
 * what was wrong with the body, in the terms of ModSecurity's variables.
 *
 * The calls come in the order of the body, the same however it was cut into pieces (only a file's content comes in pieces
 * that depend on it: their concatenation does not). For a part of a form: part, part_header for each header, then either
 * argument, or file_piece any number of times and file_end.
 *
 * Owns     spans live during the call only; whoever wants to keep them copies them
 * Threads  called by the thread that feeds the reader
 */
#ifndef BOUCLIER_WAF_BODY_SINK_H
#define BOUCLIER_WAF_BODY_SINK_H

#include "base/span.h"

struct body_part {
	struct span name;        /* empty is a name too */
	struct span filename;
	bool is_file;            /* it has a filename, which may be empty (MULTIPART_FILENAME) */
	bool is_beyond_limit;    /* a file past body_limits.files: its size is told, its content is not handed on */
};

/* Any function may be NULL: not asked for. Each answers RESULT_OK, or RESULT_LIMIT or RESULT_NO_MEMORY: then the reader stops
 * and answers the same to all that follows; whoever fed it fails closed. */
struct body_sink {
	void *context;
	/* ARGS, or cookies. */
	enum result (*argument)(void *context, struct span name, struct span value);
	/* MULTIPART_NAME, MULTIPART_FILENAME; of files FILES, FILES_NAMES. */
	enum result (*part)(void *context, const struct body_part *part);
	/* MULTIPART_PART_HEADERS: "Name: value", folded lines joined. */
	enum result (*part_header)(void *context, const struct body_part *part, struct span line);
	enum result (*file_piece)(void *context, struct span piece);
	/* FILES_SIZES; their sum is body_report.file_bytes (FILES_COMBINED_SIZE). */
	enum result (*file_end)(void *context, const struct body_part *part, uint64_t bytes);
};

/* X(ID, "variable of ModSecurity"): 0 or 1 each; "": has none of its own. */
#define BODY_FLAG_LIST(X) \
	X(ERROR, "REQBODY_ERROR") \
	X(URLENCODED_ERROR, "URLENCODED_ERROR") \
	X(MULTIPART_ERROR, "") \
	X(BOUNDARY_QUOTED, "MULTIPART_BOUNDARY_QUOTED") \
	X(BOUNDARY_WHITESPACE, "MULTIPART_BOUNDARY_WHITESPACE") \
	X(DATA_BEFORE, "MULTIPART_DATA_BEFORE") \
	X(DATA_AFTER, "MULTIPART_DATA_AFTER") \
	X(HEADER_FOLDING, "MULTIPART_HEADER_FOLDING") \
	X(LF_LINE, "MULTIPART_LF_LINE") \
	X(CRLF_LINE, "") \
	X(MISSING_SEMICOLON, "MULTIPART_MISSING_SEMICOLON") \
	X(INVALID_QUOTING, "MULTIPART_INVALID_QUOTING") \
	X(INVALID_PART, "MULTIPART_INVALID_PART") \
	X(INVALID_HEADER_FOLDING, "MULTIPART_INVALID_HEADER_FOLDING") \
	X(FILE_LIMIT_EXCEEDED, "MULTIPART_FILE_LIMIT_EXCEEDED") \
	X(UNMATCHED_BOUNDARY, "MULTIPART_UNMATCHED_BOUNDARY")

enum body_flag {
#define X(id, variable) BODY_FLAG_##id,
	BODY_FLAG_LIST(X)
#undef X
	BODY_FLAG_COUNT,
};

#define BODY_MESSAGE_MAX 512

/* What is known so far; complete after the end. Everything a limit cut short has BODY_FLAG_ERROR. */
struct body_report {
	uint32_t flags;                  /* bit BODY_FLAG_... */
	uint32_t arguments, parts, files;
	bool is_closed;                  /* of a form: its closing boundary was read */
	uint64_t argument_bytes;         /* names and values handed on (ARGS_COMBINED_SIZE) */
	uint64_t file_bytes;
	size_t message_len;
	char message[BODY_MESSAGE_MAX];  /* REQBODY_ERROR_MSG */
};

static inline bool body_report_has(const struct body_report *report, enum body_flag flag)
{
	return report->flags >> flag & 1;
}

static inline struct span body_report_message(const struct body_report *report)
{
	return span_make(report->message, report->message_len);
}

/* MULTIPART_STRICT_ERROR: any of what it sums up. */
bool body_report_strict_error(const struct body_report *report);
/* MULTIPART_CRLF_LF_LINES: lines of both kinds. */
bool body_report_mixed_lines(const struct body_report *report);

#endif

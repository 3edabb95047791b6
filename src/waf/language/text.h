/* Cuts a rule file into directives and their arguments, as Apache's reader does for ModSecurity 2.9.7.
 *
 * Shape    one directive a line; a `\` at a line's end continues it (comments too); `#` begins a comment line; arguments
 *          are bare, "quoted" or 'quoted'. In every argument `\\` is `\`; in a quoted one `\` before its quote is the quote
 * Limits   LINE_BYTES_MAX for a directive with its continued lines, WORDS_MAX arguments
 * Owns     words lie in the arena; places point into the text
 *
 * Security, fails closed: Apache takes a quote that nobody closes as closed at the line's end; here it is an error.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_TEXT_H
#define BOUCLIER_WAF_LANGUAGE_TEXT_H

#include "base/arena.h"
#include "base/complaint.h"

#define LINE_BYTES_MAX (256 * 1024)
#define WORDS_MAX 1024

/* Where reading is; continued lines look like one. */
struct walker {
	const char *at, *end;
	unsigned line, column;
};

struct word {
	struct span text;        /* decoded */
	struct span file;
	struct walker start;     /* of its first byte, behind the quote */
	char quote;              /* 0: bare */
};

struct statement {
	struct place place;      /* of the directive's name */
	struct word name;
	const struct word *words;
	size_t count;
};

struct text {
	struct span file;
	struct walker walker;
};

/* What is wrong with a line; the text goes on behind it. */
struct text_fault {
	struct place place;
	const char *what;
	const char *advice;      /* NULL: none */
};

void text_init(struct text *text, struct span file, struct span bytes);
/* RESULT_OK: a directive. RESULT_END. RESULT_MALFORMED, RESULT_LIMIT: FAULT is set, and the next call reads behind the bad
 * line. RESULT_NO_MEMORY. */
enum result statement_read(struct text *text, struct arena *arena, struct statement *out, struct text_fault *fault) must_check;

/* Where the byte that became WORD's byte OFFSET stands. */
struct place word_place(const struct word *word, size_t offset);

#endif

/* The words behind a command, held against the table of what it takes.
 *
 * Shape    -c FILE, --config FILE, --config=FILE, switches, arguments in any order; `--` ends the options
 * Limits   OPTIONS_MAX given options, ARGUMENTS_MAX arguments
 * Owns     nothing: texts are main()'s
 */
#ifndef BOUCLIER_CLI_OPTIONS_H
#define BOUCLIER_CLI_OPTIONS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/span.h"

#define OPTIONS_MAX 64u
#define ARGUMENTS_MAX 8u

struct option {
	const char *name;           /* "config" */
	char letter;                /* 'c'; 0: none */
	const char *value;          /* "FILE", for the help; NULL: a switch */
	bool repeats;
	const char *help;
};

struct options {
	const struct option *table; /* ended by an option without name */
	struct given_option {
		const struct option *option;
		const char *value;  /* NULL of a switch */
	} given[OPTIONS_MAX];
	unsigned given_count;
	const char *arguments[ARGUMENTS_MAX];
	unsigned argument_count;
	char *const *argv;          /* of main(), all of it */
	bool is_json;               /* --output json */
	bool has_color;             /* stdout is a terminal, and NO_COLOR is not set */
};

/* Reads WORDS (COUNT of them) by TABLE. RESULT_MALFORMED: ERROR holds the sentence, with what was meant. */
enum result options_read(const struct option *table, char *const *words, int count, struct options *out,
                         struct buffer *error) must_check;
/* The last value of --NAME, or FALLBACK. NAME is one of the table's. */
const char *option_text(const struct options *options, const char *name, const char *fallback);
bool option_is_given(const struct options *options, const char *name);
/* Walks the values of a repeated option: AT is 0 first. NULL at the end. */
const char *option_next(const struct options *options, const char *name, unsigned *at);

#endif

/* `bouclier log`: the journal's files, searched. Nothing needs to run. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "event/query.h"
#include "event/read.h"
#include "event/show.h"

#include "base/banned.h"

#define FOLLOW_MS 200
#define FOLLOW_LINES 10
#define LAST_LINES_MAX 100000u

struct log {
	const struct options *options;
	struct journal_reader reader;
	struct arena arena;
	const struct query *query, *since;   /* NULL: everything */
	uint64_t last;                       /* lines to show; 0: all */
	bool is_counts;
	struct buffer text;
	/* The last lines that match, while the end has not been reached: a circle. */
	struct buffer *kept;
	size_t kept_count;
};

static const struct command *self(void)
{
	return command_find(SPAN("log"));
}

/* -- what is asked for -- */

static int read_query(struct log *log, struct span text, const char *option, const struct query **out)
{
	struct complaints complaints;
	struct query *query;
	int code = EXIT_DONE;

	complaints_init(&complaints);
	if (query_read(text, clock_wall_ns(), &log->arena, &complaints, &query) == RESULT_OK) {
		*out = query;
	} else if (!complaints.count) {
		code = command_misused(self(), "--%s cannot be read", option);
	} else {
		const struct complaint *first = &complaints.list[0];

		code = command_misused(self(), "--%s, column %u: %.*s%s%.*s%s", option, first->column, SPAN_ARG(first->text),
		                       first->suggestion.len ? " (" : "", SPAN_ARG(first->suggestion), first->suggestion.len ? ")" : "");
	}
	complaints_done(&complaints);
	return code;
}

/* A moment as it is, a time back with its minus. */
static int read_since(struct log *log, const char *since)
{
	struct span said = span_of(since);
	bool is_moment = span_contains(said, SPAN("-")) || said.len == 4;
	struct buffer text;
	enum result result;
	int code;

	if (!said.len || !is_digit(said.at[0]) || (!is_moment && !memchr("smhd", said.at[said.len - 1], 4)))
		return command_misused(self(), "--since is a moment (2026-03-01T12:00:00Z, in UTC) or a time back (30m, 2h, 7d), not %s", since);
	buffer_init(&text, QUERY_MAX_BYTES);
	result = buffer_print(&text, "time>=\"%s%s\"", is_moment ? "" : "-", since);
	code = result == RESULT_OK ? read_query(log, buffer_span(&text), "since", &log->since) : command_misused(self(), "--since is too long");
	buffer_done(&text);
	return code;
}

static int read_wishes(struct log *log)
{
	const char *lines = option_text(log->options, "lines", NULL), *query = option_text(log->options, "query", NULL);
	const char *since = option_text(log->options, "since", NULL);
	int code = EXIT_DONE;

	log->is_counts = option_is_given(log->options, "counts");
	if (lines && (span_to_u64(span_of(lines), LAST_LINES_MAX, &log->last) != RESULT_OK || !log->last))
		return command_misused(self(), "--lines is a number from 1 to %u, not %s", LAST_LINES_MAX, lines);
	if (!lines && !since && option_is_given(log->options, "follow"))
		log->last = FOLLOW_LINES;
	if (since)
		code = read_since(log, since);
	if (code == EXIT_DONE && query)
		code = read_query(log, span_of(query), "query", &log->query);
	return code;
}

/* -- lines -- */

static bool print_line(struct log *log, struct span line)
{
	buffer_reset(&log->text);
	if (log->options->is_json || show_line(line, log->options->has_color, &log->text) != RESULT_OK)
		return fwrite(line.at, 1, line.len, stdout) == line.len && putchar('\n') != EOF;
	return fwrite(buffer_span(&log->text).at, 1, buffer_len(&log->text), stdout) == buffer_len(&log->text);
}

static bool is_wanted(const struct log *log, struct span line)
{
	return (!log->since || query_match(log->since, line)) && (!log->query || query_match(log->query, line));
}

static bool keep_line(struct log *log, struct span line)
{
	struct buffer *place = &log->kept[log->kept_count++ % log->last];

	buffer_reset(place);
	return buffer_append(place, line) == RESULT_OK;
}

/* Reads until there is no more for now. IS_KEEPING: only the last lines count, and are printed when they are known. */
static enum result read_lines(struct log *log, bool is_keeping)
{
	struct span line;
	struct seal seal;
	enum result result;

	while ((result = journal_reader_next(&log->reader, &line, &seal)) == RESULT_OK) {
		if (!is_wanted(log, line))
			continue;
		if (!(is_keeping ? keep_line(log, line) : print_line(log, line)))
			return is_keeping ? RESULT_NO_MEMORY : RESULT_IO;
	}
	return result;
}

static enum result print_kept(struct log *log)
{
	size_t count = log->kept_count < log->last ? log->kept_count : (size_t)log->last;

	for (size_t i = log->kept_count - count; i < log->kept_count; i++) {
		if (!print_line(log, buffer_span(&log->kept[i % log->last])))
			return RESULT_IO;
	}
	return RESULT_OK;
}

static enum result read_last(struct log *log)
{
	enum result result;

	if (!log->query && !log->since) {
		result = journal_reader_from_end(&log->reader, log->last);
		return result == RESULT_OK ? read_lines(log, false) : result;
	}
	log->kept = calloc(log->last, sizeof(*log->kept));
	if (!log->kept)
		return RESULT_NO_MEMORY;
	for (uint64_t i = 0; i < log->last; i++)
		buffer_init(&log->kept[i], 8192);
	result = read_lines(log, true);
	if (result == RESULT_MORE && print_kept(log) != RESULT_OK)
		result = RESULT_IO;
	for (uint64_t i = 0; i < log->last; i++)
		buffer_done(&log->kept[i]);
	free(log->kept);
	return result;
}

static enum result follow(struct log *log)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_MS * 1000000L };
	enum result result;

	do {
		if (fflush(stdout))
			return RESULT_IO;
		nanosleep(&pause, NULL);
		result = read_lines(log, false);
	} while (result == RESULT_MORE);
	return result;
}

static int show_log(struct log *log, int folder_fd)
{
	enum result result;

	journal_reader_init(&log->reader, folder_fd, log->is_counts ? STREAM_COUNTS : STREAM_DETAIL);
	result = log->last ? read_last(log) : read_lines(log, false);
	if (result == RESULT_MORE && option_is_given(log->options, "follow"))
		result = follow(log);
	if (log->reader.damaged || log->reader.missing)
		fprintf(stderr, "bouclier: %llu lines were damaged, %llu are not there any more\n", (unsigned long long)log->reader.damaged,
		        (unsigned long long)log->reader.missing);
	journal_reader_done(&log->reader);
	return result == RESULT_MORE ? EXIT_DONE : command_failed("the journal cannot be read further: %s", result_name(result));
}

int log_command(const struct options *options)
{
	struct log log = { .options = options };
	int folder_fd = -1, code;

	arena_init(&log.arena, 1u << 20, 8192);
	buffer_init(&log.text, 65536);
	code = read_wishes(&log);
	if (code == EXIT_DONE)
		code = open_journal(options, &folder_fd);
	if (code == EXIT_DONE) {
		code = show_log(&log, folder_fd);
		close(folder_fd);
	}
	buffer_done(&log.text);
	arena_done(&log.arena);
	return code;
}

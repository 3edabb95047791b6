#include "waf/language/text.h"

#include "waf/language/bag.h"

#include "base/banned.h"

#define END_OF_LINE (-1)

void text_init(struct text *text, struct span file, struct span bytes)
{
	*text = (struct text){ file, { bytes.at, bytes.at ? bytes.at + bytes.len : NULL, 1, 1 } };
}

static bool starts_line_end(const struct walker *walker, size_t offset, size_t *bytes)
{
	size_t rest = (size_t)(walker->end - walker->at);

	if (rest > offset && walker->at[offset] == '\n')
		return *bytes = 1, true;
	if (rest > offset + 1 && walker->at[offset] == '\r' && walker->at[offset + 1] == '\n')
		return *bytes = 2, true;
	return false;
}

static void pass_line_end(struct walker *walker, size_t bytes)
{
	walker->at += bytes;
	walker->line++;
	walker->column = 1;
}

/* The next byte of the directive, END_OF_LINE at its end. Continuations vanish here. */
static int peek(struct walker *walker)
{
	size_t bytes;

	if (walker->at < walker->end && *walker->at != '\\' && *walker->at != '\n' && *walker->at != '\r')
		return (unsigned char)*walker->at;  /* nearly always */
	while (walker->at < walker->end && *walker->at == '\\' && starts_line_end(walker, 1, &bytes))
		pass_line_end(walker, 1 + bytes);
	if (walker->at >= walker->end || starts_line_end(walker, 0, &bytes))
		return END_OF_LINE;
	return (unsigned char)*walker->at;
}

static void pass(struct walker *walker)
{
	walker->at++;
	walker->column++;
}

static bool is_blank(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void pass_blanks(struct walker *walker)
{
	while (is_blank(peek(walker)))
		pass(walker);
}

static void pass_line(struct walker *walker)
{
	size_t bytes;

	while (peek(walker) != END_OF_LINE)
		pass(walker);
	if (starts_line_end(walker, 0, &bytes))
		pass_line_end(walker, bytes);
}

static bool is_at_end(const struct walker *walker)
{
	return walker->at >= walker->end;
}

/* One decoded byte of a word that QUOTE surrounds; its end is the caller's to see. */
static char decode(struct walker *walker, char quote)
{
	int c = peek(walker);

	pass(walker);
	if (c == '\\') {
		int next = peek(walker);

		if (next == '\\' || (quote && next == quote)) {
			pass(walker);
			return (char)next;
		}
	}
	return (char)c;
}

static bool ends_word(int c, char quote)
{
	return c == END_OF_LINE || (quote ? c == quote : is_blank(c));
}

static struct place place_at(struct span file, const struct walker *walker)
{
	return (struct place){ file, walker->line, walker->column };
}

static enum result complain_at(struct text_fault *fault, struct place place, const char *what, const char *advice)
{
	*fault = (struct text_fault){ place, what, advice };
	return RESULT_MALFORMED;
}

/* How many bytes the directive has from here to its end, at most one more than is allowed. */
static size_t measure(struct walker walker)
{
	size_t count = 0;

	for (; count <= LINE_BYTES_MAX && peek(&walker) != END_OF_LINE; count++)
		pass(&walker);
	return count;
}

struct line {
	struct text *text;
	char *out;               /* room for all words of the line: they shrink, never grow */
	struct text_fault *fault;
};

static enum result check_word(struct line *line, const struct word *word)
{
	if (memchr(word->text.at, 0, word->text.len))
		return complain_at(line->fault, place_at(word->file, &word->start), "a NUL byte in an argument", NULL);
	if (!word->quote && word->text.len == 1 && word->text.at[0] == '\\')
		return complain_at(line->fault, place_at(word->file, &word->start), "a lone \\ among the arguments",
		                   "a \\ continues a line only when nothing follows it, not even a space");
	return RESULT_OK;
}

static enum result read_word(struct line *line, struct word *word)
{
	struct walker *walker = &line->text->walker;
	struct place place = place_at(line->text->file, walker);
	int first = peek(walker);
	char *start = line->out;

	*word = (struct word){ .file = line->text->file, .quote = first == '"' || first == '\'' ? (char)first : 0 };
	if (word->quote)
		pass(walker);
	(void)peek(walker);  /* the word starts behind a continuation, if there is one */
	word->start = *walker;
	while (!ends_word(peek(walker), word->quote))
		*line->out++ = decode(walker, word->quote);
	word->text = span_make(start, (size_t)(line->out - start));
	if (word->quote && peek(walker) == END_OF_LINE)
		return complain_at(line->fault, place, "a quote that is not closed on its line",
		                   "a \\ at the very end of a line continues it; a quote within quotes is written \\\"");
	if (word->quote)
		pass(walker);
	pass_blanks(walker);
	return check_word(line, word);
}

static enum result read_words(struct line *line, struct arena *arena, struct statement *out)
{
	enum result result = read_word(line, &out->name);
	struct bag words = { 0 };

	out->place = place_at(line->text->file, &out->name.start);
	while (result == RESULT_OK && peek(&line->text->walker) != END_OF_LINE) {
		struct word *word;

		if (words.count == WORDS_MAX)
			return complain_at(line->fault, out->place, "a directive with more arguments than are allowed (1024)", NULL);
		word = bag_add(&words, arena, sizeof(*word));
		result = word ? read_word(line, word) : RESULT_NO_MEMORY;
	}
	out->words = words.items;
	out->count = words.count;
	return result;
}

/* Past empty lines and comments. False: the text has ended. */
static bool find_line(struct walker *walker)
{
	for (;;) {
		pass_blanks(walker);
		if (peek(walker) != END_OF_LINE && peek(walker) != '#')
			return true;
		if (is_at_end(walker))
			return false;
		pass_line(walker);
	}
}

enum result statement_read(struct text *text, struct arena *arena, struct statement *out, struct text_fault *fault)
{
	struct statement statement = { 0 };
	struct line line = { .text = text, .fault = fault };
	enum result result;
	size_t count;

	if (!find_line(&text->walker))
		return RESULT_END;
	count = measure(text->walker);
	if (count > LINE_BYTES_MAX) {
		*fault = (struct text_fault){ place_at(text->file, &text->walker), "a directive of more than 256 KiB", NULL };
		pass_line(&text->walker);
		return RESULT_LIMIT;
	}
	line.out = arena_take(arena, count + 1);
	if (!line.out)
		return RESULT_NO_MEMORY;
	result = read_words(&line, arena, &statement);
	pass_line(&text->walker);
	if (result == RESULT_OK)
		*out = statement;
	return result;
}

struct place word_place(const struct word *word, size_t offset)
{
	struct walker walker = word->start;

	while (offset-- && !ends_word(peek(&walker), word->quote))
		(void)decode(&walker, word->quote);
	(void)peek(&walker);
	return place_at(word->file, &walker);
}

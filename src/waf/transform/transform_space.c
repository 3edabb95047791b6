/* White space, and the command line, where it is noise as quotes and carets are. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

/* 0xa0 is the space without a break of ISO 8859-1. */
static const unsigned char white[256] = { ['\t' ... '\r'] = 1, [' '] = 1, [0xa0] = 1 };

static size_t find_other(struct span in, size_t from)
{
	while (from < in.len && white[(unsigned char)in.at[from]])
		from++;
	return from;
}

/* Every run of white space becomes TEXT. */
static enum result replace_runs(struct span in, struct span text, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);

	for (size_t from = find_marked(in, 0, white); from < in.len;) {
		size_t to = find_other(in, from + 1);

		edit_replace(&edit, from, to, text.at, text.len);
		from = find_marked(in, to, white);
	}
	return edit_end(&edit, out);
}

enum result transform_compress_whitespace(struct span in, struct arena *arena, struct span *out)
{
	return replace_runs(in, SPAN(" "), arena, out);
}

enum result transform_remove_whitespace(struct span in, struct arena *arena, struct span *out)
{
	return replace_runs(in, SPAN(""), arena, out);
}

static struct span trim_left(struct span in)
{
	while (in.len && is_space(*in.at))
		in = span_skip(in, 1);
	return in;
}

static struct span trim_right(struct span in)
{
	while (in.len && is_space(in.at[in.len - 1]))
		in.len--;
	return in;
}

enum result transform_trim(struct span in, struct arena *arena, struct span *out)
{
	(void)arena;
	*out = trim_right(trim_left(in));
	return RESULT_OK;
}

enum result transform_trim_left(struct span in, struct arena *arena, struct span *out)
{
	(void)arena;
	*out = trim_left(in);
	return RESULT_OK;
}

enum result transform_trim_right(struct span in, struct arena *arena, struct span *out)
{
	(void)arena;
	*out = trim_right(in);
	return RESULT_OK;
}

enum { PLAIN, LETTER, NOISE, BLANK, END };
static const unsigned char command_kinds[256] = {
	['A' ... 'Z'] = LETTER, ['"'] = NOISE, ['\''] = NOISE, ['\\'] = NOISE, ['^'] = NOISE, [' '] = BLANK, [','] = BLANK,
	[';'] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK, [0] = END,
};

/* Blanks and the noise among them, from FROM: one space, or none before a slash or a bracket. Where it ends. */
static size_t blanks(struct edit *edit, size_t from)
{
	struct span in = edit->in;
	size_t to = from;

	while (to < in.len && (command_kinds[(unsigned char)in.at[to]] == NOISE || command_kinds[(unsigned char)in.at[to]] == BLANK))
		to++;
	if (to < in.len && (in.at[to] == '/' || in.at[to] == '('))
		edit_drop(edit, from, to);
	else
		edit_byte(edit, from, to, ' ');
	return to;
}

/* The reference ends its answer at the first NUL. */
enum result transform_cmd_line(struct span in, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);
	size_t i = find_marked(in, 0, command_kinds);

	while (i < in.len) {
		switch (command_kinds[(unsigned char)in.at[i]]) {
		case LETTER:
			edit_byte(&edit, i, i + 1, (unsigned char)ascii_lower(in.at[i]));
			i++;
			break;
		case NOISE:
			edit_drop(&edit, i, i + 1);
			i++;
			break;
		case BLANK:
			i = blanks(&edit, i);
			break;
		default:
			edit_drop(&edit, i, in.len);
			return edit_end(&edit, out);
		}
		i = find_marked(in, i, command_kinds);
	}
	return edit_end(&edit, out);
}

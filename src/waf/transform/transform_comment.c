/* Comments of SQL, C, HTML and shells. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

static bool stands_at(struct span in, size_t at, struct span text)
{
	return in.len - at >= text.len && memcmp(in.at + at, text.at, text.len) == 0;
}

/* Behind the end of a comment whose inside begins at FROM; 0: it has none. */
static size_t comment_end(struct span in, size_t from)
{
	static const unsigned char ends[256] = { ['*'] = 1, ['-'] = 1 };

	for (size_t i = find_marked(in, from, ends); i < in.len; i = find_marked(in, i + 1, ends)) {
		if (stands_at(in, i, SPAN("*/")))
			return i + 2;
		if (stands_at(in, i, SPAN("-->")))
			return i + 3;
	}
	return 0;
}

/* Takes the comment at FROM away. As the reference does, the byte behind its end is kept unseen, which at the very end of
 * the value is a NUL; a comment without end leaves a space. Where to go on. */
static size_t remove_one(struct edit *edit, size_t from, size_t inside)
{
	struct span in = edit->in;
	size_t to = comment_end(in, inside);

	if (!to || to == in.len) {
		edit_byte(edit, from, in.len, to ? 0 : ' ');
		return in.len;
	}
	edit_drop(edit, from, to);
	return to + 1;
}

/* A comment of either kind may end as the other. A comment to the end of its line ends the value. */
enum result transform_remove_comments(struct span in, struct arena *arena, struct span *out)
{
	static const unsigned char marks[256] = { ['/'] = 1, ['<'] = 1, ['-'] = 1, ['#'] = 1 };
	struct edit edit = edit_make(in, in.len, arena);
	size_t i = find_marked(in, 0, marks);

	while (i < in.len) {
		if (stands_at(in, i, SPAN("/*")))
			i = remove_one(&edit, i, i + 2);
		else if (stands_at(in, i, SPAN("<!--")))
			i = remove_one(&edit, i, i + 4);
		else if (in.at[i] == '#' || stands_at(in, i, SPAN("--"))) {
			edit_drop(&edit, i, in.len);
			i = in.len;
		} else
			i++;
		i = find_marked(in, i, marks);
	}
	return edit_end(&edit, out);
}

/* How long the sign at AT is that begins or ends a comment; 0: it is none. */
static size_t sign_length(struct span in, size_t at)
{
	char next = at + 1 < in.len ? in.at[at + 1] : 0;

	switch (in.at[at]) {
	case '/': return next == '*' ? 2 : 0;
	case '*': return next == '/' ? 2 : 0;
	case '<': return stands_at(in, at, SPAN("<!--")) ? 4 : 0;
	case '-': return next != '-' ? 0 : stands_at(in, at, SPAN("-->")) ? 3 : 2;
	default: return 1;  /* # */
	}
}

/* The signs that begin or end comments, and nothing of what is inside. */
enum result transform_remove_comments_char(struct span in, struct arena *arena, struct span *out)
{
	static const unsigned char marks[256] = { ['/'] = 1, ['*'] = 1, ['<'] = 1, ['-'] = 1, ['#'] = 1 };
	struct edit edit = edit_make(in, in.len, arena);
	size_t i = find_marked(in, 0, marks);

	while (i < in.len) {
		size_t len = sign_length(in, i);

		if (len)
			edit_drop(&edit, i, i + len);
		i = find_marked(in, i + (len ? len : 1), marks);
	}
	return edit_end(&edit, out);
}

static size_t c_comment_end(struct span in, size_t from)
{
	for (size_t i = find_byte(in, from, '*'); i < in.len; i = find_byte(in, i + 1, '*'))
		if (stands_at(in, i, SPAN("*/")))
			return i + 2;
	return in.len;
}

/* A comment of C becomes one space, with or without its end. */
enum result transform_replace_comments(struct span in, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);
	size_t i = find_byte(in, 0, '/');

	while (i < in.len) {
		size_t from = i++;

		if (stands_at(in, from, SPAN("/*"))) {
			i = c_comment_end(in, from + 2);
			edit_byte(&edit, from, i, ' ');
		}
		i = find_byte(in, i, '/');
	}
	return edit_end(&edit, out);
}

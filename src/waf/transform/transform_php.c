/* The name that PHP gives to an argument: spaces and dots become underscores, what is behind an array's brackets is lost.
 * 2.9.7 does not know it; the vectors and PHP's own manual ("Variables from external sources") decide. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

static const unsigned char marks[256] = { [' '] = 1, ['.'] = 1, ['['] = 1 };

/* The brackets at FROM and those that follow them: where they end; FROM when the first has no end. */
static size_t read_brackets(struct edit *edit, size_t from)
{
	struct span in = edit->in;

	while (from < in.len && in.at[from] == '[') {
		size_t inside = from + 1, end = find_byte(in, inside, ']');

		if (end == in.len)
			break;
		if (end == inside + 1 && is_space(in.at[inside]))
			edit_drop(edit, inside, end);
		from = end + 1;
	}
	return from;
}

enum result transform_php_args_names(struct span in, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);
	size_t begin = 0, i;

	while (begin < in.len && in.at[begin] == ' ')
		begin++;
	if (begin < in.len && in.at[begin] == '[')  /* no name at all */
		begin = in.len;
	edit_drop(&edit, 0, begin);
	for (i = find_marked(in, begin, marks); i < in.len && in.at[i] != '['; i = find_marked(in, i + 1, marks))
		edit_byte(&edit, i, i + 1, '_');
	if (i < in.len) {
		size_t end = read_brackets(&edit, i);

		if (end == i)
			edit_byte(&edit, i, i + 1, '_');
		else
			edit_drop(&edit, end, in.len);
	}
	return edit_end(&edit, out);
}

#include "config/patch.h"

#include "base/banned.h"

enum result patch_apply(struct span text, const struct patch *patches, size_t count, struct buffer *out)
{
	enum result result = RESULT_OK;
	size_t at = 0;

	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		result = buffer_append(out, span_make(text.at + at, patches[i].start - at));
		if (result == RESULT_OK)
			result = buffer_append(out, patches[i].with);
		at = patches[i].end;
	}
	return result == RESULT_OK ? buffer_append(out, span_skip(text, at)) : result;
}

size_t line_start(struct span text, size_t at)
{
	size_t found = span_find_last(span_take(text, at), '\n');

	return found < at ? found + 1 : 0;
}

size_t line_end(struct span text, size_t at)
{
	size_t end = at + span_find(span_skip(text, at), '\n');

	return end > at && text.at[end - 1] == '\r' ? end - 1 : end;
}

size_t line_next(struct span text, size_t at)
{
	size_t end = at + span_find(span_skip(text, at), '\n');

	return end < text.len ? end + 1 : end;
}

size_t content_end(struct span text, const struct node *node)
{
	size_t end;

	if (node->kind != NODE_SCALAR && !node->is_flow && node->last)
		return content_end(text, node->last);
	end = node->end < text.len ? node->end : text.len;
	while (node->kind == NODE_SCALAR && end > node->start && (text.at[end - 1] == '\n' || text.at[end - 1] == '\r' || text.at[end - 1] == ' '))
		end--;  /* a block scalar ends where the next thing begins */
	return end;
}

size_t dash_of(struct span text, const struct node *item)
{
	size_t at = item->start;

	while (at > 0 && memchr(" \t\r\n", text.at[at - 1], 4))
		at--;
	return at > 0 && text.at[at - 1] == '-' ? at - 1 : SIZE_MAX;
}

struct node *node_before(const struct node *parent, const struct node *node)
{
	struct node *before = NULL;

	for (struct node *child = parent->first; child && child != node; child = child->next)
		before = child;
	return before;
}

struct span line_break_of(struct span text)
{
	size_t end = span_find(text, '\n');

	return end > 0 && end < text.len && text.at[end - 1] == '\r' ? SPAN("\r\n") : SPAN("\n");
}

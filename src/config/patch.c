#include "config/patch.h"

#include "base/banned.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

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

/* "[a: b]" is a list of a mapping that has none. */
static bool has_brackets(struct span text, const struct node *node)
{
	return node->is_flow && node->start < text.len && memchr("[{", text.at[node->start], 2);
}

size_t content_end(struct span text, const struct node *node)
{
	size_t end;

	if (node->last && !has_brackets(text, node))
		return content_end(text, node->last);
	end = node->end < text.len ? node->end : text.len;
	while (node->kind == NODE_SCALAR && end > node->start && (text.at[end - 1] == '\n' || text.at[end - 1] == '\r' || text.at[end - 1] == ' '))
		end--;  /* a block scalar ends where the next thing begins */
	return end;
}

struct node *node_before(const struct node *parent, const struct node *node)
{
	struct node *before = NULL;

	for (struct node *child = parent->first; child && child != node; child = child->next)
		before = child;
	return before;
}

/* Between two values. SIZE_MAX: no such thing. */
struct gap {
	size_t comma, comment, end;
};

static struct gap gap_behind(struct span text, size_t at)
{
	struct gap gap = { SIZE_MAX, SIZE_MAX, at };

	for (; at < text.len; at++) {
		if (text.at[at] == '#') {
			gap.comment = gap.comment == SIZE_MAX ? at : gap.comment;
			at = line_end(text, at);
		} else if (text.at[at] == ',' && gap.comma == SIZE_MAX) {
			gap.comma = at;
		} else if (!is_blank(text.at[at])) {
			break;
		}
	}
	gap.end = at < text.len ? at : text.len;
	return gap;
}

size_t dash_of(struct span text, const struct node *list, const struct node *item)
{
	const struct node *before = node_before(list, item);
	size_t at = before ? gap_behind(text, content_end(text, before)).end : list->start;

	return at < item->start && text.at[at] == '-' && gap_behind(text, at + 1).end == item->start ? at : SIZE_MAX;
}

/* -- flows -- */

static const struct node *front_of(const struct node *entry)
{
	return entry->key ? entry->key : entry;
}

/* Behind the blanks at AT that are in its line. */
static size_t skip_blanks(struct span text, size_t at)
{
	while (at < text.len && (text.at[at] == ' ' || text.at[at] == '\t'))
		at++;
	return at;
}

/* START..END and the blanks behind it; of what has lines to itself no empty one is left. */
static struct patch cut_tidy(struct span text, size_t start, size_t end)
{
	size_t line = line_start(text, start);
	bool begins = skip_blanks(text, line) == start;

	end = skip_blanks(text, end);
	if (begins && end == line_end(text, end))
		return (struct patch){ line, line_next(text, end), SPAN_NONE };
	/* What follows a word at once is no comment. */
	return (struct patch){ start, end, !begins && end < text.len && text.at[end] == '#' && !is_blank(text.at[start - 1]) ? SPAN(" ") : SPAN_NONE };
}

/* A comma may stand behind the last entry, and none behind nothing. */
size_t flow_cut(struct span text, const struct node *parent, const struct node *child, struct patch patches[2])
{
	const struct node *before = node_before(parent, child), *next = child->next;
	size_t start = front_of(child)->start, end = content_end(text, child);
	struct gap gap = gap_behind(text, end);

	if (next && gap.comment == SIZE_MAX) {
		patches[0] = (struct patch){ start, front_of(next)->start, SPAN_NONE };
		return 1;
	}
	if (!next && before && gap_behind(text, content_end(text, before)).comment == SIZE_MAX) {
		patches[0] = (struct patch){ content_end(text, before), end, SPAN_NONE };
		return 1;
	}
	if (gap.comma == SIZE_MAX || gap.comma < gap.comment) {
		patches[0] = cut_tidy(text, start, gap.comma == SIZE_MAX ? end : gap.comma + 1);
		return 1;
	}
	patches[0] = cut_tidy(text, start, end);
	patches[1] = cut_tidy(text, gap.comma, gap.comma + 1);
	return 2;
}

struct flow_end flow_end(struct span text, const struct node *parent)
{
	size_t at = parent->last ? content_end(text, parent->last) : parent->start + 1;
	struct gap gap = gap_behind(text, at);

	if (!parent->last)
		return (struct flow_end){ at, SIZE_MAX, SIZE_MAX, parent->kind == NODE_MAPPING ? SPAN(" ") : SPAN_NONE };
	if (gap.comment >= line_end(text, at))
		return (struct flow_end){ at, SIZE_MAX, SIZE_MAX, SPAN(", ") };
	if (gap.comma != SIZE_MAX && gap.comma > gap.comment)
		return (struct flow_end){ gap.comma + 1, SIZE_MAX, SIZE_MAX, SPAN(" ") };
	return (struct flow_end){ line_end(text, at), gap.comma == SIZE_MAX ? at : SIZE_MAX, front_of(parent->last)->column - 1u, SPAN_NONE };
}

bool flow_is_annotated(struct span text, const struct node *flow)
{
	return gap_behind(text, flow->start + 1).comment != SIZE_MAX;
}

struct span line_break_of(struct span text)
{
	size_t end = span_find(text, '\n');

	return end > 0 && end < text.len && text.at[end - 1] == '\r' ? SPAN("\r\n") : SPAN("\n");
}

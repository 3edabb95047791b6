#include "waf/language/item.h"

#include "base/banned.h"

struct cutter {
	struct span text;
	size_t at;
	struct arena *arena;
	struct item_fault *fault;
};

/* 0 at the end: a word holds no NUL. */
static char look(const struct cutter *cutter)
{
	return cutter->at < cutter->text.len ? cutter->text.at[cutter->at] : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_separator(char c)
{
	return c == ',' || c == '|';
}

static enum result blame(struct cutter *cutter, size_t offset, const char *what)
{
	*cutter->fault = (struct item_fault){ offset, what };
	return RESULT_MALFORMED;
}

static struct span since(const struct cutter *cutter, size_t start)
{
	return span_make(cutter->text.at + start, cutter->at - start);
}

static enum result unquote(struct cutter *cutter, struct span quoted, struct span *out)
{
	char *copy;
	size_t len = 0;

	if (!memchr(quoted.at, '\\', quoted.len)) {
		*out = quoted;
		return RESULT_OK;
	}
	copy = arena_take(cutter->arena, quoted.len);
	if (!copy)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < quoted.len; i++)
		copy[len++] = quoted.at[quoted.at[i] == '\\' ? ++i : i];
	*out = span_make(copy, len);
	return RESULT_OK;
}

static enum result read_quoted(struct cutter *cutter, struct item *item)
{
	size_t start = ++cutter->at;

	item->value_offset = start;
	for (; look(cutter) != '\''; cutter->at++) {
		if (!look(cutter))
			return blame(cutter, start - 1, "a single quote that is not closed");
		if (look(cutter) != '\\')
			continue;
		cutter->at++;
		if (look(cutter) != '\'' && look(cutter) != '\\')
			return blame(cutter, cutter->at - 1, "a \\ within single quotes that stands before neither \\ nor '"
			                                     " (in a quoted argument a \\ is written \\\\, so here \\\\\\\\)");
	}
	cutter->at++;
	return unquote(cutter, span_make(cutter->text.at + start, cutter->at - 1 - start), &item->value);
}

/* Behind a colon ModSecurity's rules have no white space, Coraza's do: `id: 1` is a mistake there (2.9.7) and a value here. */
static void skip_to_value(struct cutter *cutter)
{
	size_t start = cutter->at;

	while (is_blank(look(cutter)))
		cutter->at++;
	if (!look(cutter) || is_separator(look(cutter)))
		cutter->at = start;
}

static enum result read_value(struct cutter *cutter, struct item *item)
{
	enum result result = RESULT_OK;
	size_t start;

	cutter->at++;
	skip_to_value(cutter);
	start = cutter->at;

	item->has_value = true;
	item->value_offset = start;
	if (look(cutter) == '\'') {
		result = read_quoted(cutter, item);
	} else {
		while (look(cutter) && !is_separator(look(cutter)) && !is_blank(look(cutter)))
			cutter->at++;
		item->value = since(cutter, start);
	}
	while (is_blank(look(cutter)) || is_separator(look(cutter)))
		cutter->at++;
	return result;
}

static enum result read_item(struct cutter *cutter, struct item *item)
{
	size_t start = cutter->at;

	item->name_offset = start;
	while (look(cutter) && !is_separator(look(cutter)) && look(cutter) != ':' && !is_blank(look(cutter)))
		cutter->at++;
	item->name = since(cutter, start);
	if (!item->name.len)
		return blame(cutter, start, look(cutter) == ':' ? "a : with no name before it" : "nothing between two separators");
	if (look(cutter) == ':')
		return read_value(cutter, item);
	while (is_blank(look(cutter)))
		cutter->at++;
	if (look(cutter) && !is_separator(look(cutter)))
		return blame(cutter, cutter->at, "no separator before the next name");
	if (look(cutter))
		cutter->at++;
	return RESULT_OK;
}

enum result items_read(struct span text, struct arena *arena, struct bag *out, struct item_fault *fault)
{
	struct cutter cutter = { text, 0, arena, fault };

	for (;;) {
		struct item item = { 0 }, *kept;
		enum result result;

		while (is_blank(look(&cutter)))
			cutter.at++;
		if (!look(&cutter))
			return RESULT_OK;
		if (out->count == ITEMS_MAX)
			return blame(&cutter, cutter.at, "more in one list than is allowed (4096)");
		result = read_item(&cutter, &item);
		if (result != RESULT_OK)
			return result;
		kept = bag_add(out, arena, sizeof(*kept));
		if (!kept)
			return RESULT_NO_MEMORY;
		*kept = item;
	}
}

#include "config/tree_writer.h"

#include <assert.h>

#include "base/encode.h"

#include "base/banned.h"

void tree_init(struct tree_writer *tree, enum dump_format format, struct buffer *out)
{
	*tree = (struct tree_writer){ .out = out, .format = format };
}

static void put(struct tree_writer *tree, struct span text)
{
	if (tree->result == RESULT_OK)
		tree->result = buffer_append(tree->out, text);
}

static void put_string(struct tree_writer *tree, struct span text)
{
	if (tree->result == RESULT_OK)
		tree->result = json_write_string(text, tree->out);
}

static void break_line(struct tree_writer *tree, unsigned depth)
{
	put(tree, SPAN("\n"));
	for (unsigned i = 0; i < depth; i++)
		put(tree, SPAN("  "));
}

/* Lists in YAML stand two columns deeper than their key, so that one rule serves every level. */
static unsigned indent(const struct tree_writer *tree)
{
	return tree->format == DUMP_JSON || tree->depth == 0 ? tree->depth : tree->depth - 1;
}

/* The place of the next key or item. */
static void begin_entry(struct tree_writer *tree)
{
	bool is_first = tree->depth == 0 || tree->is_empty[tree->depth - 1];

	if (tree->depth == 0)
		return;
	tree->is_empty[tree->depth - 1] = false;
	if (tree->format == DUMP_JSON) {
		put(tree, is_first ? SPAN("") : SPAN(","));
		break_line(tree, indent(tree));
	} else if (tree->is_same_line) {
		tree->is_same_line = false;
	} else if (buffer_len(tree->out)) {
		break_line(tree, indent(tree));
	}
}

/* The place of the next value: an item begins here, a mapping's value follows its key. */
static void begin_value(struct tree_writer *tree, bool is_scalar)
{
	bool is_item = tree->depth && tree->is_list[tree->depth - 1];

	if (is_item)
		begin_entry(tree);
	if (tree->format == DUMP_JSON)
		return;
	if (is_item)
		put(tree, SPAN("- "));
	else if (tree->depth && is_scalar)
		put(tree, SPAN(" "));
}

bool tree_is_bare(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i], lower = ascii_lower(c);
		bool is_word = (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '/' || c == '_' || c == '.';

		if (!is_word && (i == 0 || !memchr("-:+@=%", c, 6)))
			return false;
	}
	return text.len > 0 && text.at[text.len - 1] != ':';
}

void tree_key_span(struct tree_writer *tree, struct span name)
{
	begin_entry(tree);
	if (tree->format == DUMP_YAML && tree_is_bare(name))
		put(tree, name);
	else
		put_string(tree, name);
	put(tree, tree->format == DUMP_JSON ? SPAN(": ") : SPAN(":"));
}

void tree_key(struct tree_writer *tree, const char *name)
{
	tree_key_span(tree, span_of(name));
}

void tree_text(struct tree_writer *tree, struct span text)
{
	begin_value(tree, true);
	if (tree->format == DUMP_YAML && tree_is_bare(text))
		put(tree, text);
	else
		put_string(tree, text);
}

void tree_bare(struct tree_writer *tree, struct span text)
{
	begin_value(tree, true);
	put(tree, text);
}

void tree_open(struct tree_writer *tree, bool is_list)
{
	bool is_item = tree->depth && tree->is_list[tree->depth - 1];

	assert(tree->depth < TREE_DEPTH_MAX);
	begin_value(tree, false);
	if (tree->format == DUMP_JSON)
		put(tree, is_list ? SPAN("[") : SPAN("{"));
	tree->is_same_line = tree->format == DUMP_YAML && is_item;
	tree->is_list[tree->depth] = is_list;
	tree->is_empty[tree->depth] = true;
	tree->depth++;
}

void tree_close(struct tree_writer *tree)
{
	bool is_list, is_empty;

	tree->depth--;
	is_list = tree->is_list[tree->depth];
	is_empty = tree->is_empty[tree->depth];
	if (tree->format == DUMP_JSON) {
		if (!is_empty)
			break_line(tree, tree->depth);
		put(tree, is_list ? SPAN("]") : SPAN("}"));
	} else if (is_empty) {
		put(tree, tree->is_same_line || tree->depth == 0 ? SPAN("") : SPAN(" "));
		put(tree, is_list ? SPAN("[]") : SPAN("{}"));
		tree->is_same_line = false;
	}
}

enum result tree_finish(struct tree_writer *tree)
{
	put(tree, SPAN("\n"));
	return tree->result;
}

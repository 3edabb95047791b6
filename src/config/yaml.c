/* The one file that knows libyaml: its events become nodes. */
#include <assert.h>
#include <stdlib.h>
#include <yaml.h>

#include "config/document.h"

#include "base/banned.h"

#define BOM "\xef\xbb\xbf"

struct reader {
	yaml_parser_t parser;
	struct document *document;
	const struct span *file;
	struct span text;              /* behind a byte order mark */
	size_t offset;                 /* of TEXT in the file */
	struct complaints *complaints;
	size_t index, byte;            /* the same place counted in characters (libyaml's way) and in bytes */
	struct node *stack[DOCUMENT_DEPTH_MAX];
	unsigned depth;
	struct node *key;              /* of the mapping on top: read, and waiting for its value */
	struct node *root;
	enum result result;
};

static struct place mark_place(const struct reader *reader, yaml_mark_t mark)
{
	return (struct place){ *reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

static void refuse(struct reader *reader, yaml_mark_t mark, const char *what)
{
	complain(reader->complaints, COMPLAINT_ERROR, mark_place(reader, mark), SPAN_NONE, "%s", what);
}

static void stop(struct reader *reader, yaml_mark_t mark, const char *what)
{
	refuse(reader, mark, what);
	reader->result = RESULT_MALFORMED;
}

/* Is the byte at AT the second or a later one of a character? */
static bool is_tail(const struct reader *reader, size_t at)
{
	return ((unsigned char)reader->text.at[at] & 0xc0) == 0x80;
}

/* Bytes from characters. Marks come almost in order, so that walking from the last one costs one pass in all. */
static size_t byte_of(struct reader *reader, size_t index)
{
	while (reader->index < index && reader->byte < reader->text.len) {
		reader->byte++;
		while (reader->byte < reader->text.len && is_tail(reader, reader->byte))
			reader->byte++;
		reader->index++;
	}
	while (reader->index > index && reader->byte > 0) {
		reader->byte--;
		while (reader->byte > 0 && is_tail(reader, reader->byte))
			reader->byte--;
		reader->index--;
	}
	return reader->offset + reader->byte;
}

static struct node *node_new(struct reader *reader, enum node_kind kind, const yaml_event_t *event)
{
	struct node *node;

	if (reader->document->node_count == reader->document->node_limit) {
		complain(reader->complaints, COMPLAINT_ERROR, mark_place(reader, event->start_mark), SPAN_NONE, "more than %zu values in all",
		         reader->document->allowed);
		reader->result = RESULT_MALFORMED;
		return NULL;
	}
	reader->document->node_count++;
	node = arena_new(&reader->document->arena, struct node);
	if (!node) {
		reader->result = RESULT_NO_MEMORY;
		return NULL;
	}
	node->kind = (uint8_t)kind;
	node->file = reader->file;
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	node->start = byte_of(reader, event->start_mark.index);
	node->end = byte_of(reader, event->end_mark.index);
	return node;
}

/* Hangs NODE where the reader stands: as the root, an item, a key, or the value of the waiting key. */
static void attach(struct reader *reader, struct node *node)
{
	struct node *parent = reader->depth ? reader->stack[reader->depth - 1] : NULL;

	if (!parent) {
		reader->root = node;
		return;
	}
	if (parent->kind == NODE_MAPPING && !reader->key) {
		reader->key = node;
		return;
	}
	node->key = reader->key;
	reader->key = NULL;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
	if (node->key && node->key->is_bad)
		node->is_bad = true;
}

static bool is_key_next(const struct reader *reader)
{
	return reader->depth && reader->stack[reader->depth - 1]->kind == NODE_MAPPING && !reader->key;
}

static void check_properties(struct reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
                             const yaml_char_t *tag)
{
	if (anchor)
		refuse(reader, event->start_mark, "an anchor (&name) is not allowed: write the value out, or put it under `defaults`");
	if (tag)
		refuse(reader, event->start_mark, "a tag (!type) is not allowed: each key knows its own type");
}

static void take_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct span text = span_make((const char *)event->data.scalar.value, event->data.scalar.length);
	struct node *node = node_new(reader, NODE_SCALAR, event);

	if (!node)
		return;
	check_properties(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_copy(&reader->document->arena, text);
	if (!node->text.at) {
		reader->result = RESULT_NO_MEMORY;
		return;
	}
	if (is_key_next(reader) && node->is_plain && span_equal(text, SPAN("<<"))) {
		refuse(reader, event->start_mark, "a merge key (<<) is not allowed: write the values out, or put them under `defaults`");
		node->is_bad = true;
	}
	attach(reader, node);
}

static void take_alias(struct reader *reader, const yaml_event_t *event)
{
	struct node *node = node_new(reader, NODE_SCALAR, event);

	if (!node)
		return;
	refuse(reader, event->start_mark, "an alias (*name) is not allowed: write the value out, or put it under `defaults`");
	node->is_bad = true;
	node->text = SPAN("");
	attach(reader, node);
}

static void open_collection(struct reader *reader, const yaml_event_t *event, enum node_kind kind)
{
	struct node *node;

	if (is_key_next(reader)) {
		stop(reader, event->start_mark, "a key must be plain text, not a list or a mapping");
		return;
	}
	if (reader->depth == DOCUMENT_DEPTH_MAX) {
		stop(reader, event->start_mark, "nested deeper than 20 levels");
		return;
	}
	node = node_new(reader, kind, event);
	if (!node)
		return;
	if (kind == NODE_MAPPING) {
		check_properties(reader, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
		node->is_flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	} else {
		check_properties(reader, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
		node->is_flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	}
	attach(reader, node);
	reader->stack[reader->depth++] = node;
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
	int order = span_compare(x->key->text, y->key->text);

	return order ? order : (x->key->start > y->key->start) - (x->key->start < y->key->start);
}

/* Sorted, because a mapping of a million keys must not cost a million times a million comparisons. */
static void check_duplicates(struct reader *reader, struct node *mapping)
{
	struct node **sorted = mapping->count < 2 ? NULL : calloc(mapping->count, sizeof(*sorted));
	struct node *original;
	size_t count = 0;

	if (!sorted) {
		if (mapping->count >= 2)
			reader->result = RESULT_NO_MEMORY;
		return;
	}
	node_each(child, mapping)
		sorted[count++] = child;
	qsort(sorted, count, sizeof(struct node *), compare_keys);
	original = sorted[0];
	for (size_t i = 1; i < count; i++) {
		if (!span_equal(sorted[i]->key->text, original->key->text)) {
			original = sorted[i];
			continue;
		}
		complain(reader->complaints, COMPLAINT_ERROR, node_place(sorted[i]->key), SPAN_NONE,
		         "%s is written twice: the first is at line %u", node_describe(sorted[i]->key).text, original->key->line);
		sorted[i]->is_bad = true;
	}
	free(sorted);
}

static void close_collection(struct reader *reader, const yaml_event_t *event)
{
	struct node *node = reader->stack[--reader->depth];

	node->end = byte_of(reader, event->end_mark.index);
	if (node->kind == NODE_MAPPING)
		check_duplicates(reader, node);
}

static void take_document(struct reader *reader, const yaml_event_t *event)
{
	if (reader->root)
		stop(reader, event->start_mark, "a second document (---) is not allowed: one file, one document");
	else if (event->data.document_start.version_directive ||
	         event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
		refuse(reader, event->start_mark, "a directive (%YAML, %TAG) is not allowed");
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		take_document(reader, event);
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(reader, event);
		break;
	case YAML_ALIAS_EVENT:
		take_alias(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		open_collection(reader, event, NODE_LIST);
		break;
	case YAML_MAPPING_START_EVENT:
		open_collection(reader, event, NODE_MAPPING);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(reader, event);
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	default:
		break;
	}
}

/* The place of a byte that is no text at all: libyaml gives its offset only. */
static struct place byte_place(const struct reader *reader, size_t offset)
{
	struct place place = { *reader->file, 1, 1 };

	for (size_t i = 0; i < offset && i < reader->text.len; i++) {
		if (reader->text.at[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if (((unsigned char)reader->text.at[i] & 0xc0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

static void explain_error(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "unreadable";
	size_t at = byte_of(reader, parser->problem_mark.index) - reader->offset;

	reader->result = parser->error == YAML_MEMORY_ERROR ? RESULT_NO_MEMORY : RESULT_MALFORMED;
	if (parser->error == YAML_READER_ERROR)
		complain(reader->complaints, COMPLAINT_ERROR, byte_place(reader, parser->problem_offset), SPAN_NONE,
		         "not valid YAML: %s", problem);
	else if (at < reader->text.len && reader->text.at[at] == '\t')
		complain(reader->complaints, COMPLAINT_ERROR, mark_place(reader, parser->problem_mark), SPAN_NONE,
		         "not valid YAML: a tab; YAML is indented with spaces");
	else if (parser->context)
		complain(reader->complaints, COMPLAINT_ERROR, mark_place(reader, parser->problem_mark), SPAN_NONE,
		         "not valid YAML: %s %s that begins at line %zu", problem, parser->context, parser->context_mark.line + 1);
	else
		complain(reader->complaints, COMPLAINT_ERROR, mark_place(reader, parser->problem_mark), SPAN_NONE,
		         "not valid YAML: %s", problem);
}

static void read_events(struct reader *reader)
{
	bool is_over = false;

	while (!is_over && reader->result == RESULT_OK) {
		yaml_event_t event;

		if (!yaml_parser_parse(&reader->parser, &event)) {
			explain_error(reader);
			return;
		}
		is_over = event.type == YAML_STREAM_END_EVENT;
		take_event(reader, &event);
		yaml_event_delete(&event);
	}
}

enum result document_read(struct document *document, const struct span *file, struct span text,
                          struct complaints *complaints, struct node **root)
{
	struct reader reader = { .document = document, .file = file, .complaints = complaints };

	if (!yaml_parser_initialize(&reader.parser))
		return RESULT_NO_MEMORY;
	reader.offset = span_starts(text, SPAN(BOM)) ? sizeof(BOM) - 1 : 0;
	reader.text = span_skip(text, reader.offset);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(reader.text.len ? reader.text.at : ""),
	                             reader.text.len);
	read_events(&reader);
	yaml_parser_delete(&reader.parser);
	if (reader.result != RESULT_OK)
		return reader.result;
	/* libyaml gives a text of comments only no document, and a lone "---" an empty scalar: both hold nothing. */
	if (reader.root && reader.root->kind == NODE_SCALAR && reader.root->is_plain && !reader.root->text.len)
		reader.root = NULL;
	*root = reader.root;
	return RESULT_OK;
}

/* From nodes to fields: the half of check.h that fills structs. */
#include <assert.h>
#include <stdlib.h>

#include "base/suggest.h"
#include "config/check.h"
#include "config/tenant.h"

#include "base/banned.h"

#define EXPECT_MAX 1024

void checker_init(struct checker *checker, struct arena *arena, struct document *document, struct complaints *complaints)
{
	*checker = (struct checker){ .arena = arena, .pool = { .arena = arena }, .document = document, .complaints = complaints };
}

void checker_done(struct checker *checker)
{
	free(checker->images);
	free(checker->files);
}

void checker_complain(struct checker *checker, struct place place, struct span suggestion, const char *format, ...)
{
	struct buffer text;
	va_list list;

	buffer_init(&text, 2048);
	va_start(list, format);
	if (buffer_print_list(&text, format, list) != RESULT_OK)
		buffer_reset(&text);
	va_end(list);
	if (!complaints_have(checker->complaints, place, buffer_span(&text)))
		complain(checker->complaints, COMPLAINT_ERROR, place, suggestion, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

void *checker_copy(struct checker *checker, const void *from, size_t size)
{
	void *copy = arena_take(checker->arena, size);

	if (!copy)
		checker->no_memory = true;
	return copy ? memcpy(copy, from, size) : NULL;
}

static void complain_value(struct checker *checker, const struct key *key, struct node *node, struct span suggestion)
{
	struct buffer expected;

	buffer_init(&expected, EXPECT_MAX);
	if (value_expect(key, &expected) != RESULT_OK)  /* too long to say: the manual has it */
		buffer_reset(&expected);
	checker_complain(checker, node_place(node), suggestion, "%s: found %s, expected %.*s", key->name,
	                 node_describe(node).text, SPAN_ARG(buffer_span(&expected)));
	buffer_done(&expected);
	node->is_bad = true;
}

void complain_unknown(struct checker *checker, const struct node *node, const char *where, const struct span *names)
{
	struct suggestion suggestion;
	struct buffer allowed;
	enum result result = RESULT_OK;

	suggestion_init(&suggestion, node->key->text);
	buffer_init(&allowed, EXPECT_MAX);
	for (size_t i = 0; names[i].len; i++) {
		suggestion_offer(&suggestion, names[i]);
		if (result == RESULT_OK)
			result = buffer_print(&allowed, "%s%.*s", i ? ", " : "", SPAN_ARG(names[i]));
	}
	checker_complain(checker, node_place(node->key), suggestion_sentence(&suggestion), "unknown key %s in %s, expected one of %.*s",
	                 node_describe(node->key).text, where, SPAN_ARG(buffer_span(&allowed)));
	buffer_done(&allowed);
}

static bool is_nothing(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->is_plain && node->text.len == 0;
}

static void note_file(struct checker *checker, const struct node *node, struct span path)
{
	struct config_file *file;

	if (checker->file_count == checker->file_size) {
		size_t size = checker->file_size ? checker->file_size * 2 : 64;
		struct config_file *files = reallocarray(checker->files, size, sizeof(*files));

		if (!files) {
			checker->no_memory = true;
			return;
		}
		checker->files = files;
		checker->file_size = size;
	}
	file = &checker->files[checker->file_count++];
	*file = (struct config_file){ .path = path, .place = node_place(node), .tenant = checker->tenant };
}

static void apply_scalar(struct checker *checker, const struct key *key, struct node *node, void *value)
{
	struct value_reader reader = { .pool = &checker->pool, .folder = checker->folder };
	enum result result = RESULT_MALFORMED;

	if (node->kind == NODE_SCALAR && !is_nothing(node))
		result = value_read(key, node->text, &reader, value);
	if (result == RESULT_NO_MEMORY) {
		checker->no_memory = true;
		return;
	}
	if (result != RESULT_OK) {
		complain_value(checker, key, node, span_of(reader.words));
		return;
	}
	if (checker->tenant && !tenant_check_value(checker, key, node, value)) {
		node->is_bad = true;
		if (key->type == KEY_PATH)
			*(struct span *)value = SPAN_NONE;  /* whatever looks further, to say more of this file, does not open it */
		return;
	}
	if (key->flags & KEY_FILE && !path_is_word(key, *(struct span *)value))
		note_file(checker, node, *(struct span *)value);
}

/* RFC 9110, section 5.1: a field name is a token. */
static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c <= 0x20 || c >= 0x7f || memchr("\"(),/:;<=>?@[\\]{}", c, 17))
			return false;
	}
	return text.len > 0 && text.len <= 256;
}

static void apply_fields(struct checker *checker, const struct key *key, struct node *node, struct list_value *out)
{
	static const struct key text_key = { .name = "", .type = KEY_TEXT, .max = 8192 };
	struct name_value *items;
	size_t count = 0;

	if (node->kind != NODE_MAPPING) {
		complain_value(checker, key, node, SPAN_NONE);
		return;
	}
	items = arena_new_array(checker->arena, struct name_value, node->count);
	if (!items) {
		checker->no_memory = true;
		return;
	}
	node_each(child, node) {
		struct key named = text_key;

		named.name = "value";
		if (child->is_bad)
			continue;
		if (!is_token(child->key->text)) {
			checker_complain(checker, node_place(child->key), SPAN_NONE, "%s: found %s, expected the name of a field (letters, digits and -)",
			                 key->name, node_describe(child->key).text);
			node->is_bad = true;
			continue;
		}
		apply_scalar(checker, &named, child, &items[count].value);
		items[count].name = text_pool_copy(&checker->pool, child->key->text);
		checker->no_memory |= !items[count].name.at;
		count++;
	}
	*out = (struct list_value){ items, count };
}

static void complain_unknown_in(struct checker *checker, const struct node *node, const struct key_table *table)
{
	struct span names[64] = { SPAN_NONE };
	size_t count = 0;

	for (const struct key *key = table->keys; key->name && count < 63; key++)
		names[count++] = span_of(key->name);
	complain_unknown(checker, node, table->name, names);
}

static const struct key *find_key(const struct key_table *table, struct span name)
{
	for (const struct key *key = table->keys; key->name; key++) {
		if (span_equal(span_of(key->name), name))
			return key;
	}
	return NULL;
}

static void apply_mapping(struct checker *checker, const struct key_table *table, const struct node *node, void *values)
{
	node_each(child, node) {
		const struct key *key = find_key(table, child->key->text);

		if (key)
			apply_key(checker, key, child, (char *)values + key->offset);
		else if (!child->is_bad)
			complain_unknown_in(checker, child, table);
	}
}

/* Lays NODE over VALUES, a struct that is already initialised. */
static void apply_struct(struct checker *checker, const struct key *key, struct node *node, void *values)
{
	const struct key_table *table = key->table;
	const char *shorthand = node->kind == NODE_SCALAR ? table->shorthand : NULL;

	if (node->kind == NODE_LIST && !(key->flags & KEY_LIST))
		shorthand = table->list_shorthand;
	if (node->kind == NODE_MAPPING) {
		apply_mapping(checker, table, node, values);
	} else if (shorthand && !is_nothing(node)) {
		const struct key *inner = find_key(table, span_of(shorthand));
		struct key as_written;

		assert(inner);
		as_written = *inner;
		as_written.name = key->name;  /* a complaint speaks of the key that the person wrote */
		apply_key(checker, &as_written, node, (char *)values + inner->offset);
	} else {
		complain_value(checker, key, node, SPAN_NONE);
	}
}

static void apply_item(struct checker *checker, const struct key *key, struct node *node, void *item)
{
	struct layers layers = { { node }, 1 };
	const void *defaults;

	if (node->is_bad)
		return;
	if (key->type == KEY_FIELDS) {
		apply_fields(checker, key, node, item);
		return;
	}
	if (key->type != KEY_MAP) {
		apply_scalar(checker, key, node, item);
		return;
	}
	defaults = checker_defaults(checker, key->table);
	if (!defaults)
		return;
	memcpy(item, defaults, key->table->size);
	apply_struct(checker, key, node, item);
	if (!node->is_bad)
		check_values(checker, key->table, item, &layers, node_place(node));
}

static void apply_list(struct checker *checker, const struct key *key, struct node *node, struct list_value *out)
{
	bool is_list = node->kind == NODE_LIST;
	size_t count = is_list ? node->count : 1, size = value_size(key);
	char *items = arena_take_zero(checker->arena, count, size);
	size_t i = 0;

	if (!items) {
		checker->no_memory = true;
		return;
	}
	if (!is_list)
		apply_item(checker, key, node, items);
	for (struct node *child = is_list ? node->first : NULL; child; child = child->next, i++) {
		apply_item(checker, key, child, items + i * size);
		node->is_bad |= child->is_bad;
	}
	*out = (struct list_value){ items, count };
}

static void apply_optional(struct checker *checker, const struct key *key, struct node *node, void **field)
{
	const void *from = *field ? *field : checker_defaults(checker, key->table);
	void *values = from ? checker_copy(checker, from, key->table->size) : NULL;

	if (!values)
		return;
	apply_struct(checker, key, node, values);
	*field = values;
}

void apply_key(struct checker *checker, const struct key *key, struct node *node, void *field)
{
	if (node->is_bad)
		return;
	if (key->flags & KEY_LIST)
		apply_list(checker, key, node, field);
	else if (key->type == KEY_FIELDS)
		apply_fields(checker, key, node, field);
	else if (key->type != KEY_MAP)
		apply_scalar(checker, key, node, field);
	else if (key->flags & KEY_OPTIONAL)
		apply_optional(checker, key, node, field);
	else
		apply_struct(checker, key, node, field);
}

/* A fallback is written as YAML would be, and read by the same code, with nobody to complain to: it may not be wrong. */
static void apply_fallback(struct checker *checker, const struct key *key, void *field)
{
	static const struct span file = SPAN_INIT("fallback");
	struct complaints *kept = checker->complaints, own;
	const struct config_tenant *tenant = checker->tenant;
	struct node *node = NULL;
	enum result result;

	complaints_init(&own);
	checker->complaints = &own;
	checker->tenant = NULL;
	result = document_read(checker->document, &file, span_of(key->fallback), &own, &node);
	if (result == RESULT_OK && node)
		apply_key(checker, key, node, field);
	checker->no_memory |= result == RESULT_NO_MEMORY;
	assert(own.errors == 0);
	checker->complaints = kept;
	checker->tenant = tenant;
	complaints_done(&own);
}

static void fill_defaults(struct checker *checker, const struct key_table *table, char *values)
{
	for (const struct key *key = table->keys; key->name; key++) {
		if (key->type == KEY_MAP && !(key->flags & (KEY_LIST | KEY_OPTIONAL))) {
			const void *inner = checker_defaults(checker, key->table);

			if (inner)
				memcpy(values + key->offset, inner, key->table->size);
		}
		if (key->fallback)
			apply_fallback(checker, key, values + key->offset);
	}
}

const void *checker_defaults(struct checker *checker, const struct key_table *table)
{
	void *values;

	for (size_t i = 0; i < checker->image_count; i++) {
		if (checker->images[i].table == table)
			return checker->images[i].values;
	}
	values = arena_take_zero(checker->arena, 1, table->size);
	if (!values) {
		checker->no_memory = true;
		return NULL;
	}
	fill_defaults(checker, table, values);
	if (checker->image_count == checker->image_size) {
		size_t size = checker->image_size ? checker->image_size * 2 : 32;
		struct table_image *images = reallocarray(checker->images, size, sizeof(*images));

		if (!images) {
			checker->no_memory = true;
			return NULL;
		}
		checker->images = images;
		checker->image_size = size;
	}
	checker->images[checker->image_count++] = (struct table_image){ table, values };
	return values;
}

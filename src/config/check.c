#include "config/check.h"

#include <stdlib.h>

#include "base/banned.h"

static const void *field_of(const struct key *key, const void *values)
{
	return (const char *)values + key->offset;
}

/* What LAYER wrote for KEY of TABLE: its value in the mapping, or the layer itself when it is the shorthand. */
static struct node *written_in(const struct node *layer, const struct key_table *table, const char *key)
{
	const char *shorthand = layer->kind == NODE_SCALAR ? table->shorthand : table->list_shorthand;

	if (layer->kind == NODE_MAPPING)
		return node_find(layer, span_of(key));
	return shorthand && strcmp(shorthand, key) == 0 ? (struct node *)(uintptr_t)layer : NULL;
}

static struct node *find_written(const struct layers *layers, const struct key_table *table, const char *key)
{
	for (unsigned i = 0; i < layers->count; i++) {
		struct node *node = written_in(layers->nodes[i], table, key);

		if (node)
			return node;
	}
	return NULL;
}

static struct place place_of(const struct key_check *check, const char *key)
{
	const struct node *node = key ? find_written(check->layers, check->table, key) : NULL;

	return node ? node_place(node) : check->place;
}

static struct place place_of_item(const struct key_check *check, const char *key, size_t index)
{
	const struct node *node = find_written(check->layers, check->table, key);
	const struct node *item = node && node->kind == NODE_LIST ? node->first : NULL;

	while (item && index--)
		item = item->next;
	return item ? node_place(item) : place_of(check, key);
}

static void complain_at(struct key_check *check, struct place place, struct span suggestion, const char *format, va_list list)
	__attribute__((format(printf, 4, 0)));
static void complain_at(struct key_check *check, struct place place, struct span suggestion, const char *format, va_list list)
{
	struct buffer text;

	buffer_init(&text, 2048);
	if (buffer_print_list(&text, format, list) != RESULT_OK)
		buffer_reset(&text);
	checker_complain(check->checker, place, suggestion, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

void key_complain(struct key_check *check, const char *key, struct span suggestion, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	complain_at(check, place_of(check, key), suggestion, format, list);
	va_end(list);
}

void key_complain_item(struct key_check *check, const char *key, size_t index, struct span suggestion, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	complain_at(check, place_of_item(check, key, index), suggestion, format, list);
	va_end(list);
}

void key_warn(struct key_check *check, const char *key, const char *format, ...)
{
	struct buffer text;
	va_list list;

	buffer_init(&text, 2048);
	va_start(list, format);
	if (buffer_print_list(&text, format, list) == RESULT_OK)
		complain(check->checker->complaints, COMPLAINT_WARNING, place_of(check, key), SPAN_NONE, "%.*s",
		         SPAN_ARG(buffer_span(&text)));
	va_end(list);
	buffer_done(&text);
}

bool key_is_written(const struct key_check *check, const char *key)
{
	return find_written(check->layers, check->table, key) != NULL;
}

static bool check_required(const struct key_check *check, const void *values)
{
	bool is_complete = true;

	for (const struct key *key = check->table->keys; key->name; key++) {
		const struct node *node;

		if (!(key->flags & KEY_REQUIRED))
			continue;
		node = find_written(check->layers, check->table, key->name);
		is_complete &= node != NULL;
		if (!node)
			checker_complain(check->checker, check->place, SPAN_NONE, "%s: \"%s\" is missing", check->table->name, key->name);
		else if (key->flags & KEY_LIST && !node->is_bad && ((const struct list_value *)field_of(key, values))->count == 0)
			checker_complain(check->checker, node_place(node), SPAN_NONE, "%s: found an empty list, expected at least one", key->name);
	}
	return is_complete;
}

static bool has_bad_value(const struct key_table *table, const struct layers *layers)
{
	for (const struct key *key = table->keys; key->name; key++) {
		const struct node *node = find_written(layers, table, key->name);

		if (node && node->is_bad)
			return true;
	}
	return false;
}

/* The mappings that were written for the inner struct of KEY. */
static struct layers inner_layers(const struct layers *layers, const struct key_table *table, const struct key *key)
{
	struct layers inner = { .count = 0 };

	for (unsigned i = 0; i < layers->count; i++) {
		const struct node *node = written_in(layers->nodes[i], table, key->name);

		if (node)
			inner.nodes[inner.count++] = node;
	}
	return inner;
}

static void check_inner(const struct key_check *check, const struct key *key, const void *values)
{
	const void *field = field_of(key, values);
	struct layers inner = inner_layers(check->layers, check->table, key);
	const void *of = key->flags & KEY_OPTIONAL ? *(void *const *)field : field;

	if (inner.count && of && !inner.nodes[0]->is_bad)
		check_values(check->checker, key->table, of, &inner, node_place(inner.nodes[0]));
}

void check_values(struct checker *checker, const struct key_table *table, const void *values, const struct layers *layers,
                  struct place place)
{
	struct key_check check = { checker, table, layers, place };

	bool is_complete = check_required(&check, values);

	for (const struct key *key = table->keys; key->name; key++) {
		if (key->type == KEY_MAP && !(key->flags & KEY_LIST))
			check_inner(&check, key, values);
	}
	if (table->check && is_complete && !has_bad_value(table, layers))
		table->check(values, &check);
}

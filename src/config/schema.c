/* JSON Schema from the key tables, so that an editor says while typing what `check` would say later, and what each key is. */
#include "config/dump.h"
#include "config/settings.h"
#include "config/tree_writer.h"
#include "config/value.h"

#include "base/banned.h"

#define HOST_PATTERN "^(\\*\\.)?[A-Za-z0-9_.-]+$|^\\[?[0-9A-Fa-f:.]+\\]?$"

static void write_key(struct tree_writer *tree, const struct key *key);

static void field(struct tree_writer *tree, const char *name, const char *text)
{
	tree_key(tree, name);
	tree_text(tree, span_of(text));
}

static void number(struct tree_writer *tree, const char *name, int64_t value)
{
	struct buffer text;

	buffer_init(&text, 32);
	if (buffer_print(&text, "%lld", (long long)value) != RESULT_OK)
		tree->result = RESULT_NO_MEMORY;
	tree_key(tree, name);
	tree_bare(tree, buffer_span(&text));
	buffer_done(&text);
}

/* Text whose only number may be 0: a duration, a size. */
static void unit_text(struct tree_writer *tree, const char *pattern)
{
	tree_key(tree, "type");
	tree_open(tree, true);
	tree_text(tree, SPAN("string"));
	tree_text(tree, SPAN("integer"));
	tree_close(tree);
	field(tree, "pattern", pattern);
	number(tree, "minimum", 0);
	number(tree, "maximum", 0);
}

/* Scalars that YAML takes for numbers or booleans are text here all the same. */
static void free_text(struct tree_writer *tree, const struct key *key)
{
	tree_key(tree, "type");
	tree_open(tree, true);
	tree_text(tree, SPAN("string"));
	tree_text(tree, SPAN("number"));
	tree_text(tree, SPAN("boolean"));
	tree_close(tree);
	if (key->min > 0)
		number(tree, "minLength", key->min);
	number(tree, "maxLength", key->max > 0 ? key->max : KEY_TEXT_DEFAULT_MAX);
}

static void write_number(struct tree_writer *tree, const struct key *key)
{
	if (key->choices) {
		tree_key(tree, "type");
		tree_open(tree, true);
		tree_text(tree, SPAN("integer"));
		tree_text(tree, SPAN("string"));
		tree_close(tree);
	} else {
		field(tree, "type", "integer");
	}
	if (key->min || key->max)
		number(tree, "minimum", key->min);
	if (key->max > 0)
		number(tree, "maximum", key->max);
}

static void write_words(struct tree_writer *tree, const char *const *words)
{
	tree_open(tree, true);
	for (size_t i = 0; words[i]; i++)
		tree_text(tree, span_of(words[i]));
	tree_close(tree);
}

static void pattern_text(struct tree_writer *tree, const char *pattern)
{
	field(tree, "type", "string");
	field(tree, "pattern", pattern);
}

static void write_table(struct tree_writer *tree, const struct key_table *table)
{
	field(tree, "type", "object");
	tree_key(tree, "properties");
	tree_open(tree, false);
	for (const struct key *key = table->keys; key->name; key++) {
		tree_key(tree, key->name);
		write_key(tree, key);
	}
	tree_close(tree);
	tree_key(tree, "additionalProperties");
	tree_bare(tree, SPAN("false"));
	tree_key(tree, "required");
	tree_open(tree, true);
	for (const struct key *key = table->keys; key->name; key++) {
		if (key->flags & KEY_REQUIRED)
			tree_text(tree, span_of(key->name));
	}
	tree_close(tree);
}

static void write_short(struct tree_writer *tree, const struct key_table *table, const char *shorthand)
{
	for (const struct key *key = table->keys; shorthand && key->name; key++) {
		if (strcmp(key->name, shorthand) == 0)
			write_key(tree, key);
	}
}

/* A mapping, or what may stand in its place. */
static void write_map(struct tree_writer *tree, const struct key *key)
{
	const struct key_table *table = key->table;

	if (!table->shorthand && !table->list_shorthand) {
		write_table(tree, table);
		return;
	}
	tree_key(tree, "anyOf");
	tree_open(tree, true);
	tree_open(tree, false);
	write_table(tree, table);
	tree_close(tree);
	write_short(tree, table, table->shorthand);
	write_short(tree, table, table->list_shorthand);
	tree_close(tree);
}

static void write_fields(struct tree_writer *tree)
{
	field(tree, "type", "object");
	tree_key(tree, "additionalProperties");
	tree_open(tree, false);
	tree_key(tree, "type");
	tree_open(tree, true);
	tree_text(tree, SPAN("string"));
	tree_text(tree, SPAN("number"));
	tree_text(tree, SPAN("boolean"));
	tree_close(tree);
	tree_close(tree);
}

static void write_text_or_number(struct tree_writer *tree)
{
	tree_key(tree, "type");
	tree_open(tree, true);
	tree_text(tree, SPAN("string"));
	tree_text(tree, SPAN("integer"));
	tree_close(tree);
}

/* Texts of one form. */
static const char *const patterns[] = {
	[KEY_DURATION] = "^(0|[0-9]+(ms|s|m|h|d))$",
	[KEY_BYTES] = "^(0|[0-9]+(B|KiB|MiB|GiB))$",
	[KEY_SPEED] = "^(0|[0-9]+(B|KiB|MiB|GiB)/s)$",
	[KEY_BANDWIDTH] = "^(0|[0-9]+(bit|kbit|Mbit|Gbit|Tbit)/s)$",
	[KEY_RATE] = "^[0-9]+/[smh]$",
	[KEY_HOST] = HOST_PATTERN,
	[KEY_URL] = "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+(/[^?#]*)?$",
	[KEY_ENDPOINT] = "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]+$",
	[KEY_NETWORK] = "^\\[?[0-9A-Fa-f:.]+\\]?(/[0-9]+)?$",
};

static void write_type(struct tree_writer *tree, const struct key *key)
{
	switch (key->type) {
	case KEY_BOOL:
		field(tree, "type", "boolean");
		break;
	case KEY_NUMBER:
		write_number(tree, key);
		break;
	case KEY_DURATION:
	case KEY_BYTES:
	case KEY_SPEED:
	case KEY_BANDWIDTH:
		unit_text(tree, patterns[key->type]);
		break;
	case KEY_RATE:
	case KEY_HOST:
	case KEY_URL:
	case KEY_ENDPOINT:
	case KEY_NETWORK:
		pattern_text(tree, patterns[key->type]);
		break;
	case KEY_TEXT:
		free_text(tree, key);
		break;
	case KEY_PATH:
		field(tree, "type", "string");
		break;
	case KEY_CHOICE:
		tree_key(tree, "enum");
		write_words(tree, key->choices);
		break;
	case KEY_TIME:
		field(tree, "type", "string");
		field(tree, "format", "date-time");
		break;
	case KEY_DATE:
		field(tree, "type", "string");
		field(tree, "format", "date");
		break;
	case KEY_FIELDS:
		write_fields(tree);
		break;
	case KEY_MAP:
		write_map(tree, key);
		break;
	case KEY_STATUS_RANGES:
		write_text_or_number(tree);
		break;
	}
}

static void write_default(struct tree_writer *tree, const struct key *key)
{
	uint64_t count;
	bool is_bare = (key->type == KEY_BOOL || key->type == KEY_NUMBER) && !(key->flags & KEY_LIST);

	if (!key->fallback || key->type == KEY_MAP || key->flags & KEY_LIST)
		return;
	tree_key(tree, "default");
	if (is_bare && (key->type == KEY_BOOL || span_to_u64(span_of(key->fallback), INT64_MAX, &count) == RESULT_OK))
		tree_bare(tree, span_of(key->fallback));
	else
		tree_text(tree, span_of(key->fallback));
}

/* What the words of JSON Schema cannot say, for who shows it to people: what may stand there in one sentence, limits and units included; a default
 * whatever its type; when a change takes effect. Names beginning with x- are nobody's but ours. */
static void write_notes(struct tree_writer *tree, const struct key *key)
{
	struct buffer expected;

	buffer_init(&expected, VALUE_EXPECT_MAX);
	if (tree->result == RESULT_OK)
		tree->result = value_expect(key, &expected);
	tree_key(tree, "x-value");
	tree_text(tree, buffer_span(&expected));
	buffer_done(&expected);
	if (key->fallback)
		field(tree, "x-default", key->fallback);
	if (key->choices && key->type != KEY_CHOICE) {
		tree_key(tree, "x-words");
		write_words(tree, key->choices);
	}
	if (key->flags & KEY_RESTART) {
		tree_key(tree, "x-restart");
		tree_bare(tree, SPAN("true"));
	}
}

static void write_key(struct tree_writer *tree, const struct key *key)
{
	tree_open(tree, false);
	if (key->help)
		field(tree, "description", key->help);
	write_notes(tree, key);
	write_default(tree, key);
	if (key->flags & KEY_LIST) {
		tree_key(tree, "anyOf");
		tree_open(tree, true);
		tree_open(tree, false);
		write_type(tree, key);
		tree_close(tree);
		tree_open(tree, false);
		field(tree, "type", "array");
		tree_key(tree, "items");
		tree_open(tree, false);
		write_type(tree, key);
		tree_close(tree);
		tree_close(tree);
		tree_close(tree);
	} else {
		write_type(tree, key);
	}
	tree_close(tree);
}

static const struct key_table *const own_tables[SCOPE_COUNT] = { &config_top_table, &config_site_table, &config_route_table };

static void write_structural(struct tree_writer *tree, const struct structural_key *structural)
{
	static const char *const references[SCOPE_COUNT] = { "#", "#/$defs/site", "#/$defs/route" };
	const char *reference = structural->is_list ? references[structural->holds] : "#/$defs/defaults";

	tree_key(tree, structural->name);
	tree_open(tree, false);
	field(tree, "description", structural->help);
	if (structural->is_list) {
		field(tree, "type", "array");
		tree_key(tree, "items");
		tree_open(tree, false);
		field(tree, "$ref", reference);
		tree_close(tree);
	} else {
		field(tree, "$ref", reference);
	}
	tree_close(tree);
}

static void write_properties(struct tree_writer *tree, const struct key_table *table, bool is_defaults)
{
	for (const struct key *key = table->keys; key->name; key++) {
		if (is_defaults && key->flags & KEY_NO_DEFAULT)
			continue;
		tree_key(tree, key->name);
		write_key(tree, key);
	}
}

static void write_required(struct tree_writer *tree, const struct key_table *table, enum config_scope scope)
{
	for (const struct key *key = table->keys; key->name; key++) {
		/* A key that `defaults` may give cannot be required of each site. */
		if (key->flags & KEY_REQUIRED && (scope != SCOPE_SITE || key->flags & KEY_NO_DEFAULT))
			tree_text(tree, span_of(key->name));
	}
}

/* One scope's mapping: the keys of config/ and of every room side by side. IS_DEFAULTS: as `defaults` has them. */
static void write_scope(struct tree_writer *tree, config_sections sections, enum config_scope scope, bool is_defaults)
{
	field(tree, "type", "object");
	tree_key(tree, "properties");
	tree_open(tree, false);
	write_properties(tree, own_tables[scope], is_defaults);
	for (size_t i = 0; i < STRUCTURAL_COUNT && !is_defaults; i++) {
		if (structural_keys[i].scope == scope)
			write_structural(tree, &structural_keys[i]);
	}
	for (config_sections section = sections; section->table; section++) {
		if (section->scope == scope)
			write_properties(tree, section->table, is_defaults);
	}
	tree_close(tree);
	tree_key(tree, "additionalProperties");
	tree_bare(tree, SPAN("false"));
	tree_key(tree, "required");
	tree_open(tree, true);
	if (!is_defaults)
		write_required(tree, own_tables[scope], scope);
	for (config_sections section = sections; section->table && !is_defaults; section++) {
		if (section->scope == scope)
			write_required(tree, section->table, scope);
	}
	tree_close(tree);
}

enum result config_schema(config_sections sections, struct buffer *out)
{
	struct tree_writer tree;

	tree_init(&tree, DUMP_JSON, out);
	tree_open(&tree, false);
	field(&tree, "$schema", "https://json-schema.org/draft/2020-12/schema");
	field(&tree, "title", "bouclier.yaml");
	write_scope(&tree, sections, SCOPE_TOP, false);
	tree_key(&tree, "$defs");
	tree_open(&tree, false);
	tree_key(&tree, "site");
	tree_open(&tree, false);
	write_scope(&tree, sections, SCOPE_SITE, false);
	tree_close(&tree);
	tree_key(&tree, "defaults");
	tree_open(&tree, false);
	write_scope(&tree, sections, SCOPE_SITE, true);
	tree_close(&tree);
	tree_key(&tree, "route");
	tree_open(&tree, false);
	write_scope(&tree, sections, SCOPE_ROUTE, false);
	tree_close(&tree);
	tree_close(&tree);
	tree_close(&tree);
	return tree_finish(&tree);
}

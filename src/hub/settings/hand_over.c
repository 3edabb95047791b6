#include "hub/settings/hand_over.h"

#include "config/value.h"
#include "event/json.h"

#include "base/banned.h"

#define ARENA_MAX ((size_t)64 << 20)
#define ARENA_STEP ((size_t)16 << 10)
#define VALUE_MAX 8192u
#define DEPTH_MAX 8u       /* of tables in tables */
#define LIST_MAX 4096u

/* -- writing -- */

static void write_struct(struct json_writer *json, const struct key_table *table, const void *values);

static void write_scalar(struct json_writer *json, struct span name, const struct key *key, const void *value)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, VALUE_MAX);
	result = value_write(key, value, &text);
	if (result == RESULT_OK)
		json_put_text(json, name, buffer_span(&text));
	else if (json->result == RESULT_OK)
		json->result = result;
	buffer_done(&text);
}

static void write_one(struct json_writer *json, struct span name, const struct key *key, const void *value)
{
	const struct list_value *fields = value;
	const struct name_value *items = key->type == KEY_FIELDS ? fields->items : NULL;

	if (key->type != KEY_MAP && key->type != KEY_FIELDS) {
		write_scalar(json, name, key, value);
		return;
	}
	json_open(json, name, '{');
	if (key->type == KEY_MAP)
		write_struct(json, key->table, value);
	for (size_t i = 0; items && i < fields->count; i++)
		json_put_text(json, items[i].name, items[i].value);
	json_close(json, '}');
}

static void write_struct(struct json_writer *json, const struct key_table *table, const void *values)
{
	for (const struct key *key = table->keys; key->name; key++) {
		const void *field = (const char *)values + key->offset;
		const struct list_value *list = field;

		if (key->flags & KEY_LIST) {
			json_open(json, span_of(key->name), '[');
			for (size_t i = 0; i < list->count; i++)
				write_one(json, SPAN_NONE, key, (const char *)list->items + i * value_size(key));
			json_close(json, ']');
		} else if (!value_is_absent(key, field)) {
			write_one(json, span_of(key->name), key, key->flags & KEY_OPTIONAL ? *(void *const *)field : field);
		}
	}
}

static void write_sites(struct json_writer *json, const struct hub_config *config)
{
	json_open(json, SPAN("sites"), '[');
	for (size_t i = 0; i < config->site_count; i++) {
		const struct hub_site *site = &config->sites[i];
		const struct span *hosts = site->hosts.items;

		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("name"), site->name);
		json_put_text(json, SPAN("tenant"), site->tenant);
		json_open(json, SPAN("hosts"), '[');
		for (size_t j = 0; j < site->hosts.count; j++)
			json_put_text(json, SPAN_NONE, hosts[j]);
		json_close(json, ']');
		json_put_text(json, SPAN("mode"), site->mode);
		json_close(json, '}');
	}
	json_close(json, ']');
}

enum result hand_over_write(const struct hub_config *config, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("version"), HAND_OVER_VERSION);
	json_open(&json, SPAN("hub"), '{');
	write_struct(&json, &hub_table, config->hub);
	json_close(&json, '}');
	json_put_text(&json, SPAN("state"), config->state);
	json_put_text(&json, SPAN("journal"), config->journal);
	json_put_text(&json, SPAN("admin"), config->admin);
	write_sites(&json, config);
	json_close(&json, '}');
	return json.result;
}

/* -- reading -- */

struct reading {
	struct arena *arena;
	struct text_pool pool;
	unsigned depth;
	enum result result;        /* the first failure */
};

static void fail(struct reading *reading, enum result result)
{
	if (reading->result == RESULT_OK)
		reading->result = result;
}

static void read_struct(struct reading *reading, const struct key_table *table, const struct json *from, void *values);

static struct span read_text(struct reading *reading, const struct json *from)
{
	struct span text = json_has_text(from) ? json_text_of(from) : SPAN_NONE;
	struct span copy = text_pool_copy(&reading->pool, text);

	if (!json_has_text(from) || !text_is_plain(text))
		fail(reading, RESULT_MALFORMED);
	else if (!copy.at)
		fail(reading, RESULT_NO_MEMORY);
	return copy;
}

static void read_scalar(struct reading *reading, const struct key *key, const struct json *from, void *out)
{
	struct value_reader reader = { .pool = &reading->pool };
	enum result result = json_has_text(from) ? value_read(key, json_text_of(from), &reader, out) : RESULT_MALFORMED;

	if (result != RESULT_OK)
		fail(reading, result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED);
}

struct fields_reading {
	struct reading *reading;
	struct name_value *items;
	size_t count;
};

static void read_field(void *context, struct span name, const struct json *value)
{
	struct fields_reading *fields = context;
	struct span copy = text_pool_copy(&fields->reading->pool, name);

	if (!copy.at)
		fail(fields->reading, RESULT_NO_MEMORY);
	fields->items[fields->count++] = (struct name_value){ copy, read_text(fields->reading, value) };
}

static void read_fields(struct reading *reading, const struct json *from, struct list_value *out)
{
	size_t count = json_length(from);
	struct fields_reading fields = { .reading = reading };

	if (!json_has_object(from) || count > LIST_MAX) {
		fail(reading, RESULT_MALFORMED);
		return;
	}
	fields.items = arena_new_array(reading->arena, struct name_value, count + 1);
	if (!fields.items) {
		fail(reading, RESULT_NO_MEMORY);
		return;
	}
	json_each(from, read_field, &fields);
	*out = (struct list_value){ fields.items, fields.count };
}

static void read_one(struct reading *reading, const struct key *key, const struct json *from, void *out)
{
	if (key->type == KEY_MAP)
		read_struct(reading, key->table, from, out);
	else if (key->type == KEY_FIELDS)
		read_fields(reading, from, out);
	else
		read_scalar(reading, key, from, out);
}

static void read_list(struct reading *reading, const struct key *key, const struct json *from, struct list_value *out)
{
	size_t count = json_length(from), size = value_size(key);
	char *items;

	if (!json_has_list(from) || count > LIST_MAX) {
		fail(reading, RESULT_MALFORMED);
		return;
	}
	items = arena_take_zero(reading->arena, count + 1, size);
	if (!items) {
		fail(reading, RESULT_NO_MEMORY);
		return;
	}
	for (size_t i = 0; i < count; i++)
		read_one(reading, key, json_item(from, i), items + i * size);
	*out = (struct list_value){ items, count };
}

static void read_key(struct reading *reading, const struct key *key, const struct json *from, void *field)
{
	void *inner;

	if (key->flags & KEY_LIST) {
		read_list(reading, key, from, field);
	} else if (key->flags & KEY_OPTIONAL) {
		inner = arena_take_zero(reading->arena, 1, key->table->size);
		if (!inner)
			fail(reading, RESULT_NO_MEMORY);
		else
			read_one(reading, key, from, inner);
		*(void **)field = inner;
	} else {
		read_one(reading, key, from, field);
	}
}

/* What has a default is always there: the writer had it. What has none may be left out. */
static bool may_be_absent(const struct key *key)
{
	return !key->fallback && !(key->flags & (KEY_LIST | KEY_REQUIRED)) && (key->type != KEY_MAP || key->flags & KEY_OPTIONAL);
}

static void read_struct(struct reading *reading, const struct key_table *table, const struct json *from, void *values)
{
	size_t known = 0;

	if (!json_has_object(from) || ++reading->depth > DEPTH_MAX) {
		fail(reading, RESULT_MALFORMED);
		return;
	}
	for (const struct key *key = table->keys; key->name && reading->result == RESULT_OK; key++) {
		const struct json *member = json_find(from, key->name);

		known += member != NULL;
		if (member)
			read_key(reading, key, member, (char *)values + key->offset);
		else if (!may_be_absent(key))
			fail(reading, RESULT_MALFORMED);
	}
	if (known != json_length(from))
		fail(reading, RESULT_MALFORMED);
	reading->depth--;
}

static void read_site(struct reading *reading, const struct json *from, struct hub_site *out)
{
	static const struct key hosts = { .name = "hosts", .type = KEY_TEXT, .flags = KEY_LIST, .min = 1 };

	if (json_length(from) != 4) {
		fail(reading, RESULT_MALFORMED);
		return;
	}
	out->name = read_text(reading, json_find(from, "name"));
	out->tenant = read_text(reading, json_find(from, "tenant"));
	out->mode = read_text(reading, json_find(from, "mode"));
	read_list(reading, &hosts, json_find(from, "hosts"), &out->hosts);
	if (!out->name.len)
		fail(reading, RESULT_MALFORMED);
}

static void read_sites(struct reading *reading, const struct json *from, struct hub_config *out)
{
	size_t count = json_length(from);

	if (!json_has_list(from) || count > HAND_OVER_SITES_MAX) {
		fail(reading, json_has_list(from) ? RESULT_LIMIT : RESULT_MALFORMED);
		return;
	}
	out->sites = arena_new_array(reading->arena, struct hub_site, count + 1);
	if (!out->sites) {
		fail(reading, RESULT_NO_MEMORY);
		return;
	}
	for (size_t i = 0; i < count && reading->result == RESULT_OK; i++)
		read_site(reading, json_item(from, i), &out->sites[i]);
	out->site_count = count;
}

static void read_all(struct reading *reading, const struct json *root, struct hub_config *out)
{
	if (json_length(root) != 6 || json_number_of(json_find(root, "version")) != HAND_OVER_VERSION) {
		fail(reading, RESULT_MALFORMED);
		return;
	}
	out->hub = arena_new(reading->arena, struct hub_settings);
	if (!out->hub) {
		fail(reading, RESULT_NO_MEMORY);
		return;
	}
	read_struct(reading, &hub_table, json_find(root, "hub"), out->hub);
	out->state = read_text(reading, json_find(root, "state"));
	out->journal = read_text(reading, json_find(root, "journal"));
	out->admin = read_text(reading, json_find(root, "admin"));
	read_sites(reading, json_find(root, "sites"), out);
	if (!out->state.len || out->state.at[0] != '/' || !out->journal.len || out->journal.at[0] != '/')
		fail(reading, RESULT_MALFORMED);
}

enum result hand_over_read(struct span text, struct hub_config *out)
{
	struct hub_config config = { 0 };
	struct reading reading = { .result = text.len > HAND_OVER_MAX ? RESULT_LIMIT : RESULT_OK };
	struct json *root = NULL;

	if (reading.result == RESULT_OK)
		reading.result = json_read(text, &root);
	if (reading.result != RESULT_OK)
		return reading.result;
	arena_init(&config.arena, ARENA_MAX, ARENA_STEP);
	reading.arena = &config.arena;
	reading.pool.arena = &config.arena;
	read_all(&reading, root, &config);
	json_drop(root);
	if (reading.result == RESULT_OK)
		*out = config;
	else
		hub_config_done(&config);
	return reading.result;
}

void hub_config_done(struct hub_config *config)
{
	arena_done(&config->arena);
	*config = (struct hub_config){ 0 };
}

/* -- files -- */

static void files_of(const struct key_table *table, const void *values, void (*each)(void *context, struct span path), void *context);

static void file_of(const struct key *key, const void *value, void (*each)(void *context, struct span path), void *context)
{
	const struct span *path = value;

	if (key->type == KEY_MAP)
		files_of(key->table, value, each, context);
	else if (key->type == KEY_PATH && key->flags & KEY_HUB_FILE && path->len && !path_is_word(key, *path))
		each(context, *path);
}

static void files_of(const struct key_table *table, const void *values, void (*each)(void *context, struct span path), void *context)
{
	for (const struct key *key = table->keys; key->name; key++) {
		const void *field = (const char *)values + key->offset;
		const struct list_value *list = field;

		if (key->flags & KEY_LIST) {
			for (size_t i = 0; i < list->count; i++)
				file_of(key, (const char *)list->items + i * value_size(key), each, context);
		} else if (!value_is_absent(key, field)) {
			file_of(key, key->flags & KEY_OPTIONAL ? *(void *const *)field : field, each, context);
		}
	}
}

void hub_files(const struct hub_settings *settings, void (*each)(void *context, struct span path), void *context)
{
	files_of(&hub_table, settings, each, context);
}

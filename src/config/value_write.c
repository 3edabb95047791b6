/* Values as text, and what is allowed in a sentence: for errors, `dump`, the manual and the schema. */
#include "base/clock.h"
#include "config/value.h"

#include "base/banned.h"

static enum result write_range(const struct key *key, struct buffer *out)
{
	enum result result = RESULT_OK;

	if (key->min == 0 && key->max == 0)
		return RESULT_OK;
	if (key->max <= 0 || key->min != 0 || key->type == KEY_NUMBER) {
		result = buffer_append(out, key->max > 0 ? SPAN(" from ") : SPAN(" of at least "));
		if (result == RESULT_OK)
			result = units_write(key->type, key->min, out);
		if (result == RESULT_OK && key->max > 0)
			result = buffer_append(out, SPAN(" to "));
	} else {
		result = buffer_append(out, SPAN(" up to "));
	}
	return result == RESULT_OK && key->max > 0 ? units_write(key->type, key->max, out) : result;
}

static enum result write_words(const char *const *choices, const char *before, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; choices && choices[i] && result == RESULT_OK; i++)
		result = buffer_print(out, "%s%s", i ? ", " : before, choices[i]);
	return result;
}

static enum result expect_units(const struct key *key, const char *what, const char *examples, struct buffer *out)
{
	enum result result = buffer_print(out, "%s", what);

	if (result == RESULT_OK)
		result = write_range(key, out);
	if (result == RESULT_OK)
		result = buffer_print(out, "%s", examples);
	return result == RESULT_OK ? write_words(key->choices, " or ", out) : result;
}

static enum result expect_text(const struct key *key, struct buffer *out)
{
	long long max = key->max > 0 ? (long long)key->max : KEY_TEXT_DEFAULT_MAX;

	if (key->min > 0)
		return buffer_print(out, "text of %lld to %lld bytes without control characters", (long long)key->min, max);
	return buffer_print(out, "text of at most %lld bytes without control characters", max);
}

static enum result expect_one(const struct key *key, struct buffer *out)
{
	switch (key->type) {
	case KEY_BOOL:
		return buffer_append(out, SPAN("true or false"));
	case KEY_NUMBER:
		return expect_units(key, "a number", "", out);
	case KEY_DURATION:
		return expect_units(key, "a duration", " with its unit (ms, s, m, h or d)", out);
	case KEY_BYTES:
		return expect_units(key, "a size", " with its unit (B, KiB, MiB or GiB)", out);
	case KEY_SPEED:
		return expect_units(key, "a speed", " with its unit (B/s, KiB/s, MiB/s or GiB/s)", out);
	case KEY_BANDWIDTH:
		return expect_units(key, "a bandwidth", " with its unit (kbit/s, Mbit/s, Gbit/s or Tbit/s)", out);
	case KEY_RATE:
		return buffer_append(out, SPAN("a rate (10/s, 10/m or 10/h)"));
	case KEY_TEXT:
		return expect_text(key, out);
	case KEY_PATH:
		return expect_units(key, "a path", "", out);
	case KEY_HOST:
		return buffer_append(out, SPAN("a host name, \"*.name\" or an address"));
	case KEY_URL:
		return buffer_append(out, SPAN("a URL (http://host:port or https://host:port)"));
	case KEY_ENDPOINT:
		return buffer_append(out, SPAN("an address and a port (127.0.0.1:443 or [::1]:443)"));
	case KEY_NETWORK:
		return buffer_append(out, SPAN("a network or an address (10.0.0.0/8, 2001:db8::/32 or 192.0.2.1)"));
	case KEY_CHOICE:
		return write_words(key->choices, "one of ", out);
	case KEY_TIME:
		return buffer_append(out, SPAN("a time (2026-01-31T08:00:00Z) of the years 1971 to 9999"));
	case KEY_DATE:
		return buffer_append(out, SPAN("a day (2026-01-31) of the years 1971 to 9999"));
	case KEY_FIELDS:
		return buffer_append(out, SPAN("a mapping of field names to text"));
	case KEY_STATUS_RANGES:
		return buffer_append(out, SPAN("status codes (200-399,404)"));
	case KEY_MAP:
		break;
	}
	return buffer_append(out, SPAN("a mapping"));
}

enum result value_expect(const struct key *key, struct buffer *out)
{
	const struct key_table *table = key->table;
	enum result result = expect_one(key, out);

	for (const struct key *inner = table ? table->keys : NULL; result == RESULT_OK && inner && inner->name; inner++) {
		bool is_short = table->shorthand && strcmp(table->shorthand, inner->name) == 0;
		bool is_list_short = table->list_shorthand && strcmp(table->list_shorthand, inner->name) == 0;

		if (!is_short && !is_list_short)
			continue;
		result = buffer_append(out, SPAN(", or "));
		if (result == RESULT_OK)
			result = value_expect(inner, out);
	}
	if (result == RESULT_OK && key->flags & KEY_LIST)
		result = buffer_append(out, SPAN(", or a list of them"));
	return result;
}

static enum result write_network(const struct network *network, struct buffer *out)
{
	char text[NETWORK_TEXT_MAX];

	network_write(network, text);
	return buffer_append(out, span_of(text));
}

#define DATE_LEN 10

/* LEN: how much of it, a day or all. */
static enum result write_time(int64_t ms, size_t len, struct buffer *out)
{
	char text[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms((uint64_t)ms, text);
	return buffer_append(out, span_take(span_of(text), len));
}

static enum result write_status(const struct list_value *list, struct buffer *out)
{
	const struct status_range *ranges = list->items;
	enum result result = RESULT_OK;

	for (size_t i = 0; i < list->count && result == RESULT_OK; i++) {
		result = buffer_print(out, "%s%u", i ? "," : "", ranges[i].first);
		if (result == RESULT_OK && ranges[i].last != ranges[i].first)
			result = buffer_print(out, "-%u", ranges[i].last);
	}
	return result;
}

static enum result write_number(const struct key *key, int64_t value, struct buffer *out)
{
	if (value < 0 && key->type == KEY_NUMBER && key->choices)
		return buffer_append(out, span_of(key->choices[-1 - value]));
	return units_write(key->type, value, out);
}

static enum result write_url(const struct url *url, struct buffer *out)
{
	enum result result = buffer_append(out, url->text);

	return result == RESULT_OK ? buffer_append(out, url->path) : result;
}

enum result value_write(const struct key *key, const void *value, struct buffer *out)
{
	char text[ENDPOINT_TEXT_MAX];

	switch (key->type) {
	case KEY_BOOL:
		return buffer_append(out, *(const bool *)value ? SPAN("true") : SPAN("false"));
	case KEY_NUMBER:
	case KEY_DURATION:
	case KEY_BYTES:
	case KEY_SPEED:
	case KEY_BANDWIDTH:
		return write_number(key, *(const int64_t *)value, out);
	case KEY_RATE:
		return rate_write(value, out);
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_HOST:
		return buffer_append(out, *(const struct span *)value);
	case KEY_URL:
		return write_url(value, out);
	case KEY_ENDPOINT:
		endpoint_write(value, text);
		return buffer_append(out, span_of(text));
	case KEY_NETWORK:
		return write_network(value, out);
	case KEY_CHOICE:
		return buffer_append(out, span_of(key->choices[*(const int *)value]));
	case KEY_TIME:
		return write_time(*(const int64_t *)value, CLOCK_ISO_LEN, out);
	case KEY_DATE:
		return write_time(*(const int64_t *)value, DATE_LEN, out);
	case KEY_STATUS_RANGES:
		return write_status(value, out);
	case KEY_FIELDS:
	case KEY_MAP:
		break;
	}
	return RESULT_REFUSED;
}

bool value_is_absent(const struct key *key, const void *value)
{
	static const struct network no_network;

	if (key->fallback || key->flags & KEY_LIST)
		return false;
	switch (key->type) {
	case KEY_NUMBER:
	case KEY_DURATION:
	case KEY_BYTES:
	case KEY_SPEED:
	case KEY_BANDWIDTH:
		return *(const int64_t *)value == 0 && key->min > 0;
	case KEY_TIME:
	case KEY_DATE:
		return *(const int64_t *)value == 0;
	case KEY_RATE:
		return ((const struct rate *)value)->per_ms == 0;
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_HOST:
		return ((const struct span *)value)->at == NULL;
	case KEY_URL:
		return ((const struct url *)value)->text.at == NULL;
	case KEY_ENDPOINT:
		return ((const struct endpoint *)value)->port == 0;
	case KEY_NETWORK:
		return memcmp(value, &no_network, sizeof(no_network)) == 0;
	case KEY_STATUS_RANGES:
		return ((const struct list_value *)value)->count == 0;
	case KEY_MAP:
		return key->flags & KEY_OPTIONAL && *(void *const *)value == NULL;
	case KEY_BOOL:
	case KEY_CHOICE:
	case KEY_FIELDS:
		break;
	}
	return false;
}

#include "config/value.h"

#include <stdio.h>

#include "base/suggest.h"

#include "base/banned.h"

#define POOL_STEP 4096

struct span text_pool_copy(struct text_pool *pool, struct span text)
{
	char *copy = pool->at;

	if ((size_t)(pool->end - pool->at) < text.len + 1) {
		size_t step = text.len + 1 > POOL_STEP ? text.len + 1 : POOL_STEP;

		copy = arena_take(pool->arena, step);
		if (!copy)
			return SPAN_NONE;
		pool->end = copy + step;
	}
	if (text.len)
		memcpy(copy, text.at, text.len);
	copy[text.len] = 0;
	pool->at = copy + text.len + 1;
	return span_make(copy, text.len);
}

size_t value_size(const struct key *key)
{
	switch (key->type) {
	case KEY_BOOL:
		return sizeof(bool);
	case KEY_NUMBER:
	case KEY_DURATION:
	case KEY_BYTES:
	case KEY_SPEED:
	case KEY_BANDWIDTH:
	case KEY_TIME:
	case KEY_DATE:
		return sizeof(int64_t);
	case KEY_RATE:
		return sizeof(struct rate);
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_HOST:
		return sizeof(struct span);
	case KEY_URL:
		return sizeof(struct url);
	case KEY_ENDPOINT:
		return sizeof(struct endpoint);
	case KEY_NETWORK:
		return sizeof(struct network);
	case KEY_CHOICE:
		return sizeof(int);
	case KEY_FIELDS:
	case KEY_STATUS_RANGES:
		return sizeof(struct list_value);
	case KEY_MAP:
		return key->table->size;
	}
	return 0;
}

size_t key_size(const struct key *key)
{
	if (key->flags & KEY_LIST)
		return sizeof(struct list_value);
	return key->flags & KEY_OPTIONAL ? sizeof(void *) : value_size(key);
}

bool path_is_word(const struct key *key, struct span value)
{
	for (size_t i = 0; key->choices && key->choices[i]; i++) {
		if (span_equal(value, span_of(key->choices[i])))
			return true;
	}
	return false;
}

static enum result read_word(const struct key *key, struct span text, struct span *out)
{
	for (size_t i = 0; key->choices[i]; i++) {
		if (span_equal(text, span_of(key->choices[i])))
			*out = span_of(key->choices[i]);
	}
	return RESULT_OK;
}

static enum result read_bool(struct span text, struct value_reader *reader, bool *out)
{
	static const char *const yes[] = { "yes", "on", "y", "1", "enabled", "True", "TRUE" };
	static const char *const no[] = { "no", "off", "n", "0", "disabled", "False", "FALSE" };

	if (span_equal(text, SPAN("true")) || span_equal(text, SPAN("false"))) {
		*out = text.len == 4;
		return RESULT_OK;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (span_equal_nocase(text, span_of(yes[i])))
			snprintf(reader->words, sizeof(reader->words), "did you mean true?");
		if (span_equal_nocase(text, span_of(no[i])))
			snprintf(reader->words, sizeof(reader->words), "did you mean false?");
	}
	return RESULT_MALFORMED;
}

static enum result read_choice(const struct key *key, struct span text, struct value_reader *reader, int *out)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, text);
	for (int i = 0; key->choices[i]; i++) {
		if (span_equal(text, span_of(key->choices[i]))) {
			*out = i;
			return RESULT_OK;
		}
		suggestion_offer(&suggestion, span_of(key->choices[i]));
	}
	snprintf(reader->words, sizeof(reader->words), "%.*s", SPAN_ARG(suggestion_sentence(&suggestion)));
	return RESULT_MALFORMED;
}

bool text_is_plain(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i], d = i + 1 < text.len ? (unsigned char)text.at[i + 1] : 0;
		unsigned char e = i + 2 < text.len ? (unsigned char)text.at[i + 2] : 0;

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && d < 0xa0))
			return false;
		if ((c == 0xe2 && d == 0x80 && (e & 0xfe) == 0xa8) || (c == 0xef && ((d == 0xbb && e == 0xbf) || (d == 0xbf && e >= 0xbe))))
			return false;
	}
	return true;
}

static enum result read_text(const struct key *key, struct span text, struct value_reader *reader, struct span *out)
{
	size_t max = key->max > 0 ? (size_t)key->max : KEY_TEXT_DEFAULT_MAX;

	if (!text_is_plain(text))
		return RESULT_MALFORMED;
	if (text.len > max || text.len < (size_t)key->min)
		return RESULT_LIMIT;
	*out = text_pool_copy(reader->pool, text);
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

/* "200-399,404" */
static enum result read_status(struct span text, struct value_reader *reader, struct list_value *out)
{
	struct status_range ranges[32], *kept;
	size_t count = 0;

	if (text.len == 0)
		return RESULT_MALFORMED;
	while (text.at) {
		struct span part = span_cut(&text, ',');
		struct span first_text, last_text = span_trim(part);
		uint64_t first, last;

		first_text = span_cut(&last_text, '-');
		if (!last_text.at)
			last_text = first_text;
		if (count == sizeof(ranges) / sizeof(*ranges) || span_to_u64(first_text, 599, &first) != RESULT_OK ||
		    span_to_u64(last_text, 599, &last) != RESULT_OK || first < 100 || last < first)
			return RESULT_MALFORMED;
		ranges[count++] = (struct status_range){ (unsigned)first, (unsigned)last };
	}
	kept = arena_new_array(reader->pool->arena, struct status_range, count);
	if (!kept)
		return RESULT_NO_MEMORY;
	memcpy(kept, ranges, count * sizeof(*ranges));
	*out = (struct list_value){ kept, count };
	return RESULT_OK;
}

static enum result read_network(struct span text, struct value_reader *reader, struct network *out)
{
	struct span bits = span_skip(text, span_find(text, '/'));
	char words[NETWORK_TEXT_MAX];
	struct network wide;
	uint64_t prefix;

	if (network_read(text, out) == RESULT_OK)
		return RESULT_OK;
	/* The usual slip: 10.0.0.1/8, bits set behind the prefix. */
	if (bits.len < 2 || span_to_u64(span_skip(bits, 1), 128, &prefix) != RESULT_OK ||
	    network_read(span_take(text, text.len - bits.len), &wide) != RESULT_OK)
		return RESULT_MALFORMED;
	if (address_is_v4(&wide.address)) {
		if (prefix > 32)
			return RESULT_MALFORMED;
		prefix += 96;
	}
	for (unsigned i = (unsigned)prefix; i < 128; i++)
		wide.address.bytes[i / 8] &= (uint8_t)~(0x80u >> i % 8);
	wide.prefix = (uint8_t)prefix;
	network_write(&wide, words);
	snprintf(reader->words, sizeof(reader->words), "did you mean %s?", words);
	return RESULT_MALFORMED;
}

static enum result read_endpoint(struct span text, struct value_reader *reader, struct endpoint *out)
{
	struct address address;
	uint64_t port;

	if (endpoint_read(text, out) == RESULT_OK)
		return RESULT_OK;
	if (address_read(text, &address) == RESULT_OK && !address_is_v4(&address))
		snprintf(reader->words, sizeof(reader->words), "an IPv6 address stands in [ ] before its port");
	else if (address_read(text, &address) == RESULT_OK)
		snprintf(reader->words, sizeof(reader->words), "did you mean %.*s:443?", SPAN_ARG(text));
	else if (text.len < 8 && span_to_u64(text.len && text.at[0] == ':' ? span_skip(text, 1) : text, 65535, &port) == RESULT_OK)
		snprintf(reader->words, sizeof(reader->words), "did you mean 0.0.0.0:%u or [::]:%u?", (unsigned)port, (unsigned)port);
	else if (span_starts(text, SPAN("*:")) && span_to_u64(span_skip(text, 2), 65535, &port) == RESULT_OK)
		snprintf(reader->words, sizeof(reader->words), "did you mean 0.0.0.0:%u or [::]:%u?", (unsigned)port, (unsigned)port);
	return RESULT_MALFORMED;
}

enum result value_read(const struct key *key, struct span text, struct value_reader *reader, void *out)
{
	reader->words[0] = 0;
	switch (key->type) {
	case KEY_BOOL:
		return read_bool(text, reader, out);
	case KEY_NUMBER:
	case KEY_DURATION:
	case KEY_BYTES:
	case KEY_SPEED:
	case KEY_BANDWIDTH:
		return units_read(key, text, reader->words, out);
	case KEY_RATE:
		return rate_read(key, text, reader->words, out);
	case KEY_TEXT:
		return read_text(key, text, reader, out);
	case KEY_PATH:
		return path_is_word(key, text) ? read_word(key, text, out) : path_read(text, reader, out);
	case KEY_HOST:
		return host_read(text, reader, out);
	case KEY_URL:
		return url_read(text, reader, out);
	case KEY_ENDPOINT:
		return read_endpoint(text, reader, out);
	case KEY_NETWORK:
		return read_network(text, reader, out);
	case KEY_CHOICE:
		return read_choice(key, text, reader, out);
	case KEY_TIME:
		return time_read(text, out);
	case KEY_DATE:
		return date_read(text, out);
	case KEY_STATUS_RANGES:
		return read_status(text, reader, out);
	case KEY_FIELDS:
	case KEY_MAP:
		break;
	}
	return RESULT_MALFORMED;
}

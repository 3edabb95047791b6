#include "cache/key.h"

#include "base/encode.h"
#include "http/accept_encoding.h"
#include "message/path.h"

#include "base/banned.h"

#define SITE_DIGITS 16u

/* Remembers that something did not fit. */
struct key_writer {
	char *out;
	size_t len, max;
	bool is_full;
};

static void put(struct key_writer *writer, struct span text)
{
	writer->is_full |= text.len > writer->max - writer->len;
	if (writer->is_full || !text.len)
		return;
	memcpy(writer->out + writer->len, text.at, text.len);
	writer->len += text.len;
}

static void put_lower(struct key_writer *writer, struct span text)
{
	size_t from = writer->len;

	put(writer, text);
	for (size_t i = from; i < writer->len; i++)
		writer->out[i] = ascii_lower(writer->out[i]);
}

static enum result finish(const struct key_writer *writer, struct span *text)
{
	if (writer->is_full)
		return RESULT_LIMIT;
	*text = span_make(writer->out, writer->len);
	return RESULT_OK;
}

enum result key_write(const struct cache_place *place, const struct request_head *request, char out[KEY_BYTES_MAX], struct span *key)
{
	struct key_writer writer = { out, SITE_DIGITS, KEY_BYTES_MAX, false };

	if (!request->path.len || request->path.at[0] != '/' || !path_has_one_reading(request->path))
		return RESULT_REFUSED;
	hex_write(&place->site, sizeof(place->site), out);
	put(&writer, place->is_https ? SPAN(" https://") : SPAN(" http://"));
	put_lower(&writer, request->authority);
	put(&writer, request->path);
	if (request->has_query)
		put(&writer, SPAN("?"));
	put(&writer, request->has_query ? request->query : SPAN_NONE);
	return finish(&writer, key);
}

struct span key_url(struct span key)
{
	return span_skip(key, SITE_DIGITS + 1);
}

struct span key_target_of_url(struct span url)
{
	struct span rest = span_skip(url, span_find(url, ':') + sizeof("://") - 1);

	return span_skip(rest, span_find(rest, '/'));
}

struct span key_target(struct span key)
{
	return key_target_of_url(key_url(key));
}

/* -- Vary -- */

/* What a visitor said there is not what the origin was told: we say it, of him. */
static bool is_ours(struct span name)
{
	switch ((int)field_id_of(name)) {
	case FIELD_FORWARDED: case FIELD_X_REAL_IP: case FIELD_VIA: case FIELD_CDN_LOOP: case FIELD_X_REQUEST_ID: case FIELD_CLIENT_CERT:
	case FIELD_CLIENT_CERT_CHAIN: return true;
	default: return name.len >= 12 && span_equal_nocase(span_take(name, 12), SPAN("x-forwarded-"));
	}
}

enum vary_kind key_vary_kind(const struct fields *answer)
{
	enum vary_kind kind = VARY_NOTHING;
	unsigned count = 0;
	size_t len = 0;

	for (unsigned i = 0; i < answer->count; i++) {
		struct span rest = answer->list[i].id == FIELD_VARY ? answer->list[i].value : SPAN_NONE;

		while (rest.len) {
			struct span name = span_trim(span_cut(&rest, ','));

			if (!name.len)
				continue;
			len += name.len + 1;
			if (span_equal(name, SPAN("*")) || is_ours(name) || ++count > VARY_NAMES_MAX || len > VARIANT_BYTES_MAX)
				return VARY_ANYTHING;
			if (field_id_of(name) == FIELD_COOKIE)
				kind = VARY_COOKIE;
			else if (kind == VARY_NOTHING)
				kind = VARY_FIELDS;
		}
	}
	return kind;
}

enum result key_vary_write(const struct fields *answer, char out[VARIANT_BYTES_MAX], struct span *vary)
{
	struct key_writer writer = { out, 0, VARIANT_BYTES_MAX, false };

	for (unsigned i = 0; i < answer->count; i++) {
		struct span rest = answer->list[i].id == FIELD_VARY ? answer->list[i].value : SPAN_NONE;

		while (rest.len) {
			struct span name = span_trim(span_cut(&rest, ','));

			if (name.len && writer.len)
				put(&writer, SPAN(","));
			put_lower(&writer, name);
		}
	}
	return finish(&writer, vary);
}

/* -- the request's side of it -- */

static const struct span codings_kept[] = { SPAN_INIT("gzip"), SPAN_INIT("br"), SPAN_INIT("zstd") };
#define CODINGS_KEPT (sizeof(codings_kept) / sizeof(*codings_kept))

/* A bit for each of codings_kept that is wanted at all. */
static unsigned codings_of(const struct fields *request)
{
	char text[ACCEPT_ENCODING_MAX];
	struct span rest = accept_encoding_reduce(request, text);
	unsigned wanted = 0;

	while (rest.len) {
		struct span member = span_cut(&rest, ',');
		struct span name = span_trim(span_cut(&member, ';'));

		for (unsigned i = 0; i < CODINGS_KEPT; i++)
			wanted |= span_equal(name, codings_kept[i]) ? 1u << i : 0;
	}
	return wanted;
}

/* All of CODINGS are among those with a bit in WANTED. */
static bool are_among(struct span codings, unsigned wanted)
{
	while (codings.len) {
		struct span name = span_trim(span_cut(&codings, ','));
		unsigned i = 0;

		if (!name.len || span_equal_nocase(name, SPAN("identity")))
			continue;
		while (i < CODINGS_KEPT && !span_equal_nocase(name, codings_kept[i]))
			i++;
		if (i == CODINGS_KEPT || !(wanted >> i & 1))
			return false;
	}
	return true;
}

bool key_knows_codings(struct span codings)
{
	return are_among(codings, ~0u);
}

bool key_accepts_codings(const struct fields *request, struct span codings)
{
	return are_among(codings, codings_of(request));
}

struct span key_codings_write(const struct fields *request, char out[KEY_CODINGS_MAX])
{
	struct key_writer writer = { out, 0, KEY_CODINGS_MAX, false };
	unsigned wanted = codings_of(request);

	for (unsigned i = 0; i < CODINGS_KEPT; i++) {
		if (wanted >> i & 1 && writer.len)
			put(&writer, SPAN(", "));
		if (wanted >> i & 1)
			put(&writer, codings_kept[i]);
	}
	return span_make(out, writer.len);
}

static void put_codings(struct key_writer *writer, const struct fields *request)
{
	unsigned wanted = codings_of(request);

	for (unsigned i = 0; i < CODINGS_KEPT; i++) {
		if (wanted >> i & 1)
			put(writer, codings_kept[i]);
		if (wanted >> i & 1)
			put(writer, SPAN(" "));
	}
}

/* Values hold neither CR, which begins each, nor LF. A field that is there and empty is not one that is missing. */
static void put_field(struct key_writer *writer, const struct fields *request, struct span name)
{
	enum field_id id = field_id_of(name);

	if (id == FIELD_ACCEPT_ENCODING) {
		put_codings(writer, request);
		return;
	}
	if (id == FIELD_COOKIE)
		return;
	for (unsigned i = 0; i < request->count; i++) {
		const struct field *field = &request->list[i];

		if (field->id != id || (id == FIELD_OTHER && !span_equal_nocase(field->name, name)))
			continue;
		put(writer, SPAN("\r"));
		put(writer, span_trim(field->value));
	}
}

enum result key_variant_write(const struct fields *request, struct span vary, char out[VARIANT_BYTES_MAX], struct span *variant)
{
	struct key_writer writer = { out, 0, VARIANT_BYTES_MAX, false };

	while (vary.len) {
		put_field(&writer, request, span_cut(&vary, ','));
		put(&writer, SPAN("\n"));
	}
	return finish(&writer, variant);
}

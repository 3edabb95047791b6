#include "source/kind.h"

#include <endian.h>

#include "base/encode.h"
#include "base/hash.h"

#include "base/banned.h"

#define JA4_LEN_MIN 23u          /* "t13d1516h2_8daaf6152771_...": as far as it is read */
#define JA4_EXTENSIONS_AT 6u     /* how many there are: a resumed session has one more */
#define JA4_ALPN_AT 8u
#define CAPITAL 32u              /* added to the number of a name */
#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* Not secret: who wants to be of another's kind imitates him. */
static const struct hash_seed seed = { 0x6b696e64, 2 };

/* What browsers and tools always send, if they ever do, and sites do not make them send. Upgrade-Insecure-Requests tells a page from its parts.
 * Names that the house has no id for are behind those that it has. */
#define KIND_FIELDS_KNOWN(X) X(USER_AGENT, 1) X(ACCEPT, 2) X(ACCEPT_LANGUAGE, 3) X(ACCEPT_ENCODING, 4) X(CONNECTION, 5) X(TE, 6)
#define KIND_FIELDS(X) \
	X("sec-fetch-site", 7) X("sec-fetch-mode", 8) X("sec-fetch-dest", 9) X("upgrade-insecure-requests", 10) \
	X("sec-ch-ua", 11) X("sec-ch-ua-mobile", 12) X("sec-ch-ua-platform", 13) X("dnt", 14) X("sec-gpc", 15) \
	X("accept-charset", 16) X("from", 17)

static unsigned number_of_other(struct span name)
{
	static const struct { struct span name; unsigned number; } others[] = {
#define X(text, number) { SPAN_INIT(text), number },
		KIND_FIELDS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (name.len == others[i].name.len && span_equal_nocase(name, others[i].name))
			return others[i].number;
	}
	return 0;
}

/* 0: not looked at. */
static unsigned number_of(const struct field *field)
{
	switch ((int)field->id) {
#define X(id, number) case FIELD_##id: return number;
	KIND_FIELDS_KNOWN(X)
#undef X
	case FIELD_OTHER: return number_of_other(field->name);
	default: return 0;
	}
}

static bool has_capital(struct span name)
{
	return name.len && name.at[0] >= 'A' && name.at[0] <= 'Z';
}

static uint64_t hash_order(const struct fields *fields)
{
	uint64_t hash = FNV_START;

	for (unsigned i = 0; i < fields->count; i++) {
		const struct field *field = &fields->list[i];
		unsigned number = number_of(field);

		if (number)
			hash = (hash ^ (number + (has_capital(field->name) ? CAPITAL : 0))) * FNV_PRIME;
	}
	return hash;
}

static uint64_t hash_ja4(struct span ja4)
{
	char text[JA4_LEN_MIN] = { 0 };
	size_t rest = JA4_LEN_MIN - JA4_ALPN_AT;

	if (ja4.len < JA4_LEN_MIN)
		return 0;
	memcpy(text, ja4.at, JA4_EXTENSIONS_AT);
	memcpy(text + JA4_EXTENSIONS_AT, ja4.at + JA4_ALPN_AT, rest);
	return hash_span(seed, span_make(text, JA4_EXTENSIONS_AT + rest));
}

uint32_t kind_of(const struct kind_parts *parts)
{
	const struct request_head *head = parts->head;
	uint64_t words[4] = { hash_order(&head->fields), (uint64_t)head->version << 16 | head->pseudo_order, parts->h2, hash_ja4(parts->ja4) };
	uint64_t hash = hash_span(seed, span_make((const char *)words, sizeof(words)));
	uint32_t kind = (uint32_t)(hash ^ hash >> 32);

	return kind ? kind : 1;
}

void kind_write(uint32_t kind, char out[KIND_TEXT_LEN])
{
	uint32_t big = htobe32(kind);

	hex_write(&big, sizeof(big), out);
}

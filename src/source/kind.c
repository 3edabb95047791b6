#include "source/kind.h"

#include <endian.h>

#include "base/encode.h"
#include "base/hash.h"

#include "base/banned.h"

#define JA4_LEN_MIN 23u          /* "t13d1516h2_8daaf6152771_...": as far as it is read */
#define JA4_EXTENSIONS_AT 6u     /* how many there are: a resumed session has one more */
#define JA4_ALPN_AT 8u
#define JA4_KEPT 24u             /* what is left, in whole words */
#define CAPITAL 32u              /* added to the number of a name */
#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* Not secret: who wants to be of another's kind imitates him. */
static const struct hash_seed seed = { 0x6b696e64, 2 };

/* What browsers and tools always send, if they ever do, and sites do not make them send. Upgrade-Insecure-Requests tells a page from its parts.
 * Names that the house has no id for are behind those that it has. */
#define KIND_FIELDS_KNOWN(X) X(USER_AGENT, 1) X(ACCEPT, 2) X(ACCEPT_LANGUAGE, 3) X(ACCEPT_ENCODING, 4) X(CONNECTION, 5) X(TE, 6)
#define KIND_FIELDS(X) \
	X("dnt", 14) X("from", 17) X("sec-gpc", 15) X("sec-ch-ua", 11) X("sec-fetch-site", 7) X("sec-fetch-mode", 8) X("sec-fetch-dest", 9) \
	X("accept-charset", 16) X("sec-ch-ua-mobile", 12) X("sec-ch-ua-platform", 13) X("upgrade-insecure-requests", 10)

#define LONGEST 25u

/* By length, of which no more than four have the same, and these differ in the last byte but two: this is asked for each field of each request. */
static unsigned number_of_other(struct span name)
{
	static const struct { struct span name; unsigned number; } others[] = {
		{ SPAN_INIT(""), 0 },
#define X(text, number) { SPAN_INIT(text), number },
		KIND_FIELDS(X)
#undef X
	};
	static const uint8_t first[LONGEST + 1] = { [3] = 1, [4] = 2, [7] = 3, [9] = 4, [14] = 5, [16] = 9, [18] = 10, [25] = 11 };

	for (unsigned i = name.len <= LONGEST ? first[name.len] : 0; i && i < sizeof(others) / sizeof(*others) && others[i].name.len == name.len; i++) {
		if (ascii_lower(name.at[name.len - 3]) == others[i].name.at[name.len - 3] && span_equal_nocase(name, others[i].name))
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

/* What is looked at of JA4, into TEXT, which is zero; nothing of one that is cut. */
static void copy_ja4(struct span ja4, char text[JA4_KEPT])
{
	if (ja4.len < JA4_LEN_MIN)
		return;
	memcpy(text, ja4.at, JA4_EXTENSIONS_AT);
	memcpy(text + JA4_EXTENSIONS_AT, ja4.at + JA4_ALPN_AT, JA4_LEN_MIN - JA4_ALPN_AT);
}

uint32_t kind_of(const struct kind_parts *parts)
{
	const struct request_head *head = parts->head;
	struct {
		uint64_t order, version, h2;
		char ja4[JA4_KEPT];
	} all = { hash_order(&head->fields), (uint64_t)head->version << 16 | head->pseudo_order, parts->h2, { 0 } };
	uint64_t hash;
	uint32_t kind;

	copy_ja4(parts->ja4, all.ja4);
	hash = hash_span(seed, span_make((const char *)&all, sizeof(all)));
	kind = (uint32_t)(hash ^ hash >> 32);
	return kind ? kind : 1;
}

void kind_write(uint32_t kind, char out[KIND_TEXT_LEN])
{
	uint32_t big = htobe32(kind);

	hex_write(&big, sizeof(big), out);
}

#include "source/source.h"

#include "base/banned.h"

#define ENTRIES_MAX 32

bool source_is_trusted(const struct list_value *networks, const struct address *address)
{
	const struct network *list = networks->items;

	for (size_t i = 0; i < networks->count; i++) {
		if (network_contains(&list[i], address))
			return true;
	}
	return false;
}

/* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1" */
static enum result entry_read(struct span text, struct address *out)
{
	struct endpoint endpoint;

	if (address_read(text, out) == RESULT_OK)
		return RESULT_OK;
	if (endpoint_read(text, &endpoint) != RESULT_OK)
		return RESULT_MALFORMED;
	*out = endpoint.address;
	return RESULT_OK;
}

/* span_cut, for separators outside of "quotes". */
static struct span cut_unquoted(struct span *rest, char separator)
{
	bool is_quoted = false;
	size_t at = 0;
	struct span part;

	while (at < rest->len && (is_quoted || rest->at[at] != separator))
		is_quoted ^= rest->at[at++] == '"';
	part = span_take(*rest, at);
	*rest = at < rest->len ? span_skip(*rest, at + 1) : SPAN_NONE;
	return part;
}

/* Where the last element of LIST begins. Commas within quotes separate nothing: a proxy may repeat there what the client
 * said (host="a,for=..."). Counted from the end, because whatever a client put in front, an open quote too, is not to change
 * how the proxy's own element is read. */
static size_t last_element(struct span list, bool has_quotes)
{
	bool is_quoted = false;
	size_t at = list.len;

	while (at > 0 && (is_quoted || list.at[at - 1] != ',')) {
		at--;
		is_quoted ^= has_quotes && list.at[at] == '"';
	}
	return at;
}

/* The value of for= in one element of Forwarded (RFC 7239), without its quotes; empty when there is none. Fails closed: an
 * element with an escape in it is none, for it would take another reader to know where its quotes end. */
static struct span forwarded_for(struct span element)
{
	if (span_find(element, '\\') < element.len)
		return SPAN_NONE;
	while (element.len) {
		struct span pair = span_trim(cut_unquoted(&element, ';'));
		struct span value;

		if (!span_starts_nocase(pair, SPAN("for=")))
			continue;
		value = span_skip(pair, 4);
		if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
			value = span_make(value.at + 1, value.len - 2);
		return value;
	}
	return SPAN_NONE;
}

struct walk {
	const struct list_value *trusted;
	struct address found;
	unsigned entries;
	bool is_over;
};

static void walk_list(struct walk *walk, struct span list, bool is_forwarded)
{
	while (list.len && !walk->is_over) {
		size_t start = last_element(list, is_forwarded);
		struct span entry = span_trim(span_skip(list, start));
		struct address address;

		list = span_take(list, start ? start - 1 : 0);
		if (++walk->entries > ENTRIES_MAX || entry_read(is_forwarded ? forwarded_for(entry) : entry, &address) != RESULT_OK) {
			walk->is_over = true;
			return;
		}
		walk->found = address;
		walk->is_over = !source_is_trusted(walk->trusted, &address);
	}
}

struct address source_identify(const struct address *peer, const struct list_value *trusted, const struct fields *fields)
{
	struct walk walk = { trusted, *peer, 0, false };
	enum field_id id = fields_find(fields, FIELD_X_FORWARDED_FOR) ? FIELD_X_FORWARDED_FOR : FIELD_FORWARDED;

	if (!source_is_trusted(trusted, peer))
		return *peer;
	for (unsigned i = fields->count; i > 0 && !walk.is_over; i--) {
		if (fields->list[i - 1].id == id)
			walk_list(&walk, fields->list[i - 1].value, id == FIELD_FORWARDED);
	}
	return walk.found;
}

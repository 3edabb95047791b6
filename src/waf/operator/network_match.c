/* @ipMatch and @ipMatchFromFile. */
#include <stdlib.h>

#include "waf/operator/parts.h"
#include "waf/operator/port_file.h"

#include "base/banned.h"

struct network_list {
	struct network *list;
	size_t count, size;
};

static enum result add(struct network_list *list, struct span text, const struct operator_birth *birth, struct place place)
{
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 16;
		struct network *larger = reallocarray(list->list, size, sizeof(*larger));

		if (!larger)
			return RESULT_NO_MEMORY;
		list->list = larger;
		list->size = size;
	}
	if (networks_read_one(text, &list->list[list->count]) != RESULT_OK) {
		complain(birth->complaints, COMPLAINT_ERROR, place, SPAN("write it as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32"),
		         "\"%.*s\" is neither an address nor a network", SPAN_ARG(text));
		return RESULT_MALFORMED;
	}
	list->count++;
	return RESULT_OK;
}

static enum result finish(struct operator *operator, const struct operator_birth *birth, struct network_list *list, enum result result)
{
	struct networks *networks = NULL;

	if (result == RESULT_OK)
		result = networks_new(birth->arena, list->list, list->count, &networks);
	operator->networks = networks;
	free(list->list);
	return result;
}

/* Separated by commas. An empty list is allowed, and matches nothing: so it is in 2.9.7. */
enum result operator_networks_compile_list(struct operator *operator, const struct operator_birth *birth)
{
	struct network_list list = { 0 };
	struct span rest = operator->parameter;
	enum result result = RESULT_OK;

	while (rest.len && result == RESULT_OK) {
		struct span part = white_trim(span_cut(&rest, ','));

		if (part.len)
			result = add(&list, part, birth, birth->place);
	}
	return finish(operator, birth, &list, result);
}

/* One a line; # begins a comment. */
enum result operator_networks_compile_file(struct operator *operator, const struct operator_birth *birth)
{
	struct network_list list = { 0 };
	struct span path = white_trim(operator->parameter), rest = SPAN_NONE;
	struct place place = { .file = path, .column = 1 };
	enum result result = port_file_read(birth, path, &rest);

	while (rest.len && result == RESULT_OK) {
		struct span line = span_cut(&rest, '\n');

		line = white_trim(span_take(line, span_find(line, '#')));
		place.line++;
		if (line.len)
			result = add(&list, line, birth, place);
	}
	return finish(operator, birth, &list, result);
}

/* ::ffff:192.0.2.1 is also found as 192.0.2.1, as everywhere in Bouclier; 2.9.7 looks for it among IPv6 networks only. */
enum match operator_networks_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                   struct captures *captures)
{
	struct address address;

	(void)call;
	(void)captures;
	if (span_find(value, '[') < value.len || address_read(value, &address) != RESULT_OK)
		return MATCH_ERROR;
	return match_if(networks_contain(operator->networks, &address, span_find(value, ':') < value.len));
}

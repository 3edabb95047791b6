/* @geoLookup, @rbl, @inspectFile: what the ports know. */
#include "base/buffer.h"
#include "waf/operator/parts.h"
#include "waf/operator/rbl_text.h"

#include "base/banned.h"

#define NAME_MAX_BYTES 253  /* RFC 1035, section 2.3.4, without the final dot */

/* A rule set is not refused for what one of its rules would ask of somebody who is not there: CRS has such rules, and the rest of
 * it is worth having. Whoever loads it is told, and the rule never matches, negated or not. */
static enum result go_without(const struct operator *operator, const struct operator_birth *birth, const char *what)
{
	complain(birth->complaints, COMPLAINT_WARNING, birth->place, SPAN_NONE, "@%s needs %s, and there is none here: the rule never matches",
	         operator_name(operator->id), what);
	return RESULT_OK;
}

enum result operator_geo_compile(struct operator *operator, const struct operator_birth *birth)
{
	return operator->ports && operator->ports->geo_find ? RESULT_OK : go_without(operator, birth, "a database of countries");
}

static enum match judge(enum result result)
{
	switch (result) {
	case RESULT_OK:
		return MATCH_YES;
	case RESULT_NOT_FOUND:
		return MATCH_NO;
	case RESULT_MORE:
		return MATCH_WAIT;
	case RESULT_END:
	case RESULT_LIMIT:
	case RESULT_MALFORMED:
	case RESULT_REFUSED:
	case RESULT_TIMEOUT:
	case RESULT_IO:
	case RESULT_NO_MEMORY:
		break;
	}
	return MATCH_ERROR;
}

/* A name instead of an address would have to be asked of the DNS first, as 2.9.7 does: it is in no country here. */
enum match operator_geo_match(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	struct country country = { SPAN_NONE, SPAN_NONE, SPAN_NONE };
	struct address address;
	enum match match;

	if (!operator->ports || !operator->ports->geo_find)
		return MATCH_ERROR;
	if (address_read(value, &address) != RESULT_OK)
		return MATCH_NO;
	match = judge(operator->ports->geo_find(call->asker, &address, &country));
	if (match == MATCH_YES) {
		captures->count = 3;
		captures->list[0] = country.code;
		captures->list[1] = country.name;
		captures->list[2] = country.continent;
	}
	return match;
}

/* The zone of Project Honey Pot wants its users' key before the address. */
enum result operator_rbl_compile(struct operator *operator, const struct operator_birth *birth)
{
	if (!operator->parameter.len) {
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN("name one, as in @rbl zen.example.org"),
		         "@rbl needs the zone of a blocklist");
		return RESULT_MALFORMED;
	}
	if (!operator->ports || !operator->ports->rbl_ask)
		return go_without(operator, birth, "a resolver for DNS blocklists");
	if (!rbl_wants_key(operator->parameter))
		return RESULT_OK;
	if (!birth->http_bl_key.len)
		complain(birth->complaints, COMPLAINT_WARNING, birth->place, SPAN("set SecHttpBlKey"),
		         "@rbl of this zone needs a key, and there is none: the rule never matches");
	operator->text = arena_copy(birth->arena, birth->http_bl_key);
	return operator->text.at ? RESULT_OK : RESULT_NO_MEMORY;
}

static bool is_host_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!is_digit(c) && !(ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

static enum result print_reversed(const struct address *address, struct buffer *out)
{
	const uint8_t *b = address->bytes;
	enum result result = RESULT_OK;

	if (address_is_v4(address))
		return buffer_print(out, "%u.%u.%u.%u.", b[15], b[14], b[13], b[12]);
	for (int i = 15; i >= 0 && result == RESULT_OK; i--)  /* RFC 5782, section 2.4 */
		result = buffer_print(out, "%x.%x.", b[i] & 15u, b[i] >> 4);
	return result;
}

/* "4.3.2.1.zone"; a value that is no address: "value.zone". */
static enum result print_name(const struct operator *operator, struct span value, struct buffer *out)
{
	struct address address;
	enum result result = RESULT_OK;

	if (address_read(value, &address) == RESULT_OK) {
		if (operator->text.len)
			result = buffer_print(out, "%.*s.", SPAN_ARG(operator->text));
		if (result == RESULT_OK)
			result = print_reversed(&address, out);
	} else {
		if (!is_host_name(value))
			return RESULT_MALFORMED;
		result = buffer_print(out, "%.*s.", SPAN_ARG(value));
	}
	return result == RESULT_OK ? buffer_append(out, operator->parameter) : result;
}

enum match operator_rbl_match(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	struct buffer name;
	struct address answer = { { 0 } };
	enum match match = MATCH_NO;

	if (!operator->ports || !operator->ports->rbl_ask || (operator->text.at && !operator->text.len))
		return MATCH_ERROR;  /* nobody to ask, or no key */
	buffer_init(&name, NAME_MAX_BYTES + 1);
	if (print_name(operator, value, &name) == RESULT_OK && is_host_name(buffer_span(&name)))
		match = judge(operator->ports->rbl_ask(call->asker, buffer_span(&name), operator->parameter, &answer));
	if (match == MATCH_YES)
		captured(captures, rbl_tell(call->arena, operator->parameter, buffer_span(&name), call->variable, &answer));
	buffer_done(&name);
	return match;
}

/* 2.9.7 runs the program that the parameter names; here the scanner that the port knows is asked. */
enum result operator_inspect_compile(struct operator *operator, const struct operator_birth *birth)
{
	if (!operator->ports || !operator->ports->file_inspect)
		return go_without(operator, birth, "a virus scanner");
	if (operator->parameter.len)
		complain(birth->complaints, COMPLAINT_WARNING, birth->place, SPAN_NONE,
		         "@inspectFile does not run \"%.*s\": files go to the scanner that the configuration names", SPAN_ARG(operator->parameter));
	return RESULT_OK;
}

/* VALUE is the content of the file. */
enum match operator_inspect_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                  struct captures *captures)
{
	struct span name = SPAN_NONE;
	enum result result;

	if (!operator->ports || !operator->ports->file_inspect)
		return MATCH_ERROR;
	result = operator->ports->file_inspect(call->asker, value, &name);
	if (result == RESULT_REFUSED)
		return captured(captures, name);
	if (result == RESULT_NOT_FOUND)
		return MATCH_ERROR;
	return result == RESULT_OK ? MATCH_NO : result == RESULT_MORE ? MATCH_WAIT : MATCH_UNANSWERED;
}

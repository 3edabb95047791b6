#include "packet/carrier/bgp_include.h"

#include <stdlib.h>

#include "config/value.h"

#include "base/banned.h"

#define MARK "#! bouclier 1 community="
#define ROUTE_MARK "#: id="

static const struct {
	const char *name, *channel;
} tables[INCLUDE_TABLES] = {
	[INCLUDE_FLOW4] = { "bouclier_flow4", "flow4" }, [INCLUDE_FLOW6] = { "bouclier_flow6", "flow6" },
	[INCLUDE_RTBH4] = { "bouclier_rtbh4", "ipv4" }, [INCLUDE_RTBH6] = { "bouclier_rtbh6", "ipv6" },
};

const char *bgp_include_table_name(enum bgp_include_table table)
{
	return tables[table].name;
}

enum bgp_include_table bgp_include_table_of(const struct bgp_rule *rule)
{
	if (rule->kind == RULE_FLOW)
		return bgp_rule_is_v4(rule) ? INCLUDE_FLOW4 : INCLUDE_FLOW6;
	return bgp_rule_is_v4(rule) ? INCLUDE_RTBH4 : INCLUDE_RTBH6;
}

unsigned bgp_include_count(const struct bgp_include *include, enum bgp_include_table table)
{
	unsigned count = 0;

	for (unsigned i = 0; i < include->count; i++)
		count += bgp_include_table_of(&include->routes[i].rule) == table;
	return count;
}

/* -- the list -- */

enum result bgp_include_add(struct bgp_include *include, const struct bgp_route *route, uint32_t *id)
{
	uint32_t last = include->count ? include->routes[include->count - 1].id : 0;

	if (include->count == BGP_ROUTES_MAX || last == UINT32_MAX)
		return RESULT_LIMIT;
	include->routes[include->count] = *route;
	include->routes[include->count++].id = *id = last + 1;
	return RESULT_OK;
}

enum result bgp_include_remove(struct bgp_include *include, uint32_t id)
{
	for (unsigned i = 0; i < include->count; i++) {
		if (include->routes[i].id == id) {
			include->count--;
			memmove(&include->routes[i], &include->routes[i + 1], (include->count - i) * sizeof(*include->routes));
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

unsigned bgp_include_expire(struct bgp_include *include, uint64_t wall_ms)
{
	unsigned kept = 0, before = include->count;

	for (unsigned i = 0; i < before; i++) {
		const struct bgp_route *route = &include->routes[i];

		if (route->since_ms <= wall_ms && route->until_ms > wall_ms)
			include->routes[kept++] = *route;
	}
	include->count = kept;
	return before - kept;
}

const struct bgp_route *bgp_include_find(const struct bgp_include *include, const struct bgp_rule *rule)
{
	for (unsigned i = 0; i < include->count; i++) {
		if (bgp_rule_equal(&include->routes[i].rule, rule))
			return &include->routes[i];
	}
	return NULL;
}

void bgp_include_set_reboot(struct bgp_include *include, struct span text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < INCLUDE_REBOOT_MAX; i++) {
		if (text.at[i] > 0x20 && text.at[i] < 0x7f)
			include->reboot[len++] = text.at[i];
		else if (text.at[i] == ' ' && len && i + 1 < text.len)
			include->reboot[len++] = '_';
	}
	include->reboot[len] = 0;
}

/* -- reading -- */

/* The value of "NAME=VALUE " at the front of REST, which becomes what follows. */
static bool cut_value(struct span *rest, struct span name, struct span *value)
{
	if (!span_starts(*rest, name))
		return false;
	*rest = span_skip(*rest, name.len);
	*value = span_cut(rest, ' ');
	return true;
}

static enum result read_route(struct span line, struct bgp_include *include)
{
	struct bgp_route route = { .id = 0 };
	struct span id, since, until, by;
	uint64_t number, least = include->count ? include->routes[include->count - 1].id + (uint64_t)1 : 1;

	line = span_skip(line, 3);
	if (include->count == BGP_ROUTES_MAX || !cut_value(&line, SPAN("id="), &id) || !cut_value(&line, SPAN("since="), &since) ||
	    !cut_value(&line, SPAN("until="), &until) || !span_starts(line, SPAN("by=\"")))
		return RESULT_MALFORMED;
	line = span_skip(line, 4);
	by = span_cut(&line, '"');
	if (span_to_u64(id, UINT32_MAX, &number) != RESULT_OK || number < least || !text_is_plain(by) ||
	    span_to_u64(since, UINT64_MAX, &route.since_ms) != RESULT_OK || span_to_u64(until, UINT64_MAX, &route.until_ms) != RESULT_OK ||
	    span_to_text(by, route.by, sizeof(route.by)) != RESULT_OK || bgp_rule_read(span_skip(line, 1), &route.rule) != RESULT_OK)
		return RESULT_MALFORMED;
	route.id = (uint32_t)number;
	include->routes[include->count++] = route;
	return RESULT_OK;
}

static enum result read_mark(struct span line, struct bgp_include *include)
{
	struct span community, reboot;

	line = span_skip(line, sizeof(MARK) - 1 - sizeof("community"));
	if (!cut_value(&line, SPAN("community="), &community) || bgp_community_read(community, &include->community) != RESULT_OK)
		return RESULT_MALFORMED;
	if (!cut_value(&line, SPAN("bird="), &reboot) || line.len)
		return RESULT_MALFORMED;
	bgp_include_set_reboot(include, reboot);
	return RESULT_OK;
}

static enum result read_lines(struct span text, struct bgp_include *include)
{
	enum result result = RESULT_OK;

	while (text.len && result == RESULT_OK) {
		struct span line = span_cut(&text, '\n');

		if (span_starts(line, SPAN(MARK)))
			result = read_mark(line, include);
		else if (span_starts(line, SPAN(ROUTE_MARK)))
			result = read_route(line, include);
	}
	return result;
}

enum result bgp_include_read(struct span text, struct bgp_include *out)
{
	struct bgp_include *include;
	struct buffer again;
	enum result result;

	if (!text.len) {
		memset(out, 0, sizeof(*out));
		return RESULT_OK;
	}
	if (text.len > INCLUDE_BYTES_MAX)
		return RESULT_MALFORMED;
	include = calloc(1, sizeof(*include));
	if (!include)
		return RESULT_NO_MEMORY;
	buffer_init(&again, INCLUDE_BYTES_MAX);
	result = read_lines(text, include);
	if (result == RESULT_OK)
		result = bgp_include_write(include, &again);
	if (result == RESULT_OK && !span_equal(buffer_span(&again), text))
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		*out = *include;
	buffer_done(&again);
	free(include);
	return result;
}

/* -- writing -- */

static enum result write_record(const struct bgp_route *route, struct buffer *out)
{
	enum result result = buffer_print(out, "#: id=%u since=%llu until=%llu by=\"%s\" ", route->id, (unsigned long long)route->since_ms,
	                                  (unsigned long long)route->until_ms, route->by);

	if (result == RESULT_OK)
		result = bgp_rule_write(&route->rule, out);
	return result == RESULT_OK ? buffer_append_byte(out, '\n') : result;
}

static enum result write_protocol(const struct bgp_include *include, enum bgp_include_table table, struct buffer *out)
{
	enum result result = buffer_print(out, "%s table %s;\nprotocol static %s_static {\n\t%s { table %s; };\n", tables[table].channel, tables[table].name,
	                                  tables[table].name, tables[table].channel, tables[table].name);

	for (unsigned i = 0; i < include->count && result == RESULT_OK; i++) {
		if (bgp_include_table_of(&include->routes[i].rule) != table)
			continue;
		result = buffer_append_byte(out, '\t');
		if (result == RESULT_OK)
			result = bgp_rule_write_bird(&include->routes[i].rule, &include->community, out);
		if (result == RESULT_OK)
			result = buffer_append_byte(out, '\n');
	}
	return result == RESULT_OK ? buffer_append(out, SPAN("}\n")) : result;
}

enum result bgp_include_write(const struct bgp_include *include, struct buffer *out)
{
	enum result result = buffer_print(out, "# Written by bouclier packet bgp, and by nothing else: a line that it did not write has all of it withdrawn.\n"
	                                       MARK "%u:%u bird=%s\n", include->community.as, include->community.value, include->reboot);

	for (unsigned i = 0; i < include->count && result == RESULT_OK; i++)
		result = write_record(&include->routes[i], out);
	for (unsigned table = 0; table < INCLUDE_TABLES && result == RESULT_OK; table++)
		result = write_protocol(include, (enum bgp_include_table)table, out);
	return result;
}

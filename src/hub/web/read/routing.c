#include "hub/web/read/routing.h"

#include "base/banned.h"

enum result web_routing_find(const struct web_routes *routes, enum method method, const struct web_path *path, struct web_routing *out)
{
	enum method wanted = method == METHOD_HEAD ? METHOD_GET : method;
	uint32_t best = 0;

	*out = (struct web_routing){ 0 };
	for (size_t t = 0; t < routes->table_count; t++) {
		for (size_t i = 0; i < routes->tables[t].count; i++) {
			const struct web_route *route = &routes->tables[t].list[i];
			struct span parts[WEB_PARTS_MAX];
			uint32_t rank;

			if (!web_pattern_matches(span_of(route->pattern), path, parts, &rank))
				continue;
			out->methods |= 1u << route->method;
			if (route->method != wanted || (out->route && rank <= best))
				continue;
			out->route = route;
			out->context = routes->tables[t].context;
			memcpy(out->parts, parts, sizeof(parts));
			best = rank;
		}
	}
	if (out->route)
		return RESULT_OK;
	return out->methods ? RESULT_REFUSED : RESULT_NOT_FOUND;
}

static bool stands_before(const struct web_routes *routes, size_t table, size_t index)
{
	const struct web_route *route = &routes->tables[table].list[index];

	for (size_t t = 0; t <= table; t++) {
		for (size_t i = 0; i < (t == table ? index : routes->tables[t].count); i++) {
			const struct web_route *other = &routes->tables[t].list[i];

			if (other->method == route->method && strcmp(other->pattern, route->pattern) == 0)
				return true;
		}
	}
	return false;
}

bool web_routes_are_valid(const struct web_routes *routes)
{
	if (routes->table_count > WEB_TABLES_MAX)
		return false;
	for (size_t t = 0; t < routes->table_count; t++) {
		for (size_t i = 0; i < routes->tables[t].count; i++) {
			const struct web_route *route = &routes->tables[t].list[i];

			if (!route->answer || route->method == METHOD_HEAD || route->method == METHOD_OPTIONS || route->method == METHOD_OTHER ||
			    !web_pattern_is_valid(span_of(route->pattern)) || stands_before(routes, t, i))
				return false;
		}
	}
	return true;
}

struct span web_allow_write(uint32_t methods, char out[WEB_ALLOW_MAX])
{
	size_t len = 0;

	if (methods & 1u << METHOD_GET)
		methods |= 1u << METHOD_HEAD;
	methods |= 1u << METHOD_OPTIONS;
	for (enum method method = METHOD_GET; method < METHOD_COUNT; method++) {
		struct span name = method_name(method);

		if (!(methods & 1u << method) || len + name.len + 2 > WEB_ALLOW_MAX)
			continue;
		if (len) {
			memcpy(out + len, ", ", 2);
			len += 2;
		}
		memcpy(out + len, name.at, name.len);
		len += name.len;
	}
	return span_make(out, len);
}

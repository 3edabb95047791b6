#include "cli/admin/said.h"

#include "edge/hits/hits.h"
#include "message/path.h"

#include "base/banned.h"

#define SAID_PATH_MAX 1024u      /* as the key's own limit */
#define DAY_MS ((int64_t)24 * 3600 * 1000)

static bool ends_with_slash(struct span path)
{
	return path.len > 1 && path.at[path.len - 1] == '/';
}

/* By whole segments; "*" is any one. An exact one says no more than an exact place that ends as it does. */
static bool says_path(const struct waf_exclusion_settings *exclusion, const struct exclusion *place)
{
	struct span said = exclusion->path, path = place->path;
	char said_room[SAID_PATH_MAX], room[HITS_PATH_MAX];

	if (!said.len)
		return true;
	if (!path.len || said.len > sizeof(said_room) || path.len > sizeof(room))
		return false;
	said = span_skip(path_tidy(said, said_room), 1);
	path = span_skip(path_tidy(path, room), 1);
	while (said.len) {
		struct span segment = span_cut(&said, '/'), other = span_cut(&path, '/');

		if (!other.len || (!span_equal(segment, SPAN("*")) && !span_equal(segment, other)))
			return false;
	}
	return !exclusion->exact || (place->is_exact && !path.len && ends_with_slash(exclusion->path) == ends_with_slash(place->path));
}

static bool says_method(const struct list_value *said, struct span method)
{
	const struct span *methods = said->items;

	for (size_t i = 0; i < said->count; i++) {
		if (span_equal(methods[i], method))
			return true;
	}
	return !said->count;
}

static bool says_parameter(struct span said, struct span parameter)
{
	if (!said.len)
		return true;
	if (said.at[said.len - 1] == '*')
		return span_starts_nocase(parameter, span_take(said, said.len - 1));
	return span_equal_nocase(said, parameter);
}

static bool holds(const struct waf_exclusion_settings *said, const struct exclusion *place, int64_t now_ms)
{
	return (!said->until_ms || now_ms < said->until_ms + DAY_MS) && says_method(&said->method, place->method) &&
	       says_parameter(said->parameter, place->parameter) && says_path(said, place);
}

void said_in(const struct edge_site *site, const struct exclusion *place, int64_t now_ms, struct said *out)
{
	out->count = 0;
	for (size_t r = 0; r < site->site->route_count; r++) {
		const struct list_value *list = &site->routes[r].settings->waf.exclusions;
		const struct waf_exclusion_settings *said = list->items;

		for (size_t i = 0; i < list->count && out->count < SAID_MAX; i++) {
			if (holds(&said[i], place, now_ms))
				out->list[out->count++] = &said[i];
		}
	}
}

bool said_rule(const struct said *said, uint32_t id, const struct rule *rule)
{
	for (unsigned i = 0; i < said->count; i++) {
		struct span text = said->list[i]->rule;
		uint32_t first, last;

		if (waf_rule_ids(text, &first, &last) ? id >= first && id <= last : rule && rule_has_tag(rule, text))
			return true;
	}
	return false;
}

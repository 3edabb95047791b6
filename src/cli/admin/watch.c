#include "cli/admin/watch.h"

#include "cli/admin/said.h"

#include "base/banned.h"

/* Who no longer looks at one place: what the file says, and what is proposed beside it. */
struct excused_place {
	struct said said;
	uint32_t ids[HITS_ENTRIES];
	unsigned id_count;
	struct span kinds[PROPOSE_KINDS];
	unsigned kind_count;
};

/* Of one kind. */
struct kind {
	unsigned rules, excused;
	uint32_t named[WATCH_NAMED];
};

static const struct rule *first_rule(const struct edge_site *site)
{
	for (size_t i = 0; i < site->site->route_count; i++) {
		if (site->routes[i].waf)
			return waf_rules_first(site->routes[i].waf->rules);
	}
	return NULL;
}

static void add_kind(struct excused_place *place, struct span kind)
{
	for (unsigned i = 0; i < place->kind_count; i++) {
		if (span_equal(place->kinds[i], kind))
			return;
	}
	place->kinds[place->kind_count++] = kind;
}

static void gather(struct excused_place *place, const struct proposal *list, unsigned count, unsigned index)
{
	for (unsigned i = 0; i < count; i++) {
		if (!proposal_is_same_place(&list[i].exclusion, &list[index].exclusion) || !proposal_is_written(list, i))
			continue;
		if (proposal_is_of_kind(list, count, i))
			add_kind(place, list[i].kind);
		else if (place->id_count < HITS_ENTRIES)
			place->ids[place->id_count++] = list[i].rule.id;
	}
}

static bool is_excused(const struct excused_place *place, const struct rule *rule)
{
	for (unsigned i = 0; i < place->id_count; i++) {
		if (place->ids[i] == rule->id)
			return true;
	}
	for (unsigned i = 0; i < place->kind_count; i++) {
		if (rule_has_tag(rule, place->kinds[i]))
			return true;
	}
	return said_rule(&place->said, rule->id, rule);
}

static struct kind look(const struct excused_place *place, const struct rule *first, struct span name)
{
	struct kind kind = { .rules = 0 };

	for (const struct rule *rule = first; rule; rule = rule->next) {
		if (rule->is_marker || !rule_counts(rule) || !rule_has_tag(rule, name))
			continue;
		kind.rules++;
		if (!is_excused(place, rule))
			continue;
		if (kind.excused < WATCH_NAMED)
			kind.named[kind.excused] = rule->id;
		kind.excused++;
	}
	return kind;
}

static enum result put_kind(const struct kind *kind, struct span name, struct buffer *out)
{
	enum result result = buffer_print(out, "%.*s", SPAN_ARG(name));

	if (kind->excused > WATCH_NAMED)
		return result == RESULT_OK ? buffer_print(out, " (but %u rules), ", kind->excused) : result;
	for (unsigned i = 0; i < kind->excused && result == RESULT_OK; i++)
		result = buffer_print(out, "%s%u", i ? " " : " (but ", kind->named[i]);
	return result == RESULT_OK ? buffer_append(out, kind->excused ? SPAN("), ") : SPAN(", ")) : result;
}

enum result watch_write(const struct edge_site *site, const struct proposal *list, unsigned count, unsigned index, int64_t now_ms, struct buffer *out)
{
	struct excused_place place = { .id_count = 0 };
	const struct rule *first = first_rule(site);
	enum result result = buffer_append(out, SPAN("left watching this field: "));
	bool has_kind = false;

	said_in(site, &list[index].exclusion, now_ms, &place.said);
	gather(&place, list, count, index);
	for (unsigned i = 0; i < PROPOSE_KINDS && result == RESULT_OK; i++) {
		struct kind kind = look(&place, first, propose_kinds[i]);

		if (kind.excused == kind.rules)
			continue;
		has_kind = true;
		result = put_kind(&kind, propose_kinds[i], out);
	}
	return result == RESULT_OK ? buffer_print(out, "%sall rules of no such kind", has_kind ? "and " : "") : result;
}

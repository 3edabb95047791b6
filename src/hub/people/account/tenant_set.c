#include "hub/people/account/tenant_set.h"

#include "incident/text.h"

#include "base/banned.h"

bool tenant_set_has(const struct tenant_set *set, struct span tenant)
{
	bool has = set->is_all;

	for (uint32_t i = 0; i < set->count && !has; i++)
		has = span_equal(span_of(set->list[i]), tenant);
	return has;
}

static bool add(struct tenant_set *set, struct span tenant)
{
	if (!tenant.len || !text_is_kept(tenant, TENANT_SET_NAME_BYTES, false) || tenant_set_has(set, tenant))
		return false;
	text_set(set->list[set->count++], TENANT_SET_NAME_BYTES, tenant);
	return true;
}

enum result tenant_set_read(const struct json *list, struct tenant_set *out)
{
	struct tenant_set set = { 0 };
	size_t count = json_length(list);

	if (!json_has_list(list) || count > TENANT_SET_MAX)
		return RESULT_MALFORMED;
	set.is_all = count == 1 && span_equal(json_text_of(json_item(list, 0)), SPAN("*"));
	for (size_t i = 0; i < count && !set.is_all; i++) {
		struct span name = json_text_of(json_item(list, i));

		if (span_equal(name, SPAN("*")) || !add(&set, name))
			return RESULT_MALFORMED;
	}
	*out = set;
	return RESULT_OK;
}

void tenant_set_put(struct json_writer *writer, struct span name, const struct tenant_set *set)
{
	json_open(writer, name, '[');
	if (set->is_all)
		json_put_text(writer, SPAN_NONE, SPAN("*"));
	for (uint32_t i = 0; i < set->count; i++)
		json_put_text(writer, SPAN_NONE, span_of(set->list[i]));
	json_close(writer, ']');
}

bool tenant_set_within(const struct tenant_set *inner, const struct tenant_set *outer)
{
	bool is_within = outer->is_all || !inner->is_all;

	for (uint32_t i = 0; i < inner->count && is_within; i++)
		is_within = tenant_set_has(outer, span_of(inner->list[i]));
	return is_within;
}

void tenant_set_meet(const struct tenant_set *a, const struct tenant_set *b, struct tenant_set *out)
{
	const struct tenant_set *from = a->is_all ? b : a, *by = a->is_all ? a : b;

	*out = (struct tenant_set){ .is_all = a->is_all && b->is_all };
	for (uint32_t i = 0; i < from->count; i++) {
		if (tenant_set_has(by, span_of(from->list[i])))
			(void)add(out, span_of(from->list[i]));
	}
}

struct store_tenants tenant_set_ask(const struct tenant_set *set, struct span *spans)
{
	for (uint32_t i = 0; i < set->count; i++)
		spans[i] = span_of(set->list[i]);
	return (struct store_tenants){ .is_all = set->is_all, .list = spans, .count = set->count };
}

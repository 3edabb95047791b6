#include "packet/egress/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define ALONE 128u

enum result egress_list_init(struct egress_list *list)
{
	*list = (struct egress_list){ .rules = calloc(EGRESS_RULES_MAX, sizeof(struct egress_rule)) };
	return list->rules ? RESULT_OK : RESULT_NO_MEMORY;
}

void egress_list_done(struct egress_list *list)
{
	free(list->rules);
	list->rules = NULL;
	list->count = 0;
}

static bool is_same(const struct egress_rule *a, const struct egress_rule *b)
{
	return a->port == b->port && a->protocol == b->protocol && a->length == b->length && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool has_length(struct egress_list *list, uint8_t length)
{
	for (unsigned i = 0; i < list->length_count; i++) {
		if (list->lengths[i] == length)
			return true;
	}
	if (list->length_count == EGRESS_LENGTHS_MAX)
		return false;
	list->lengths[list->length_count++] = length;
	return true;
}

void egress_list_add(struct egress_list *list, const struct egress_rule *rule, bool is_needed, struct span key)
{
	struct egress_rule *added;

	for (unsigned i = 0; i < list->count; i++) {
		if (is_same(&list->rules[i], rule)) {
			list->rules[i].is_needed |= is_needed;
			if (rule->seen_ns > list->rules[i].seen_ns)
				list->rules[i].seen_ns = rule->seen_ns;
			return;
		}
	}
	if (list->count == EGRESS_RULES_MAX || !has_length(list, rule->length)) {
		list->left_out++;
		return;
	}
	added = &list->rules[list->count++];
	*added = *rule;
	added->is_needed = is_needed;
	snprintf(added->key, sizeof(added->key), "%.*s", SPAN_ARG(key));
}

unsigned egress_list_carry(struct egress_list *list, const struct egress_list *before, struct span key, uint64_t now_ns)
{
	struct span cut = span_take(key, EGRESS_KEY_BYTES - 1);
	unsigned count = 0;

	for (unsigned i = 0; i < before->count; i++) {
		struct egress_rule rule = before->rules[i];

		if (!span_equal(span_of(rule.key), cut))
			continue;
		rule.seen_ns = now_ns;
		egress_list_add(list, &rule, rule.is_needed, cut);
		count++;
	}
	return count;
}

void egress_list_keep(struct egress_list *list, const struct egress_list *before, uint64_t now_ns)
{
	unsigned left_out = list->left_out;

	for (unsigned i = 0; i < before->count; i++) {
		const struct egress_rule *rule = &before->rules[i];

		if (rule->is_needed && rule->seen_ns <= now_ns && now_ns - rule->seen_ns < EGRESS_KEEP_NS)
			egress_list_add(list, rule, true, span_of(rule->key));
	}
	list->left_out = left_out;
	for (unsigned i = 0; i < EGRESS_PORT_WORDS; i++)
		list->answers[i] |= before->answers[i];
}

const struct egress_rule *egress_list_find_rule(const struct egress_list *list, const struct egress_rule *rule)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (is_same(&list->rules[i], rule))
			return &list->rules[i];
	}
	return NULL;
}

bool egress_list_is_same(const struct egress_list *one, const struct egress_list *other)
{
	if (one->count != other->count || memcmp(one->answers, other->answers, sizeof(one->answers)) != 0)
		return false;
	for (unsigned i = 0; i < one->count; i++) {
		const struct egress_rule *rule = &one->rules[i], *found = egress_list_find_rule(other, rule);

		if (!found || found->is_needed != rule->is_needed || strcmp(found->key, rule->key) != 0)
			return false;
	}
	return true;
}

void egress_list_answer(struct egress_list *list, uint16_t port)
{
	list->answers[port / 64] |= 1ull << port % 64;
}

bool egress_list_answers(const struct egress_list *list, uint16_t port)
{
	return list->answers[port / 64] >> port % 64 & 1;
}

const struct egress_rule *egress_list_find(const struct egress_list *list, const struct egress_destination *to)
{
	const struct egress_rule *found = NULL;

	for (unsigned i = 0; i < list->count; i++) {
		const struct egress_rule *rule = &list->rules[i];

		if (egress_rule_holds(rule, to) && (!found || rule->length > found->length || (rule->length == found->length && !found->port)))
			found = rule;
	}
	return found;
}

const struct egress_rule *egress_list_find_host(const struct egress_list *list, const struct egress_destination *to)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct egress_rule *rule = &list->rules[i];

		if (rule->is_needed && rule->length == ALONE && to->kind == EGRESS_OUT && memcmp(rule->bytes, to->bytes, sizeof(to->bytes)) == 0)
			return rule;
	}
	return NULL;
}

struct egress_allow_key egress_allow_key(const struct egress_rule *rule, unsigned copy)
{
	struct egress_allow_key key = { .copy = (__u8)copy, .length = rule->length, .protocol = rule->protocol, .port = rule->port };

	memcpy(key.bytes, rule->bytes, sizeof(key.bytes));
	return key;
}

/* Lines "+rule" and "-rule" (a network, AS64496 or BE) and, in the last line, an address: lists answer as their rules one by one. */
#include <assert.h>

#include "source/list.h"

#define COUNT_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct list_place place = { 64496, "BE" };

struct read_rule { struct network network; struct span text; uint32_t asn; char country[3]; };

/* The rule that TEXT is; how narrow it is, made even, so that +1 may say that it allows. 0: TEXT is none. */
static int read_rule(struct span text, struct read_rule *read, struct list_rule *rule)
{
	*read = (struct read_rule){ .text = text };
	*rule = (struct list_rule){ .even_eu = true };
	if (network_read(text, &read->network) == RESULT_OK)
		rule->networks = (struct list_value){ &read->network, 1 };
	else if (asn_read(text, &read->asn) == RESULT_OK)
		rule->asns = (struct list_value){ &read->text, 1 };
	else if (country_read(text, read->country) == RESULT_OK)
		rule->countries = (struct list_value){ &read->text, 1 };
	return rule->networks.count ? 2 * (read->network.prefix + 10) : rule->asns.count ? 6 : rule->countries.count ? 2 : 0;
}

static bool concerns(const struct read_rule *read, const struct list_rule *rule, const struct address *address)
{
	if (rule->networks.count)
		return network_contains(&read->network, address);
	return read->asn ? read->asn == place.asn : memcmp(read->country, place.country, 3) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct read_rule read[2][COUNT_MAX];
	static struct list_rule rules[2][COUNT_MAX];
	struct source_site_settings settings = { .allowlist = { rules[1], 0 }, .denylist = { rules[0], 0 } };
	struct span rest = span_make((const char *)data, size), line = span_skip(rest, span_find_last(rest, '\n') + (span_find_last(rest, '\n') < size));
	struct address address;
	struct arena arena;
	struct lists *lists;
	int best = 0;

	if (address_read(line, &address) != RESULT_OK)
		return 0;
	while (rest.len) {
		bool is_allowed = rest.at[0] == '+';
		struct list_value *list = is_allowed ? &settings.allowlist : &settings.denylist;
		int narrow = 0;

		line = span_cut(&rest, '\n');
		if (line.len && list->count < COUNT_MAX)
			narrow = read_rule(span_skip(line, 1), &read[is_allowed][list->count], &rules[is_allowed][list->count]);
		if (narrow && concerns(&read[is_allowed][list->count], &rules[is_allowed][list->count], &address) && narrow + is_allowed > best)
			best = narrow + is_allowed;
		list->count += narrow > 0;
	}
	arena_init(&arena, 1 << 20, 4096);
	assert(lists_new(&arena, &settings, &lists) == RESULT_OK);
	assert(lists_ask(lists, &address, &place, 0).action == (!best ? LIST_NONE : best & 1 ? LIST_ALLOW : LIST_DENY));
	arena_done(&arena);
	return 0;
}

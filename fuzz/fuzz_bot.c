/* A claim is a word that is really there, wherever the text ends; and a name proves a bot only as a host in its domain. */
#include <assert.h>

#include "source/bot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bots_settings none;
	struct span text = span_make((const char *)data, size), looked = span_take(text, BOT_AGENT_LOOK + BOT_AGENT_MAX);
	uint64_t claimed, everybody;
	struct bots bots;
	size_t count;

	bots_built_in(&count);
	assert(bots_make(&none, &bots));
	everybody = ((uint64_t)1 << count) - 1;
	claimed = bots_claimed(&bots, text);
	assert(!(claimed & ~everybody));
	for (uint64_t left = claimed; left; left &= left - 1)
		assert(span_contains_nocase(looked, bots_first(&bots, left)->agent));
	for (uint64_t left = everybody; left; left &= left - 1) {
		uint64_t one = left & -left;
		const struct bot *bot = bots_find_owner(&bots, one, text), *claim = bots_first(&bots, one);
		const struct span *domains = claim->domains.items;
		bool ends = false;

		assert(!bot || bot == claim);
		for (size_t i = 0; i < claim->domains.count; i++) {
			struct span name = size && data[size - 1] == '.' ? span_take(text, size - 1) : text, domain = domains[i];
			bool is_longer = name.len > domain.len && name.at[name.len - domain.len - 1] == '.';

			ends |= (is_longer || name.len == domain.len) && span_equal_nocase(span_skip(name, name.len - domain.len), domain);
		}
		assert(ends == (bot != NULL));
	}
	return 0;
}

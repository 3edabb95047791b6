/* Who is asked for proof: as what the table of sources knows him. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/challenge/inner.h"

#include "base/banned.h"

static void his_source_is_the_tables(void **state)
{
	static const enum source_kind kinds[] = { SOURCE_NONE, SOURCE_V6, SOURCE_V6_WIDE };
	struct challenge_memory *memory = aligned_alloc(64, sizeof(*memory));
	struct edge_settings settings = { .challenge = EDGE_CHALLENGE_AUTO };
	struct site file = { .sections = { [ROOM_EDGE] = &settings } };
	struct edge_site site = { .site = &file, .key = 7 };
	struct edge_common common = { .challenge = memory };
	struct worker worker = { .common = &common };
	struct connection connection = { .worker = &worker };
	struct visit visit;

	(void)state;
	assert_non_null(memory);
	memset(memory, 0, sizeof(*memory));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct request request = { .connection = &connection, .site = &site, .caller.key = { 5, kinds[i] } };

		assert_true(visit_of(&request, &visit));
		assert_int_equal(visit.source.kind, kinds[i]);
		assert_int_equal(visit.source.bits, 5);
		assert_int_equal(visit.asker.site, 7);
	}
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(his_source_is_the_tables) };

	return cmocka_run_group_tests_name("edge/visitor", tests, NULL, NULL);
}

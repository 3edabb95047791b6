/* Who gives where there is no room for all: of tenants the one that has most, and of its sites. */
#include "../base/check.h"

#include <stdlib.h>

#include "cache/continuity/inner.h"
#include "cache/continuity/tier.h"

#include "base/banned.h"

#define SITES 4
#define ROOM (-1)
#define KIB 1024u

/* Sites 0 and 1 are of one tenant, 2 and 3 have one each. */
static const unsigned party_of[SITES] = { 0, 0, 1, 2 };

struct row {
	const char *what;
	struct copies_part has[SITES];
	uint64_t total_kib;
	unsigned site;
	struct { uint64_t kib; bool is_new; } need;
	int giver;                    /* the site; ROOM: nobody has to */
};

struct stage {
	struct copies copies;
	struct copies_party parties[SITES - 1];
	struct copies_site sites[SITES];
	struct copy_entry entries[SITES];
};

static void add_site(struct stage *stage, const struct row *row, unsigned i)
{
	struct copies_site *site = &stage->sites[i];

	list_init(&site->entries);
	site->party = &stage->parties[party_of[i]];
	site->rules.disk_bytes = row->total_kib * KIB;
	site->has = (struct copies_part){ row->has[i].bytes * KIB, row->has[i].count };
	copies_part_add(&site->party->has, &site->has);
	stage->copies.state.bytes += site->has.bytes;
	stage->copies.state.copies += site->has.count;
	list_add_last(&stage->copies.sites, &site->node);
	stage->entries[i].site = site;
	if (site->has.count)
		list_add_last(&site->entries, &stage->entries[i].of_site);
}

static void check(const struct row *row, enum copies_purpose purpose)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct copy_need need = { .bytes = row->need.kib * KIB, .is_new = row->need.is_new };
	const struct copy_entry *victim;
	bool is_room;

	stage->copies.purpose = purpose;
	stage->copies.total_bytes = row->total_kib * KIB;
	list_init(&stage->copies.sites);
	for (unsigned i = 0; i < SITES; i++)
		add_site(stage, row, i);
	victim = copies_victim(&stage->copies, &stage->sites[row->site], &need, &is_room);
	if (is_room != (row->giver == ROOM) || victim != (row->giver == ROOM ? NULL : &stage->entries[row->giver]))
		fail_msg("%s: %ld gives", row->what, victim ? (long)(victim - stage->entries) : -1L);
	free(stage);
}

static void who_gives(void **state)
{
	static const struct row rows[] = {
		{ "there is room", { { 90, 9 } }, 100, 2, { 10, true }, ROOM },
		{ "one alone may have all of it", { { 100, 10 } }, 100, 0, { 10, true }, 0 },
		{ "who comes gets his part", { { 0 }, { 0 }, { 100, 10 } }, 100, 0, { 10, true }, 2 },
		{ "who floods takes nothing from who has less", { { 0 }, { 0 }, { 60, 6 }, { 40, 4 } }, 100, 2, { 10, true }, 2 },
		{ "nor where both would have as much", { { 0 }, { 0 }, { 50, 5 }, { 50, 5 } }, 100, 3, { 10, true }, 3 },
		{ "two sites of a tenant have together what others have alone", { { 36, 3 }, { 24, 2 }, { 40, 4 } }, 100, 1, { 10, true }, 0 },
		{ "and the one that has less of them gets its part of it", { { 55, 5 }, { 5, 1 }, { 40, 4 } }, 100, 1, { 10, true }, 0 },
		{ "a tenant gives of its site that has most", { { 30, 3 }, { 40, 4 }, { 30, 3 } }, 100, 2, { 10, true }, 1 },
		{ "a site that has most, of a tenant that has not, gives nothing", { { 30, 3 }, { 30, 3 }, { 40, 4 } }, 100, 3, { 10, true }, 0 },
		{ "files are short: who has most of them gives, not who has large ones",
		  { { 0 }, { 0 }, { 900, 6 }, { 90, COPIES_MAX - 6 } }, 1000, 3, { 1, true }, 3 },
		{ "and who has few gets his part", { { 0 }, { 0 }, { 900, 6 }, { 90, COPIES_MAX - 6 } }, 1000, 2, { 1, true }, 3 },
		{ "of files a tenant's sites are one, too", { { 9, 20000 }, { 9, 20001 }, { 9, COPIES_MAX - 40001 } }, 1000, 3, { 1, true }, 1 },
		{ "one that is replaced is no further file", { { 0 }, { 0 }, { 900, 6 }, { 90, COPIES_MAX - 6 } }, 1000, 3, { 1, false }, ROOM },
		{ "bytes and files are short: bytes", { { 0 }, { 0 }, { 900, 6 }, { 100, COPIES_MAX - 6 } }, 1000, 3, { 1, true }, 2 },
		{ "there has become less", { { 10, 1 }, { 20, 2 }, { 25, 3 }, { 25, 3 } }, 50, 2, { 0, false }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		check(&rows[i], COPIES_TIER);
		check(&rows[i], COPIES_CONTINUITY);
	}
}

/* What a site may have by its own settings is not taken from others. */
static void limit_of_a_site(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	const struct row row = { "", { { 20, 2 }, { 0 }, { 70, 7 } }, 100, 0, { 0 }, ROOM };
	struct copy_need need = { .bytes = 5 * KIB, .is_new = true };
	bool is_room;

	(void)state;
	list_init(&stage->copies.sites);
	stage->copies.total_bytes = 100 * KIB;
	for (unsigned i = 0; i < SITES; i++)
		add_site(stage, &row, i);
	stage->sites[0].rules.disk_bytes = 24 * KIB;
	assert_ptr_equal(copies_victim(&stage->copies, &stage->sites[0], &need, &is_room), &stage->entries[0]);
	assert_false(is_room);
	free(stage);
}

#define WAIT_MAX 12

/* What waits: of each its site, and its bytes. PARTY offers one more. */
struct waiting_row {
	const char *what;
	struct { unsigned site; uint64_t kib; } waiting[WAIT_MAX];
	unsigned count, party;
	uint64_t kib;
	int victim;                   /* NONE: nobody gives way */
};
#define NONE (-1)

static struct stage *waiting_of(void)
{
	static const struct row row = { .total_kib = 100 };
	struct stage *stage = calloc(1, sizeof(*stage));

	list_init(&stage->copies.sites);
	list_init(&stage->copies.parties);
	list_init(&stage->copies.saves);
	list_init(&stage->copies.loads);
	for (unsigned i = 0; i < SITES - 1; i++)
		list_add_last(&stage->copies.parties, &stage->parties[i].node);
	for (unsigned i = 0; i < SITES; i++)
		add_site(stage, &row, i);
	return stage;
}

static void who_gives_way_to_be_written(void **state)
{
	static const struct waiting_row rows[] = {
		{ "the last of who has most", { { 2, 1 }, { 2, 1 }, { 2, 1 }, { 3, 1 } }, 4, 2, 1, 2 },
		{ "bytes count", { { 2, 1 }, { 3, 1 }, { 3, 1 }, { 2, 500 } }, 4, 2, 1, 3 },
		{ "so do small ones", { { 2, 100 }, { 3, 0 }, { 3, 0 }, { 3, 0 }, { 3, 0 }, { 3, 0 } }, 6, 0, 0, 5 },
		{ "sites of a tenant are one", { { 0, 1 }, { 1, 1 }, { 2, 1 } }, 3, 2, 1, 1 },
		{ "who offers has most himself", { { 2, 1 }, { 2, 1 }, { 3, 1 } }, 3, 1, 1, NONE },
		{ "with what he offers", { { 3, 1 }, { 3, 1 }, { 2, 1 } }, 3, 1, 500, NONE },
		{ "both would have as much", { { 3, 1 }, { 3, 1 }, { 2, 1 } }, 3, 1, 1, NONE },
		{ "the one that is being written stays", { { 2, 500 }, { 3, 1 } }, 2, 2, 1, NONE },
		{ "nothing waits", { { 0 } }, 0, 2, 1, NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct copy_save saves[WAIT_MAX] = { 0 };
		struct cache_object objects[WAIT_MAX] = { 0 };
		struct cache_body bodies[WAIT_MAX] = { 0 };
		struct stage *stage = waiting_of();
		const struct copy_save *victim;

		for (unsigned j = 0; j < rows[i].count; j++) {
			bodies[j].bytes = rows[i].waiting[j].kib * KIB;
			objects[j].body = &bodies[j];
			saves[j].object = &objects[j];
			saves[j].site = &stage->sites[rows[i].waiting[j].site];
			list_add_last(&stage->copies.saves, &saves[j].node);
		}
		victim = copies_victim_save(&stage->copies, &stage->parties[rows[i].party], rows[i].kib * KIB);
		if (victim != (rows[i].victim == NONE ? NULL : &saves[rows[i].victim]))
			fail_msg("%s: %ld", rows[i].what, victim ? (long)(victim - saves) : -1L);
		free(stage);
	}
}

static void is_told(struct copy_ticket *ticket)
{
	*(bool *)ticket->context = true;
}

/* As many are waited for as may be, of one tenant: the last of them gives way to another's, and goes on without the disk; to one of his own it does not. */
static void who_gives_way_to_be_read(void **state)
{
	struct stage *stage = waiting_of();
	struct copy_entry *many = calloc(TIER_LOADS_MAX, sizeof(*many));
	struct copy_entry other = { .site = &stage->sites[3] }, own = { .site = &stage->sites[1] };
	bool was_told = false;
	struct copy_ticket ticket = { .wake = is_told, .context = &was_told };

	(void)state;
	list_init(&other.loading);
	list_init(&own.loading);
	stage->copies.state.is_open = true;
	for (unsigned i = 0; i < TIER_LOADS_MAX; i++) {
		many[i].site = &stage->sites[i % 2];
		list_init(&many[i].waiting);
		list_add_last(&stage->copies.loads, &many[i].loading);
		stage->copies.load_count++;
	}
	list_add_last(&many[TIER_LOADS_MAX - 1].waiting, &ticket.node);
	assert_true(tier_may_be_asked(&stage->copies, &many[0]));  /* it is waited for already */
	assert_int_equal(stage->copies.load_count, TIER_LOADS_MAX);
	assert_false(tier_may_be_asked(&stage->copies, &own));
	assert_int_equal(stage->copies.state.late, 1);
	assert_false(was_told);
	assert_true(tier_may_be_asked(&stage->copies, &other));
	assert_int_equal(stage->copies.state.late, 2);
	assert_int_equal(stage->copies.load_count, TIER_LOADS_MAX - 1);
	assert_true(was_told && ticket.is_told && list_is_empty(&many[TIER_LOADS_MAX - 1].loading));
	free(many);
	free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_gives), cmocka_unit_test(limit_of_a_site), cmocka_unit_test(who_gives_way_to_be_written), cmocka_unit_test(who_gives_way_to_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

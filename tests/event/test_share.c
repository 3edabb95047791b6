/* The ring of audit logs: one tenant's flood leaves the others their room, whatever was in the ring and whoever comes and goes. */
#include "stage.h"

#include "event/audit/record.h"
#include "event/crc32c.h"

static char bytes[AUDIT_RECORD_MAX];

struct scene {
	void *memory;
	struct ring_writer writer;
	struct ring_reader reader;
	struct audit_share share;
};

static void open_share(struct scene *scene, size_t tenants)
{
	ring_writer_open(&scene->writer, scene->memory, AUDIT_RING_BYTES);
	audit_share_init(&scene->share, &scene->writer, AUDIT_RECORD_MAX);
	audit_share_set(&scene->share, tenants);
}

static void start(struct scene *scene, size_t tenants)
{
	bool is_new;

	*scene = (struct scene){ .memory = stage_memory(AUDIT_RING_BYTES) };
	assert_int_equal(ring_adopt(scene->memory, AUDIT_RING_BYTES, &is_new), RESULT_OK);
	ring_reader_open(&scene->reader, scene->memory, AUDIT_RING_BYTES);
	open_share(scene, tenants);
}

static void finish(struct scene *scene)
{
	audit_share_done(&scene->share);
	munmap(scene->memory, AUDIT_RING_BYTES);
}

static bool put(struct scene *scene, uint32_t tenant, size_t len)
{
	struct span record = span_make(bytes, len);

	return audit_share_write(&scene->share, tenant, record, crc32c_more(0, record));
}

static unsigned fill(struct scene *scene, uint32_t tenant, size_t len)
{
	unsigned count = 0;

	while (put(scene, tenant, len))
		count++;
	return count;
}

static unsigned read_records(struct scene *scene, unsigned most)
{
	struct ring_record record;
	unsigned count = 0;

	while (count < most && ring_read(&scene->reader, &record) == RESULT_OK)
		count++;
	ring_commit(&scene->reader);
	return count;
}

static void a_flood_leaves_room(void **state)
{
	struct scene scene;
	unsigned flood;

	(void)state;
	start(&scene, 3);
	flood = fill(&scene, 0, 3000);
	assert_true(flood > 80);
	assert_true(put(&scene, 1, 100000));                   /* its share is 121 KiB */
	assert_true(fill(&scene, 2, 100) >= 200);              /* ... in slots too */
	assert_true(fill(&scene, UINT32_MAX, 100) >= 200);
	assert_true(atomic_load(&scene.writer.shared->refused) == 3);
	/* What was read is room again, the flood's first. */
	assert_int_equal(read_records(&scene, 20), 20);
	assert_true(fill(&scene, 0, 3000) <= 20);
	read_records(&scene, UINT32_MAX);
	assert_int_equal(fill(&scene, 0, 3000), flood);
	finish(&scene);
}

static void alone_it_has_the_ring(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene, 1);
	assert_true(fill(&scene, 0, 4000) * 4000 > AUDIT_RING_BYTES - (64u << 10));
	finish(&scene);
}

/* Records lie in one piece: where a share is free, so is a piece. The reader is late by any amount. */
static void a_share_is_always_there(void **state)
{
	struct scene scene;
	uint32_t draw = 1;

	(void)state;
	start(&scene, 2);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t refused = atomic_load(&scene.writer.shared->refused);
		size_t len;

		draw = draw * 1664525u + 1013904223u;
		len = (draw >> 12 & 15) ? 200 + (draw >> 16 & 8191) : 200 + (draw >> 16) * 2;
		(void)put(&scene, 0, len);
		if (!(draw >> 8 & 7))
			read_records(&scene, draw >> 20 & 7);
		refused = atomic_load(&scene.writer.shared->refused);
		if (!scene.share.parties || scene.share.parties[2].used + len > scene.share.budget.share)
			continue;
		assert_true(put(&scene, 1, len));
		assert_int_equal(atomic_load(&scene.writer.shared->refused), refused);
	}
	finish(&scene);
}

/* What the edge before this one left is nobody's: it has room like a tenant without a name, and gives it back. */
static void records_of_before(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene, 2);
	fill(&scene, 0, 3000);
	audit_share_done(&scene.share);
	open_share(&scene, 2);
	assert_true(put(&scene, 1, 100000));
	assert_true(put(&scene, 0, 100000));
	assert_true(scene.share.parties[0].used > 100000);
	assert_true(read_records(&scene, UINT32_MAX) > 80);
	assert_true(put(&scene, 0, 1000));
	assert_int_equal(scene.share.parties[0].used, 0);
	finish(&scene);
}

static void tenants_come_and_go(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene, 2);
	for (uint32_t tenant = 0; tenant < 200; tenant++) {
		audit_share_set(&scene.share, tenant + 1);
		assert_true(put(&scene, tenant, 500));
	}
	audit_share_set(&scene.share, SIZE_MAX);
	assert_true(put(&scene, UINT32_MAX - 1, 500));  /* a number that is none */
	audit_share_set(&scene.share, 1);
	assert_true(put(&scene, 0, 500));
	assert_int_equal(read_records(&scene, UINT32_MAX), 202);
	assert_true(put(&scene, 0, 500));
	assert_true(scene.share.budget.used < 1000);
	finish(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_leaves_room), cmocka_unit_test(alone_it_has_the_ring), cmocka_unit_test(a_share_is_always_there),
		cmocka_unit_test(records_of_before), cmocka_unit_test(tenants_come_and_go),
	};

	return cmocka_run_group_tests_name("event/share", tests, NULL, NULL);
}

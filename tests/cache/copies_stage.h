/* Copies of two sites in a folder of their own, and what tests do with them. */
#ifndef BOUCLIER_TESTS_CACHE_COPIES_STAGE_H
#define BOUCLIER_TESTS_CACHE_COPIES_STAGE_H

#include "../base/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cache/continuity/copies.h"

#define SITE 0x1122334455667788u
#define OTHER_SITE 0x99u
#define WAIT_MS 5000u

struct stage {
	unsigned saved_ago_s;                /* how old what is saved is */
	char folder[64];
	int fd;
	struct cache_store *store;
	struct copies *copies;
	struct copies_rules rules[2];
	uint64_t total_bytes;
	uint64_t drops;               /* as copies_want said last */
};

static inline void *hold(void *context, uint64_t party)
{
	(void)party;
	return context;
}

static inline void drop(void *context, void *tenant)
{
	(void)context;
	(void)tenant;
}

static inline bool take(void *context, void *tenant, uint64_t bytes)
{
	(void)context;
	(void)tenant;
	(void)bytes;
	return true;
}

static inline void give(void *context, void *tenant, uint64_t bytes)
{
	(void)context;
	(void)tenant;
	(void)bytes;
}

static inline void begin(struct stage *stage)
{
	stage->copies = copies_new(stage->fd, stage->store, COPIES_CONTINUITY);
	assert_non_null(stage->copies);
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && !copies_state(stage->copies).is_open && !copies_state(stage->copies).has_bad_key; i++)
		usleep(1000);
}

static inline void again(struct stage *stage)
{
	copies_free(stage->copies);
	begin(stage);
}

static inline int start(void **state)
{
	static struct stage stage;
	struct cache_ports ports = { &stage, hold, drop, take, give };
	struct cache_limits limits = { .shards = 1, .entries = 64 };

	stage = (struct stage){ .rules = { { SITE, 1, SPAN("www.x.example"), 1 << 20, 3600, 0 }, { OTHER_SITE, 2, SPAN("www.y.example"), 1 << 20, 3600, 0 } },
		                .total_bytes = 1 << 21 };
	snprintf(stage.folder, sizeof(stage.folder), "/dev/shm/copies-XXXXXX");
	if (!mkdtemp(stage.folder))
		return -1;
	stage.fd = open(stage.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stage.store = cache_store_new(&limits, &ports);
	*state = &stage;
	begin(&stage);
	return stage.store ? 0 : -1;
}

static inline int end(void **state)
{
	struct stage *stage = *state;
	char command[128];

	copies_free(stage->copies);
	cache_store_free(stage->store);
	close(stage->fd);
	snprintf(command, sizeof(command), "rm -r %s", stage->folder);
	return system(command);
}

/* The key of PATH of a site. */
static inline struct span key_of(uint64_t site, const char *path, char out[256])
{
	char hex[16];

	hex_write(&site, sizeof(site), hex);
	return span_make(out, (size_t)snprintf(out, 256, "%.16s https://www.x.example%s", hex, path));
}

static inline void save_flags(struct stage *stage, uint64_t site, const char *path, size_t bytes, unsigned flags, struct span vary, struct span variant)
{
	struct field list[] = { { SPAN("Content-Type"), SPAN("text/html"), FIELD_CONTENT_TYPE }, { SPAN("Cache-Control"), SPAN("max-age=60"), FIELD_CACHE_CONTROL } };
	struct fields fields = { .list = list, .count = 2, .size = 2, .max = 2 };
	struct cache_draft draft = { .party = 1, .status = 200, .fields = &fields, .vary = vary, .variant = variant };
	uint64_t written = copies_state(stage->copies).written, now_s = clock_wall_ns() / 1000000000u;
	struct cache_object *object;
	char key[256], text[1000];

	memset(text, 'a', sizeof(text));
	draft.key = key_of(site, path, key);
	assert_ok(cache_body_new(stage->store, 1, 1 << 20, &draft.body));
	for (size_t made = 0; made < bytes; made += sizeof(text))
		assert_ok(cache_body_add(draft.body, span_make(text, bytes - made < sizeof(text) ? bytes - made : sizeof(text)), 0));
	assert_ok(cache_object_make(stage->store, &draft, &object));
	copies_save(stage->copies, object, site, flags, now_s - stage->saved_ago_s, stage->drops);
	cache_object_drop(object);
	cache_body_drop(draft.body);
	for (unsigned i = 0; i < 300 && copies_state(stage->copies).written == written; i++)
		usleep(1000);
}

static inline void save_variant(struct stage *stage, uint64_t site, const char *path, size_t bytes, enum copy_rank rank, struct span vary, struct span variant)
{
	save_flags(stage, site, path, bytes, rank == COPY_PRIORITY ? COPY_IS_PRIORITY : 0u, vary, variant);
}

static inline void save(struct stage *stage, uint64_t site, const char *path, size_t bytes, enum copy_rank rank)
{
	save_variant(stage, site, path, bytes, rank, SPAN_NONE, SPAN_NONE);
}

static inline bool is_wanted(struct stage *stage, const struct copies_offer *offer, uint64_t now_ms)
{
	return copies_want(stage->copies, offer, now_ms, &stage->drops);
}

static inline void wake(struct copy_ticket *ticket)
{
	__atomic_store_n((bool *)ticket->context, true, __ATOMIC_RELEASE);
}

/* The bytes of the copy's body; -1: there is none. */
static inline long find_for(struct stage *stage, uint64_t site, const char *path, struct field *asked, unsigned count, bool has_cookies)
{
	struct fields fields = { .list = asked, .count = count, .size = count, .max = count };
	bool is_told = false;
	struct copy_ticket ticket = { .wake = wake, .context = &is_told };
	struct cache_object *object = NULL;
	enum copies_answer answer;
	struct copies_ask ask = { .site = site, .fields = &fields, .has_cookies = has_cookies };
	char key[256];
	long bytes;

	ask.key = key_of(site, path, key);
	list_init(&ticket.node);
	while ((answer = copies_find(stage->copies, &ask, &ticket, &object)) == COPIES_WAIT) {
		for (unsigned i = 0; i < WAIT_MS && !__atomic_load_n(&is_told, __ATOMIC_ACQUIRE); i++)
			usleep(1000);
		assert_true(is_told && ticket.is_told);
		copies_cancel(stage->copies, &ticket);
		is_told = false;
	}
	if (answer == COPIES_NONE)
		return -1;
	assert_span(fields_find(&object->fields, FIELD_CACHE_CONTROL)->value, "no-store");
	assert_int_equal(object->fields.count, 2);
	bytes = (long)object->body->bytes;
	cache_object_drop(object);
	return bytes;
}

static inline long find(struct stage *stage, uint64_t site, const char *path)
{
	return find_for(stage, site, path, NULL, 0, false);
}

/* Calls EACH with the path of every file of copies and pins whose name ends so. */
static inline unsigned each_file(const struct stage *stage, const char *ending, void (*each)(const char *path))
{
	char command[256], path[512];
	FILE *list;
	unsigned count = 0;

	snprintf(command, sizeof(command), "find %s -name '*%s' -type f", stage->folder, ending);
	list = popen(command, "r");
	assert_non_null(list);
	while (fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = 0;
		count++;
		if (each)
			each(path);
	}
	pclose(list);
	return count;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

#endif

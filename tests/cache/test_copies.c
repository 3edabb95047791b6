/* Copies of a node: what is kept over a new birth, who goes where there is no room, and what never comes back. */
#include "../base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cache/continuity/copies.h"
#include "cache/continuity/folder.h"

#include "base/banned.h"

#define SITE 0x1122334455667788u
#define OTHER_SITE 0x99u
#define WAIT_MS 5000u

struct stage {
	char folder[64];
	int fd;
	struct cache_store *store;
	struct copies *copies;
	struct copies_rules rules[2];
	uint64_t total_bytes;
	uint64_t drops;               /* as copies_want said last */
};

static void *hold(void *context, uint64_t party)
{
	(void)party;
	return context;
}

static void drop(void *context, void *tenant)
{
	(void)context;
	(void)tenant;
}

static bool take(void *context, void *tenant, uint64_t bytes)
{
	(void)context;
	(void)tenant;
	(void)bytes;
	return true;
}

static void give(void *context, void *tenant, uint64_t bytes)
{
	(void)context;
	(void)tenant;
	(void)bytes;
}

static void begin(struct stage *stage)
{
	stage->copies = copies_new(stage->fd, stage->store);
	assert_non_null(stage->copies);
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && !copies_state(stage->copies).is_open && !copies_state(stage->copies).has_bad_key; i++)
		usleep(1000);
}

static void again(struct stage *stage)
{
	copies_free(stage->copies);
	begin(stage);
}

static int start(void **state)
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

static int end(void **state)
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
static struct span key_of(uint64_t site, const char *path, char out[256])
{
	char hex[16];

	hex_write(&site, sizeof(site), hex);
	return span_make(out, (size_t)snprintf(out, 256, "%.16s https://www.x.example%s", hex, path));
}

static void save_flags(struct stage *stage, uint64_t site, const char *path, size_t bytes, unsigned flags, struct span vary, struct span variant)
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
	copies_save(stage->copies, object, site, flags, now_s, stage->drops);
	cache_object_drop(object);
	cache_body_drop(draft.body);
	for (unsigned i = 0; i < 300 && copies_state(stage->copies).written == written; i++)
		usleep(1000);
}

static void save_variant(struct stage *stage, uint64_t site, const char *path, size_t bytes, enum copy_rank rank, struct span vary, struct span variant)
{
	save_flags(stage, site, path, bytes, rank == COPY_PRIORITY ? COPY_IS_PRIORITY : 0u, vary, variant);
}

static void save(struct stage *stage, uint64_t site, const char *path, size_t bytes, enum copy_rank rank)
{
	save_variant(stage, site, path, bytes, rank, SPAN_NONE, SPAN_NONE);
}

static bool is_wanted(struct stage *stage, const struct copies_offer *offer, uint64_t now_ms)
{
	return copies_want(stage->copies, offer, now_ms, &stage->drops);
}

static void wake(struct copy_ticket *ticket)
{
	__atomic_store_n((bool *)ticket->context, true, __ATOMIC_RELEASE);
}

/* The bytes of the copy's body; -1: there is none. */
static long find_for(struct stage *stage, uint64_t site, const char *path, struct field *asked, unsigned count, bool has_cookies)
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

static long find(struct stage *stage, uint64_t site, const char *path)
{
	return find_for(stage, site, path, NULL, 0, false);
}

/* Calls EACH with the path of every file of copies and pins. */
static unsigned each_file(const struct stage *stage, const char *ending, void (*each)(const char *path))
{
	char command[256], path[512];
	FILE *list;
	unsigned count = 0;

	snprintf(command, sizeof(command), "find %s/continuity -name '*%s' -type f", stage->folder, ending);
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

static void keeps(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	save(stage, SITE, "/empty", 0, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	again(stage);
	assert_int_equal(copies_state(stage->copies).copies, 2);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	assert_int_equal(find(stage, SITE, "/empty"), 0);
	assert_int_equal(find(stage, SITE, "/other"), -1);
	assert_int_equal(find(stage, OTHER_SITE, "/"), -1);
	save(stage, SITE, "/", 7000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 7000);
	assert_int_equal(each_file(stage, ".copy", NULL), 2);
	assert_int_equal(each_file(stage, ".part", NULL), 0);
}

static void is_wanted_now_and_then(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/", key), .hash = 7 };
	struct copies_offer pins = { .site = SITE, .key = offer.key, .hash = 8, .is_for_pins = true };

	stage->rules[0].refresh_s = 600;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_true(is_wanted(stage, &offer, 1000));
	assert_false(is_wanted(stage, &offer, 1000 + COPIES_LOOK_MS - 1000));
	assert_true(is_wanted(stage, &offer, 2000 + COPIES_LOOK_MS));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	assert_false(is_wanted(stage, &offer, 10 * COPIES_LOOK_MS));
	assert_false(is_wanted(stage, &pins, 1000));
	stage->rules[0].refresh_s = 0;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_true(is_wanted(stage, &offer, 20 * COPIES_LOOK_MS));
	assert_false(is_wanted(stage, &pins, 20 * COPIES_LOOK_MS));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/")));
	assert_true(is_wanted(stage, &pins, 30 * COPIES_LOOK_MS));
}

/* The oldest goes first; what is of priority after what is not; what is pinned for nobody who is not. */
static void who_goes(void **state)
{
	struct stage *stage = *state;

	stage->rules[0].disk_bytes = 65536;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("https://www.x.example/pinned")));
	save(stage, SITE, "/pinned", 15000, COPY_ORDINARY);
	save(stage, SITE, "/priority", 15000, COPY_PRIORITY);
	save(stage, SITE, "/old", 15000, COPY_ORDINARY);
	usleep(1100000);
	save(stage, SITE, "/young", 15000, COPY_ORDINARY);
	assert_int_equal(copies_state(stage->copies).copies, 4);
	save(stage, SITE, "/more", 15000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/old"), -1);
	assert_int_equal(find(stage, SITE, "/young"), 15000);
	save(stage, SITE, "/large", 30000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/young"), -1);
	assert_int_equal(find(stage, SITE, "/priority"), 15000);
	save(stage, SITE, "/largest", 45000, COPY_ORDINARY);  /* it would take what is of priority: it is not kept */
	assert_int_equal(find(stage, SITE, "/largest"), -1);
	save(stage, SITE, "/first", 45000, COPY_PRIORITY);
	assert_int_equal(find(stage, SITE, "/first"), 45000);
	assert_int_equal(find(stage, SITE, "/priority"), -1);
	assert_int_equal(find(stage, SITE, "/pinned"), 15000);
	assert_true(copies_state(stage->copies).bytes <= 65536);
	assert_int_equal(each_file(stage, ".copy", NULL), 2);
	again(stage);  /* ranks are known again */
	save(stage, SITE, "/largest", 45000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/first"), 45000);
}

/* A copy that grows takes no room from itself, and the limit holds. */
static void one_that_grows(void **state)
{
	struct stage *stage = *state;

	stage->rules[0].disk_bytes = 65536;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, SITE, "/a", 30000, COPY_ORDINARY);
	save(stage, SITE, "/b", 30000, COPY_ORDINARY);
	assert_int_equal(copies_state(stage->copies).bytes, 65536);
	save(stage, SITE, "/a", 40000, COPY_ORDINARY);
	assert_true(copies_state(stage->copies).bytes <= 65536);
	assert_int_equal(find(stage, SITE, "/a"), 40000);
	assert_int_equal(find(stage, SITE, "/b"), -1);
	save(stage, SITE, "/a", 70000, COPY_ORDINARY);  /* there is no such room: the one before it stays */
	assert_int_equal(find(stage, SITE, "/a"), 40000);
}

/* What is younger than `refresh` makes no room for its like. */
static void nobody_turns_the_disk_over(void **state)
{
	struct stage *stage = *state;

	stage->rules[0].disk_bytes = 65536;
	stage->rules[0].refresh_s = 600;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, SITE, "/a", 40000, COPY_ORDINARY);
	save(stage, SITE, "/b", 40000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/a"), 40000);
	assert_int_equal(find(stage, SITE, "/b"), -1);
	assert_int_equal(copies_state(stage->copies).error, 0);
}

/* All sites together: the one that has most loses its own. */
static void all_together(void **state)
{
	struct stage *stage = *state;

	stage->total_bytes = 100000;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, OTHER_SITE, "/small", 10000, COPY_ORDINARY);
	save(stage, SITE, "/a", 40000, COPY_ORDINARY);
	usleep(1100000);
	save(stage, SITE, "/b", 40000, COPY_ORDINARY);
	save(stage, OTHER_SITE, "/more", 10000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/a"), -1);
	assert_int_equal(find(stage, SITE, "/b"), 40000);
	assert_int_equal(find(stage, OTHER_SITE, "/small"), 10000);
	assert_int_equal(find(stage, OTHER_SITE, "/more"), 10000);
}

/* Many at once: what is too much goes all the same, in more turns than one. */
static void much_smaller(void **state)
{
	struct stage *stage = *state;

	for (unsigned i = 0; i < 100; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%u", i);
		save(stage, SITE, path, 10, COPY_ORDINARY);
	}
	assert_int_equal(copies_state(stage->copies).copies, 100);
	stage->rules[0].disk_bytes = 8192;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && each_file(stage, ".copy", NULL) > 2; i++)
		usleep(1000);
	assert_int_equal(each_file(stage, ".copy", NULL), 2);
	assert_int_equal(copies_state(stage->copies).bytes, 8192);
}

static void variants(void **state)
{
	struct stage *stage = *state;
	struct field asked[] = { { SPAN("Accept-Language"), SPAN("nl"), FIELD_ACCEPT_LANGUAGE } };

	save_variant(stage, SITE, "/", 1000, COPY_ORDINARY, SPAN("accept-language"), SPAN("\rnl\n"));
	save_variant(stage, SITE, "/", 2000, COPY_ORDINARY, SPAN("accept-language"), SPAN("\rfr\n"));
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), 1000);
	asked[0].value = SPAN("fr");
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), 2000);
	asked[0].value = SPAN("de");
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), -1);
	assert_int_equal(find(stage, SITE, "/"), -1);
	save_variant(stage, SITE, "/c", 3000, COPY_ORDINARY, SPAN("cookie"), SPAN("\n"));
	assert_int_equal(find(stage, SITE, "/c"), 3000);
	assert_int_equal(find_for(stage, SITE, "/c", NULL, 0, true), -1);
	for (unsigned i = 0; i < 2 * VARIANTS_MAX; i++) {
		char text[8];

		save_variant(stage, SITE, "/many", 10, COPY_ORDINARY, SPAN("accept-language"), span_make(text, (size_t)snprintf(text, sizeof(text), "\r%u\n", i)));
	}
	assert_int_equal(copies_state(stage->copies).copies, 3 + VARIANTS_MAX);
}

/* Whoever asks in ever more languages takes the place of nobody's copy that is younger than `refresh`. */
static void nobody_turns_variants_over(void **state)
{
	struct stage *stage = *state;
	struct field asked[] = { { SPAN("Accept-Language"), SPAN("nl"), FIELD_ACCEPT_LANGUAGE } };
	char key[256], text[8];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/", key), .hash = 1, .vary = SPAN("accept-language"), .variant = SPAN("\rnew\n") };

	stage->rules[0].refresh_s = 600;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save_variant(stage, SITE, "/", 1000, COPY_ORDINARY, offer.vary, SPAN("\rnl\n"));
	for (unsigned i = 0; i < VARIANTS_MAX; i++)
		save_variant(stage, SITE, "/", 10, COPY_ORDINARY, offer.vary, span_make(text, (size_t)snprintf(text, sizeof(text), "\r%u\n", i)));
	assert_int_equal(copies_state(stage->copies).copies, VARIANTS_MAX);
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), 1000);
	assert_false(is_wanted(stage, &offer, 1000));
	stage->rules[0].refresh_s = 0;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
}

/* What came to a private address is for private addresses, and takes no other's place. */
static void private(void **state)
{
	struct stage *stage = *state;
	struct fields none = { .count = 0 };
	char key[256];
	struct copies_ask ask = { .site = SITE, .key = key_of(SITE, "/", key), .fields = &none };
	struct copies_offer offer = { .site = SITE, .key = ask.key, .hash = 1, .is_private = true };

	save_flags(stage, SITE, "/", 10, COPY_IS_PRIVATE, SPAN_NONE, SPAN_NONE);
	again(stage);
	assert_int_equal(copies_find(stage->copies, &ask, NULL, NULL), COPIES_NONE);
	ask.is_private = true;
	assert_int_equal(copies_find(stage->copies, &ask, NULL, NULL), COPIES_WAIT);
	assert_true(is_wanted(stage, &offer, 1000));
	offer.is_private = false;
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	save(stage, SITE, "/", 20, COPY_ORDINARY);
	offer.is_private = true;
	assert_false(is_wanted(stage, &offer, 1000 + 4 * COPIES_LOOK_MS));
	assert_int_equal(find(stage, SITE, "/"), 20);
}

/* One bit of the last byte: of the body. */
static void damage(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat status;
	char byte;

	assert_true(fd >= 0 && fstat(fd, &status) == 0 && pread(fd, &byte, 1, status.st_size - 1) == 1);
	byte ^= 1;
	assert_true(pwrite(fd, &byte, 1, status.st_size - 1) == 1 && close(fd) == 0);
}

static void shorten(const char *path)
{
	assert_int_equal(truncate(path, 200), 0);
}

static void damaged(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(each_file(stage, ".copy", damage), 1);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
	for (unsigned i = 0; i < WAIT_MS && each_file(stage, ".copy", NULL); i++)
		usleep(1000);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(each_file(stage, ".copy", shorten), 1);
	again(stage);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
}

/* A tenant's file in another's folder, or under another name. */
static void misplaced(const char *path)
{
	char to[600];
	const char *name = strrchr(path, '/');

	snprintf(to, sizeof(to), "%.*s/%016llx%s", (int)(strstr(path, "/continuity/") - path + 11), path, (unsigned long long)OTHER_SITE, name);
	assert_int_equal(rename(path, to), 0);
}

static void another_place(void **state)
{
	struct stage *stage = *state;

	save(stage, OTHER_SITE, "/x", 10, COPY_ORDINARY);  /* its folder is there */
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ OTHER_SITE, PURGE_PREFIX, SPAN("/") }, true, &(size_t){ 0 }));
	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(each_file(stage, ".copy", misplaced), 1);
	again(stage);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(find(stage, OTHER_SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
}

static char kept_path[512], aside_path[600];

static void set_aside(const char *path)
{
	snprintf(kept_path, sizeof(kept_path), "%s", path);
	snprintf(aside_path, sizeof(aside_path), "%.*s/aside", (int)(strstr(path, "/continuity/") - path), path);
	assert_int_equal(rename(path, aside_path), 0);
}

/* The edge before us has written a copy for colleagues where the index has one for all. */
static void replaced_by_another_edge(void **state)
{
	struct stage *stage = *state;

	save_flags(stage, SITE, "/", 10, COPY_IS_PRIVATE, SPAN_NONE, SPAN_NONE);
	assert_int_equal(each_file(stage, ".copy", set_aside), 1);
	save(stage, SITE, "/", 20, COPY_ORDINARY);
	assert_int_equal(rename(aside_path, kept_path), 0);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 0);
	assert_int_equal(copies_state(stage->copies).copies, 0);
}

/* Nothing is taken away behind a link. */
static void a_link_in_the_place_of_a_site(void **state)
{
	struct stage *stage = *state;
	struct copy_folder folder = { .fd = stage->fd };
	struct copy_place place = { .site = SITE, .name = "a.copy" };
	char path[128], link[128];

	snprintf(path, sizeof(path), "%s/elsewhere", stage->folder);
	snprintf(link, sizeof(link), "%s/%016llx", stage->folder, (unsigned long long)SITE);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	snprintf(path, sizeof(path), "%s/elsewhere/a.copy", stage->folder);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_result(copy_folder_delete(&folder, &place), RESULT_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(link), 0);
	assert_ok(copy_folder_delete(&folder, &place));
}

static void a_key_that_others_read(void **state)
{
	struct stage *stage = *state;
	char path[128];

	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	copies_free(stage->copies);
	snprintf(path, sizeof(path), "%s/continuity/key", stage->folder);
	assert_int_equal(chmod(path, 0644), 0);
	begin(stage);
	assert_true(copies_state(stage->copies).has_bad_key);
	assert_int_equal(find(stage, SITE, "/"), -1);
	copies_free(stage->copies);
	assert_int_equal(chmod(path, 0600), 0);
	begin(stage);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	copies_free(stage->copies);
	assert_int_equal(unlink(path), 0);  /* lost: what it signed is nobody's */
	begin(stage);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
	save(stage, SITE, "/", 6000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 6000);
}

/* Under a name of which there is any number: pinned as a whole only. */
static void wild(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/a", key), .hash = 1, .is_for_pins = true, .is_wild = true };

	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a")));
	assert_false(is_wanted(stage, &offer, 1000));
	save_flags(stage, SITE, "/a", 10, COPY_IS_WILD, SPAN_NONE, SPAN_NONE);
	again(stage);
	copies_forget(stage->copies, offer.key, true);
	assert_int_equal(find(stage, SITE, "/a"), -1);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("https://www.x.example/a")));
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	save_flags(stage, SITE, "/a", 10, COPY_IS_WILD, SPAN_NONE, SPAN_NONE);
	copies_forget(stage->copies, offer.key, true);
	assert_int_equal(find(stage, SITE, "/a"), 10);
}

static void words(void **state)
{
	struct stage *stage = *state;
	struct copies_total total;
	size_t count;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	save(stage, SITE, "/a/b", 10, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a/b")));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a/b")));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("https://www.x.example/none")));
	again(stage);
	assert_int_equal(copies_state(stage->copies).pins, 2);
	copies_forget(stage->copies, key_of(SITE, "/a/b", (char[256]){ 0 }), true);  /* pinned: it stays */
	copies_forget(stage->copies, key_of(SITE, "/", (char[256]){ 0 }), true);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(find(stage, SITE, "/a/b"), 10);
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_PREFIX, SPAN("/a/") }, false, &count));
	assert_int_equal(count, 1);
	assert_int_equal(copies_state(stage->copies).pins, 2);
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/none") }, true, &count));
	assert_int_equal(count, 1);
	assert_ok(copies_list(stage->copies, SITE, (void (*)(void *, const struct copy_view *))drop, NULL, &total));
	assert_true(total.copies == 0 && total.pins == 1);
	again(stage);
	assert_int_equal(copies_state(stage->copies).pins, 1);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
	for (unsigned i = 0; i < COPIES_PINS_MAX - 1; i++) {
		char path[16];

		assert_ok(copies_pin(stage->copies, SITE, span_make(path, (size_t)snprintf(path, sizeof(path), "/%u", i))));
	}
	assert_result(copies_pin(stage->copies, SITE, SPAN("/one-more")), RESULT_LIMIT);
	assert_result(copies_pin(stage->copies, 12345, SPAN("/")), RESULT_REFUSED);
}

/* It leaves the configuration: so do its files, now and after a restart. Smaller limits count at once. */
static void a_site_that_goes(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	save(stage, OTHER_SITE, "/a", 40000, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/")));
	stage->rules[0] = stage->rules[1];
	stage->rules[0].disk_bytes = 4096;
	stage->rules[1] = stage->rules[0];
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && (each_file(stage, ".copy", NULL) || each_file(stage, ".pin", NULL)); i++)
		usleep(1000);
	assert_int_equal(each_file(stage, ".copy", NULL) + each_file(stage, ".pin", NULL), 0);
	assert_int_equal(copies_state(stage->copies).copies, 0);
	assert_int_equal(copies_state(stage->copies).bytes, 0);
}

/* It says so once, keeps what there was, and goes on when there is room. */
static void a_disk_that_refuses(void **state)
{
	struct stage *stage = *state;
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 3000, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	save(stage, SITE, "/", 6000, COPY_ORDINARY);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(copies_state(stage->copies).error, EFBIG);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	small.rlim_cur = 50;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_result(copies_pin(stage->copies, SITE, SPAN("/")), RESULT_IO);
	assert_result(copies_pin(stage->copies, SITE, SPAN("/")), RESULT_IO);  /* it is no more on disk than before */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(each_file(stage, ".pin", NULL), 0);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/")));
	assert_int_equal(each_file(stage, ".pin", NULL), 1);
	assert_int_equal(copies_state(stage->copies).pins, 1);
	assert_int_equal(each_file(stage, ".part", NULL), 0);
	save(stage, SITE, "/", 7000, COPY_ORDINARY);
	assert_int_equal(copies_state(stage->copies).error, 0);
	assert_int_equal(find(stage, SITE, "/"), 7000);
}

/* Killed while it wrote. */
static void what_was_left_half(void **state)
{
	struct stage *stage = *state;
	char path[160];
	int fd;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	snprintf(path, sizeof(path), "%s/continuity/%016llx/abc.copy.0123456789abcdef.part", stage->folder, (unsigned long long)SITE);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, "BCLRCOPY", 8) == 8);
	close(fd);
	again(stage);
	assert_int_equal(each_file(stage, ".part", NULL), 0);
	assert_int_equal(copies_state(stage->copies).copies, 1);
}

/* An answer that came before a drop, and is whole after it. */
static void dropped_before_it_is_saved(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/", key), .hash = 1 };
	size_t count;

	assert_true(is_wanted(stage, &offer, 1000));
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_PREFIX, SPAN("/") }, false, &count));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 10);
}

/* While the key cannot be used nothing is known of what lies there: what is dropped then is not found once it can. */
static void dropped_before_it_is_found(void **state)
{
	struct stage *stage = *state;
	char path[128];
	size_t count;

	save(stage, SITE, "/a", 10, COPY_ORDINARY);
	save(stage, SITE, "/b", 10, COPY_ORDINARY);
	save(stage, OTHER_SITE, "/a", 10, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a")));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/b")));
	copies_free(stage->copies);
	snprintf(path, sizeof(path), "%s/continuity/key", stage->folder);
	assert_int_equal(chmod(path, 0644), 0);
	begin(stage);
	assert_true(copies_state(stage->copies).has_bad_key);
	assert_result(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/a") }, false, &count), RESULT_TIMEOUT);
	assert_result(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/b") }, true, &count), RESULT_TIMEOUT);
	assert_int_equal(chmod(path, 0600), 0);
	for (unsigned i = 0; i < 3 * WAIT_MS && !copies_state(stage->copies).is_open; i++)
		usleep(1000);
	assert_int_equal(copies_state(stage->copies).copies, 1);
	assert_int_equal(find(stage, OTHER_SITE, "/a"), 10);
	assert_int_equal(copies_state(stage->copies).pins, 1);
	assert_int_equal(each_file(stage, ".copy", NULL) + each_file(stage, ".pin", NULL), 2);
}

/* The origin says that there is no such page while its copies wait to be written. */
static void gone_before_it_is_written(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct cache_draft draft = { .party = 1, .status = 200, .key = key_of(SITE, "/gone", key), .fields = &(struct fields){ .count = 0 } };
	uint64_t now_s = clock_wall_ns() / 1000000000u;
	struct cache_object *object;

	assert_ok(cache_body_new(stage->store, 1, 1 << 20, &draft.body));
	assert_ok(cache_object_make(stage->store, &draft, &object));
	for (unsigned i = 0; i < 100; i++)
		copies_save(stage->copies, object, SITE, 0, now_s, stage->drops);
	copies_forget(stage->copies, draft.key, true);
	save(stage, SITE, "/last", 10, COPY_ORDINARY);  /* written behind them */
	for (unsigned i = 0; i < WAIT_MS && find(stage, SITE, "/last") < 0; i++)
		usleep(1000);
	assert_int_equal(find(stage, SITE, "/last"), 10);
	assert_int_equal(find(stage, SITE, "/gone"), -1);
	assert_int_equal(copies_state(stage->copies).copies, 1);
	cache_object_drop(object);
	cache_body_drop(draft.body);
}

/* 404 twice, and the page between them; then twice without it. */
static void missed_and_found(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct span page = key_of(SITE, "/", key);

	stage->rules[0].refresh_s = 1;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	copies_forget(stage->copies, page, false);
	usleep(1100000);
	copies_remember(stage->copies, page);
	copies_forget(stage->copies, page, false);
	assert_int_equal(find(stage, SITE, "/"), 10);
	usleep(1100000);
	copies_forget(stage->copies, page, false);
	assert_int_equal(find(stage, SITE, "/"), -1);
}

static void too_old(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	save(stage, SITE, "/pinned", 10, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/pinned")));
	stage->rules[0].max_age_s = 1;
	usleep(2100000);
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(find(stage, SITE, "/pinned"), 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps), TEST(is_wanted_now_and_then), TEST(who_goes), TEST(one_that_grows), TEST(nobody_turns_the_disk_over), TEST(all_together), TEST(much_smaller), TEST(variants), TEST(nobody_turns_variants_over), TEST(private), TEST(damaged),
		TEST(another_place), TEST(replaced_by_another_edge), TEST(a_link_in_the_place_of_a_site), TEST(a_key_that_others_read), TEST(wild), TEST(words), TEST(a_site_that_goes), TEST(a_disk_that_refuses), TEST(what_was_left_half),
		TEST(missed_and_found), TEST(dropped_before_it_is_saved), TEST(dropped_before_it_is_found), TEST(gone_before_it_is_written), TEST(too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

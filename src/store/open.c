#include "store/inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/migrate.h"

#include "base/banned.h"

#define PAGE_BYTES 4096u
#define CACHE_KIB 16384u
#define CHECKPOINT_PAGES 2000u

const struct store_tenants store_all_tenants = { .is_all = true };

static void say(struct complaints *complaints, const char *folder, const char *what)
{
	if (complaints)
		complain(complaints, COMPLAINT_ERROR, (struct place){ span_of(folder), 0, 0 }, SPAN_NONE, "%s", what);
}

static enum result lock(struct store *store)
{
	char path[DATABASE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/lock", store->folder);
	store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (store->lock_fd < 0) {
		say(store->complaints, store->folder, "its lock cannot be opened");
		return RESULT_REFUSED;
	}
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		say(store->complaints, store->folder, "another process has this store open");
		return RESULT_REFUSED;
	}
	return RESULT_OK;
}

static enum result open_main(struct store *store)
{
	const struct database_options options = { .complaints = (struct complaints *const *)&store->complaints, .page_bytes = PAGE_BYTES,
		                                  .cache_kib = CACHE_KIB, .checkpoint_pages = CHECKPOINT_PAGES };
	char path[DATABASE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/main.db", store->folder);
	return migrate_open(path, &schema_main, &options, &store->database);
}

enum result store_open(struct span folder, struct complaints *complaints, struct store **out)
{
	struct store *store = calloc(1, sizeof(*store));
	enum result result;

	if (!store)
		return RESULT_NO_MEMORY;
	store->lock_fd = -1;
	store->complaints = complaints;
	store->days = (struct days){ .folder = store->folder, .complaints = (struct complaints *const *)&store->complaints };
	result = span_to_text(folder, store->folder, sizeof(store->folder));
	if (result == RESULT_OK)
		result = lock(store);
	if (result == RESULT_OK)
		result = open_main(store);
	if (result == RESULT_OK)
		result = words_init(&store->words, store->database);
	if (result == RESULT_OK)
		result = totals_init(&store->totals, store->database);
	if (result == RESULT_OK)
		result = cursors_init(&store->cursors, store->database);
	store->complaints = NULL;
	if (result != RESULT_OK) {
		store_close(store);
		return result;
	}
	*out = store;
	return RESULT_OK;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_undo(store);
	days_done(&store->days);
	cursors_done(&store->cursors);
	totals_done(&store->totals);
	words_done(&store->words);
	database_close(store->database);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store);
}

void store_undo(struct store *store)
{
	days_undo(&store->days);
	if (store->database)
		database_undo(store->database);
	words_undo(&store->words);
	totals_reset(&store->totals);
}

enum result store_enter(struct store *store, struct complaints *complaints)
{
	store->complaints = complaints;
	return words_ready(&store->words);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

enum result store_see(const struct store *store, struct store_tenants tenants, struct store_seen *out)
{
	struct store_seen seen = { .is_all = tenants.is_all };

	if (!tenants.is_all && tenants.count) {
		seen.tenants = calloc(tenants.count, sizeof(seen.tenants[0]));
		if (!seen.tenants)
			return RESULT_NO_MEMORY;
		for (size_t i = 0; i < tenants.count; i++) {
			uint32_t number = words_find(&store->words, WORD_TENANT, WORD_NONE, tenants.list[i]);

			if (number)
				seen.tenants[seen.tenant_count++] = number;
		}
		qsort(seen.tenants, seen.tenant_count, sizeof(seen.tenants[0]), by_number);
	}
	*out = seen;
	return RESULT_OK;
}

bool store_sees(const struct store_seen *seen, uint32_t tenant)
{
	if (seen->is_all)
		return true;
	return seen->tenant_count && bsearch(&tenant, seen->tenants, seen->tenant_count, sizeof(tenant), by_number);
}

/* What a store is made of: shared by the files of this room, nobody else. */
#ifndef BOUCLIER_STORE_INSIDE_H
#define BOUCLIER_STORE_INSIDE_H

#include "store/cursor.h"
#include "store/day.h"
#include "store/latest.h"
#include "store/store.h"
#include "store/totals.h"
#include "store/words.h"

struct store {
	char folder[DATABASE_PATH_MAX - DAY_NAME_MAX - 8];
	int lock_fd;
	struct complaints *complaints;  /* of the call that runs; NULL: nobody listens */
	struct database *database;      /* main.db */
	struct words words;
	struct days days;
	struct totals totals;
	struct cursors cursors;
	uint32_t sources[STORE_SOURCES_MAX];  /* whose journals follow into it */
	unsigned journals;
};

/* Where a public call begins: who is told, and what an undone transaction left stale. */
enum result store_enter(struct store *store, struct complaints *complaints) must_check;
/* Whatever was begun is undone. */
void store_undo(struct store *store);

/* The tenants that a question may see, by number. */
struct store_seen {
	bool is_all;
	uint32_t *tenants;              /* ascending; those that have a number. free() it */
	size_t tenant_count;
};
enum result store_see(const struct store *store, struct store_tenants tenants, struct store_seen *out) must_check;
bool store_sees(const struct store_seen *seen, uint32_t tenant);

#endif

/* The version of a file of the store, and the steps that lead from one to the next.
 *
 * Shape    PRAGMA user_version is how many steps were made, PRAGMA application_id says whose file it is. Forward only; each step is one transaction
 * Limits   a file of a version that is not known yet is refused, and not touched
 */
#ifndef BOUCLIER_STORE_MIGRATE_H
#define BOUCLIER_STORE_MIGRATE_H

#include "store/sqlite.h"

struct schema {
	int32_t application_id;
	const char *const *steps;    /* constant text; the first one makes the file */
	unsigned count;
};

extern const struct schema schema_main, schema_day;

/* Opens the file PATH as one of SCHEMA and brings it to the newest version. Beside the results of database_open: RESULT_REFUSED, it is of a newer
 * version or of another program. */
enum result migrate_open(const char *path, const struct schema *schema, const struct database_options *options, struct database **out) must_check;

#endif

/* Whose things somebody, or a token, sees.
 *
 * Limits   TENANT_SET_MAX tenants by name
 * Owns     its names
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_PEOPLE_ACCOUNT_TENANT_SET_H
#define BOUCLIER_HUB_PEOPLE_ACCOUNT_TENANT_SET_H

#include "event/json.h"
#include "store/store.h"

#define TENANT_SET_MAX 64u
#define TENANT_SET_NAME_BYTES 128u       /* with a NUL */

struct tenant_set {
	bool is_all;                     /* every tenant, and what belongs to none */
	uint32_t count;
	char list[TENANT_SET_MAX][TENANT_SET_NAME_BYTES];
};

/* A list of names, or ["*"]. RESULT_MALFORMED: of other things, names that are empty, too long or there twice, or too many. */
enum result tenant_set_read(const struct json *list, struct tenant_set *out) must_check;
void tenant_set_put(struct json_writer *writer, struct span name, const struct tenant_set *set);
bool tenant_set_has(const struct tenant_set *set, struct span tenant);
bool tenant_set_within(const struct tenant_set *inner, const struct tenant_set *outer);
/* What both have. */
void tenant_set_meet(const struct tenant_set *a, const struct tenant_set *b, struct tenant_set *out);
/* For questions of the store. SPANS has room for TENANT_SET_MAX, and what it says lives as long as it and SET. */
struct store_tenants tenant_set_ask(const struct tenant_set *set, struct span *spans);

#endif

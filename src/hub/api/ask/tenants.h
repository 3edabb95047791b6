/* A set of tenants that outlives the handler which was given it: of who follows, or waits for an answer.
 *
 * Owns     the copy, until tenants_done
 * Threads  values
 */
#ifndef BOUCLIER_HUB_API_ASK_TENANTS_H
#define BOUCLIER_HUB_API_ASK_TENANTS_H

#include "store/store.h"

/* RESULT_NO_MEMORY: OUT sees nothing. */
enum result tenants_copy(const struct store_tenants *from, struct store_tenants *out) must_check;
void tenants_done(struct store_tenants *tenants);
/* Security, fails closed: what belongs to no tenant (empty) is seen only by who sees all. */
bool tenants_see(const struct store_tenants *tenants, struct span tenant);

#endif

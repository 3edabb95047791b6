/* An incident as one caller may see it.
 *
 * An incident concerns the tenants of its sites. Who sees none of them does not see it. Who sees some of them, but not all, sees that there is an attack, of which
 * kinds, since when and how severe it is; other sites and tenants, what notices say (addresses, other sites), notes of others, and all sums over sites that are not
 * his are left out: vectors, decisions, sources, rules, what citizens experienced. Some of them are counted anew for his own sites (inner.h, own_numbers).
 * docs/api/README.md says so.
 *
 * Errors   security, fails closed: a site whose tenant is not known, and what concerns the node alone, is seen only by who sees all
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_API_ASK_CONFINE_H
#define BOUCLIER_HUB_API_ASK_CONFINE_H

#include "incident/incident.h"
#include "store/store.h"

enum confined { CONFINED_NOTHING, CONFINED_PART, CONFINED_WHOLE };

/* How much of it TENANTS see. */
enum confined confine_sees(const struct store_tenants *tenants, const struct incident *incident);
/* Takes out what TENANTS may not see; NAME is who asks. Nothing is taken out where they see the whole. */
void confine(const struct store_tenants *tenants, struct span name, struct incident *incident);

#endif

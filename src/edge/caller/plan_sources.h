/* The part of a plan that is about who asks: lists, rate limits, budgets, whom no ban may touch, and where somebody is. */
#ifndef BOUCLIER_EDGE_PLAN_SOURCES_H
#define BOUCLIER_EDGE_PLAN_SOURCES_H

#include "edge/sites/plan.h"

/* `guard: observe` */
bool plan_site_observes(const struct site *site);
/* The plan has its sites and ports. RESULT_NO_MEMORY. */
enum result plan_make_sources(struct plan *plan, const struct snapshot *snapshot) must_check;
/* plan->geo, where rules or lists ask for it. Availability, fails open: without a database they never match, and the portals are served. */
enum result plan_open_geo(struct plan *plan, const struct plan_needs *needs) must_check;

#endif

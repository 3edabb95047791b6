/* hub/api: what the console, programs with tokens and the commands ask, and order: the handlers of /api/v1 that are about sites, incidents, events and
 * the shield. docs/api/openapi.yaml is the contract.
 *
 * Each handler is a function of what the hub keeps (store), what goes on (keep), what the shield says of itself (shield.h), and who asks. Whatever it
 * answers is confined to the caller's tenants: questions of the store take them, incidents pass confine.h, sites are told one by one. Orders to
 * the shield, and what people do with incidents, are in the audit log before they are done.
 *
 * Shape    api_new -> api_routes for the server; api_incident_changed whenever the group tells of one; the rest goes by itself, by a timer
 * Errors   security, fails closed: who is not known sees nothing; what cannot be logged is not done; a site whose tenant is not known belongs to
 *          nobody. Availability, fails open: without the shield, pages say so and tell what is kept
 * Owns     what it remembers; everything in struct api_birth is the caller's, and outlives it
 * Threads  the loop's; no handler waits
 */
#ifndef BOUCLIER_HUB_API_API_H
#define BOUCLIER_HUB_API_API_H

#include "base/loop.h"
#include "event/json.h"
#include "hub/keep/keep.h"
#include "hub/people/people.h"
#include "hub/settings/hand_over.h"
#include "hub/web/route.h"
#include "hub/web/stream.h"
#include "incident/group.h"
#include "store/store.h"

struct api;

/* Of alert paths. */
struct api_alerts {
	unsigned paths, failing;
	bool can_send;                       /* the process that sends is there */
};

struct api_birth {
	struct loop *loop;
	struct store *store;
	const struct hub_config *config;     /* whose site is whose; api_configure changes it */
	struct web_streams *streams;         /* NULL: nobody can follow */
	void *context;                       /* of all that follows */
	/* Who asks: people_caller. Never NULL. */
	const struct person_view *(*caller)(void *context, const struct web_request *request);
	/* Writes down what is about to be done: people_log. False: answered, and nothing may be done. */
	bool (*log)(void *context, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail);
	/* What goes on: the group that keep/ feeds now. */
	struct group *(*group)(void *context);
	/* keep_incident, keep_order, keep_health, keep_seconds. */
	enum result (*incident)(void *context, uint64_t id, struct incident *out);
	enum result (*order)(void *context, const struct keep_order *order, struct incident *out);
	void (*health)(void *context, struct keep_health *out);
	size_t (*seconds)(void *context, struct span site, struct keep_second *out, size_t count);
	/* Alert paths, as the objects of the API's schema AlertPath. May be NULL. */
	void (*put_alerts)(void *context, struct json_writer *json);
	/* How many there are, for the shield. May be NULL. */
	void (*alerts)(void *context, struct api_alerts *out);
};

/* RESULT_NO_MEMORY. */
enum result api_new(const struct api_birth *birth, struct api **out) must_check;
/* Whoever waits for an answer is told that the hub ends: before the streams and the server are freed. NULL is nothing. */
void api_free(struct api *api);
/* Nothing has come from the shield lately, though there is one to be asked. */
bool api_shield_is_away(const struct api *api);
enum api_filter { API_FILTER_UNKNOWN, API_FILTER_NONE, API_FILTER_ATTACHED, API_FILTER_AWAY };
/* The kernel filter. UNKNOWN: nothing is known of the shield now; NONE: its configuration wants none; AWAY: it is wanted, and not attached. */
enum api_filter api_filter_state(const struct api *api);
/* Adds the tables of this room. */
void api_routes(struct api *api, struct web_routes *routes);
/* Those who follow are told: for keep_watch. */
void api_incident_changed(struct api *api, const struct incident *incident);

#endif

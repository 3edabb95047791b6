/* The inside of api.h, for its files alone.
 *
 * api.c          birth, the shield's status every few seconds, tables of routes
 * config.c       what of the configuration the shield tells
 * document.c     the contract
 * ask/           what a request asks: arguments.h its members and query, cursor.h where a list goes on, tenants.h and confine.h what of it its caller sees
 * incidents/     brief.c an incident as JSON, short and whole; incidents.c one of them, those that are open, sums around one; list.c lists;
 *                moves.c what people do with one; own.c what of a shared one is his own, who asks
 * events/        events.c single lines, a page after the other; export.c all of them; explain.c one, told; totals.c sums
 * now/           sites.c how sites are, served.h whether citizens are served; now.c all in one, now_words.h as a sentence, places.c who was
 *                refused; stream.c the same, as it changes
 * shield/        shield.h its admin socket, status.h what it said of itself; protection.c what it does; orders.h what it is told to do, order_routes.c
 *                by whom; health.c how it is; alive.c what it is told of the hub's alerts; filter.c what it tells of the kernel's filter
 */
#ifndef BOUCLIER_HUB_API_INNER_H
#define BOUCLIER_HUB_API_INNER_H

#include "hub/api/api.h"
#include "hub/api/ask/arguments.h"
#include "hub/api/ask/confine.h"
#include "hub/api/ask/tenants.h"
#include "hub/api/now/served.h"
#include "hub/api/shield/shield.h"
#include "hub/api/shield/status.h"

#define API_LOOK_MS 2000u         /* between two looks at the shield while somebody follows; */
#define API_LOOK_IDLE_MS 5000u    /* while nobody does */
#define API_LOOK_TAKES 50u        /* a look is at most this part of the time: of ten thousand sites it takes long */
#define API_AWAY 2u               /* looks in a row that failed, from which on the shield is said to be away */

#define API_ALIVE_MS 60000u

struct filter_rate {
	bool is_known;
	uint64_t dropped, at_ms, per_s;  /* AT_MS: 0: it was not seen */
};

struct api {
	struct api_birth birth;
	const struct hub_config *config;
	struct shield *shield;         /* NULL: there is no admin socket */
	struct status status;
	unsigned failures;             /* looks in a row */
	struct timer look;
	bool is_looking, wants_look;   /* WANTS_LOOK: another one at once, when this is over */
	uint64_t born_wall_ns;
	struct list orders;            /* struct order: done, and answered when the next look is over */
	struct list lookers;           /* struct looker */
	struct timer beat;             /* of the stream */
	uint64_t health_hash;
	struct filter_rate filter;
	struct { uint64_t due_ms; struct api_alerts said; } alive;
};

/* Who asks; of nobody the permits and tenants are empty. */
const struct person_view *api_caller(const struct api *api, const struct web_request *request);
static inline uint64_t api_wall_ns(const struct api *api)
{
	return api->birth.loop->wall_ns;
}
/* The site with NAME whose tenant TENANTS see; NULL: there is none such. */
const struct hub_site *api_find_site(const struct api *api, const struct store_tenants *tenants, struct span name);
/* The tenant of sites whose lines did not say it yet. */
void api_own_incident(const struct api *api, struct incident *incident);
static inline bool api_shield_is_up(const struct api *api)
{
	return api->status.root != NULL;
}
/* What goes on; nothing, a moment after the start. */
static inline struct group *api_group(const struct api *api)
{
	return api->birth.group(api->birth.context);
}
/* Looks as soon as can be. */
void api_look_now(struct api *api);
/* -- incidents/brief.c -- */

void brief_put(struct json_writer *json, struct span name, const struct incident *incident);
/* The members of a whole one: incident, version, served, sentences. */
enum result brief_put_whole(struct json_writer *json, const struct incident *incident);

/* -- incidents/incidents.c -- */

/* The incident of the path, whole, as it is known best: what goes on before what is kept. The caller frees it. NULL: answered; there is none, or CALLER sees nothing of it. */
struct incident *incidents_find_asked(struct api *api, const struct person_view *caller, struct web_request *request, struct web_answer *answer) must_check;
/* 200: INCIDENT as TENANTS see it; it is changed by that. */
void incidents_answer(struct api *api, const struct person_view *caller, struct incident *incident, struct web_answer *answer);
/* Open ones, as TENANTS see them, under the name `incidents`. */
void incidents_put_open(struct api *api, const struct store_tenants *tenants, struct span name, struct json_writer *json);

/* -- incidents/own.c -- */

/* What of INCIDENT, which was confined to a part, is of the sites that are left in it. */
enum result own_numbers(struct api *api, const struct store_tenants *tenants, struct incident *incident) must_check;

/* -- events/totals.c -- */

/* The members from, to, grain, series. INCIDENT: of its sites only, where it has some; NULL: of all that may be seen. */
enum result totals_put_of(struct api *api, const struct store_totals_ask *ask, const struct incident *incident, struct json_writer *json) must_check;

/* -- now/sites.c, now/places.c, now/now.c, shield/health.c -- */

/* How SITE is, and what is known of it in VIEW: unknown where the hub is behind, or packets were dropped that nobody counted. */
enum served_state sites_state(struct api *api, const struct hub_site *site, struct group_site_view *view);
/* SAID is what the shield says of it, or NULL. */
enum level sites_level(struct api *api, const struct hub_site *site, const struct json **said);
/* The members not_after, days, self_signed. False: it has none, and nothing was put. */
bool sites_put_certificate(struct api *api, const struct json *certificate, struct json_writer *json);
void sites_put(struct api *api, const struct hub_site *site, struct json_writer *json, bool is_whole);
/* The members countries and networks. */
void places_put(struct api *api, const struct store_tenants *tenants, struct json_writer *json);
enum result now_put(struct api *api, const struct store_tenants *tenants, struct span person, struct json_writer *json) must_check;
void health_put(struct api *api, const struct store_tenants *tenants, struct json_writer *json, bool has_journal);

/* -- shield/orders.c -- */

/* A look is over: who gave an order sees what it did. */
void orders_looked(struct api *api);
void orders_free(struct api *api);

/* -- now/stream.c -- */

void stream_init(struct api *api);
void stream_free(struct api *api);

/* -- shield/alive.c, shield/filter.c: a look has told something -- */

void alive_looked(struct api *api);
void filter_looked(struct api *api);
/* The member `packets`. */
void filter_put_packets(const struct api *api, bool is_all, struct json_writer *json);

/* -- routes, each a row of a table in api.c -- */
void api_get_now(void *context, struct web_request *request, struct web_answer *answer);
void api_get_stream(void *context, struct web_request *request, struct web_answer *answer);
void api_get_incidents(void *context, struct web_request *request, struct web_answer *answer);
void api_get_incident(void *context, struct web_request *request, struct web_answer *answer);
void api_get_incident_totals(void *context, struct web_request *request, struct web_answer *answer);
void api_acknowledge(void *context, struct web_request *request, struct web_answer *answer);
void api_contain(void *context, struct web_request *request, struct web_answer *answer);
void api_close(void *context, struct web_request *request, struct web_answer *answer);
void api_reopen(void *context, struct web_request *request, struct web_answer *answer);
void api_give(void *context, struct web_request *request, struct web_answer *answer);
void api_note(void *context, struct web_request *request, struct web_answer *answer);
void api_get_events(void *context, struct web_request *request, struct web_answer *answer);
void api_export_events(void *context, struct web_request *request, struct web_answer *answer);
void api_explain(void *context, struct web_request *request, struct web_answer *answer);
void api_get_totals(void *context, struct web_request *request, struct web_answer *answer);
void api_get_sites(void *context, struct web_request *request, struct web_answer *answer);
void api_get_site(void *context, struct web_request *request, struct web_answer *answer);
void api_get_protection(void *context, struct web_request *request, struct web_answer *answer);
void api_ban(void *context, struct web_request *request, struct web_answer *answer);
void api_unban(void *context, struct web_request *request, struct web_answer *answer);
void api_set_level(void *context, struct web_request *request, struct web_answer *answer);
void api_begin_bypass(void *context, struct web_request *request, struct web_answer *answer);
void api_end_bypass(void *context, struct web_request *request, struct web_answer *answer);
void api_begin_maintenance(void *context, struct web_request *request, struct web_answer *answer);
void api_end_maintenance(void *context, struct web_request *request, struct web_answer *answer);
void api_get_health(void *context, struct web_request *request, struct web_answer *answer);
void api_get_config(void *context, struct web_request *request, struct web_answer *answer);
void api_get_config_schema(void *context, struct web_request *request, struct web_answer *answer);
void api_get_config_history(void *context, struct web_request *request, struct web_answer *answer);
void api_confirm_config(void *context, struct web_request *request, struct web_answer *answer);
void api_get_document(void *context, struct web_request *request, struct web_answer *answer);

#endif

/* Lists of incidents, and one of them. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/api/ask/cursor.h"
#include "hub/api/inner.h"
#include "incident/written.h"
#include "store/document.h"

#include "base/banned.h"

#define EXAMINED 100u            /* documents of a page: each may have to be read */
#define KEY_DIGITS 20u
#define AROUND_S 1800u           /* sums are told from so long before an incident, and until so long after */
#define SUMS_ROWS 50000u         /* of the store, for one answer */

static void key_write(uint64_t id, char out[KEY_DIGITS + 1])
{
	snprintf(out, KEY_DIGITS + 1, "%020llu", (unsigned long long)id);
}

/* -- one -- */

struct finding {
	struct incident *incident;
	enum result result;
};

static void read_document(void *context, const struct document *document)
{
	struct finding *finding = context;

	finding->result = incident_read(document->text, finding->incident);
}

enum result incidents_find(struct api *api, uint64_t id, struct incident *out)
{
	struct finding finding = { out, RESULT_OK };
	const struct incident *followed = group_find(api_group(api), id);
	char key[KEY_DIGITS + 1];
	enum result result;

	if (followed) {
		*out = *followed;
	} else {
		key_write(id, key);
		result = store_document(api->birth.store, DOCUMENT_INCIDENT, span_make(key, KEY_DIGITS), NULL, read_document, &finding);
		if (result != RESULT_OK || finding.result != RESULT_OK)
			return result != RESULT_OK ? result : finding.result;
	}
	api_own_incident(api, out);
	return RESULT_OK;
}

static void put_related(struct api *api, const struct store_tenants *tenants, struct span name, const struct incident *incident, struct json_writer *json)
{
	struct incident *other = malloc(sizeof(*other));

	json_open(json, SPAN("related"), '[');
	for (uint32_t i = 0; other && i < incident->related_count; i++) {
		if (incidents_find(api, incident->related[i], other) != RESULT_OK || confine_sees(tenants, other) == CONFINED_NOTHING)
			continue;
		confine(tenants, name, other);
		brief_put(json, SPAN_NONE, other);
	}
	json_close(json, ']');
	free(other);
}

void incidents_answer(struct api *api, const struct person_view *caller, struct incident *incident, struct web_answer *answer)
{
	struct json_writer json;
	enum result result;

	confine(&caller->tenants, caller->name, incident);
	answer_begin(answer, &json);
	result = brief_put_whole(&json, incident);
	put_related(api, &caller->tenants, caller->name, incident, &json);
	if (result != RESULT_OK)
		json.result = result;
	answer_end(answer, &json);
}

/* The one of the path, if the caller sees it. NULL: answered. The caller frees it. */
static struct incident *find_asked(struct api *api, const struct person_view *caller, struct web_request *request, struct web_answer *answer)
{
	struct incident *incident;
	enum result result = RESULT_NO_MEMORY;
	uint64_t id;

	if (!part_number(request, answer, &id))
		return NULL;
	incident = malloc(sizeof(*incident));
	if (incident)
		result = incidents_find(api, id, incident);
	if (result == RESULT_OK && confine_sees(&caller->tenants, incident) == CONFINED_NOTHING)
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		return incident;
	if (result == RESULT_NOT_FOUND)
		answer_not_found(answer, "incident");
	else
		answer_store_failed(answer, result);
	free(incident);
	return NULL;
}

void api_get_incident(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct person_view *caller = api_caller(api, request);
	struct arguments arguments;
	struct incident *incident;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	incident = find_asked(api, caller, request, answer);
	if (incident)
		incidents_answer(api, caller, incident, answer);
	free(incident);
}

/* -- open ones -- */

struct opening {
	struct api *api;
	const struct store_tenants *tenants;
	struct span name;
	struct json_writer *json;
	struct incident *copy;
};

static bool put_open(void *context, const struct incident *incident)
{
	struct opening *opening = context;

	if (!incident_is_live(incident))
		return true;
	*opening->copy = *incident;
	api_own_incident(opening->api, opening->copy);
	if (confine_sees(opening->tenants, opening->copy) == CONFINED_NOTHING)
		return true;
	confine(opening->tenants, opening->name, opening->copy);
	brief_put(opening->json, SPAN_NONE, opening->copy);
	return true;
}

void incidents_put_open(struct api *api, const struct store_tenants *tenants, struct span name, struct json_writer *json)
{
	struct opening opening = { api, tenants, name, json, malloc(sizeof(*opening.copy)) };

	json_open(json, SPAN("incidents"), '[');
	if (opening.copy)
		group_each(api_group(api), put_open, &opening);
	else
		json->result = RESULT_NO_MEMORY;
	json_close(json, ']');
	free(opening.copy);
}

/* -- lists -- */

static const char *const wanted_words[] = { "open", "all", "new", "acknowledged", "contained", "closed", NULL };
enum { WANTED_OPEN, WANTED_ALL, WANTED_NEW };

struct listing {
	struct api *api;
	const struct person_view *caller;
	struct json_writer json;
	struct incident *incident;
	unsigned wanted;
	struct span tenant, site;
	uint64_t count, told, examined;
	struct cursor last;
	bool has_more;
};

static bool is_wanted(const struct listing *listing)
{
	const struct incident *incident = listing->incident;
	bool has_tenant = !listing->tenant.len;

	if (listing->wanted == WANTED_OPEN && !incident_is_live(incident))
		return false;
	if (listing->wanted >= WANTED_NEW && incident->status != (enum incident_status)(listing->wanted - WANTED_NEW))
		return false;
	for (uint32_t i = 0; i < incident->tenant_count && !has_tenant; i++)
		has_tenant = span_equal(span_of(incident->tenants[i]), listing->tenant);
	return has_tenant && (!listing->site.len || incident_has_site(incident, listing->site));
}

/* What goes on is in memory, newer than what is kept. */
static bool take_document(struct listing *listing, const struct document *document)
{
	const struct incident *followed;
	uint64_t id = 0;

	if (span_to_u64(document->key, UINT64_MAX, &id) != RESULT_OK)
		return false;
	listing->last = (struct cursor){ document->sort, id };
	followed = group_find(api_group(listing->api), id);
	if (followed)
		*listing->incident = *followed;
	else if (incident_read(document->text, listing->incident) != RESULT_OK)
		return false;  /* availability: one that is damaged hides no other */
	api_own_incident(listing->api, listing->incident);
	return true;
}

static bool list_one(void *context, const struct document *document)
{
	struct listing *listing = context;

	if (listing->told == listing->count || listing->examined == EXAMINED) {
		listing->has_more = true;
		return false;
	}
	listing->examined++;
	if (!take_document(listing, document) || confine_sees(&listing->caller->tenants, listing->incident) == CONFINED_NOTHING)
		return true;
	confine(&listing->caller->tenants, listing->caller->name, listing->incident);
	if (!is_wanted(listing))
		return true;
	brief_put(&listing->json, SPAN_NONE, listing->incident);
	listing->told++;
	return true;
}

static enum result list_all(struct listing *listing, struct span after)
{
	struct documents_ask ask = { .kind = DOCUMENT_INCIDENT, .has_after = after.len > 0 };
	struct cursor cursor = { 0 };
	char key[KEY_DIGITS + 1];

	if (after.len && cursor_read(CURSOR_INCIDENTS, after, &cursor) != RESULT_OK)
		return RESULT_MALFORMED;
	key_write(cursor.key, key);
	ask.after_sort = cursor.sort;
	ask.after_key = span_make(key, KEY_DIGITS);
	return store_documents(listing->api->birth.store, &ask, NULL, list_one, listing);
}

static void put_next(struct listing *listing)
{
	char text[CURSOR_LEN + 1];

	if (!listing->has_more) {
		json_put_null(&listing->json, SPAN("next"));
		return;
	}
	cursor_write(CURSOR_INCIDENTS, listing->last, text);
	json_put_text(&listing->json, SPAN("next"), span_make(text, CURSOR_LEN));
}

static void answer_list(struct listing *listing, struct span after, struct web_answer *answer)
{
	enum result result;

	answer_begin(answer, &listing->json);
	json_open(&listing->json, SPAN("incidents"), '[');
	result = list_all(listing, after);
	json_close(&listing->json, ']');
	put_next(listing);
	answer_end(answer, &listing->json);
	if (result == RESULT_MALFORMED)
		web_refuse(answer, 400, "bad-cursor", "the parameter after: it is no `next` of this list");
	else if (result != RESULT_OK)
		answer_store_failed(answer, result);
}

void api_get_incidents(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { "status", "tenant", "site", "after", "count", NULL };
	struct api *api = context;
	struct listing listing = { .api = api, .caller = api_caller(api, request) };
	struct arguments arguments;
	struct span after;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	listing.wanted = argument_word(&arguments, "status", wanted_words, WANTED_ALL);
	listing.tenant = argument_text(&arguments, "tenant", INCIDENT_NAME_BYTES - 1);
	listing.site = argument_text(&arguments, "site", INCIDENT_NAME_BYTES - 1);
	after = argument_text(&arguments, "after", 255);
	listing.count = argument_number(&arguments, "count", 1, API_COUNT_MAX, API_COUNT_DEFAULT);
	if (arguments.is_bad)
		return;
	listing.incident = malloc(sizeof(*listing.incident));
	if (listing.incident)
		answer_list(&listing, after, answer);
	else
		answer_store_failed(answer, RESULT_NO_MEMORY);
	free(listing.incident);
}

/* -- sums around one -- */

static void choose_grain(const struct api *api, struct store_totals_ask *ask)
{
	uint64_t sites = api->config->site_count + 1, span_s = ask->to_s - ask->from_s;

	ask->grain = span_s / 60 * sites * DECISION_COUNT <= SUMS_ROWS ? STORE_MINUTE : span_s / 3600 * sites * DECISION_COUNT <= SUMS_ROWS ? STORE_HOUR : STORE_DAY;
}

void api_get_incident_totals(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct person_view *caller = api_caller(api, request);
	struct store_totals_ask ask = { .kind = SPAN("decisions."), .by_bucket = true };
	uint64_t now_s = api_wall_ns(api) / 1000000000u;
	struct arguments arguments;
	struct json_writer json;
	struct incident *incident;
	enum result result;

	if (!arguments_begin(&arguments, request, answer, names) || !(incident = find_asked(api, caller, request, answer)))
		return;
	confine(&caller->tenants, caller->name, incident);
	ask.tenants = caller->tenants;
	ask.from_s = incident->opened_s > AROUND_S ? incident->opened_s - AROUND_S : 0;
	ask.to_s = incident->last_s + AROUND_S < now_s ? incident->last_s + AROUND_S : now_s + 1;
	ask.to_s = ask.to_s > ask.from_s ? ask.to_s : ask.from_s;
	choose_grain(api, &ask);
	answer_begin(answer, &json);
	result = totals_put_of(api, &ask, incident, &json);
	answer_end(answer, &json);
	if (result != RESULT_OK)
		answer_store_failed(answer, result);
	free(incident);
}

/* Lists of incidents, a page after the other. */
#include <stdlib.h>

#include "hub/api/ask/cursor.h"
#include "hub/api/inner.h"
#include "incident/written.h"
#include "store/document.h"

#include "base/banned.h"

#define EXAMINED 100u            /* documents of a page: each may have to be read */

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
	struct document_key key;

	if (after.len && cursor_read(CURSOR_INCIDENTS, after, &cursor) != RESULT_OK)
		return RESULT_MALFORMED;
	key = document_key(cursor.key);
	ask.after_sort = cursor.sort;
	ask.after_key = span_of(key.text);
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

/* GET /continuity: how many copies each site has. POST /continuity {"site": NAME}: which. POST /continuity/pin {"site", "url"}: its copies stay, and are made if
 * they are missing. POST /continuity/drop {"site", and "url", "prefix" or "all": true}: copies and pins go. */
#include <errno.h>

#include "cli/admin/inner.h"
#include "cli/edge/continuity.h"
#include "message/path.h"

#include "base/clock.h"
#include "cache/key.h"

#include "base/banned.h"

#define LISTED_MAX 2000u

/* -- lists -- */

static void put_total(struct json_writer *json, const struct admin *admin, const struct edge_site *site, const struct copies_total *total)
{
	json_put_number(json, SPAN("copies"), total->copies);
	json_put_number(json, SPAN("bytes"), total->bytes);
	json_put_number(json, SPAN("limit"), total->limit_bytes);
	json_put_number(json, SPAN("pins"), total->pins);
	json_put_number(json, SPAN("given"), total->given);
	json_put_bool(json, SPAN("giving"), edge_continuity_is_giving(admin->state, site->key));
}

static void pass_over(void *context, const struct copy_view *view)
{
	(void)context;
	(void)view;
}

/* False: it has none, and never had. */
static bool find_total(const struct admin *admin, const struct edge_site *site, struct copies_total *total)
{
	const struct edge_cache *cache = admin->state->common.cache;

	return cache && cache->copies && copies_list(cache->copies, site->key, pass_over, NULL, total) == RESULT_OK;
}

void admin_put_continuity(struct json_writer *json, const struct admin *admin, const struct edge_site *site)
{
	struct copies_total total;

	if (!find_total(admin, site, &total) || (!total.copies && !total.pins))
		return;
	json_open(json, SPAN("continuity"), '{');
	put_total(json, admin, site, &total);
	json_close(json, '}');
}

/* False: answered. */
static bool has_copies(const struct admin *admin, struct admin_answer *answer)
{
	const struct edge_cache *cache = admin->state->common.cache;

	if (cache && cache->copies && admin->state->snapshot)
		return true;
	admin_refuse(answer, 503, "this edge keeps no copies: it has no state folder, or runs reduced");
	return false;
}

static void put_site(struct json_writer *json, const struct admin *admin, const struct edge_site *site)
{
	struct copies_total total = { 0 };

	(void)find_total(admin, site, &total);
	json_put_text(json, SPAN("site"), site->site->name);
	put_total(json, admin, site, &total);
}

void admin_answer_continuities(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	(void)request;
	if (has_copies(admin, answer))
		admin_answer_sites(admin, put_site, answer);
}

struct listing {
	struct json_writer *json;
	size_t count;
};

/* Under the lock of the copies: only into memory. */
static void put_copy(void *context, const struct copy_view *view)
{
	static const char *const ranks[] = { "ordinary", "priority", "pinned" };
	struct listing *listing = context;
	struct json_writer *json = listing->json;

	if (++listing->count > LISTED_MAX)
		return;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("url"), view->url);
	json_put_text(json, SPAN("rank"), span_of(ranks[view->rank]));
	if (view->has_copy) {
		json_put_text(json, SPAN("variant"), view->variant);
		json_put_time(json, SPAN("made"), view->made_s * 1000000000u);
		json_put_time(json, SPAN("kept"), view->kept_s * 1000000000u);
		json_put_number(json, SPAN("bytes"), view->bytes);
	}
	json_close(json, '}');
}

static void answer_list(struct admin *admin, const struct edge_site *site, struct copies *copies, struct admin_answer *answer)
{
	struct json_writer json;
	struct listing listing = { &json, 0 };
	struct copies_total total = { 0 };

	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("site"), site->site->name);
	json_open(&json, SPAN("list"), '[');
	if (copies_list(copies, site->key, put_copy, &listing, &total) != RESULT_OK)
		total = (struct copies_total){ 0 };
	json_close(&json, ']');
	json_put_number(&json, SPAN("more"), listing.count > LISTED_MAX ? listing.count - LISTED_MAX : 0);
	put_total(&json, admin, site, &total);
	admin_finish_json(answer, &json);
}

/* -- a person's word -- */

/* The site that the request names; NULL: answered. ROOT is the caller's to drop, NULL or not. */
static const struct edge_site *read_site(struct admin *admin, const struct admin_request *request, struct json **root, struct admin_answer *answer)
{
	*root = has_copies(admin, answer) ? admin_read_body(request, answer) : NULL;
	if (!*root)
		return NULL;
	return admin_find_site(admin, json_text_of(json_find(*root, "site")), answer);
}

/* False: answered. */
static bool is_address(struct span text, struct admin_answer *answer)
{
	bool is_whole = span_starts(text, SPAN("http://")) || span_starts(text, SPAN("https://"));

	if (text.len && text.len <= COPIES_PIN_BYTES_MAX && (is_whole || text.at[0] == '/') && (!is_whole || key_target_of_url(text).len))
		return true;
	admin_refuse(answer, 400, "an address is /path or https://host/path, of at most %u bytes", COPIES_PIN_BYTES_MAX);
	return false;
}

static bool may_be_pinned(struct span text, struct admin_answer *answer)
{
	if (!is_address(text, answer))
		return false;
	if (span_find(text, '?') == text.len && path_has_one_reading(text.at[0] == '/' ? text : key_target_of_url(text)))
		return true;
	admin_refuse(answer, 400, "copies are kept of addresses without a query, whose path can be read in one way only");
	return false;
}

static void refuse_pin(const struct edge_site *site, enum result result, struct admin_answer *answer)
{
	int error = errno;

	if (result == RESULT_REFUSED)
		admin_refuse(answer, 409, "the site %.*s keeps no copies: its file says continuity: off, or it is passed through", SPAN_ARG(site->site->name));
	else if (result == RESULT_LIMIT)
		admin_refuse(answer, 409, "%u addresses are pinned already: drop some of them", COPIES_PINS_MAX);
	else if (result == RESULT_IO)
		admin_refuse(answer, 503, "it is pinned until the shield is restarted, for it could not be written: %s", strerror(error));
	else if (result == RESULT_TIMEOUT)
		admin_refuse(answer, 503, "it is pinned, and the disk does not answer: after a restart it may not be");
	else
		admin_refuse(answer, 503, "out of memory");
}

struct looking {
	struct span address;
	uint64_t copies;
};

static void count_pinned(void *context, const struct copy_view *view)
{
	struct looking *looking = context;
	struct span place = looking->address.at[0] == '/' && view->url.at[0] != '/' ? key_target_of_url(view->url) : view->url;

	looking->copies += view->has_copy && view->rank == COPY_PINNED && span_equal(place, looking->address);
}

void admin_answer_continuity(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root;
	const struct edge_site *site = read_site(admin, request, &root, answer);

	if (site)
		answer_list(admin, site, admin->state->common.cache->copies, answer);
	if (root)
		json_drop(root);
}

static void obey_pin(struct admin *admin, const struct edge_site *site, struct span address, struct admin_answer *answer)
{
	struct copies *copies = admin->state->common.cache->copies;
	struct looking looking = { .address = address };
	struct copies_total total;
	struct json_writer json;
	enum result result = copies_pin(copies, site->key, address);

	if (result != RESULT_OK) {
		refuse_pin(site, result, answer);
		return;
	}
	if (copies_list(copies, site->key, count_pinned, &looking, &total) != RESULT_OK)
		looking.copies = 0;
	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("site"), site->site->name);
	json_put_text(&json, SPAN("url"), address);
	json_put_number(&json, SPAN("copies"), looking.copies);
	admin_finish_json(answer, &json);
}

void admin_answer_pin(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root;
	const struct edge_site *site = read_site(admin, request, &root, answer);
	struct span address = json_text_of(json_find(root, "url"));
	char text[ADMIN_ADDRESS_MAX];

	if (site && may_be_pinned(address, answer))
		obey_pin(admin, site, admin_lower_host(address, text), answer);
	if (root)
		json_drop(root);
}

/* False: answered. */
static bool read_drop(const struct json *root, struct cache_purge *purge, struct admin_answer *answer)
{
	struct span url = json_text_of(json_find(root, "url")), prefix = json_text_of(json_find(root, "prefix"));

	if (json_bool_of(json_find(root, "all"))) {
		purge->kind = PURGE_PREFIX;
		purge->text = SPAN("/");
		return true;
	}
	purge->kind = prefix.len ? PURGE_PREFIX : PURGE_ADDRESS;
	purge->text = prefix.len ? prefix : url;
	return is_address(purge->text, answer);
}

static void obey_drop(struct admin *admin, const struct edge_site *site, const struct cache_purge *purge, struct admin_answer *answer)
{
	struct json_writer json;
	size_t count;
	enum result result = copies_drop(admin->state->common.cache->copies, purge, true, &count);
	int error = errno;

	if (result != RESULT_OK) {
		admin_refuse(answer, 503, "copies are not given any more, and some of their files may still be there after a restart: %s",
		             result == RESULT_IO ? strerror(error) : result == RESULT_TIMEOUT ? "the disk does not answer" : "out of memory");
		return;
	}
	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("site"), site->site->name);
	json_put_number(&json, SPAN("dropped"), count);
	admin_finish_json(answer, &json);
}

void admin_answer_drop(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root;
	const struct edge_site *site = read_site(admin, request, &root, answer);
	struct cache_purge purge = { .site = site ? site->key : 0 };
	char text[ADMIN_ADDRESS_MAX];

	if (site && read_drop(root, &purge, answer)) {
		purge.text = admin_lower_host(purge.text, text);
		obey_drop(admin, site, &purge, answer);
	}
	if (root)
		json_drop(root);
}

/* Purge: answers that are kept are forgotten, of one address, of all that begin so, or of a tag. */
#include <stdio.h>

#include "cli/admin/inner.h"

#include "base/banned.h"

/* One of "url", "prefix", "tag". False: answered. */
static bool read_what(const struct json *root, struct cache_purge *purge, struct admin_answer *answer)
{
	static const char *const names[] = { [PURGE_ADDRESS] = "url", [PURGE_PREFIX] = "prefix", [PURGE_TAG] = "tag" };
	unsigned count = 0;

	for (unsigned kind = 0; kind < sizeof(names) / sizeof(*names); kind++) {
		struct span text = json_text_of(json_find(root, names[kind]));

		if (!text.len)
			continue;
		purge->kind = (enum purge_kind)kind;
		purge->text = text;
		count++;
	}
	if (count != 1 || purge->text.len > ADMIN_ADDRESS_MAX) {
		admin_refuse(answer, 400, "say one of \"url\", \"prefix\" and \"tag\", of at most %u bytes", ADMIN_ADDRESS_MAX);
		return false;
	}
	if (purge->kind != PURGE_TAG && purge->text.at[0] != '/' && !span_starts(purge->text, SPAN("http://")) && !span_starts(purge->text, SPAN("https://"))) {
		admin_refuse(answer, 400, "an address begins with /, http:// or https://");
		return false;
	}
	return true;
}

/* Hosts are kept in lower case. */
struct span admin_lower_host(struct span text, char out[ADMIN_ADDRESS_MAX])
{
	size_t host = text.at[0] == '/' ? 0 : span_find(text, ':') + sizeof("://") - 1;
	size_t end = host + span_find(span_skip(text, host), '/');

	memcpy(out, text.at, text.len);
	for (size_t i = host; i < end && i < text.len; i++)
		out[i] = ascii_lower(text.at[i]);
	return span_make(out, text.len);
}

static void answer_count(struct span site, size_t count, struct admin_answer *answer)
{
	struct json_writer writer;

	admin_begin_json(answer, &writer);
	json_put_text(&writer, SPAN("site"), site);
	json_put_number(&writer, SPAN("purged"), count);
	admin_finish_json(answer, &writer);
}

/* On disk, too: what a person wants forgotten does not come back when the origin is gone. Pins stay: their next copy is of what there is then. */
static size_t drop(struct edge_cache *cache, const struct cache_purge *purge)
{
	bool is_certain;
	size_t count = edge_cache_purge(cache, purge, &is_certain), copies = 0;

	if (!is_certain)
		fprintf(stderr, "bouclier: ALERT: answers on the cache's disk that were purged are not given any more, but their files may still be there after a restart\n");

	if (cache->copies && copies_drop(cache->copies, purge, false, &copies) != RESULT_OK)
		fprintf(stderr, "bouclier: ALERT: continuity copies that were purged are not given any more, but their files may still be there after a restart\n");
	return count + copies;
}

void admin_answer_purge(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_cache *cache = admin->state->common.cache;
	struct cache_purge purge = { 0 };
	char text[ADMIN_ADDRESS_MAX];
	const struct edge_site *site;
	struct json *root;
	struct span name;

	if (!cache || !admin->state->snapshot) {
		admin_refuse(answer, 503, "this edge keeps no answers");
		return;
	}
	root = admin_read_body(request, answer);
	if (!root)
		return;
	name = json_text_of(json_find(root, "site"));
	site = admin_find_site(admin, name, answer);
	if (site && read_what(root, &purge, answer)) {
		purge.site = site->key;
		if (purge.kind != PURGE_TAG)
			purge.text = admin_lower_host(purge.text, text);
		cache_learner_purge(cache->learner, &purge);
		answer_count(name, drop(cache, &purge), answer);
	}
	json_drop(root);
}

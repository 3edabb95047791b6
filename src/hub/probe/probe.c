#include <stdio.h>
#include <stdlib.h>

#include "config/value.h"
#include "hub/probe/inside.h"

#include "base/banned.h"

struct vantage_known *hub_probe_known(struct hub_probe *probe, struct span name)
{
	for (size_t i = 0; i < probe->count; i++) {
		if (span_equal(span_of(probe->known[i].name), name))
			return &probe->known[i];
	}
	return NULL;
}

static struct span without_port(struct span host)
{
	size_t colon = span_find_last(host, ':');

	if (host.len && host.at[0] == '[')
		return span_take(host, span_find(host, ']') + 1);
	return span_take(host, colon);
}

const struct hub_site *hub_probe_site(const struct hub_probe *probe, struct span host)
{
	host = without_port(host);
	for (size_t i = 0; i < probe->site_count; i++) {
		const struct span *hosts = probe->sites[i].hosts.items;

		for (size_t j = 0; j < probe->sites[i].hosts.count; j++) {
			if (host_matches(hosts[j], host))
				return &probe->sites[i];
		}
	}
	return NULL;
}

/* -- birth -- */

static void read_number(void *context, const struct document *document)
{
	uint64_t *number = context;

	(void)!span_to_u64(document->text, UINT64_MAX, number);
}

static enum result recall(struct hub_probe *probe, struct vantage_known *known, struct complaints *complaints)
{
	char key[PROBE_KEY_MAX];
	enum result result;

	snprintf(key, sizeof(key), PROBE_SEQUENCE_FRONT "%s", known->name);
	result = store_document(probe->store, DOCUMENT_HUB, span_of(key), complaints, read_number, &known->sequence);
	return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static bool read_last(void *context, const struct document *document)
{
	uint64_t *last = context;

	*last = document->sort;
	return false;
}

static enum result know(struct hub_probe *probe, const struct list_value *probes, struct complaints *complaints)
{
	const struct hub_probe_settings *list = probes->items;
	enum result result = RESULT_OK;

	for (size_t i = 0; i < probes->count && i < HUB_PROBES_MAX && result == RESULT_OK; i++) {
		struct vantage_known *known = &probe->known[probe->count++];

		result = span_to_text(list[i].name, known->name, sizeof(known->name));
		if (result == RESULT_OK)
			result = signature_public_read(list[i].key, known->key);
		if (result == RESULT_OK)
			result = recall(probe, known, complaints);
	}
	return result;
}

enum result hub_probe_new(struct store *store, const struct list_value *probes, const struct hub_site *sites, size_t site_count, struct complaints *complaints,
                          struct hub_probe **out)
{
	const struct documents_ask newest = { .kind = DOCUMENT_PROBE };
	struct hub_probe *probe = calloc(1, sizeof(*probe));
	enum result result;

	if (!probe)
		return RESULT_NO_MEMORY;
	probe->store = store;
	probe->sites = sites;
	probe->site_count = site_count;
	result = know(probe, probes, complaints);
	if (result == RESULT_OK)
		result = store_documents(store, &newest, complaints, read_last, &probe->last);
	if (result == RESULT_OK)
		*out = probe;
	else
		hub_probe_free(probe);
	return result;
}

void hub_probe_free(struct hub_probe *probe)
{
	free(probe);
}

bool hub_probe_state(const struct hub_probe *probe, size_t at, uint64_t now_s, struct hub_probe_state *out)
{
	const struct vantage_known *known = &probe->known[at < probe->count ? at : 0];

	if (at >= probe->count)
		return false;
	*out = (struct hub_probe_state){
		.name = span_of(known->name), .heard_s = known->heard_s, .minute_s = known->minute_s, .taken = known->taken, .refused = known->refused,
		.asked = known->asked, .reached = known->reached, .is_silent = now_s > known->heard_s + HUB_PROBE_SILENT_S,
	};
	return true;
}

bool hub_probe_confine(const struct hub_probe *probe, size_t at, const struct hub_probe_sees *sees, struct hub_probe_state *state)
{
	const struct vantage_known *known = &probe->known[at];
	bool is_his = false;

	if (sees->sees(sees->context, SPAN_NONE))
		return true;
	state->asked = state->reached = 0;
	for (uint32_t i = 0; i < known->site_count; i++) {
		if (!sees->sees(sees->context, known->sites[i].site->tenant))
			continue;
		state->asked += known->sites[i].asked;
		state->reached += known->sites[i].reached;
		is_his = true;
	}
	return is_his;
}

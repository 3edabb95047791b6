/* From the configuration to the destinations that it has the shield contact: docs/processes.md lists them. */
#include <stdio.h>

#include "base/clock.h"
#include "base/read_file.h"
#include "cli/packet/egress_gather.h"
#include "cli/settings.h"
#include "edge/rules/clamd.h"
#include "edge/sites/settings.h"
#include "hub/settings/alerts.h"
#include "hub/settings/oidc.h"
#include "hub/settings/settings.h"
#include "net/certificate.h"
#include "net/ocsp.h"
#include "net/settings.h"
#include "origin/settings.h"
#include "process/image.h"

#include "base/banned.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLVERS RESOLV_CONF ": nameserver"
#define DNS_PORT 53u
#define HTTP_PORT 80u
#define CHAIN_MAX ((size_t)1 << 20)

/* -- sites -- */

static void add_origins(struct egress_gathering *gathering, const struct site *site, void *const *sections)
{
	const struct list_value *origins = &origins_settings_of(sections)->origins;
	const struct origin_settings *list = origins->items;
	char key[EGRESS_KEY_BYTES];

	for (size_t i = 0; i < origins->count; i++) {
		snprintf(key, sizeof(key), "site %.*s: origins: %.*s", SPAN_ARG(site->name), SPAN_ARG(list[i].url.text));
		gather_host(gathering, list[i].url.host, list[i].url.port, key);
	}
}

static void add_scanner(const struct egress_gathering *gathering, const struct site *site, void *const *sections)
{
	struct span clamd = edge_settings_of(sections)->waf.clamd;
	char key[EGRESS_KEY_BYTES];
	struct endpoint endpoint;

	snprintf(key, sizeof(key), "site %.*s: waf: clamd", SPAN_ARG(site->name));
	if (endpoint_read(clamd, &endpoint) == RESULT_OK)
		gather_endpoint(gathering, &endpoint.address, endpoint.port, IPPROTO_TCP, key);
}

/* "http://ocsp.example:8080/path" */
static void add_responder(struct egress_gathering *gathering, struct span url, const char *key)
{
	uint64_t number = HTTP_PORT;
	struct span host, rest;

	url = span_skip(url, span_find(url, ':') + 3);
	rest = span_cut(&url, '/');
	host = span_starts(rest, SPAN("[")) ? span_take(rest, span_find(rest, ']') + 1) : span_take(rest, span_find(rest, ':'));
	rest = span_skip(rest, host.len);
	if (rest.len && span_to_u64(span_skip(rest, 1), 65535, &number) != RESULT_OK)
		gather_failed(gathering, key, "its responder's address is not understood");
	else
		gather_host(gathering, host, (uint16_t)number, key);
}

static void add_certificate(struct egress_gathering *gathering, const struct certificate_settings *settings, const char *key)
{
	struct certificate certificate;
	char url[OCSP_URL_MAX], path[PATH_TEXT_MAX];
	const char *why = NULL;
	struct buffer chain;
	bool is_read;

	buffer_init(&chain, CHAIN_MAX);
	is_read = span_to_text(settings->chain, path, sizeof(path)) == RESULT_OK && read_file(path, &chain) == RESULT_OK &&
	          certificate_read_chain(buffer_span(&chain), settings->chain, &gathering->asked->complaints, &certificate) == RESULT_OK;
	buffer_done(&chain);
	if (!is_read) {
		gather_failed(gathering, key, "the certificate cannot be read");
		return;
	}
	if (ocsp_responder(&certificate, url, &why) == RESULT_OK)
		add_responder(gathering, span_of(url), key);
	else
		gather_failed(gathering, key, why);
	certificate_done(&certificate);
}

static void add_ocsp(struct egress_gathering *gathering, const struct site *site)
{
	const struct list_value *certificates = &net_site_settings(site)->certificate;
	const struct certificate_settings *list = certificates->items;
	char key[EGRESS_KEY_BYTES];

	snprintf(key, sizeof(key), "site %.*s: certificate: ocsp: fetch", SPAN_ARG(site->name));
	for (size_t i = 0; i < certificates->count; i++) {
		if (span_equal(list[i].ocsp, SPAN(OCSP_FETCH)))
			add_certificate(gathering, &list[i], key);
	}
}

/* What a route does not say it has of its site, and every site has one. */
static void add_site(struct egress_gathering *gathering, const struct site *site)
{
	add_ocsp(gathering, site);
	for (size_t i = 0; i < site->route_count; i++) {
		add_origins(gathering, site, site->routes[i].sections);
		add_scanner(gathering, site, site->routes[i].sections);
	}
}

/* -- the rest -- */

/* Their own list: of all who are spared, one that is a gateway, too, would be that. */
static void add_resolvers(const struct egress_gathering *gathering)
{
	struct spared spared;
	struct buffer text;
	enum result result;

	spared_init(&spared);
	buffer_init(&text, SPARED_FILE_BYTES);
	result = read_file(RESOLV_CONF, &text);
	if (result == RESULT_OK || result == RESULT_LIMIT)
		spared_read_resolv(&spared, buffer_span(&text));
	else
		gather_failed(gathering, RESOLVERS, result_name(result));
	for (unsigned i = 0; i < spared.count; i++) {
		gather_endpoint(gathering, &spared.list[i].network.address, DNS_PORT, IPPROTO_UDP, RESOLVERS);
		gather_endpoint(gathering, &spared.list[i].network.address, DNS_PORT, IPPROTO_TCP, RESOLVERS);
	}
	buffer_done(&text);
}

static void add_alert_path(void *gathering, const struct alert_destination *destination, const char *key)
{
	gather_host(gathering, destination->host, destination->port, key);
}

/* Whom the hub tells, and whom it asks who somebody is: its process that sends runs beside the edge, in the same control group. */
static void add_alerts(struct egress_gathering *gathering, const struct snapshot *snapshot)
{
	const struct hub_settings *hub = hub_settings_of(snapshot);

	struct oidc_destination provider;

	if (hub && hub->alerts)
		alerts_destinations(hub->alerts, add_alert_path, gathering);
	if (hub && hub->oidc && oidc_destination_read(hub->oidc->issuer, hub->oidc->is_insecure, &provider) == RESULT_OK)
		gather_host(gathering, provider.host, provider.port, "hub: oidc: issuer");
}

static void add_allowed(const struct egress_gathering *gathering)
{
	const struct list_value *allow = &gathering->asked->wish.settings->egress.allow;
	const struct span *list = allow->items;
	struct egress_rule rule;

	for (size_t i = 0; i < allow->count; i++) {
		if (egress_rule_read(list[i], &rule) == RESULT_OK)
			egress_list_add(gathering->list, &rule, false, SPAN("packet: egress: allow"));
	}
}

/* Where the shield itself listens, and nothing else: public_port is another's, who stands before it. */
void egress_gather_answers(const struct snapshot *snapshot, struct egress_list *list)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;
	struct endpoint redirects[IMAGE_LISTENERS_MAX];
	size_t count = redirect_endpoints(net, redirects, IMAGE_LISTENERS_MAX);
	uint16_t metrics = admin_settings_of(snapshot)->metrics.port;

	for (size_t i = 0; i < net->listen.count; i++)
		egress_list_answer(list, listen[i].address.port);
	for (size_t i = 0; i < count; i++)
		egress_list_answer(list, redirects[i].port);
	if (metrics)
		egress_list_answer(list, metrics);
}

void egress_gather(struct packet_asked *asked, const struct egress_list *before, struct egress_list *list)
{
	static struct egress_gathering gathering;
	const struct snapshot *snapshot = asked->loaded.snapshot;

	gathering = (struct egress_gathering){ .asked = asked, .list = list, .before = before, .now_ns = pending_now_ns(), .end_ms = clock_mono_ms() + EGRESS_NAMES_MS };
	for (size_t i = 0; i < snapshot->site_count; i++)
		add_site(&gathering, &snapshot->sites[i]);
	add_alerts(&gathering, snapshot);
	gather_names(&gathering);
	add_resolvers(&gathering);
	add_allowed(&gathering);
	egress_gather_answers(snapshot, list);
	if (list->left_out)
		complain(&asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN("fewer different sizes of networks in packet.egress.allow, or wider ones"),
		         "%u destinations more than the list holds (%u, of %u sizes) are left out", list->left_out, EGRESS_RULES_MAX, EGRESS_LENGTHS_MAX);
}

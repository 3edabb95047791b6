/* From the configuration to the destinations that it has the shield contact: docs/processes.md lists them. */
#include <netdb.h>
#include <stdio.h>

#include "cli/packet/egress.h"
#include "cli/settings.h"
#include "edge/rules/clamd.h"
#include "edge/sites/settings.h"
#include "net/certificate.h"
#include "net/ocsp.h"
#include "net/settings.h"
#include "origin/settings.h"
#include "packet/lists/file.h"

#include "base/banned.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define DNS_PORT 53u
#define HTTP_PORT 80u
#define CHAIN_MAX ((size_t)1 << 20)

struct gathering {
	struct packet_asked *asked;
	struct egress_list *list;
	struct {
		struct span host;
		uint16_t port;
	} names[EGRESS_NAMES_MAX];
	unsigned name_count;
};

static void add_endpoint(const struct gathering *gathering, const struct address *address, uint16_t port, uint8_t protocol, const char *key)
{
	const struct network alone = { *address, 128 };
	struct egress_rule rule;

	egress_rule_set(&rule, &alone, port, protocol);
	egress_list_add(gathering->list, &rule, true, span_of(key));
}

/* -- names -- */

static bool is_asked(struct gathering *gathering, struct span host, uint16_t port)
{
	for (unsigned i = 0; i < gathering->name_count; i++) {
		if (gathering->names[i].port == port && span_equal(gathering->names[i].host, host))
			return true;
	}
	if (gathering->name_count < EGRESS_NAMES_MAX) {
		gathering->names[gathering->name_count].host = host;
		gathering->names[gathering->name_count++].port = port;
	}
	return false;
}

static void warn(const struct gathering *gathering, const char *key, const char *what)
{
	complain(&gathering->asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, "%s is not in the list: %s", key, what);
}

static void add_found(const struct gathering *gathering, const struct addrinfo *found, uint16_t port, const char *key)
{
	unsigned count = 0;

	for (const struct addrinfo *each = found; each; each = each->ai_next) {
		struct endpoint endpoint;

		if (endpoint_from_socket(each->ai_addr, &endpoint) != RESULT_OK)
			continue;
		if (count++ == EGRESS_NAME_ADDRESSES_MAX) {
			warn(gathering, key, "its name has more addresses than are used");
			return;
		}
		add_endpoint(gathering, &endpoint.address, port, IPPROTO_TCP, key);
	}
}

static void add_host(struct gathering *gathering, struct span host, uint16_t port, const char *key)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct address address;
	char name[256];
	int error;

	if (address_read(host, &address) == RESULT_OK) {
		add_endpoint(gathering, &address, port, IPPROTO_TCP, key);
		return;
	}
	if (is_asked(gathering, host, port) || span_to_text(host, name, sizeof(name)) != RESULT_OK)
		return;
	if (gathering->name_count == EGRESS_NAMES_MAX)
		warn(gathering, key, "more names than are looked up; packet.egress.allow takes its addresses");
	error = getaddrinfo(name, NULL, &hints, &found);
	if (error) {
		warn(gathering, key, gai_strerror(error));
		return;
	}
	add_found(gathering, found, port, key);
	freeaddrinfo(found);
}

/* -- sites -- */

static void add_origins(struct gathering *gathering, const struct site *site, void *const *sections)
{
	const struct list_value *origins = &origins_settings_of(sections)->origins;
	const struct origin_settings *list = origins->items;
	char key[EGRESS_KEY_BYTES];

	for (size_t i = 0; i < origins->count; i++) {
		snprintf(key, sizeof(key), "site %.*s: origins: %.*s", SPAN_ARG(site->name), SPAN_ARG(list[i].url.text));
		add_host(gathering, list[i].url.host, list[i].url.port, key);
	}
}

static void add_scanner(const struct gathering *gathering, const struct site *site, void *const *sections)
{
	struct span clamd = edge_settings_of(sections)->waf.clamd;
	char key[EGRESS_KEY_BYTES];
	struct endpoint endpoint;

	snprintf(key, sizeof(key), "site %.*s: waf: clamd", SPAN_ARG(site->name));
	if (endpoint_read(clamd, &endpoint) == RESULT_OK)
		add_endpoint(gathering, &endpoint.address, endpoint.port, IPPROTO_TCP, key);
}

/* "http://ocsp.example:8080/path" */
static void add_responder(struct gathering *gathering, struct span url, const char *key)
{
	uint64_t number = HTTP_PORT;
	struct span host, rest;

	url = span_skip(url, span_find(url, ':') + 3);
	rest = span_cut(&url, '/');
	host = span_starts(rest, SPAN("[")) ? span_take(rest, span_find(rest, ']') + 1) : span_take(rest, span_find(rest, ':'));
	rest = span_skip(rest, host.len);
	if (rest.len && span_to_u64(span_skip(rest, 1), 65535, &number) != RESULT_OK)
		warn(gathering, key, "its responder's address is not understood");
	else
		add_host(gathering, host, (uint16_t)number, key);
}

static void add_certificate(struct gathering *gathering, const struct certificate_settings *settings, const char *key)
{
	struct certificate certificate;
	char url[OCSP_URL_MAX], path[PATH_TEXT_MAX];
	const char *why = NULL;
	struct buffer chain;
	bool is_read;

	buffer_init(&chain, CHAIN_MAX);
	is_read = span_to_text(settings->chain, path, sizeof(path)) == RESULT_OK && bounded_file_read(path, &chain) == RESULT_OK &&
	          certificate_read_chain(buffer_span(&chain), settings->chain, &gathering->asked->complaints, &certificate) == RESULT_OK;
	buffer_done(&chain);
	if (!is_read) {
		warn(gathering, key, "the certificate cannot be read");
		return;
	}
	if (ocsp_responder(&certificate, url, &why) == RESULT_OK)
		add_responder(gathering, span_of(url), key);
	else
		warn(gathering, key, why);
	certificate_done(&certificate);
}

static void add_ocsp(struct gathering *gathering, const struct site *site)
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

static void add_site(struct gathering *gathering, const struct site *site)
{
	add_origins(gathering, site, site->sections);
	add_scanner(gathering, site, site->sections);
	add_ocsp(gathering, site);
	for (size_t i = 0; i < site->route_count; i++) {
		add_origins(gathering, site, site->routes[i].sections);
		add_scanner(gathering, site, site->routes[i].sections);
	}
}

/* -- the rest -- */

/* Their own list: of all who are spared, one that is a gateway, too, would be that. */
static void add_resolvers(const struct gathering *gathering)
{
	struct spared spared;
	struct buffer text;
	enum result result;

	spared_init(&spared);
	buffer_init(&text, SPARED_FILE_BYTES);
	result = bounded_file_read(RESOLV_CONF, &text);
	if (result == RESULT_OK || result == RESULT_LIMIT)
		spared_read_resolv(&spared, buffer_span(&text));
	else
		warn(gathering, RESOLV_CONF, result_name(result));
	for (unsigned i = 0; i < spared.count; i++) {
		add_endpoint(gathering, &spared.list[i].network.address, DNS_PORT, IPPROTO_UDP, RESOLV_CONF ": nameserver");
		add_endpoint(gathering, &spared.list[i].network.address, DNS_PORT, IPPROTO_TCP, RESOLV_CONF ": nameserver");
	}
	buffer_done(&text);
}

static void add_allowed(const struct gathering *gathering)
{
	const struct list_value *allow = &gathering->asked->wish.settings->egress.allow;
	const struct span *list = allow->items;
	struct egress_rule rule;

	for (size_t i = 0; i < allow->count; i++) {
		if (egress_rule_read(list[i], &rule) == RESULT_OK)
			egress_list_add(gathering->list, &rule, false, SPAN("packet: egress: allow"));
	}
}

static void add_answers(const struct gathering *gathering)
{
	const struct packet_wish *wish = &gathering->asked->wish;
	uint16_t metrics = admin_settings_of(gathering->asked->loaded.snapshot)->metrics.port;

	for (unsigned i = 0; i < wish->listen_count; i++)
		egress_list_answer(gathering->list, wish->listens[i]);
	if (metrics)
		egress_list_answer(gathering->list, metrics);
}

void egress_gather(struct packet_asked *asked, struct egress_list *list)
{
	static struct gathering gathering;
	const struct snapshot *snapshot = asked->loaded.snapshot;

	gathering = (struct gathering){ .asked = asked, .list = list };
	for (size_t i = 0; i < snapshot->site_count; i++)
		add_site(&gathering, &snapshot->sites[i]);
	add_resolvers(&gathering);
	add_allowed(&gathering);
	add_answers(&gathering);
	if (list->left_out)
		complain(&asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN("fewer different sizes of networks in packet.egress.allow, or wider ones"),
		         "%u destinations more than the list holds (%u, of %u sizes) are left out", list->left_out, EGRESS_RULES_MAX, EGRESS_LENGTHS_MAX);
}

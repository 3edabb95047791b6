#include "cli/edge_build.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/role_check.h"
#include "cli/wiring.h"
#include "config/read.h"
#include "net/settings.h"
#include "net/tls_client.h"
#include "net/tls_server.h"

#include "base/banned.h"

struct builder {
	struct edge_state *state;
	const struct edge_plan *plan;
	struct complaints *complaints;
	struct snapshot *snapshot;
	struct arena arena;             /* lists that are needed while building */
	struct tls_server *tls;
	struct edge_port *ports;
	size_t port_count;
	bool is_live;                   /* another edge served this very generation before */
};

/* -- texts -- */

static enum result read_texts(const struct image *image, struct config_texts *texts)
{
	struct image_record record;
	enum result result = RESULT_OK;
	size_t at = 0;

	while (result == RESULT_OK && image_next(image, IMAGE_TEXT, &at, &record))
		result = config_texts_add(texts, record.name, record.bytes);
	return result;
}

static enum result read_snapshot(struct builder *builder)
{
	struct config_texts texts;
	struct config_source source;
	enum result result;

	config_texts_init(&texts);
	result = read_texts(&builder->plan->image, &texts);
	if (result == RESULT_OK && texts.count == 0)
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		result = config_source_init(&source, texts.list[0].path);
	if (result == RESULT_OK) {
		source.image = &texts;
		result = config_read(&source, wiring_sections(), builder->complaints, &builder->snapshot);
		config_source_done(&source);
	}
	config_texts_done(&texts);
	return result;
}

/* -- files -- */

/* The bytes of a file that the keeper read. A file that is not there is complained about. */
static struct span file_bytes(struct builder *builder, struct span path)
{
	struct image_file file;

	if (!path.len)
		return SPAN_NONE;
	if (image_find_file(&builder->plan->files, path, &file) == RESULT_OK && !file.error)
		return file.bytes;
	complain(builder->complaints, COMPLAINT_ERROR, (struct place){ .file = path }, SPAN_NONE, "cannot be read");
	return SPAN_NONE;
}

static struct certificate_source certificate_of(struct builder *builder, struct span chain, struct span key)
{
	struct span key_path = key.len ? key : chain;

	return (struct certificate_source){ .chain = file_bytes(builder, chain), .key = file_bytes(builder, key_path),
		                            .chain_path = chain, .key_path = key_path };
}

/* -- TLS towards clients -- */

static enum result fill_site(struct builder *builder, const struct site *site, struct tls_site *out)
{
	const struct net_site_settings *net = net_site_settings(site);
	const struct certificate_settings *list = net->certificate.items;
	struct tls_certificate *certificates = arena_new_array(&builder->arena, struct tls_certificate, net->certificate.count + 1);

	if (!certificates)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < net->certificate.count; i++) {
		certificates[i].source = certificate_of(builder, list[i].chain, list[i].key);
		certificates[i].ocsp = file_bytes(builder, list[i].ocsp);
	}
	*out = (struct tls_site){
		.owner = (const void *)(uintptr_t)plan_site_key(site->name), .hosts = site->hosts, .host_count = site->host_count,
		.certificates = certificates, .certificate_count = net->certificate.count,
		.min_version = (enum tls_version)net->tls.min_version, .client_mode = (enum tls_client_mode)net->tls.client_certificate.mode,
		.client_ca = file_bytes(builder, net->tls.client_certificate.ca),
		.client_crl = file_bytes(builder, net->tls.client_certificate.crl),
		.is_passthrough = net->tls.mode == TLS_PASSTHROUGH,
	};
	return RESULT_OK;
}

/* The bytes of this file are what the running snapshot already uses. */
static bool is_in_use(const struct builder *builder, struct span path, struct span bytes)
{
	struct image_file file;

	return !image_is_empty(&builder->state->plan.files) && image_find_file(&builder->state->plan.files, path, &file) == RESULT_OK &&
	       !file.error && span_equal(file.bytes, bytes);
}

/* A certificate whose time is over is refused when somebody brings it. Availability, fails open: one whose time ran out
 * while it served goes on (some clients still accept it, and none are served without), nor does one tenant keep all the
 * others from starting. */
static void check_dates(struct builder *builder, const struct site *site)
{
	const struct net_site_settings *net = net_site_settings(site);
	const struct certificate_settings *list = net->certificate.items;

	for (size_t i = 0; i < net->certificate.count; i++) {
		struct span bytes = file_bytes(builder, list[i].chain);
		struct certificate certificate;
		struct complaints late;

		if (!bytes.len || certificate_read_chain(bytes, list[i].chain, NULL, &certificate) != RESULT_OK)
			continue;  /* complained about elsewhere */
		complaints_init(&late);
		if (!certificate_check_dates(&certificate, list[i].chain, (int64_t)(clock_wall_ns() / 1000000u), &late)) {
			bool is_served = builder->is_live || is_in_use(builder, list[i].chain, bytes) || !span_equal(site->tenant, SPAN("default"));

			complain(builder->complaints, is_served ? COMPLAINT_WARNING : COMPLAINT_ERROR, (struct place){ list[i].chain, 0, 0 }, SPAN_NONE,
			         "%.*s", SPAN_ARG(late.count ? late.list[0].text : SPAN("the certificate is out of date")));
		}
		complaints_done(&late);
		certificate_done(&certificate);
	}
}

static enum result build_tls(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	struct tls_site *sites = arena_new_array(&builder->arena, struct tls_site, snapshot->site_count + 1);
	enum result result = sites ? RESULT_OK : RESULT_NO_MEMORY;
	size_t count = 0;

	for (size_t i = 0; i < snapshot->site_count && result == RESULT_OK; i++) {
		const struct net_site_settings *net = net_site_settings(&snapshot->sites[i]);

		if (net->certificate.count || net->tls.mode == TLS_PASSTHROUGH)
			result = fill_site(builder, &snapshot->sites[i], &sites[count++]);
		check_dates(builder, &snapshot->sites[i]);
	}
	if (result == RESULT_OK && !builder->complaints->errors)
		result = tls_server_new(sites, count, NULL, builder->state->tickets, builder->complaints, &builder->tls);
	return result == RESULT_OK && builder->complaints->errors ? RESULT_REFUSED : result;
}

/* A self-signed certificate among a site's: HSTS would lock visitors out. */
static bool is_self_signed(void *context, const struct site *site)
{
	struct builder *builder = context;
	const struct net_site_settings *net = net_site_settings(site);
	const struct certificate_settings *list = net->certificate.items;
	bool found = false;

	for (size_t i = 0; net->hsts_ms && i < net->certificate.count && !found; i++) {
		struct certificate certificate;

		if (certificate_read_chain(file_bytes(builder, list[i].chain), list[i].chain, NULL, &certificate) != RESULT_OK)
			continue;
		found = certificate_is_self_signed(&certificate);
		certificate_done(&certificate);
	}
	return found;
}

/* -- TLS towards origins -- */

static struct tls_client *tls_client_of(void *context, const struct origin_settings *settings)
{
	struct builder *builder = context;
	struct certificate_source own = { 0 };
	struct tls_client_settings client = { .host = settings->url.host, .sni = settings->sni, .ca = file_bytes(builder, settings->ca),
		                              .ca_path = settings->ca, .is_unverified = !settings->verify };
	struct tls_client *out = NULL;

	if (settings->auth && settings->auth->certificate.len) {
		own = certificate_of(builder, settings->auth->certificate, settings->auth->key);
		client.certificate = &own;
	}
	return tls_client_new(&client, builder->complaints, &out) == RESULT_OK ? out : NULL;
}

/* -- ports -- */

static enum result build_ports(struct builder *builder)
{
	const struct net_settings *net = net_settings(builder->snapshot);
	const struct listen_settings *listen = net->listen.items;
	struct endpoint redirects[IMAGE_LISTENERS_MAX];
	size_t redirect_count = redirect_endpoints(net, redirects, IMAGE_LISTENERS_MAX);
	struct edge_port *ports = arena_new_array(&builder->arena, struct edge_port, net->listen.count + redirect_count + 1);

	if (!ports)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < net->listen.count; i++)
		ports[i] = (struct edge_port){ .endpoint = listen[i].address, .is_tls = listen[i].is_tls, .has_h2 = listen[i].h2,
			                       .has_h2c = listen[i].h2c, .has_proxy_protocol = listen[i].proxy_protocol,
			                       .trusted_proxies = listen[i].trusted_proxies.count ? listen[i].trusted_proxies : net->trusted_proxies };
	for (size_t i = 0; i < redirect_count; i++)
		ports[net->listen.count + i] = (struct edge_port){ .endpoint = redirects[i], .redirects = true, .trusted_proxies = net->trusted_proxies };
	builder->ports = ports;
	builder->port_count = net->listen.count + redirect_count;
	return RESULT_OK;
}

/* The keeper has called a generation live: this edge takes over, and is no occasion to look at dates again. */
static bool has_been_live(const struct edge_state *state)
{
	const struct shared_keeper *keeper = shared_find(&state->start.shared, "keeper", SHARED_KEEPER_VERSION, sizeof(*keeper));

	return !state->snapshot && keeper && keeper->generation;
}

enum result edge_build(struct edge_state *state, const struct edge_plan *plan, struct complaints *complaints, struct snapshot **out)
{
	struct builder builder = { .state = state, .plan = plan, .complaints = complaints, .is_live = has_been_live(state) };
	struct plan_needs needs;
	enum result result;

	arena_init(&builder.arena, (size_t)256 << 20, 1u << 16);
	result = read_snapshot(&builder);
	if (result == RESULT_OK)
		result = build_tls(&builder);
	if (result == RESULT_OK)
		result = build_ports(&builder);
	if (result == RESULT_OK) {
		needs = (struct plan_needs){ .origins = &state->common.origins, .tls_client_of = tls_client_of, .context = &builder,
			                     .tls = builder.tls, .is_self_signed = is_self_signed, .ports = builder.ports,
			                     .port_count = builder.port_count };
		result = plan_make(builder.snapshot, &needs);
		if (result == RESULT_OK)
			builder.tls = NULL;  /* the plan's now */
	}
	if (result == RESULT_OK) {
		builder.snapshot->generation = plan->generation;
		*out = builder.snapshot;
		builder.snapshot = NULL;
	} else if (!complaints->errors) {
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "the configuration could not be built: %s", result_name(result));
	}
	if (builder.tls)
		tls_server_free(builder.tls);
	if (builder.snapshot)
		snapshot_drop(builder.snapshot);
	arena_done(&builder.arena);
	return result;
}

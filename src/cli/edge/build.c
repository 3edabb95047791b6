#include "cli/edge/build_inner.h"

#include "cli/edge/aside.h"
#include "cli/edge/graduate.h"
#include "cli/edge/hits.h"
#include "cli/edge/level.h"
#include "cli/edge/observed.h"
#include "cli/role_check.h"
#include "cli/wiring.h"
#include "config/read.h"
#include "config/settings.h"
#include "net/settings.h"
#include "net/tls_client.h"

#include "base/banned.h"

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

/* -- TLS towards origins -- */

static struct tls_client *tls_client_of(void *context, const struct origin_settings *settings)
{
	struct builder *builder = context;
	struct certificate_source own = { 0 };
	struct tls_client_settings client = { .host = settings->url.host, .sni = settings->sni, .ca = edge_file(builder, settings->ca),
		                              .ca_path = settings->ca, .is_unverified = !settings->verify };
	struct tls_client *out = NULL;

	if (settings->auth && settings->auth->certificate.len) {
		own = edge_certificate(builder, settings->auth->certificate, settings->auth->key);
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
		ports[i] = (struct edge_port){ .endpoint = listen[i].address, .public_port = listen[i].public_port > 0 ? (uint16_t)listen[i].public_port : 0, .is_tls = listen[i].is_tls, .has_h2 = listen[i].h2,
			                       .has_h2c = listen[i].h2c, .has_proxy_protocol = listen[i].proxy_protocol,
			                       .trusted_proxies = listen[i].trusted_proxies.count ? listen[i].trusted_proxies : net->trusted_proxies };
	for (size_t i = 0; i < redirect_count; i++)
		ports[net->listen.count + i] = (struct edge_port){ .endpoint = redirects[i], .redirects = true, .trusted_proxies = net->trusted_proxies };
	builder->ports = ports;
	builder->port_count = net->listen.count + redirect_count;
	return RESULT_OK;
}

unsigned edge_share_of(const struct snapshot *snapshot, unsigned places)
{
	const struct config_top *top = snapshot->sections[ROOM_CONFIG];
	size_t tenants = top->tenants.count + 1;

	return (unsigned)(tenants < places ? places / tenants : 1);
}

static struct meter *meter_of(void *context, const struct edge_site *site)
{
	const struct builder *builder = context;

	return edge_level_meter_of(builder->state, builder->snapshot, site);
}

static struct observed_site *observed_of(void *context, const struct edge_site *site)
{
	const struct builder *builder = context;

	return edge_observed_of(builder->state, builder->snapshot, site);
}

static struct hits_site *hits_of(void *context, const struct edge_site *site)
{
	const struct builder *builder = context;

	return edge_hits_of(builder->state, builder->snapshot, site);
}

bool edge_takes_over(const struct edge_state *state)
{
	const struct shared_keeper *keeper = shared_find(&state->start.shared, "keeper", SHARED_KEEPER_VERSION, sizeof(*keeper));

	return !state->snapshot && keeper && keeper->generation;
}

static enum result build(struct edge_state *state, const struct edge_plan *plan, struct complaints *complaints, struct snapshot **out)
{
	struct builder builder = { .state = state, .plan = plan, .complaints = complaints, .is_live = edge_takes_over(state) };
	struct plan_needs needs;
	enum result result;

	arena_init(&builder.arena, (size_t)256 << 20, 1u << 16);
	result = read_snapshot(&builder);
	if (result == RESULT_OK)
		result = edge_problems_read(&builder);
	if (result == RESULT_OK)
		result = edge_build_tls(&builder);
	if (result == RESULT_OK)
		result = build_ports(&builder);
	if (result == RESULT_OK) {
		needs = (struct plan_needs){ .origins = &state->common.origins, .tenants = &state->common.tenants, .tls_client_of = tls_client_of, .context = &builder,
			                     .tls = builder.tls, .is_self_signed = edge_is_self_signed, .hits_of = hits_of, .meter_of = meter_of, .observed_of = observed_of, .ports = builder.ports,
			                     .port_count = builder.port_count, .complaints = builder.complaints,
			                     .rules_of = state->start.is_reduced ? NULL : edge_rules_of };
		result = plan_make(builder.snapshot, &needs);
		if (result == RESULT_OK) {
			builder.tls = NULL;  /* the plan's now */
			edge_graduates_prepare(state->graduates, builder.snapshot);
		}
	}
	if (result == RESULT_OK) {
		builder.snapshot->generation = plan->generation;
		*out = builder.snapshot;
		builder.snapshot = NULL;
	} else if (!complaints->errors) {
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "the configuration could not be built: %s", result_name(result));
	}
	edge_files_end(&builder, result == RESULT_OK);
	edge_rules_end(&builder, result == RESULT_OK);
	if (builder.tls)
		tls_server_free(builder.tls);
	if (builder.snapshot)
		snapshot_drop(builder.snapshot);
	arena_done(&builder.arena);
	return result;
}

struct build_call {
	struct edge_state *state;
	const struct edge_plan *plan;
	struct complaints *complaints;
	struct snapshot **out;
	enum result result;
};

static void build_aside(void *context)
{
	struct build_call *call = context;

	call->result = build(call->state, call->plan, call->complaints, call->out);
}

enum result edge_build(struct edge_state *state, const struct edge_plan *plan, struct complaints *complaints, struct snapshot **out)
{
	struct build_call call = { .state = state, .plan = plan, .complaints = complaints, .out = out };

	edge_aside(build_aside, &call);
	return call.result;
}

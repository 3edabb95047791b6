/* TLS towards clients, from files that the keeper read. The administrator's own must all hold, or nothing changes; a
 * tenant whose files do not hold keeps what served last, and the others go on. */
#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/build_inner.h"
#include "cli/edge/ocsp.h"
#include "config/settings.h"
#include "net/settings.h"

#include "base/banned.h"

static bool is_tenants(const struct site *site)
{
	return !span_equal(site->tenant, SPAN(TENANT_DEFAULT));
}

/* -- what is wrong with tenants -- */

enum result edge_problems_read(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	struct image_record record;
	size_t at = 0, count = snapshot->site_count;

	while (image_next(&builder->plan->image, IMAGE_PROBLEM, &at, &record))
		count++;
	snapshot->problem_count = 0;  /* what the image holds is good, but for what check says of it */
	snapshot->problems = arena_new_array(&snapshot->arena, struct tenant_problem, count + 1);
	if (!snapshot->problems)
		return RESULT_NO_MEMORY;
	for (at = 0; image_next(&builder->plan->image, IMAGE_PROBLEM, &at, &record);)
		snapshot->problems[snapshot->problem_count++] = (struct tenant_problem){
			.tenant = arena_copy(&snapshot->arena, record.name), .report = arena_copy(&snapshot->arena, record.bytes),
			.errors = record.number, .has_previous = record.flags & 1 };
	return RESULT_OK;
}

static void add_problem(struct builder *builder, const struct site *site, const struct complaints *own, bool has_previous)
{
	struct snapshot *snapshot = builder->snapshot;
	struct tenant_problem *problem = &snapshot->problems[snapshot->problem_count++];
	struct buffer text;

	buffer_init(&text, 65536);
	if (complaints_write(own, &text) != RESULT_OK)
		buffer_reset(&text);
	*problem = (struct tenant_problem){ .tenant = site->tenant, .report = arena_copy(&snapshot->arena, buffer_span(&text)),
		                            .errors = own->errors, .has_previous = has_previous };
	buffer_done(&text);
	for (size_t i = 0; i < own->count; i++)
		complain(builder->complaints, COMPLAINT_WARNING, (struct place){ own->list[i].file, own->list[i].line, own->list[i].column },
		         own->list[i].suggestion, "tenant %.*s: %.*s", SPAN_ARG(site->tenant), SPAN_ARG(own->list[i].text));
	complain(builder->complaints, COMPLAINT_WARNING, (struct place){ 0 }, SPAN_NONE, "tenant %.*s: site %.*s %s", SPAN_ARG(site->tenant),
	         SPAN_ARG(site->name), has_previous ? "goes on with the files that served last" : "is without TLS: there are no good files of it");
}

/* -- sites -- */

static enum result fill_site(struct builder *builder, const struct site *site, struct tls_site *out)
{
	const struct net_site_settings *net = net_site_settings(site);
	const struct certificate_settings *list = net->certificate.items;
	struct tls_certificate *certificates = arena_new_array(&builder->arena, struct tls_certificate, net->certificate.count + 1);

	if (!certificates)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < net->certificate.count; i++) {
		certificates[i].source = edge_certificate(builder, list[i].chain, list[i].key);
		certificates[i].is_ocsp_fetched = span_equal(list[i].ocsp, SPAN(OCSP_FETCH));
		if (!certificates[i].is_ocsp_fetched)
			certificates[i].ocsp = edge_file(builder, list[i].ocsp);
		edge_ocsp_find(builder->state->ocsp, site->name, builder->plan->generation, &certificates[i]);
	}
	*out = (struct tls_site){
		.owner = (const void *)(uintptr_t)plan_site_key(site->name), .hosts = site->hosts, .host_count = site->host_count,
		.certificates = certificates, .certificate_count = net->certificate.count,
		.min_version = (enum tls_version)net->tls.min_version, .client_mode = (enum tls_client_mode)net->tls.client_certificate.mode,
		.client_ca = edge_file(builder, net->tls.client_certificate.ca),
		.client_crl = edge_file(builder, net->tls.client_certificate.crl),
		.is_passthrough = net->tls.mode == TLS_PASSTHROUGH,
	};
	return RESULT_OK;
}

/* Fills OUT, and tries it on a server of its own: everything that could be wrong with it is told to OWN. */
static bool is_good_site(struct builder *builder, const struct site *site, struct complaints *own, struct tls_site *out)
{
	struct complaints *all = builder->complaints;
	struct tls_server *alone = NULL;
	bool is_good;

	builder->complaints = own;
	is_good = fill_site(builder, site, out) == RESULT_OK && !own->errors && tls_server_new(out, 1, NULL, NULL, own, &alone) == RESULT_OK;
	builder->complaints = all;
	tls_server_free(alone);
	return is_good;
}

/* Availability, fails open: one tenant's broken key is not the others' affair. */
static void fill_tenants_site(struct builder *builder, const struct site *site, struct tls_site *out)
{
	struct complaints own, again;
	bool is_good;

	complaints_init(&own);
	complaints_init(&again);
	is_good = is_good_site(builder, site, &own, out);
	if (!is_good) {
		builder->wants_last = true;
		is_good = is_good_site(builder, site, &again, out);
		builder->wants_last = false;
		add_problem(builder, site, &own, is_good);
	}
	if (!is_good)
		out->certificate_count = 0;  /* no certificate: its names are unknown to TLS */
	complaints_done(&again);
	complaints_done(&own);
}

/* A certificate whose time is over is refused when somebody brings it. Availability, fails open: one whose time ran out
 * while it served goes on (some clients still accept it, and none are served without), nor does one tenant keep all the
 * others from starting. */
static void check_dates(struct builder *builder, const struct site *site)
{
	const struct net_site_settings *net = net_site_settings(site);
	const struct certificate_settings *list = net->certificate.items;

	for (size_t i = 0; i < net->certificate.count; i++) {
		struct span bytes = edge_file_find(builder, list[i].chain);
		struct certificate certificate;
		struct complaints late;

		if (!bytes.len || certificate_read_chain(bytes, list[i].chain, NULL, &certificate) != RESULT_OK)
			continue;  /* complained about elsewhere */
		complaints_init(&late);
		if (!certificate_check_dates(&certificate, list[i].chain, (int64_t)(clock_wall_ns() / 1000000u), &late)) {
			bool is_served = builder->is_live || edge_file_is_in_use(builder, list[i].chain, bytes) || is_tenants(site);

			complain(builder->complaints, is_served ? COMPLAINT_WARNING : COMPLAINT_ERROR, (struct place){ list[i].chain, 0, 0 }, SPAN_NONE,
			         "%.*s", SPAN_ARG(late.count ? late.list[0].text : SPAN("the certificate is out of date")));
		}
		complaints_done(&late);
		certificate_done(&certificate);
	}
}

enum result edge_build_tls(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	struct tls_site *sites = arena_new_array(&builder->arena, struct tls_site, snapshot->site_count + 1);
	enum result result = sites ? RESULT_OK : RESULT_NO_MEMORY;
	size_t count = 0;

	for (size_t i = 0; i < snapshot->site_count && result == RESULT_OK; i++) {
		const struct site *site = &snapshot->sites[i];
		const struct net_site_settings *net = net_site_settings(site);

		if (!net->certificate.count && net->tls.mode != TLS_PASSTHROUGH)
			continue;
		if (is_tenants(site))
			fill_tenants_site(builder, site, &sites[count++]);
		else
			result = fill_site(builder, site, &sites[count++]);
		check_dates(builder, site);
	}
	if (result == RESULT_OK && !builder->complaints->errors)
		result = tls_server_new(sites, count, NULL, builder->state->tickets, builder->complaints, &builder->tls);
	return result == RESULT_OK && builder->complaints->errors ? RESULT_REFUSED : result;
}

bool edge_is_self_signed(void *context, const struct site *site)
{
	struct builder *builder = context;
	const struct net_site_settings *net = net_site_settings(site);
	const struct certificate_settings *list = net->certificate.items;
	bool found = false;

	for (size_t i = 0; net->hsts_ms && i < net->certificate.count && !found; i++) {
		struct certificate certificate;

		if (certificate_read_chain(edge_file_find(builder, list[i].chain), list[i].chain, NULL, &certificate) != RESULT_OK)
			continue;
		found = certificate_is_self_signed(&certificate);
		certificate_done(&certificate);
	}
	return found;
}

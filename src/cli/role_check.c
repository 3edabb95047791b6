#include "cli/role_check.h"

#include <unistd.h>

#include "cli/access_check.h"
#include "cli/protect/origin_check.h"
#include "cli/rules/check.h"
#include "cli/settings.h"
#include "cli/wiring.h"
#include "config/read.h"
#include "config/settings.h"
#include "edge/sites/settings.h"
#include "hub/settings/hand_over.h"
#include "net/settings.h"

#include "base/banned.h"

/* The texts of an image, as config/ wants them. */
static enum result texts_of(const struct image *image, struct config_texts *texts)
{
	struct image_record record;
	enum result result = RESULT_OK;
	size_t at = 0;

	while (!image_is_empty(image) && result == RESULT_OK && image_next(image, IMAGE_TEXT, &at, &record))
		result = config_texts_add(texts, record.name, record.bytes);
	return result;
}

static void write_complaints(const struct complaints *complaints, struct image_writer *image)
{
	struct buffer text;

	buffer_init(&text, 1u << 20);
	if (complaints_write(complaints, &text) != RESULT_OK)
		image_write_complaints(image, SPAN("error: more complaints than there is memory for\n"));
	else
		image_write_complaints(image, buffer_span(&text));
	buffer_done(&text);
}

static void write_file(const struct config_file *file, void *context)
{
	struct image_file record = { .path = file->path, .flags = IMAGE_FILE_REQUIRED };
	struct buffer folders;

	buffer_init(&folders, 1u << 16);
	if (file->tenant) {
		const struct span *granted = file->tenant->certificates.items;

		record.flags = 0;  /* one tenant's missing key keeps nobody else from reloading: see cli/edge/tls.c */
		for (size_t i = 0; i < file->tenant->certificates.count; i++) {
			if (buffer_append(&folders, granted[i]) != RESULT_OK || buffer_append_byte(&folders, 0) != RESULT_OK)
				buffer_reset(&folders);  /* fails closed: see below */
		}
		record.bytes = buffer_len(&folders) ? buffer_span(&folders) : span_make("", 1);
	}
	image_write_file(context, &record);
	buffer_done(&folders);
}

static void write_listeners(const struct net_settings *net, struct image_writer *image)
{
	const struct listen_settings *listen = net->listen.items;
	struct endpoint redirects[IMAGE_LISTENERS_MAX];
	size_t count = redirect_endpoints(net, redirects, IMAGE_LISTENERS_MAX);

	for (size_t i = 0; i < net->listen.count; i++)
		image_write_listener(image, &(struct image_listener){ .endpoint = listen[i].address });
	for (size_t i = 0; i < count; i++)
		image_write_listener(image, &(struct image_listener){ .endpoint = redirects[i], .flags = PORT_REDIRECTS });
}

static void write_problems(const struct snapshot *snapshot, struct image_writer *image)
{
	for (size_t i = 0; i < snapshot->problem_count; i++) {
		const struct tenant_problem *problem = &snapshot->problems[i];

		image_write_problem(image, &(struct image_record){ .name = problem->tenant, .bytes = problem->report,
		                                                   .number = (uint32_t)problem->errors, .flags = problem->has_previous });
	}
}

static void write_views(const struct snapshot *snapshot, struct image_writer *image)
{
	for (size_t i = 0; i < snapshot->site_count; i++) {
		const struct net_site_settings *net = net_site_settings(&snapshot->sites[i]);

		if (net->acme.len)
			image_write_view(image, net->acme, false);
	}
}

/* The folder, since the database is replaced by renaming. Where Debian's package has it, every edge may read. */
static void write_countries(const struct edge_top_settings *top, struct image_writer *image)
{
	struct span folder = span_take(top->countries, span_find_last(top->countries, '/'));

	if (folder.len && !span_equal(folder, SPAN("/var/lib/location")))
		image_write_view(image, folder, false);
}

static struct span *all_hosts(struct arena *arena, const struct site *site)
{
	struct span *hosts = arena_new_array(arena, struct span, site->host_count + 1);

	if (hosts && site->host_count)
		memcpy(hosts, site->hosts, site->host_count * sizeof(*hosts));
	return hosts;
}

/* What the hub is told; its arena is ARENA's user. */
static enum result gather_hub(const struct snapshot *snapshot, const struct hub_settings *hub, struct hub_config *out)
{
	const struct edge_top_settings *top = snapshot->sections[ROOM_EDGE];
	union { const struct hub_settings *given; struct hub_settings *taken; } settings = { .given = hub };  /* written, and not changed */

	out->hub = settings.taken;
	out->state = hub_state_folder(hub, top->state, &out->arena);
	out->journal = arena_print(&out->arena, "%.*s/journal", SPAN_ARG(top->state));
	out->admin = admin_settings_of(snapshot)->socket;
	out->sites = arena_new_array(&out->arena, struct hub_site, snapshot->site_count + 1);
	if (!out->state.at || !out->journal.at || !out->sites)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < snapshot->site_count; i++) {
		const struct site *site = &snapshot->sites[i];
		struct span *hosts = all_hosts(&out->arena, site);

		if (!hosts)
			return RESULT_NO_MEMORY;
		out->sites[out->site_count++] = (struct hub_site){ .name = site->name, .tenant = site->tenant, .hosts = { hosts, site->host_count },
		                                                   .mode = waf_mode_name((enum waf_mode)edge_settings_of(site->sections)->waf.mode) };
	}
	return RESULT_OK;
}

static void write_hub_file(void *context, struct span path)
{
	image_write_hub_file(context, path);
}

static void write_hub(const struct snapshot *snapshot, struct image_writer *image)
{
	const struct hub_settings *hub = hub_settings_of(snapshot);
	const struct edge_top_settings *top = snapshot->sections[ROOM_EDGE];
	struct hub_config config = { 0 };
	struct buffer text;
	enum result result;

	if (!hub || !top->state.len)  /* without a state folder there is no journal to follow */
		return;
	arena_init(&config.arena, (size_t)32 << 20, (size_t)16 << 10);
	buffer_init(&text, HAND_OVER_MAX);
	result = gather_hub(snapshot, hub, &config);
	if (result == RESULT_OK)
		result = hand_over_write(&config, &text);
	if (result == RESULT_OK) {
		image_write_hub(image, config.state, buffer_span(&text), &hub->listen);
		hub_files(hub, write_hub_file, image);
	} else if (image->failed == RESULT_OK) {
		image->failed = result;
	}
	buffer_done(&text);
	arena_done(&config.arena);
}

static unsigned worker_count(const struct edge_top_settings *top)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (top->workers > 0)
		return (unsigned)top->workers;
	return cores < 1 ? 1 : cores > IMAGE_WORKERS_MAX ? IMAGE_WORKERS_MAX : (unsigned)cores;
}

static void write_snapshot(const struct snapshot *snapshot, const struct config_texts *texts, struct image_writer *image)
{
	const struct edge_top_settings *top = snapshot->sections[ROOM_EDGE];
	const struct admin_settings *admin = admin_settings_of(snapshot);

	image_write_settings(image, &(struct image_settings){ .state_folder = top->state, .workers = worker_count(top),
	                                                      .drain_ms = (uint64_t)top->drain_ms });
	if (admin->socket.len)
		image_write_admin(image, admin->socket, admin_socket_mode(admin));
	write_listeners(net_settings(snapshot), image);
	if (admin->metrics.port)
		image_write_listener(image, &(struct image_listener){ .endpoint = admin->metrics, .flags = PORT_METRICS });
	config_files(snapshot, write_file, image);
	write_views(snapshot, image);
	write_countries(top, image);
	write_hub(snapshot, image);
	write_problems(snapshot, image);
	for (size_t i = 0; i < texts->count; i++)
		image_write_text(image, texts->list[i].path, texts->list[i].text);
}

static void check_site(void *context, const struct site_question *question)
{
	rule_check_site(context, question);
	if (question->tenant)  /* the others' are all looked at together, at the end */
		origins_check_site(question->snapshot, question->site, question->complaints);
}

enum result role_check(const struct check_start *start, struct image_writer *image)
{
	struct complaints complaints;
	struct config_texts previous, overlay;
	struct config_source source;
	struct rule_check rules;
	struct snapshot *snapshot = NULL;
	enum result result;

	complaints_init(&complaints);
	config_texts_init(&previous);
	config_texts_init(&overlay);
	result = rule_check_init(&rules, &start->previous);
	if (result == RESULT_OK)
		result = config_source_init(&source, start->config_path);
	if (result != RESULT_OK)
		goto done;
	result = texts_of(&start->previous, &previous);
	if (result == RESULT_OK)
		result = texts_of(&start->overlay, &overlay);
	if (result == RESULT_OK) {
		source.overlay = overlay.count ? &overlay : NULL;
		source.previous = previous.count ? &previous : NULL;
		source.check_site = check_site;
		source.check_context = &rules;
		result = config_read(&source, wiring_sections(), &complaints, &snapshot);
	}
	if (result == RESULT_OK && !origins_are_reachable(snapshot, &complaints))
		result = RESULT_REFUSED;
	if (result == RESULT_OK) {
		access_check_folders(snapshot, &complaints);
		write_snapshot(snapshot, &source.given, image);
		rule_check_write(&rules, image);
	}
	write_complaints(&complaints, image);
	if (snapshot)
		snapshot_drop(snapshot);
	config_source_done(&source);
done:
	rule_check_done(&rules);
	config_texts_done(&overlay);
	config_texts_done(&previous);
	complaints_done(&complaints);
	return result;
}

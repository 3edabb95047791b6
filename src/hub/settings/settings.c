#include "hub/settings/settings.h"

#include "hub/settings/alerts.h"
#include "hub/settings/oidc.h"

#include "base/banned.h"

#define FIELD(type, field) offsetof(struct type, field)
#define DAY_MS 86400000LL
#define YEARS_10 (3650 * DAY_MS)

static const struct key keep_keys[] = {
	{ .name = "events", .type = KEY_DURATION, .offset = FIELD(hub_keep_settings, events_ms), .fallback = "180d", .min = 2 * DAY_MS, .max = YEARS_10,
	  .help = "Lines of requests older than this are deleted, by whole days." },
	{ .name = "addresses", .type = KEY_DURATION, .offset = FIELD(hub_keep_settings, addresses_ms), .fallback = "30d", .min = 2 * DAY_MS, .max = YEARS_10,
	  .help = "Sooner than lines, what in them points to a person goes: addresses, the browser's name, queries." },
	{ .name = "minutes", .type = KEY_DURATION, .offset = FIELD(hub_keep_settings, minutes_ms), .fallback = "35d", .min = 2 * DAY_MS, .max = YEARS_10,
	  .help = "Sums by minute older than this are deleted." },
	{ .name = "hours", .type = KEY_DURATION, .offset = FIELD(hub_keep_settings, hours_ms), .fallback = "800d", .min = 2 * DAY_MS, .max = YEARS_10,
	  .help = "Sums by hour and by day older than this are deleted." },
	{ .name = NULL },
};

static void check_keep(const void *values, struct key_check *check)
{
	const struct hub_keep_settings *keep = values;

	if (keep->addresses_ms > keep->events_ms)
		key_complain(check, key_is_written(check, "addresses") ? "addresses" : "events", SPAN_NONE,
		             "keep: addresses cannot be kept longer than the lines that they stand in");
}

static const struct key_table keep_table = {
	.name = "keep", .keys = keep_keys, .size = sizeof(struct hub_keep_settings), .check = check_keep, .help = "How long the hub keeps what.",
};

static const struct key incident_keys[] = {
	{ .name = "contained_after", .type = KEY_DURATION, .offset = FIELD(hub_incident_settings, contained_after_ms), .fallback = "10m", .min = 10000, .max = DAY_MS,
	  .help = "An incident of which nothing was seen for so long is contained." },
	{ .name = "closed_after", .type = KEY_DURATION, .offset = FIELD(hub_incident_settings, closed_after_ms), .fallback = "24h", .min = 10000, .max = 30 * DAY_MS,
	  .help = "One that has been contained for so long is closed." },
	{ .name = "again_within", .type = KEY_DURATION, .offset = FIELD(hub_incident_settings, again_within_ms), .fallback = "24h", .min = 10000, .max = 30 * DAY_MS,
	  .help = "What comes again so soon after it was last seen is a second wave of the same incident; later it is another one." },
	{ .name = NULL },
};

static const struct key_table incident_table = {
	.name = "incidents", .keys = incident_keys, .size = sizeof(struct hub_incident_settings), .help = "When an incident is over, and when another one begins.",
};

static const char *const second_factors[] = { [HUB_SECOND_OPTIONAL] = "optional", [HUB_SECOND_REQUIRED] = "required", NULL };

static const struct key hub_keys[] = {
	{ .name = "enabled", .type = KEY_BOOL, .offset = FIELD(hub_settings, enabled), .fallback = "true",
	  .help = "Is there a hub beside this shield? Without the mapping `hub` there is none." },
	{ .name = "listen", .type = KEY_ENDPOINT, .offset = FIELD(hub_settings, listen), .fallback = "127.0.0.1:8444",
	  .help = "Where its console and its API answer. Plain HTTP on a loopback address; any other needs a certificate." },
	{ .name = "certificate", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = FIELD(hub_settings, certificate),
	  .help = "A PEM file with chain and key: the hub then speaks TLS." },
	{ .name = "client_ca", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = FIELD(hub_settings, client_ca),
	  .help = "The authorities (PEM) that sign certificates of people: who shows one logs in with it. Needs certificate." },
	{ .name = "client_crl", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = FIELD(hub_settings, client_crl),
	  .help = "What those authorities have revoked (PEM), a list of each. A list that is over lets no certificate in." },
	{ .name = "second_factor", .type = KEY_CHOICE, .offset = FIELD(hub_settings, second_factor), .choices = second_factors,
	  .help = "required: who logs in with a password alone can do nothing but enrol a second factor." },
	{ .name = "name", .type = KEY_HOST, .offset = FIELD(hub_settings, name), .fallback = "localhost",
	  .help = "The host name by which people reach it: passkeys belong to it, and links in mails begin with it." },
	{ .name = "state", .type = KEY_PATH, .flags = KEY_RESTART, .offset = FIELD(hub_settings, state),
	  .help = "The folder of its store. Without it: hub, in the folder that the key state of the top level names." },
	{ .name = "keep", .type = KEY_MAP, .offset = FIELD(hub_settings, keep), .table = &keep_table, .help = "How long the hub keeps what." },
	{ .name = "backup", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = FIELD(hub_settings, backup), .table = &hub_backup_table,
	  .help = "Backups each night (bouclier-backup.timer)." },
	{ .name = "incidents", .type = KEY_MAP, .offset = FIELD(hub_settings, incidents), .table = &incident_table, .help = "When an incident is over, and when another one begins." },
	{ .name = "alerts", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = FIELD(hub_settings, alerts), .table = &alerts_table, .help = "Whom to tell, how, and when not." },
	{ .name = "oidc", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = FIELD(hub_settings, oidc), .table = &hub_oidc_table,
	  .help = "Logging in through a provider (OpenID Connect)." },
	{ .name = "probes", .type = KEY_MAP, .flags = KEY_LIST, .offset = FIELD(hub_settings, probes), .table = &hub_probe_table,
	  .help = "Machines elsewhere that look at the portals from outside (`bouclier probe`), and whose reports are believed." },
	{ .name = NULL },
};

static void check_hub(const void *values, struct key_check *check)
{
	const struct hub_settings *hub = values;
	char text[ENDPOINT_TEXT_MAX];

	endpoint_write(&hub->listen, text);
	if (hub->listen.port == 0)
		key_complain(check, "listen", SPAN_NONE, "listen: a port is needed");
	/* Security, fails closed: passwords and sessions never cross a network in the clear. */
	else if (!hub->certificate.len && !address_is_loopback(&hub->listen.address))
		key_complain(check, "listen", SPAN("add a certificate, or listen on 127.0.0.1 and reach it through ssh"),
		             "listen: %s is not a loopback address, and without a certificate passwords would cross the network in the clear", text);
	if (hub->client_ca.len && !hub->certificate.len)
		key_complain(check, "client_ca", SPAN("add a certificate"), "client_ca: only TLS has certificates of people, and without certificate the hub speaks none");
	if (hub->client_crl.len && !hub->client_ca.len)
		key_complain(check, "client_crl", SPAN_NONE, "client_crl: it is of the authorities of client_ca, which is not there");
	hub_probes_check(&hub->probes, check);
	if (hub->name.len && hub->name.at[0] == '*')
		key_complain(check, "name", SPAN_NONE, "name: one host name is needed, not a pattern");
}

const struct key_table hub_table = {
	.name = "hub", .keys = hub_keys, .size = sizeof(struct hub_settings), .check = check_hub,
	.help = "The hub: incidents, alerts, the console and its API.",
};

static const struct key top_keys[] = {
	{ .name = "hub", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = FIELD(hub_top_settings, hub), .table = &hub_table,
	  .help = "The hub: incidents, alerts, the console and its API. An empty mapping is enough to have one." },
	{ .name = NULL },
};

static const struct key_table top_table = {
	.name = "hub-top", .keys = top_keys, .size = sizeof(struct hub_top_settings), .help = "The hub beside the shield.",
};

const struct config_section hub_section = { .room = ROOM_HUB, .scope = SCOPE_TOP, .table = &top_table };

const struct hub_settings *hub_settings_of(const struct snapshot *snapshot)
{
	const struct hub_top_settings *top = snapshot->sections[ROOM_HUB];

	return top && top->hub && top->hub->enabled ? top->hub : NULL;
}

struct span hub_state_folder(const struct hub_settings *settings, struct span state, struct arena *arena)
{
	if (settings->state.len)
		return settings->state;
	return state.len ? arena_print(arena, "%.*s/hub", SPAN_ARG(state)) : SPAN_NONE;
}

#include "event/settings.h"

#include "base/banned.h"

static const char *const requests_choices[] = { "all", "errors", "decisions", NULL };
static const char *const address_choices[] = { "full", "truncated", "keyed", NULL };

static const struct key client_ip_keys[] = {
	{ .name = "allowed", .type = KEY_CHOICE, .offset = offsetof(struct log_client_ip, allowed), .fallback = "truncated",
	  .choices = address_choices,
	  .help = "Client addresses of requests that were served: in full, without their last part (/24 of IPv4, /48 of IPv6), or "
	          "as a keyed hash." },
	{ .name = "refused", .type = KEY_CHOICE, .offset = offsetof(struct log_client_ip, refused), .fallback = "full",
	  .choices = address_choices, .help = "The same for requests that were limited, blocked or dropped." },
	{ .name = NULL },
};

static const struct key_table client_ip_table = {
	.name = "client_ip",
	.keys = client_ip_keys,
	.size = sizeof(struct log_client_ip),
	.help = "How much of a client's address the journal keeps.",
};

static const struct key log_keys[] = {
	{ .name = "requests", .type = KEY_CHOICE, .offset = offsetof(struct log_settings, requests), .fallback = "all",
	  .choices = requests_choices,
	  .help = "Which requests become a line of the journal: all; errors (refusals, faults and every status from 500); "
	          "decisions (only what was not simply forwarded and delivered). Every request is counted, whatever this says." },
	{ .name = "rate", .type = KEY_RATE, .offset = offsetof(struct log_settings, rate), .fallback = "1000/s",
	  .min = 1, .max = 1000000,
	  .help = "At most this many lines; beyond it they are sampled, and those left out are counted by reason." },
	{ .name = "client_ip", .type = KEY_MAP, .offset = offsetof(struct log_settings, client_ip), .table = &client_ip_table,
	  .help = "How much of a client's address is kept, by decision." },
	{ .name = "keep", .type = KEY_DURATION, .offset = offsetof(struct log_settings, keep_ms), .fallback = "30d",
	  .min = 3600000, .max = 3650LL * 86400000, .help = "Segments of the journal older than this are deleted." },
	{ .name = "disk", .type = KEY_BYTES, .offset = offsetof(struct log_settings, disk_bytes), .fallback = "1GiB",
	  .min = 32 << 20, .max = (int64_t)1 << 50,
	  .help = "Disk space of the journal. When it is used up, whole oldest detail segments are deleted, and the journal says "
	          "how many lines were in them; counts are never deleted for space." },
	{ .name = "audit_disk", .type = KEY_BYTES, .offset = offsetof(struct log_settings, audit_disk_bytes), .fallback = "256MiB",
	  .min = 1 << 20, .max = (int64_t)1 << 50,
	  .help = "Disk space of the audit logs (waf: audit_log) of all sites together. When it is used up, the site that has most loses its oldest "
	          "records; log.keep deletes them too." },
	{ .name = "fsync", .type = KEY_DURATION, .offset = offsetof(struct log_settings, fsync_ms), .fallback = "1s",
	  .min = 10, .max = 60000, .help = "The journal reaches the disk at least this often: what a power failure may cost." },
	{ .name = NULL },
};

static const struct key_table log_table = {
	.name = "log",
	.keys = log_keys,
	.size = sizeof(struct log_settings),
	.help = "The journal: one JSON line for each request, and exact counts.",
};

static const struct key event_keys[] = {
	{ .name = "log", .type = KEY_MAP, .offset = offsetof(struct event_settings, log), .table = &log_table,
	  .help = "What the journal records, for how long, and how much of a client's address." },
	{ .name = NULL },
};

static const struct key_table event_table = {
	.name = "event",
	.keys = event_keys,
	.size = sizeof(struct event_settings),
	.help = "The record of what was decided.",
};

const struct config_section event_section = { .room = ROOM_EVENT, .scope = SCOPE_TOP, .table = &event_table };

const struct log_settings *event_settings_of(const struct snapshot *snapshot)
{
	const struct event_settings *settings = snapshot->sections[ROOM_EVENT];

	return &settings->log;
}

unsigned log_lines_per_second(const struct log_settings *settings)
{
	int64_t per_ms = settings->rate.per_ms > 0 ? settings->rate.per_ms : 1000;
	int64_t count = settings->rate.count < 1000000000 ? settings->rate.count : 1000000000;
	int64_t lines = count * 1000 / per_ms;

	return lines < 1 ? 1 : lines > 1000000 ? 1000000 : (unsigned)lines;
}

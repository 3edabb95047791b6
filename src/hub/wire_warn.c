#include <sys/stat.h>
#include <sys/statvfs.h>

#include "hub/wire_inner.h"

#include "base/banned.h"

#define PATH_MAX_BYTES 4096u

static void raise(void *context, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s)
{
	struct hub_parts *parts = context;

	alerts_warning(parts->alerts, warning, subject, is_on, now_s);
}

enum result parts_open_warn(struct hub_parts *parts)
{
	return warn_new(&(struct warn_birth){ .store = parts->store, .context = parts, .raise = raise }, &parts->warn);
}

/* What cannot be asked says nothing. NOT: a disk that was looked at already; the disk of FOLDER, 0 where it is not known. */
static dev_t warn_of_disk(struct hub_parts *parts, struct span folder, dev_t not, uint64_t now_s)
{
	char path[PATH_MAX_BYTES];
	struct statvfs disk;
	struct stat place;

	if (!folder.len || span_to_text(folder, path, sizeof(path)) != RESULT_OK || stat(path, &place) != 0 || statvfs(path, &disk) != 0)
		return 0;
	if (place.st_dev != not)
		warn_disk(parts->warn, folder, (uint64_t)disk.f_bavail * disk.f_frsize, (uint64_t)disk.f_blocks * disk.f_frsize, now_s);
	return place.st_dev;
}

/* Mostly they are one disk: that is one warning. */
static void warn_of_disks(struct hub_parts *parts, uint64_t now_s)
{
	const struct hub_config *config = parts->wires.config;

	(void)warn_of_disk(parts, config->journal, warn_of_disk(parts, config->state, 0, now_s), now_s);
}

static void warn_of_filter(struct hub_parts *parts, uint64_t now_s)
{
	static const enum warn_filter filters[] = {
		[API_FILTER_UNKNOWN] = WARN_FILTER_UNKNOWN, [API_FILTER_NONE] = WARN_FILTER_NONE, [API_FILTER_ATTACHED] = WARN_FILTER_ATTACHED, [API_FILTER_AWAY] = WARN_FILTER_AWAY,
	};

	warn_filter(parts->warn, filters[api_filter_state(parts->api)], now_s);
}

static void warn_of_probes(struct hub_parts *parts, uint64_t now_s)
{
	struct hub_probe_state state;

	for (size_t i = 0; hub_probe_state(parts->probe, i, now_s, &state); i++)
		alerts_warning(parts->alerts, WARNING_PROBE_SILENT, state.name, state.is_silent, now_s);
}

void parts_warn(struct hub_parts *parts)
{
	enum people_audit audit = people_audit_state(parts->people);
	uint64_t now_s = parts_now_s(parts);
	struct keep_health health;

	keep_health(parts->keep, &health);
	alerts_warning(parts->alerts, WARNING_STORE_FAILS, SPAN_NONE, health.is_stuck || !alerts_are_kept(parts->alerts), now_s);
	alerts_warning(parts->alerts, WARNING_JOURNAL_LAG, SPAN_NONE, health.is_behind, now_s);
	alerts_warning(parts->alerts, WARNING_EDGE_DOWN, SPAN_NONE, api_shield_is_away(parts->api), now_s);
	if (audit != PEOPLE_AUDIT_UNKNOWN)
		alerts_warning(parts->alerts, WARNING_AUDIT_BROKEN, SPAN_NONE, audit == PEOPLE_AUDIT_BROKEN, now_s);
	warn_of_probes(parts, now_s);
	warn_of_disks(parts, now_s);
	warn_of_filter(parts, now_s);
}

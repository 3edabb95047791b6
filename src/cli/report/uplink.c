#include "cli/report/uplink.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/command.h"
#include "packet/control/control.h"
#include "packet/loader/loader.h"
#include "packet/settings.h"

#include "base/banned.h"

#define STEP_MS 250u

/* No filter is no failure: nobody is told. */
static void find_filter(struct uplink *line, const struct snapshot *snapshot)
{
	struct complaints complaints;
	struct packet_state state;

	complaints_init(&complaints);
	if (loader_look(&complaints, &state) == RESULT_OK && state.maps.fds[0] >= 0 && control_new(&state.maps, &line->control) != RESULT_OK)
		line->control = NULL;
	packet_maps_close(&state.maps);
	complaints_done(&complaints);
	line->is_filtered = link_files_hold(&line->files, &packet_settings_of(snapshot)->interfaces);
}

int uplink_open(const struct snapshot *snapshot, struct uplink *line)
{
	const struct link_limits limits = link_limits_of(link_settings_of(snapshot));
	char wrong[IFNAMSIZ];
	enum result result;

	*line = (struct uplink){ .files = { .fd = -1 } };
	result = link_files_open_line(link_settings_of(snapshot), &line->files, wrong);
	if (result != RESULT_OK && !wrong[0])
		return command_failed("there is no default route over IPv4: link: { interface: eth0 } says which interface is the line");
	if (result != RESULT_OK)
		return command_failed("interface %s: %s", wrong, result == RESULT_NOT_FOUND ? "there is none of that name" : result_name(result));
	link_files_names(&line->files, line->names);
	link_init(&line->link, &limits);
	find_filter(line, snapshot);
	return EXIT_DONE;
}

void uplink_close(struct uplink *line)
{
	if (line->control)
		control_free(line->control);
	line->control = NULL;
	link_files_done(&line->files);
}

bool uplink_count(const struct uplink *line, struct packet_count counts[PACKET_REASON_COUNT], bool *is_observing)
{
	if (!line->control || control_count(line->control, counts) != RESULT_OK)
		return false;
	*is_observing = (control_settings(line->control)->flags & PACKET_OBSERVES) != 0;
	return true;
}

enum result uplink_read(struct uplink *line, bool *changed)
{
	struct packet_count counts[PACKET_REASON_COUNT];
	struct link_filter_counts own;
	struct link_reading reading;
	bool has_filter, is_observing;
	enum result result = link_files_read(&line->files, clock_mono_ms(), &reading);

	if (result != RESULT_OK)
		return result;
	has_filter = line->is_filtered && uplink_count(line, counts, &is_observing);
	if (has_filter)
		own = link_filter_sum(counts, is_observing);
	link_filter_correct(&line->filter, has_filter ? &own : NULL, &reading);
	line->last = reading;
	*changed = link_take(&line->link, &reading);
	return RESULT_OK;
}

enum result uplink_measure(struct uplink *line, uint64_t ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	uint64_t until_ms = clock_mono_ms() + ms;
	bool changed;
	enum result result = uplink_read(line, &changed);

	while (result == RESULT_OK && clock_mono_ms() < until_ms) {
		if (nanosleep(&step, NULL) < 0 && errno == EINTR)
			return RESULT_END;
		result = uplink_read(line, &changed);
	}
	return result;
}

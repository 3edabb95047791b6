/* Any lines as those of a journal: each becomes an observation, nothing, or a refusal that is counted; whatever they say, incidents stay bounded. */
#include <assert.h>

#include "incident/group.h"
#include "incident/observe.h"
#include "incident/written.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void changed(void *context, const struct incident *incident)
{
	static struct incident again;
	struct buffer *out = context;

	buffer_reset(out), assert(incident->moment_count <= INCIDENT_TIMELINE_MAX && incident->citizens.served <= incident->citizens.expected);
	assert(incident_write(incident, out) == RESULT_OK && incident_read(buffer_span(out), &again) == RESULT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size < 8192 ? size : 8192);
	struct buffer out;
	struct group_birth birth = { .next_id = 1, .context = &out, .changed = changed };
	struct observation observation;
	struct observe *observe;
	struct group *group;
	uint64_t now_s = 1767657600, bad = 0, beyond = 0;

	buffer_init(&out, WRITTEN_MAX);
	assert(observe_new(&observe) == RESULT_OK && group_new(&birth, now_s, &group) == RESULT_OK);
	while (rest.len) {
		enum result result = observe_line(observe, span_cut(&rest, '\n'), &observation);

		bad += result == RESULT_MALFORMED, beyond += result == RESULT_LIMIT;
		if (result == RESULT_OK)
			group_feed(group, &observation);
		group_second(group, now_s += 1 + (rest.len % 16 == 0) * 59);
	}
	assert(observe_sums(observe).bad == bad && observe_sums(observe).beyond == beyond);
	observe_free(observe), group_free(group), buffer_done(&out);
	return 0;
}

/* Any text as what was kept of alerts: what is read is written, and read again as the same; and the clock goes on from there without harm. */
#include <assert.h>

#include "hub/alert/decide/decide.h"
#include "hub/alert/outbox/outbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(void *context, const struct alert *alert)
{
	assert(alert->path < ((const struct alert_plan *)context)->path_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct alert_plan plan = { .paths = { { .name = SPAN_INIT("mail") }, { .name = SPAN_INIT("boss"), .is_escalation = true }, { .name = SPAN_INIT("log"), .kind = PATH_SYSLOG } },
		                              .path_count = 3, .escalations = 1, .rate = 4, .escalate_after_s = 60 };
	struct decide_birth birth = { .plan = &plan, .context = &plan, .tell = tell };
	struct span text = span_make((const char *)data, size);
	struct decide *decide, *again;
	struct outbox *outbox;
	struct buffer first, second;

	buffer_init(&first, 4 * DECIDE_STATE_MAX), buffer_init(&second, 4 * DECIDE_STATE_MAX);
	assert(decide_new(&birth, &decide) == RESULT_OK && decide_new(&birth, &again) == RESULT_OK && outbox_new(&outbox) == RESULT_OK);
	if (decide_read(decide, text) == RESULT_OK) {
		assert(decide_write(decide, &first) == RESULT_OK);
		if (buffer_len(&first) <= DECIDE_STATE_MAX)
			assert(decide_read(again, buffer_span(&first)) == RESULT_OK && decide_write(again, &second) == RESULT_OK && span_equal(buffer_span(&first), buffer_span(&second)));
		decide_second(decide, 1768302000), decide_second(decide, 1768388400);
	}
	(void)!outbox_restore(outbox, SPAN("00000000000000000007"), text);
	decide_free(decide), decide_free(again), outbox_free(outbox);
	buffer_done(&first), buffer_done(&second);
	return 0;
}

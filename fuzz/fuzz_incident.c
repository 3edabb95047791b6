/* Any text as an incident: what is read is written, and read again as the same; its sentences can be told, and no served share is more than a whole. */
#include <assert.h>

#include "incident/fingerprint.h"
#include "incident/words.h"
#include "incident/written.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(const struct incident *incident, struct buffer *out)
{
	unsigned share = 0;

	for (unsigned language = 0; language < DESK_LANGUAGES; language++) {
		buffer_reset(out);
		assert(words_title(incident, (enum desk_language)language, out) == RESULT_OK && words_severity(incident, (enum desk_language)language, out) == RESULT_OK);
		assert(words_citizens(incident, (enum desk_language)language, out) == RESULT_OK);
	}
	assert(citizens_share(&incident->citizens, &share) == VANTAGE_UNKNOWN || share <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct incident incident, again;
	struct buffer first, second;

	buffer_init(&first, WRITTEN_MAX), buffer_init(&second, WRITTEN_MAX);
	if (incident_read(span_make((const char *)data, size), &incident) == RESULT_OK) {
		assert(incident_write(&incident, &first) == RESULT_OK && incident_read(buffer_span(&first), &again) == RESULT_OK);
		assert(incident_write(&again, &second) == RESULT_OK && span_equal(buffer_span(&first), buffer_span(&second)));
		tell(&incident, &second);
		fingerprint_set(&incident);
		incident_judge(&incident);
	}
	buffer_done(&first), buffer_done(&second);
	return 0;
}

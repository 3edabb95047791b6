#include "hub/keep/known.h"

#include <stdlib.h>

#include "config/value.h"
#include "event/member.h"
#include "incident/fingerprint.h"
#include "incident/text.h"

#include "base/banned.h"

struct print {
	uint64_t id, opened_s;
	char text[INCIDENT_PRINT_BYTES];
};

struct known {
	struct print *list;         /* the newest KNOWN_MAX, in no order */
	size_t count;
	struct incident earlier;    /* as much of one as relating looks at */
};

/* The one of ID; otherwise a free place, or that of the oldest. */
static struct print *print_of(struct known *known, uint64_t id)
{
	size_t oldest = 0;

	for (size_t i = 0; i < known->count; i++) {
		if (known->list[i].id == id)
			return &known->list[i];
		oldest = known->list[i].opened_s < known->list[oldest].opened_s ? i : oldest;
	}
	return &known->list[known->count < KNOWN_MAX ? known->count++ : oldest];
}

/* Documents are the newest first: where there is no room, there is none for older ones. */
static bool take_document(void *context, const struct document *document)
{
	struct known *known = context;
	struct print *print = &known->list[known->count];
	struct member found;
	uint64_t id;
	int64_t opened_ms;

	if (known->count == KNOWN_MAX || document->sort / 1000 + RELATED_WITHIN_S < known->earlier.opened_s)
		return false;
	if (member_find(document->text, SPAN("id"), &found) != RESULT_OK || span_to_u64(found.value, INT64_MAX, &id) != RESULT_OK ||
	    member_find(document->text, SPAN("opened"), &found) != RESULT_OK || time_read(found.value, &opened_ms) != RESULT_OK)
		return true;
	if (member_find(document->text, SPAN("fingerprint"), &found) != RESULT_OK)
		return true;
	print->id = id;
	print->opened_s = (uint64_t)opened_ms / 1000;
	text_set(print->text, sizeof(print->text), member_text(found.value, known->earlier.fingerprint, sizeof(known->earlier.fingerprint)));
	known->count++;
	return true;
}

enum result known_new(struct store *store, uint64_t now_s, struct complaints *complaints, struct known **out)
{
	struct known *known = calloc(1, sizeof(*known));
	struct documents_ask ask = { .kind = DOCUMENT_INCIDENT };
	enum result result;

	if (!known)
		return RESULT_NO_MEMORY;
	known->list = calloc(KNOWN_MAX, sizeof(*known->list));
	known->earlier.opened_s = now_s;
	result = known->list ? store_documents(store, &ask, complaints, take_document, known) : RESULT_NO_MEMORY;
	if (result != RESULT_OK) {
		known_free(known);
		return result;
	}
	*out = known;
	return RESULT_OK;
}

void known_free(struct known *known)
{
	if (!known)
		return;
	free(known->list);
	free(known);
}

static bool is_known_so(const struct known *known, const struct incident *incident)
{
	for (size_t i = 0; i < known->count; i++) {
		if (known->list[i].id == incident->id)
			return strcmp(known->list[i].text, incident->fingerprint) == 0;
	}
	return false;
}

void known_relate(struct known *known, struct incident *incident)
{
	struct print *print;

	fingerprint_set(incident);
	if (is_known_so(known, incident))
		return;
	incident->related_count = 0;  /* what it was like before it became what it is */
	for (size_t i = 0; i < known->count; i++) {
		if (known->list[i].id >= incident->id)
			continue;
		known->earlier.id = known->list[i].id;
		known->earlier.opened_s = known->list[i].opened_s;
		memcpy(known->earlier.fingerprint, known->list[i].text, sizeof(known->list[i].text));
		fingerprint_relate(incident, &known->earlier);
	}
	print = print_of(known, incident->id);
	print->id = incident->id;
	print->opened_s = incident->opened_s;
	memcpy(print->text, incident->fingerprint, sizeof(print->text));
}

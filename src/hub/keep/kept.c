#include "hub/keep/kept.h"

#include "incident/written.h"

#include "base/banned.h"

struct reading_incident {
	struct incident *out;
	enum result result;
};

static void read_incident(void *context, const struct document *document)
{
	struct reading_incident *reading = context;

	reading->result = incident_read(document->text, reading->out);
}

enum result kept_read(struct store *store, uint64_t id, struct incident *out, struct complaints *complaints)
{
	struct reading_incident reading = { .out = out };
	struct document_key key = document_key(id);
	enum result result = store_document(store, DOCUMENT_INCIDENT, span_of(key.text), complaints, read_incident, &reading);

	return result == RESULT_OK ? reading.result : result;
}

enum result kept_write(struct store *store, const struct incident *incident, struct complaints *complaints)
{
	struct document_key key = document_key(incident->id);
	struct document_change change = { .kind = DOCUMENT_INCIDENT, .key = span_of(key.text), .sort = incident->opened_s * 1000, .version = DOCUMENT_ANY };
	struct buffer text;
	enum result result;

	buffer_init(&text, WRITTEN_MAX);
	result = incident_write(incident, &text);
	change.text = buffer_span(&text);
	if (result == RESULT_OK)
		result = store_documents_change(store, &change, 1, complaints);
	buffer_done(&text);
	return result;
}

#include "hub/warn/warn.h"

#include <stdlib.h>

#include "event/json.h"
#include "incident/reading.h"

#include "base/banned.h"

#define KEY SPAN("warnings")
#define TEXT_MAX 256u

struct warn {
	struct warn_birth birth;
	bool was_attached;                    /* kept */
	uint64_t away_since_s;                /* 0: it is not */
};

/* -- what is kept -- */

static void read_kept(void *context, const struct document *document)
{
	struct warn *warn = context;
	struct json *root = NULL;
	struct reading reading;
	bool was_attached;

	if (json_read(document->text, &root) != RESULT_OK)
		return;
	reading_begin(&reading, root);
	was_attached = reading_bool(&reading, "filter_was_attached");
	if (reading_end(&reading))
		warn->was_attached = was_attached;
	json_drop(root);
}

static void keep(const struct warn *warn)
{
	struct document_change change = { .kind = DOCUMENT_HUB, .key = KEY, .version = DOCUMENT_ANY };
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, TEXT_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_bool(&json, SPAN("filter_was_attached"), warn->was_attached);
	json_close(&json, '}');
	change.text = buffer_span(&text);
	if (json.result == RESULT_OK)
		(void)!store_documents_change(warn->birth.store, &change, 1, NULL);  /* that the store takes nothing is a warning of its own */
	buffer_done(&text);
}

enum result warn_new(const struct warn_birth *birth, struct warn **out)
{
	struct warn *warn = calloc(1, sizeof(*warn));

	if (!warn)
		return RESULT_NO_MEMORY;
	warn->birth = *birth;
	(void)!store_document(birth->store, DOCUMENT_HUB, KEY, NULL, read_kept, warn);
	*out = warn;
	return RESULT_OK;
}

void warn_free(struct warn *warn)
{
	free(warn);
}

static void raise(const struct warn *warn, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s)
{
	warn->birth.raise(warn->birth.context, warning, subject, is_on, now_s);
}

/* -- disks, the filter -- */

/* Between the two it stays as it was told, by an earlier hub perhaps. */
void warn_disk(struct warn *warn, struct span folder, uint64_t free_bytes, uint64_t total_bytes, uint64_t now_s)
{
	uint64_t percent = total_bytes ? (uint64_t)((unsigned __int128)free_bytes * 100 / total_bytes) : 100;

	if (percent >= WARN_DISK_LOW_PERCENT && percent < WARN_DISK_WELL_PERCENT)
		return;
	raise(warn, WARNING_DISK_LOW, folder, percent < WARN_DISK_LOW_PERCENT, now_s);
}

static void see_filter(struct warn *warn, bool was_attached)
{
	if (warn->was_attached == was_attached)
		return;
	warn->was_attached = was_attached;
	keep(warn);
}

void warn_filter(struct warn *warn, enum warn_filter filter, uint64_t now_s)
{
	if (filter == WARN_FILTER_UNKNOWN)
		return;
	if (filter != WARN_FILTER_AWAY) {  /* who wants none any more has said so in the configuration */
		warn->away_since_s = 0;
		see_filter(warn, filter == WARN_FILTER_ATTACHED);
		raise(warn, WARNING_FILTER_OFF, SPAN_NONE, false, now_s);
		return;
	}
	if (!warn->away_since_s || now_s < warn->away_since_s)
		warn->away_since_s = now_s;
	if (warn->was_attached && now_s - warn->away_since_s >= WARN_FILTER_S)
		raise(warn, WARNING_FILTER_OFF, SPAN_NONE, true, now_s);
}

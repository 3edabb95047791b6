/* What the configuration did by itself, or by hands that the hub did not see: an entry of the audit log for each, once. The entry names the line of the journal
 * by number and checksum, so that the log itself says which ones it has. */
#include <stdio.h>

#include "hub/wire_inner.h"

#include "base/banned.h"

#define LOOKED_AT_MAX 2000u

/* Of the journal (docs/events.md), and what they are called in the audit log. */
static const struct {
	struct span action, what;
} moves[] = {
	{ SPAN_INIT("config-serves"), SPAN_INIT("config.serves") },
	{ SPAN_INIT("config-went-back"), SPAN_INIT("config.went-back") },
	{ SPAN_INIT("config-fails"), SPAN_INIT("config.fails") },
	{ SPAN_INIT("backup-failed"), SPAN_INIT("backup.failed") },
};
#define MOVES (sizeof(moves) / sizeof(moves[0]))
#define WHO SPAN("shield")

/* -- which are there -- */

static void remember(struct moves_known *known, const struct follow_mark *mark)
{
	known->list[known->at] = *mark;
	known->at = (known->at + 1) % MOVES_KNOWN_MAX;
	known->count += known->count < MOVES_KNOWN_MAX;
}

static bool is_known(const struct moves_known *known, const struct follow_mark *mark)
{
	for (unsigned i = 0; i < known->count; i++) {
		if (known->list[i].sequence == mark->sequence && known->list[i].crc == mark->crc)
			return true;
	}
	return false;
}

struct looking {
	struct moves_known *known;
	unsigned looked_at;
};

/* "journal line 1234 (5678)" */
static bool look_at(void *context, const struct audit_entry *entry)
{
	struct looking *looking = context;
	unsigned long long sequence;
	unsigned crc;

	if (span_equal(span_of(entry->who), WHO) && sscanf(entry->object, "journal line %llu (%u)", &sequence, &crc) == 2 && looking->known->count < MOVES_KNOWN_MAX)
		remember(looking->known, &(struct follow_mark){ sequence, crc });
	return ++looking->looked_at < LOOKED_AT_MAX && looking->known->count < MOVES_KNOWN_MAX;
}

enum result parts_open_moves(struct hub_parts *parts)
{
	struct looking looking = { .known = &parts->moves };

	return audit_list(parts->audit, 0, look_at, &looking);
}

/* -- one more -- */

/* It has happened already: where it cannot be written down, people are told, and nothing else can be done. */
void parts_noticed(void *context, const struct observation *observation, const struct follow_mark *mark)
{
	struct hub_parts *parts = context;
	struct span action = observation->notice.action;
	char object[64];

	for (size_t i = 0; i < MOVES; i++) {
		if (!span_equal(action, moves[i].action) || is_known(&parts->moves, mark))
			continue;
		snprintf(object, sizeof(object), "journal line %llu (%u)", (unsigned long long)mark->sequence, mark->crc);
		if (audit_add(parts->audit, &(struct audit_action){ WHO, moves[i].what, span_of(object), .detail = observation->notice.detail }, parts->wires.loop->wall_ns) == RESULT_OK)
			remember(&parts->moves, mark);
		else
			fprintf(stderr, "bouclier: the audit log could not be written: %.*s is not in it\n", SPAN_ARG(action));
		return;
	}
}

#include "incident/people.h"

#include "incident/text.h"

#include "base/banned.h"

static enum result check_text(struct span text, size_t size, bool lines)
{
	if (!text.len)
		return RESULT_MALFORMED;
	if (text.len >= size)
		return RESULT_LIMIT;
	return text_is_kept(text, size, lines) ? RESULT_OK : RESULT_MALFORMED;
}

static enum result move(struct incident *incident, struct span who, uint64_t now_s, enum incident_moment_kind kind, bool is_allowed)
{
	enum result result = check_text(who, INCIDENT_WHO_BYTES, false);

	if (result != RESULT_OK)
		return result;
	return is_allowed ? incident_tell_of(incident, now_s, kind, who, SPAN_NONE) : RESULT_REFUSED;
}

enum result incident_acknowledge(struct incident *incident, struct span who, uint64_t now_s)
{
	enum result result = move(incident, who, now_s, MOMENT_ACKNOWLEDGED, incident_is_live(incident));

	if (result != RESULT_OK)
		return result;
	incident->status = STATUS_ACKNOWLEDGED;
	text_set(incident->owner, sizeof(incident->owner), who);
	return RESULT_OK;
}

enum result incident_own(struct incident *incident, struct span who, struct span owner, uint64_t now_s)
{
	enum result result = check_text(who, INCIDENT_WHO_BYTES, false);

	if (result == RESULT_OK)
		result = check_text(owner, INCIDENT_WHO_BYTES, false);
	if (result != RESULT_OK)
		return result;
	if (!incident_is_live(incident))
		return RESULT_REFUSED;
	result = incident_tell_of(incident, now_s, MOMENT_ACKNOWLEDGED, who, owner);
	if (result != RESULT_OK)
		return result;
	incident->status = STATUS_ACKNOWLEDGED;
	text_set(incident->owner, sizeof(incident->owner), owner);
	return RESULT_OK;
}

enum result incident_contain(struct incident *incident, struct span who, uint64_t now_s)
{
	enum result result = move(incident, who, now_s, MOMENT_CONTAINED_BY, incident_is_live(incident));

	if (result != RESULT_OK)
		return result;
	incident->status = STATUS_CONTAINED;
	incident->contained_s = now_s;
	incident->held_until_s = now_s + PEOPLE_HOLD_S;
	return RESULT_OK;
}

enum result incident_close(struct incident *incident, struct span who, uint64_t now_s)
{
	enum result result = move(incident, who, now_s, MOMENT_CLOSED_BY, incident->status != STATUS_CLOSED);

	if (result != RESULT_OK)
		return result;
	incident->status = STATUS_CLOSED;
	incident->closed_s = now_s;
	incident->held_until_s = now_s + PEOPLE_HOLD_S;
	return RESULT_OK;
}

enum result incident_reopen(struct incident *incident, struct span who, uint64_t now_s)
{
	enum result result = move(incident, who, now_s, MOMENT_REOPENED_BY, !incident_is_live(incident));

	if (result != RESULT_OK)
		return result;
	incident->status = incident->owner[0] ? STATUS_ACKNOWLEDGED : STATUS_NEW;
	incident->contained_s = incident->closed_s = incident->held_until_s = 0;
	incident->last_s = now_s;
	return RESULT_OK;
}

enum result incident_note(struct incident *incident, struct span who, struct span text, uint64_t now_s)
{
	enum result result = check_text(text, INCIDENT_NOTE_BYTES, true);
	struct incident_note *note;

	if (result != RESULT_OK)
		return result;
	if (incident->note_count == INCIDENT_NOTES_MAX)
		return RESULT_LIMIT;
	result = move(incident, who, now_s, MOMENT_NOTED, true);
	if (result != RESULT_OK)
		return result;
	note = &incident->notes[incident->note_count++];
	note->at_s = now_s;
	text_set(note->who, sizeof(note->who), who);
	text_set_lines(note->text, sizeof(note->text), text);
	return RESULT_OK;
}

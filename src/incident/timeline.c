/* The timeline of an incident: bounded, and what people did is never left out. */
#include "incident/incident.h"
#include "incident/text.h"

#include "base/banned.h"

static bool is_important(enum incident_moment_kind kind)
{
#define X(id, name, important) [MOMENT_##id] = important,
	static const bool important[MOMENT_COUNT] = { INCIDENT_MOMENT_LIST(X) };
#undef X

	return important[kind];
}

static void drop(struct incident *incident, uint32_t index)
{
	memmove(&incident->timeline[index], &incident->timeline[index + 1], (incident->moment_count - index - 1) * sizeof(incident->timeline[0]));
	incident->moment_count--;
	incident->left_out++;
}

/* Behind the first ones, which stay. */
static bool drop_oldest(struct incident *incident, uint32_t from, bool also_important)
{
	for (uint32_t i = from; i < incident->moment_count; i++) {
		enum incident_moment_kind kind = incident->timeline[i].kind;

		if (!moment_is_persons(kind) && (also_important || !is_important(kind))) {
			drop(incident, i);
			return true;
		}
	}
	return false;
}

static bool make_room(struct incident *incident, enum incident_moment_kind kind)
{
	if (incident->moment_count < INCIDENT_TIMELINE_MAX || drop_oldest(incident, INCIDENT_TIMELINE_FIRST, false))
		return true;
	if (is_important(kind) && drop_oldest(incident, INCIDENT_TIMELINE_FIRST, true))
		return true;
	return moment_is_persons(kind) && drop_oldest(incident, 1, true);  /* how it began is not given away */
}

static void add(struct incident *incident, uint64_t at_s, enum incident_moment_kind kind, struct span who, struct span text)
{
	struct incident_moment *moment = &incident->timeline[incident->moment_count++];

	*moment = (struct incident_moment){ .at_s = at_s, .kind = kind };
	text_set(moment->who, sizeof(moment->who), who);
	text_set(moment->text, sizeof(moment->text), text);
}

void incident_tell(struct incident *incident, uint64_t at_s, enum incident_moment_kind kind, struct span text)
{
	if (make_room(incident, kind))
		add(incident, at_s, kind, SPAN_NONE, text);
	else
		incident->left_out++;
}

enum result incident_tell_of(struct incident *incident, uint64_t at_s, enum incident_moment_kind kind, struct span who, struct span text)
{
	if (!make_room(incident, kind))
		return RESULT_LIMIT;
	add(incident, at_s, kind, who, text);
	return RESULT_OK;
}

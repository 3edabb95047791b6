/* The names of the enums of incident.h. */
#include "incident/incident.h"

#include "base/banned.h"

const char *incident_family_name(enum incident_family family)
{
#define X(id, name) [INCIDENT_##id] = name,
	static const char *const names[INCIDENT_FAMILIES] = { INCIDENT_FAMILY_LIST(X) };
#undef X

	return names[family];
}

const char *incident_status_name(enum incident_status status)
{
#define X(id, name) [STATUS_##id] = name,
	static const char *const names[STATUS_COUNT] = { INCIDENT_STATUS_LIST(X) };
#undef X

	return names[status];
}

const char *severity_name(enum severity severity)
{
#define X(id, name) [SEVERITY_##id] = name,
	static const char *const names[SEVERITY_COUNT] = { SEVERITY_LIST(X) };
#undef X

	return names[severity];
}

const char *severity_reason_name(enum severity_reason reason)
{
#define X(id, name) [FOR_##id] = name,
	static const char *const names[FOR_COUNT] = { SEVERITY_REASON_LIST(X) };
#undef X

	return names[reason];
}

const char *vector_name(enum incident_vector vector)
{
#define X(id, name, unit) [VECTOR_##id] = name,
	static const char *const names[VECTOR_COUNT] = { INCIDENT_VECTOR_LIST(X) };
#undef X

	return names[vector];
}

enum vector_unit vector_unit(enum incident_vector vector)
{
#define X(id, name, unit) [VECTOR_##id] = UNIT_##unit,
	static const enum vector_unit units[VECTOR_COUNT] = { INCIDENT_VECTOR_LIST(X) };
#undef X

	return units[vector];
}

const char *moment_name(enum incident_moment_kind kind)
{
#define X(id, name, important) [MOMENT_##id] = name,
	static const char *const names[MOMENT_COUNT] = { INCIDENT_MOMENT_LIST(X) };
#undef X

	return names[kind];
}

bool moment_is_persons(enum incident_moment_kind kind)
{
	return kind >= MOMENT_ACKNOWLEDGED;
}

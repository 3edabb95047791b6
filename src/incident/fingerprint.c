#include "incident/fingerprint.h"

#include <stdio.h>

#include "base/banned.h"

static void put(struct incident *incident, size_t *len, const char *front, const char *text)
{
	int more = snprintf(incident->fingerprint + *len, sizeof(incident->fingerprint) - *len, "%s%s", front, text);

	if (more > 0)
		*len = *len + (size_t)more < sizeof(incident->fingerprint) ? *len + (size_t)more : sizeof(incident->fingerprint) - 1;
}

/* The most frequent of those with a number above AFTER would change their order from one to the next: rank by lines, print by number. */
static bool is_frequent(const struct incident *incident, uint32_t index)
{
	const struct rule_family *family = &incident->families[index];
	unsigned before = 0;

	for (uint32_t i = 0; i < incident->family_count; i++) {
		const struct rule_family *other = &incident->families[i];

		before += other->lines > family->lines || (other->lines == family->lines && other->number < family->number);
	}
	return before < FINGERPRINT_RULES;
}

static void put_rules(struct incident *incident, size_t *len)
{
	uint32_t last = 0;
	bool is_first = true;

	for (;;) {
		uint32_t next = UINT32_MAX;
		char text[16];

		for (uint32_t i = 0; i < incident->family_count; i++) {
			uint32_t number = incident->families[i].number;

			if (number > last && number < next && is_frequent(incident, i))
				next = number;
		}
		if (next == UINT32_MAX)
			return;
		snprintf(text, sizeof(text), "%u", next);
		put(incident, len, is_first ? " rules=" : ",", text);
		is_first = false;
		last = next;
	}
}

void fingerprint_set(struct incident *incident)
{
	bool is_first = true;
	size_t len = 0;

	put(incident, &len, "", incident_family_name(incident->family));
	if (incident->subject[0])
		put(incident, &len, " ", incident->subject);
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		if (vector_per_mille(incident, (enum incident_vector)i) < FINGERPRINT_SHARE)
			continue;
		put(incident, &len, is_first ? " vectors=" : ",", vector_name((enum incident_vector)i));
		is_first = false;
	}
	if (vector_per_mille(incident, VECTOR_APPLICATION) >= FINGERPRINT_SHARE)
		put_rules(incident, &len);
}

bool fingerprint_is_related(const struct incident *a, const struct incident *b)
{
	uint64_t apart = a->opened_s > b->opened_s ? a->opened_s - b->opened_s : b->opened_s - a->opened_s;

	if (a->id == b->id || apart > RELATED_WITHIN_S || strcmp(a->fingerprint, b->fingerprint) != 0)
		return false;
	return strchr(a->fingerprint, ' ') != NULL;
}

void fingerprint_relate(struct incident *incident, const struct incident *earlier)
{
	if (!fingerprint_is_related(incident, earlier))
		return;
	for (uint32_t i = 0; i < incident->related_count; i++) {
		if (incident->related[i] == earlier->id)
			return;
	}
	if (incident->related_count == INCIDENT_RELATED_MAX) {
		memmove(incident->related, incident->related + 1, sizeof(incident->related) - sizeof(incident->related[0]));
		incident->related_count--;
	}
	incident->related[incident->related_count++] = earlier->id;
}

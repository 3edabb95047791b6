#include "hub/api/now/served.h"

#include "incident/words.h"

#include "base/banned.h"

#define SENTENCE_MAX 4096u

struct served served_of(const struct citizens *citizens)
{
	struct served served = { .state = SERVED_UNKNOWN, .vantage = VANTAGE_UNKNOWN };

	served.vantage = citizens_share(citizens, &served.per_mille);
	served.is_of_looks = served.vantage == VANTAGE_OUTSIDE && !citizens_are_counted(citizens);
	if (citizens->unreachable)
		served.state = SERVED_UNREACHABLE;  /* which a probe, or an origin that fails, proves without any figure */
	else if (citizens->degraded || (served.vantage != VANTAGE_UNKNOWN && served.per_mille < SERVED_GOOD_PER_MILLE))
		served.state = SERVED_DEGRADED;
	else if (served.vantage != VANTAGE_UNKNOWN)
		served.state = SERVED_WELL;
	return served;
}

const char *served_state_name(enum served_state state)
{
	static const char *const names[] = { "served", "degraded", "unreachable", "unknown" };

	return names[state];
}

const char *served_vantage_name(enum vantage vantage)
{
	return vantage == VANTAGE_OUTSIDE ? "probe" : vantage == VANTAGE_SHIELD ? "shield" : "none";
}

struct span served_language(enum desk_language language)
{
	static const struct span names[DESK_LANGUAGES] = { [DESK_EN] = SPAN_INIT("en"), [DESK_NL] = SPAN_INIT("nl"), [DESK_FR] = SPAN_INIT("fr"), [DESK_DE] = SPAN_INIT("de") };

	return names[language];
}

void served_open(struct json_writer *json, struct span name, const struct served *served)
{
	json_open(json, name, '{');
	json_put_text(json, SPAN("state"), span_of(served_state_name(served->state)));
	if (served->vantage == VANTAGE_UNKNOWN)
		json_put_null(json, SPAN("per_mille"));
	else
		json_put_number(json, SPAN("per_mille"), served->per_mille);
	json_put_text(json, SPAN("vantage"), span_of(served_vantage_name(served->vantage)));
	json_put_bool(json, SPAN("at_most"), served->vantage == VANTAGE_SHIELD);
}

void served_sentences(struct json_writer *json, struct span name, const void *about,
                      enum result (*write)(const void *about, enum desk_language language, struct buffer *out))
{
	json_open(json, name, '{');
	for (unsigned i = 0; i < DESK_LANGUAGES; i++) {
		struct buffer text;
		enum result result;

		buffer_init(&text, SENTENCE_MAX);
		result = write(about, (enum desk_language)i, &text);
		json_put_text(json, served_language((enum desk_language)i), buffer_span(&text));
		if (json->result == RESULT_OK)
			json->result = result;
		buffer_done(&text);
	}
	json_close(json, '}');
}

static enum result write_citizens(const void *about, enum desk_language language, struct buffer *out)
{
	return words_citizens(about, language, out);
}

void served_put_incident(struct json_writer *json, const struct incident *incident)
{
	struct served served = served_of(&incident->citizens);

	served_open(json, SPAN("served"), &served);
	served_sentences(json, SPAN("sentence"), incident, write_citizens);
	json_close(json, '}');
}

#include "hub/api/now/now_words.h"

#include "base/template.h"
#include "incident/words.h"
#include "incident/words_text.h"

#include "base/banned.h"

/* {site}, {number}, {sites} and {percent} stand for values. */
struct words {
	const char *well, *unknown;
	const char *unreachable, *unreachable_many, *degraded, *degraded_many;
	const char *figures[VANTAGE_COUNT], *looks;
};

static const struct words words[DESK_LANGUAGES] = {
	[DESK_EN] = {
		.well = "Citizens are served.",
		.unknown = "Whether citizens are served is not known.",
		.unreachable = "Citizens cannot reach {site}.",
		.unreachable_many = "Citizens cannot reach {number} of {sites} sites.",
		.degraded = "Citizens reach {site}, but not as they should.",
		.degraded_many = "Citizens reach {number} of {sites} sites, but not as they should.",
		.figures = {
			[VANTAGE_UNKNOWN] = "",
			[VANTAGE_SHIELD] = " Of those who usually come, at most {percent} % are served in time; nobody looks from outside.",
			[VANTAGE_OUTSIDE] = " Of those who usually come, {percent} % are served in time, as seen by the shield and from outside.",
		},
		.looks = " Of the visits that are tried from outside, {percent} % are served in time; how many citizens come is not known.",
	},
	[DESK_NL] = {
		.well = "Burgers worden geholpen.",
		.unknown = "Of burgers worden geholpen, is niet bekend.",
		.unreachable = "Burgers kunnen {site} niet bereiken.",
		.unreachable_many = "Burgers kunnen {number} van {sites} sites niet bereiken.",
		.degraded = "Burgers bereiken {site}, maar niet zoals het hoort.",
		.degraded_many = "Burgers bereiken {number} van {sites} sites, maar niet zoals het hoort.",
		.figures = {
			[VANTAGE_UNKNOWN] = "",
			[VANTAGE_SHIELD] = " Van wie gewoonlijk komt, wordt hoogstens {percent} % op tijd geholpen; niemand kijkt van buitenaf.",
			[VANTAGE_OUTSIDE] = " Van wie gewoonlijk komt, wordt {percent} % op tijd geholpen, gezien door het schild en van buitenaf.",
		},
		.looks = " Van de bezoeken die van buitenaf worden geprobeerd, lukt {percent} % op tijd; hoeveel burgers er komen, is niet bekend.",
	},
	[DESK_FR] = {
		.well = "Les citoyens sont servis.",
		.unknown = "On ne sait pas si les citoyens sont servis.",
		.unreachable = "Les citoyens ne peuvent pas atteindre {site}.",
		.unreachable_many = "Les citoyens ne peuvent pas atteindre {number} sites sur {sites}.",
		.degraded = "Les citoyens atteignent {site}, mais pas comme il le faudrait.",
		.degraded_many = "Les citoyens atteignent {number} sites sur {sites}, mais pas comme il le faudrait.",
		.figures = {
			[VANTAGE_UNKNOWN] = "",
			[VANTAGE_SHIELD] = " De ceux qui viennent d'habitude, au plus {percent} % sont servis à temps ; personne ne regarde de l'extérieur.",
			[VANTAGE_OUTSIDE] = " De ceux qui viennent d'habitude, {percent} % sont servis à temps, vus par le bouclier et de l'extérieur.",
		},
		.looks = " Des visites essayées de l'extérieur, {percent} % sont servies à temps ; on ne sait pas combien de citoyens viennent.",
	},
	[DESK_DE] = {
		.well = "Bürger werden bedient.",
		.unknown = "Ob Bürger bedient werden, ist nicht bekannt.",
		.unreachable = "Bürger können {site} nicht erreichen.",
		.unreachable_many = "Bürger können {number} von {sites} Websites nicht erreichen.",
		.degraded = "Bürger erreichen {site}, aber nicht so, wie sie sollten.",
		.degraded_many = "Bürger erreichen {number} von {sites} Websites, aber nicht so, wie sie sollten.",
		.figures = {
			[VANTAGE_UNKNOWN] = "",
			[VANTAGE_SHIELD] = " Von denen, die gewöhnlich kommen, werden höchstens {percent} % rechtzeitig bedient; niemand sieht von außen nach.",
			[VANTAGE_OUTSIDE] = " Von denen, die gewöhnlich kommen, werden {percent} % rechtzeitig bedient, vom Schild und von außen gesehen.",
		},
		.looks = " Von den Besuchen, die von außen versucht werden, gelingen {percent} % rechtzeitig; wie viele Bürger kommen, ist nicht bekannt.",
	},
};

struct sentence {
	const struct now_said *said;
	enum desk_language language;
	struct buffer *out;
	enum result result;
};

static enum result put_value(struct sentence *sentence, struct span name)
{
	const struct now_said *said = sentence->said;

	if (span_equal(name, SPAN("site")))
		return buffer_append(sentence->out, said->site);
	if (span_equal(name, SPAN("number")))
		return words_number(said->troubled, sentence->language, sentence->out);
	if (span_equal(name, SPAN("sites")))
		return words_number(said->sites, sentence->language, sentence->out);
	return buffer_print(sentence->out, "%u%s%u", said->served.per_mille / 10, incident_words[sentence->language].comma, said->served.per_mille % 10);
}

static void put_part(void *context, struct span text, bool is_value)
{
	struct sentence *sentence = context;

	if (sentence->result == RESULT_OK)
		sentence->result = is_value ? put_value(sentence, text) : buffer_append(sentence->out, text);
}

static const char *state_words(const struct now_said *said, const struct words *text)
{
	switch (said->served.state) {
	case SERVED_WELL:
		return text->well;
	case SERVED_DEGRADED:
		return said->troubled > 1 ? text->degraded_many : text->degraded;
	case SERVED_UNREACHABLE:
		return said->troubled > 1 ? text->unreachable_many : text->unreachable;
	case SERVED_UNKNOWN:
		break;
	}
	return text->unknown;
}

enum result now_words(const struct now_said *said, enum desk_language language, struct buffer *out)
{
	struct sentence sentence = { said, language, out, RESULT_OK };

	template_fill(span_of(state_words(said, &words[language])), put_part, &sentence);
	template_fill(span_of(said->served.is_of_looks ? words[language].looks : words[language].figures[said->served.vantage]), put_part, &sentence);
	return sentence.result;
}

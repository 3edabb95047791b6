#include "incident/words.h"

#include "base/template.h"
#include "incident/words_text.h"

#include "base/banned.h"

struct sentence {
	const struct incident *incident;
	enum desk_language language;
	uint64_t number;
	unsigned per_mille;
	struct buffer *out;
	enum result result;
};

static void put(struct sentence *sentence, struct span text)
{
	if (sentence->result == RESULT_OK)
		sentence->result = buffer_append(sentence->out, text);
}

enum result words_number(uint64_t number, enum desk_language language, struct buffer *out)
{
	char digits[DECIMAL_MAX];
	size_t len = decimal_write(number, digits);
	enum result result = RESULT_OK;

	for (size_t i = 0; i < len && result == RESULT_OK; i++) {
		if (i && (len - i) % 3 == 0)
			result = buffer_append(out, span_of(incident_words[language].thousands));
		if (result == RESULT_OK)
			result = buffer_append_byte(out, digits[i]);
	}
	return result;
}

static void put_percent(struct sentence *sentence)
{
	if (sentence->result == RESULT_OK)
		sentence->result = buffer_print(sentence->out, "%u%s%u", sentence->per_mille / 10, incident_words[sentence->language].comma, sentence->per_mille % 10);
}

static void put_value(struct sentence *sentence, struct span name)
{
	if (span_equal(name, SPAN("site")))
		put(sentence, span_of(sentence->incident->sites[0].name));
	else if (span_equal(name, SPAN("subject")))
		put(sentence, span_of(sentence->incident->subject));
	else if (span_equal(name, SPAN("percent")))
		put_percent(sentence);
	else if (sentence->result == RESULT_OK)
		sentence->result = words_number(sentence->number, sentence->language, sentence->out);
}

static void put_part(void *sentence, struct span text, bool is_value)
{
	if (is_value)
		put_value(sentence, text);
	else
		put(sentence, text);
}

static void say(struct sentence *sentence, const char *words)
{
	template_fill(span_of(words), put_part, sentence);
}

static enum words_title_kind by_sites(uint64_t sites, enum words_title_kind none, enum words_title_kind one, enum words_title_kind many)
{
	return sites == 0 ? none : sites == 1 ? one : many;
}

static enum words_title_kind title_of_integrity(enum severity_reason reason)
{
	return reason == FOR_DAMAGED ? TITLE_COPIES : reason == FOR_WENT_BACK ? TITLE_WENT_BACK : reason == FOR_NO_BACKUP ? TITLE_NO_BACKUP : TITLE_RECORDS;
}

static enum words_title_kind title_of(const struct incident *incident, uint64_t sites)
{
	switch (incident->family) {
	case INCIDENT_ATTACK:
		return by_sites(sites, TITLE_ATTACK_LINE, TITLE_ATTACK, TITLE_ATTACK_MANY);
	case INCIDENT_OUTAGE:
		return by_sites(sites, TITLE_OUTAGE_SERVER, TITLE_OUTAGE, TITLE_OUTAGE_MANY);
	case INCIDENT_CERTIFICATE:
		return by_sites(sites, TITLE_CERTIFICATE_FILE, TITLE_CERTIFICATE, TITLE_CERTIFICATE_MANY);
	case INCIDENT_INTEGRITY:
		return title_of_integrity(incident->reason);
	case INCIDENT_CAPACITY:
	case INCIDENT_FAMILIES:
		break;
	}
	return incident->reason == FOR_LINE_FULL ? TITLE_LINE : TITLE_DISK;
}

enum result words_title(const struct incident *incident, enum desk_language language, struct buffer *out)
{
	uint64_t sites = (uint64_t)incident->site_count + incident->sites_more;
	struct sentence sentence = { .incident = incident, .language = language, .number = sites, .out = out };
	enum words_title_kind kind = title_of(incident, sites);

	say(&sentence, incident_is_live(incident) ? incident_words[language].titles[kind].now : incident_words[language].titles[kind].past);
	return sentence.result;
}

enum result words_severity(const struct incident *incident, enum desk_language language, struct buffer *out)
{
	struct sentence sentence = { .incident = incident, .language = language, .number = incident->number, .out = out };

	say(&sentence, incident_words[language].severities[incident->severity]);
	say(&sentence, incident_words[language].reasons[incident->reason]);
	return sentence.result;
}

enum result words_citizens(const struct incident *incident, enum desk_language language, struct buffer *out)
{
	struct sentence sentence = { .incident = incident, .language = language, .out = out };
	enum vantage vantage = citizens_share(&incident->citizens, &sentence.per_mille);
	bool is_looks_alone = vantage == VANTAGE_OUTSIDE && !citizens_are_counted(&incident->citizens);

	say(&sentence, is_looks_alone ? incident_words[language].looks : incident_words[language].vantages[vantage]);
	return sentence.result;
}

#include "hub/alert/message/words.h"

#include "base/template.h"
#include "hub/alert/hours.h"
#include "hub/alert/message/words_text.h"
#include "incident/words.h"
#include "incident/words_text.h"

#include "base/banned.h"

struct saying {
	const struct alert_plan *plan;
	const struct alert *alert;
	const struct alert_facts *facts;      /* NULL: none */
	enum desk_language language;
	uint64_t count;
	struct buffer *out;
	enum result result;
};

static void put(struct saying *saying, struct span text)
{
	if (saying->result == RESULT_OK)
		saying->result = buffer_append(saying->out, text);
}

/* As an incident, for the sentences of incident/words.h. It is large, and one at a time is said. */
static const struct incident *incident_of(const struct alert_facts *facts)
{
	static struct incident incident;

	incident_init(&incident, facts->id, facts->family, span_of(facts->subject), facts->since_s);
	incident.status = facts->status;
	incident.severity = facts->severity;
	incident.reason = facts->reason;
	incident.number = facts->number;
	if (facts->sites) {
		(void)incident_add_site(&incident, span_of(facts->site), SPAN_NONE);
		incident.sites_more = (uint32_t)(facts->sites - 1);
	}
	return &incident;
}

static void put_number(struct saying *saying, uint64_t number)
{
	if (saying->result == RESULT_OK)
		saying->result = words_number(number, saying->language, saying->out);
}

static void put_time(struct saying *saying, uint64_t at_s)
{
	char text[HOURS_TEXT_BYTES];

	hours_write(at_s, text);
	put(saying, span_of(text));
}

static void say(struct saying *saying, const char *words);

static void put_title(struct saying *saying)
{
	if (!saying->facts)
		return;
	if (saying->facts->is_warning)
		say(saying, alert_words[saying->language].warnings[saying->facts->warning]);
	else if (saying->result == RESULT_OK)
		saying->result = words_title(incident_of(saying->facts), saying->language, saying->out);
}

static void put_value(struct saying *saying, struct span name)
{
	const struct alert_facts *facts = saying->facts;

	if (span_equal(name, SPAN("title")))
		put_title(saying);
	else if (span_equal(name, SPAN("subject")))
		put(saying, facts ? span_of(facts->subject) : SPAN_NONE);
	else if (span_equal(name, SPAN("path")))
		put(saying, span_of(saying->alert->path_name));
	else if (span_equal(name, SPAN("why")))
		put(saying, span_of(saying->alert->why));
	else if (span_equal(name, SPAN("time")))
		put_time(saying, facts ? facts->since_s : saying->alert->since_s);
	else if (span_equal(name, SPAN("hub")))
		put(saying, saying->plan->hub);
	else if (span_equal(name, SPAN("count")))
		put_number(saying, saying->count);
	else if (saying->result == RESULT_OK && facts)
		saying->result = buffer_append_u64(saying->out, span_equal(name, SPAN("wave")) ? facts->waves : facts->id);
}

static void put_part(void *saying, struct span text, bool is_value)
{
	if (is_value)
		put_value(saying, text);
	else
		put(saying, text);
}

static void say(struct saying *saying, const char *words)
{
	template_fill(span_of(words), put_part, saying);
}

static struct saying begin(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	return (struct saying){ .plan = plan, .alert = alert, .facts = alert->has_facts ? &alert->facts : NULL, .language = plan->paths[alert->path].language,
		                    .count = alert->held_count + alert->held_more, .out = out };
}

enum result alert_subject(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	struct saying saying = begin(plan, alert, out);

	if (alert->has_facts)
		put(&saying, span_of(incident_words[saying.language].severities[alert->facts.severity]));
	say(&saying, alert_words[saying.language].subjects[alert->kind]);
	return saying.result;
}

enum result alert_link(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	if (alert->has_facts && !alert->facts.is_warning)
		return buffer_print(out, "%.*s/incidents/%llu", SPAN_ARG(plan->link), (unsigned long long)alert->facts.id);
	return buffer_print(out, "%.*s/", SPAN_ARG(plan->link));
}

/* -- the text -- */

static void put_citizens(struct saying *saying)
{
	const struct words_text *words = &incident_words[saying->language];
	struct span text = span_of(words->vantages[saying->facts->vantage]), before;
	size_t at = span_find(text, '{');

	before = span_take(text, at);
	put(saying, before);
	if (at == text.len)
		return;
	if (saying->result == RESULT_OK)
		saying->result = buffer_print(saying->out, "%u%s%u", saying->facts->per_mille / 10, words->comma, saying->facts->per_mille % 10);
	put(saying, span_skip(text, span_find(text, '}') + 1));
}

static void put_incident(struct saying *saying)
{
	const struct alert_words *words = &alert_words[saying->language];

	if (saying->result == RESULT_OK)
		saying->result = words_severity(incident_of(saying->facts), saying->language, saying->out);
	put(saying, SPAN("\n"));
	put_citizens(saying);
	put(saying, SPAN("\n\n"));
	say(saying, words->incident);
	if (saying->facts->waves > 1) {
		put(saying, SPAN(" "));
		say(saying, words->wave);
	}
	put(saying, SPAN("\n\n"));
	if (saying->facts->status == STATUS_NEW) {
		say(saying, words->what_to_do);
		put(saying, SPAN("\n"));
	}
}

static void put_held(struct saying *saying)
{
	const struct alert *alert = saying->alert;

	for (uint32_t i = 0; i < alert->held_count; i++) {
		put(saying, SPAN("- "));
		put_time(saying, alert->held[i].at_s);
		put(saying, SPAN("  "));
		saying->facts = &alert->held[i].facts;
		put(saying, span_of(incident_words[saying->language].severities[saying->facts->severity]));
		say(saying, alert_words[saying->language].subjects[alert->held[i].kind]);
		put(saying, SPAN("\n"));
	}
	saying->facts = NULL;
	if (alert->held_more) {
		saying->count = alert->held_more;
		say(saying, alert_words[saying->language].more);
		put(saying, SPAN("\n"));
	}
	put(saying, SPAN("\n"));
}

enum result alert_text(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	struct saying saying = begin(plan, alert, out);
	const struct alert_words *words = &alert_words[saying.language];

	if (alert->has_facts) {
		put_title(&saying);
		put(&saying, SPAN(".\n\n"));
	}
	if (words->first[alert->kind][0]) {
		say(&saying, words->first[alert->kind]);
		put(&saying, SPAN("\n\n"));
	}
	if (alert->has_facts && !alert->facts.is_warning)
		put_incident(&saying);
	if (alert->kind == ALERT_SUMMARY || alert->kind == ALERT_DIGEST)
		put_held(&saying);
	if (saying.result == RESULT_OK)
		saying.result = alert_link(plan, alert, out);
	put(&saying, SPAN("\n\n-- \n"));
	say(&saying, words->foot);
	put(&saying, SPAN("\n"));
	return saying.result;
}

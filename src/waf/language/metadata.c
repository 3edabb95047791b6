/* Actions that say what a rule is and where: id, phase, severity, maturity, accuracy, status, skip, skipAfter. */
#include "waf/language/action_row.h"
#include "waf/nearest.h"

#include "base/banned.h"

static struct span value_of(const struct action_reader *reader)
{
	return reader->item->value;
}

void action_give(struct action_reader *reader, enum part part)
{
	if (set_has(reader->set, part))
		remark(reader->reader, word_place(reader->word, reader->item->name_offset), SPAN_NONE,
		     "\"%.*s\" changes what the same list said before: the last one counts", SPAN_ARG(reader->item->name));
	reader->set->given |= (uint32_t)1 << part;
}

static enum result read_number(struct action_reader *reader, uint64_t low, uint64_t high, uint64_t *out)
{
	if (span_to_u64(value_of(reader), high, out) != RESULT_OK || *out < low)
		return fault(reader->reader, value_place(reader), SPAN_NONE, "%.*s is a number from %llu to %llu, not \"%.*s\"",
		             SPAN_ARG(reader->row->name), (unsigned long long)low, (unsigned long long)high, SPAN_ARG(value_of(reader)));
	return RESULT_OK;
}

enum result read_id(struct action_reader *reader)
{
	uint64_t id = 0;
	enum result result = read_number(reader, 1, INT32_MAX, &id);

	if (result == RESULT_OK && set_has(reader->set, PART_ID) && reader->set->id != id)
		return fault(reader->reader, value_place(reader), SPAN_NONE, "a second id, %llu, in one rule", (unsigned long long)id);
	reader->set->given |= 1u << PART_ID;
	reader->set->id = (uint32_t)id;
	return result;
}

enum result read_phase(struct action_reader *reader)
{
	static const struct { struct span name; uint8_t phase; } names[] = {
		{ SPAN_INIT("request"), 2 }, { SPAN_INIT("response"), 4 }, { SPAN_INIT("logging"), 5 },
	};
	uint64_t phase = 0;

	action_give(reader, PART_PHASE);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_equal_nocase(value_of(reader), names[i].name)) {
			reader->set->phase = names[i].phase;
			return RESULT_OK;
		}
	}
	if (span_to_u64(value_of(reader), 5, &phase) != RESULT_OK || !phase)
		return fault(reader->reader, value_place(reader), SPAN_NONE,
		             "phase is 1 to 5, request, response or logging, not \"%.*s\"", SPAN_ARG(value_of(reader)));
	reader->set->phase = (uint8_t)phase;
	return RESULT_OK;
}

static const char *const severities[] = { "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG" };

static const char *severity_at(size_t index)
{
	return severities[index];
}

enum result read_severity(struct action_reader *reader)
{
	uint64_t number;

	action_give(reader, PART_SEVERITY);
	for (size_t i = 0; i < 8; i++) {
		if (span_equal_nocase(value_of(reader), span_of(severities[i]))) {
			reader->set->severity = (int8_t)i;
			return RESULT_OK;
		}
	}
	if (span_to_u64(value_of(reader), 7, &number) != RESULT_OK)
		return fault(reader->reader, value_place(reader),
		             did_you_mean(reader->reader, "", nearest_name(value_of(reader), severity_at, 8)),
		             "severity is 0 to 7 or a name from EMERGENCY to DEBUG, not \"%.*s\"", SPAN_ARG(value_of(reader)));
	reader->set->severity = (int8_t)number;
	return RESULT_OK;
}

enum result read_grade(struct action_reader *reader)
{
	uint64_t number = 0;
	enum result result = read_number(reader, 0, 10, &number);

	action_give(reader, (enum part)reader->row->detail);
	*(reader->row->detail == PART_MATURITY ? &reader->set->maturity : &reader->set->accuracy) = (uint8_t)number;
	return result;
}

enum result read_status(struct action_reader *reader)
{
	uint64_t status = 0;
	enum result result = read_number(reader, 100, 599, &status);

	action_give(reader, PART_STATUS);
	reader->set->status = (uint16_t)status;
	return result;
}

enum result read_skip(struct action_reader *reader)
{
	uint64_t count = 0;
	enum result result = read_number(reader, 1, RULES_MAX, &count);

	action_give(reader, PART_SKIP);
	reader->set->skip = (uint32_t)count;
	return result;
}

enum result read_skip_after(struct action_reader *reader)
{
	action_give(reader, PART_SKIP_AFTER);
	reader->set->skip_after = value_of(reader);
	reader->set->skip_place = value_place(reader);
	return RESULT_OK;
}

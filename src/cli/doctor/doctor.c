/* `bouclier doctor`: looks at this machine, and says what to change before a shield depends on it. Changes nothing. */
#include "cli/doctor/doctor.h"

#include <stdio.h>

#include "cli/command.h"
#include "event/json.h"

#include "base/banned.h"

void doctor_say(struct doctor *doctor, enum doctor_grade grade, const char *what, const char *format, ...)
{
	struct doctor_finding *finding = &doctor->list[doctor->count];
	va_list list;

	if (doctor->count == DOCTOR_FINDINGS_MAX)
		return;
	doctor->count++;
	finding->grade = grade;
	finding->what = what;
	va_start(list, format);
	vsnprintf(finding->text, sizeof(finding->text), format, list);
	va_end(list);
}

static const char *const grades[] = { [DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_PROBLEM] = "problem" };

static void print_json(const struct doctor *doctor)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, 1u << 20);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '[');
	for (unsigned i = 0; i < doctor->count; i++) {
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("grade"), span_of(grades[doctor->list[i].grade]));
		json_put_text(&json, SPAN("what"), span_of(doctor->list[i].what));
		json_put_text(&json, SPAN("text"), span_of(doctor->list[i].text));
		json_close(&json, '}');
	}
	json_close(&json, ']');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

static void print_human(const struct doctor *doctor, bool has_color)
{
	static const char *const colors[] = { [DOCTOR_OK] = "\033[32m", [DOCTOR_WARNING] = "\033[33m", [DOCTOR_PROBLEM] = "\033[1;31m" };

	for (unsigned i = 0; i < doctor->count; i++) {
		const struct doctor_finding *finding = &doctor->list[i];

		printf("%s%-8s%s %-14s %s\n", has_color ? colors[finding->grade] : "", grades[finding->grade], has_color ? "\033[0m" : "",
		       finding->what, finding->text);
	}
}

int doctor_command(const struct options *options)
{
	struct doctor doctor = { .options = options };
	int code = EXIT_DONE;

	doctor_look_machine(&doctor);
	doctor_look_sandbox(&doctor);
	doctor_look_packet(&doctor);
	doctor_look_config(&doctor);
	if (options->is_json)
		print_json(&doctor);
	else
		print_human(&doctor, options->has_color);
	for (unsigned i = 0; i < doctor.count; i++)
		code = doctor.list[i].grade == DOCTOR_PROBLEM ? EXIT_FAILED : code;
	return code;
}

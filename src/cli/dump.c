/* `bouclier dump`: a configuration with every default; its schema; its manual. */
#include "config/dump.h"

#include <stdio.h>

#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/wiring.h"

#include "base/banned.h"

#define DUMP_BYTES_MAX ((size_t)256 << 20)

static int print(const struct buffer *text, enum result result)
{
	if (result != RESULT_OK)
		return command_failed("there is no memory for it");
	command_print(stdout, buffer_span(text));
	return EXIT_DONE;
}

static int dump_configuration(const struct options *options, enum dump_format format, struct buffer *text)
{
	struct loaded loaded;
	int code = EXIT_FAILED;

	if (loaded_read(&loaded, options, true) == RESULT_OK)
		code = print(text, config_dump(loaded.snapshot, wiring_sections(), format, text));
	loaded_complain(&loaded);
	loaded_done(&loaded);
	return code;
}

int dump_command(const struct options *options)
{
	struct span output = span_of(option_text(options, "output", "yaml"));
	struct buffer text;
	int code;

	if (span_equal(output, SPAN("human")))
		return command_misused(command_find(SPAN("dump")), "--output is yaml or json, not human");
	buffer_init(&text, DUMP_BYTES_MAX);
	if (option_is_given(options, "schema"))
		code = print(&text, config_schema(wiring_sections(), &text));
	else if (option_is_given(options, "manual"))
		code = print(&text, config_manual(wiring_sections(), &text));
	else
		code = dump_configuration(options, options->is_json ? DUMP_JSON : DUMP_YAML, &text);
	buffer_done(&text);
	return code;
}

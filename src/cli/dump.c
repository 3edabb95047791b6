/* `bouclier dump`: a configuration with every default; its schema; its manual. */
#include "config/dump.h"

#include <stdio.h>

#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/site_mode.h"
#include "cli/wiring.h"
#include "edge/sites/settings.h"

#include "base/banned.h"

#define DUMP_BYTES_MAX ((size_t)256 << 20)

static int print(const struct buffer *text, enum result result)
{
	if (result != RESULT_OK)
		return command_failed("there is no memory for it");
	command_print(stdout, buffer_span(text));
	return EXIT_DONE;
}

/* What a file says and what a shield does may differ: a site that moved by itself. On stderr, for a dump is read again by programs. */
static void tell_moved(const struct options *options, const struct snapshot *snapshot)
{
	char socket[PATH_TEXT_MAX];
	struct site_mode mode;

	find_socket(options, socket);
	for (size_t i = 0; i < snapshot->site_count; i++) {
		const struct site *site = &snapshot->sites[i];

		if ((enum waf_mode)edge_settings_of(site->sections)->waf.mode != WAF_MODE_DETECT)
			continue;
		site_mode_ask(socket, site, &mode);
		if (mode.mode == WAF_MODE_BLOCK)
			fprintf(stderr, "bouclier: site %.*s: waf: mode is detect in its file and block in the running shield, to which it moved by itself "
			                "(graduate; bouclier rules graduate %.*s --undo takes it back)\n", SPAN_ARG(site->name), SPAN_ARG(site->name));
	}
}

static int dump_configuration(const struct options *options, enum dump_format format, struct buffer *text)
{
	struct loaded loaded;
	int code = EXIT_FAILED;

	if (loaded_read(&loaded, options, LOAD_STRICT) == RESULT_OK)
		code = print(text, config_dump(loaded.snapshot, wiring_sections(), format, text));
	if (code == EXIT_DONE)
		tell_moved(options, loaded.snapshot);
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

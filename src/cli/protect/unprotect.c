/* `unprotect HOST`: takes the site out again; everything else in the file stays as it is. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/reload.h"
#include "cli/protect/site_edit.h"
#include "config/edit.h"

#include "base/banned.h"

static int edit_out(struct site_edit *edit, const char *host)
{
	enum result result;

	if (edit->is_new)
		return command_failed("there is no %s", edit->path);
	result = config_edit_remove_site(edit->source.path, buffer_span(&edit->before), span_of(host), &edit->complaints, &edit->after);
	if (result == RESULT_OK)
		return EXIT_DONE;
	command_complain(&edit->complaints);
	if (result == RESULT_NOT_FOUND)
		return command_failed("there is no site %s in %s", host, edit->path);
	return command_failed("%s cannot be taken out of %s: %s", host, edit->path, result_name(result));
}

int unprotect_command(const struct options *options)
{
	const char *host = options->arguments[0];
	char socket[PATH_TEXT_MAX];
	struct site_edit edit;
	int code = site_edit_begin(&edit, options);

	find_socket(options, socket);
	if (code == EXIT_DONE)
		code = edit_out(&edit, host);
	if (code == EXIT_DONE && site_edit_check(&edit) != RESULT_OK)
		code = command_failed("without it, the configuration would not do: nothing was written");
	if (code == EXIT_DONE && !options->is_json) {
		printf("%s\n", edit.path);
		site_edit_show(&edit, options->has_color);
	}
	if (code == EXIT_DONE && option_is_given(options, "dry-run")) {
		if (options->is_json)
			site_edit_show_json(&edit, SPAN_NONE);
		goto done;
	}
	if (code == EXIT_DONE)
		code = site_edit_write(&edit);
	if (code == EXIT_DONE && admin_is_there(socket))
		code = reload_ask(socket, options->is_json ? RELOAD_JSON : RELOAD_HUMAN, &(struct reload_words){ .why = "bouclier unprotect" });
	else if (code == EXIT_DONE)
		fprintf(stderr, "no shield answers at %s: nothing to reload\n", socket);
done:
	site_edit_done(&edit);
	return code;
}

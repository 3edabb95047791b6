/* Which folders an installation is made of. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/backup/backup.h"
#include "cli/command.h"
#include "edge/sites/settings.h"
#include "hub/settings/settings.h"

#include "base/banned.h"

bool path_is_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return len && strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == 0);
}

/* Also when there is no hub now: what one kept before is worth as much. */
static bool find_hub(const struct snapshot *snapshot, struct installation *out)
{
	const struct hub_top_settings *top = snapshot->sections[ROOM_HUB];
	struct span said = top && top->hub ? top->hub->state : SPAN_NONE;

	if (said.len)
		return span_to_text(said, out->hub, sizeof(out->hub)) == RESULT_OK;
	return snprintf(out->hub, sizeof(out->hub), "%s/hub", out->state) < (int)sizeof(out->hub);
}

int installation_find(const struct options *options, struct loaded *loaded, struct installation *out)
{
	const struct edge_top_settings *top;
	char named[PATH_MAX], real[PATH_MAX];

	*out = (struct installation){ .config = "" };
	if (loaded_read(loaded, options, 0) != RESULT_OK) {
		loaded_complain(loaded);
		return command_failed("what belongs to it is said by the configuration: it has to be read without errors");
	}
	top = loaded->snapshot->sections[ROOM_EDGE];
	if (span_to_text(loaded->source.path, out->config, sizeof(out->config)) != RESULT_OK || span_to_text(top->state, out->state, sizeof(out->state)) != RESULT_OK ||
	    span_to_text(loaded->source.path, named, sizeof(named)) != RESULT_OK || !realpath(dirname(named), real) || !find_hub(loaded->snapshot, out))
		return command_failed("a path of the configuration is too long, or is not there");
	snprintf(out->folder, sizeof(out->folder), "%s", real);
	return EXIT_DONE;
}

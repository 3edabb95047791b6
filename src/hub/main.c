/* `bouclier-hub`: started by the keeper, with a channel on descriptor 3; a person never types it.
 *
 *   --role hub    follows the journals, makes incidents, answers the console, the API and the commands
 *   --role send   connects outwards for it: mail, webhooks, syslog
 */
#include <stdio.h>
#include <string.h>

#include "hub/run.h"
#include "process/signals.h"

#include "base/banned.h"

int main(int argc, char **argv)
{
	struct channel keeper;

	signals_begin(false);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("bouclier-hub %s\n", BOUCLIER_VERSION);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "--role") == 0 && role_hub_channel(&keeper) == RESULT_OK) {
		if (strcmp(argv[2], "hub") == 0)
			return hub_run(&keeper);
		if (strcmp(argv[2], "send") == 0)
			return hub_send_run(&keeper);
	}
	fputs("bouclier-hub: bouclier run starts it, where the configuration has hub\n", stderr);
	return 2;
}

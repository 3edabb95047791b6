/* `bouclier-hub`: started by the keeper, with a channel on descriptor 3; a person never types it.
 *
 *   --role hub    follows the journals, makes incidents, answers the console, the API and the commands
 *   --role send   connects outwards for it: mail, webhooks, syslog
 */
#include <stdio.h>
#include <string.h>

#include "process/signals.h"

#include "base/banned.h"

int main(int argc, char **argv)
{
	signals_begin(false);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("bouclier-hub %s\n", BOUCLIER_VERSION);
		return 0;
	}
	fputs("bouclier-hub: bouclier run starts it where the configuration has hub\n", stderr);
	return 2;
}

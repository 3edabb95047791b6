/* `bouclier-hub`: started by the keeper, with a channel on descriptor 3; a person never types it.
 *
 *   --role hub    follows the journals, makes incidents, answers the console, the API and the commands
 *   --copy FROM TO [events]   a copy of the store, for bouclier backup, which is not linked with what the store needs
 *   --role send   connects outwards for it: mail, webhooks, syslog
 */
#include <stdio.h>
#include <string.h>

#include "hub/run.h"
#include "process/signals.h"
#include "store/copy.h"

#include "base/banned.h"

/* 3: there is no store. */
static int copy(const char *from, const char *to, bool with_events)
{
	struct complaints complaints;
	struct buffer text;
	enum result result;

	complaints_init(&complaints);
	buffer_init(&text, 1u << 16);
	result = store_copy(from, to, with_events, &complaints);
	if (result != RESULT_OK && complaints_write(&complaints, &text) == RESULT_OK)
		fprintf(stderr, "%.*s", SPAN_ARG(buffer_span(&text)));
	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		fprintf(stderr, "bouclier-hub: the store in %s cannot be copied: %s\n", from, result_name(result));
	buffer_done(&text);
	complaints_done(&complaints);
	return result == RESULT_OK ? 0 : result == RESULT_NOT_FOUND ? 3 : 1;
}

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
	if (argc >= 4 && strcmp(argv[1], "--copy") == 0)
		return copy(argv[2], argv[3], argc == 5 && strcmp(argv[4], "events") == 0);
	fputs("bouclier-hub: bouclier run starts it, where the configuration has hub\n", stderr);
	return 2;
}

/* What a command asks of the running shield, and how it says what came of it: one question over the admin socket, JSON both ways.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_ORDER_H
#define BOUCLIER_CLI_ORDER_H

#include "cli/options.h"
#include "event/json.h"

struct order {
	const char *method, *path;
	/* The members of the body's object; NULL: there is no body. */
	void (*write)(const struct order *order, const struct options *options, struct json_writer *json);
	/* For a person, on stdout: TELL the whole answer; or, where there is none, PRINT each of its "sites", or the one that it is about. With --output json
	 * the answer is printed as it came. */
	void (*tell)(const struct options *options, const struct json *answer);
	void (*print)(const struct json *site);
	const void *context;          /* of WRITE */
};

/* OPTIONS have `socket` and `output`. Says what went wrong on stderr. -> the command's exit code */
int order_send(const struct order *order, const struct options *options);
#endif

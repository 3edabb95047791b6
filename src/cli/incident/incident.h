/* The parts of `bouclier incident`: what is asked of the hub's socket, and how it is told.
 *
 * Owns     an answer owns its JSON, until hub_answer_done
 */
#ifndef BOUCLIER_CLI_INCIDENT_INCIDENT_H
#define BOUCLIER_CLI_INCIDENT_INCIDENT_H

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/page.h"

struct hub_answer {
	struct admin_reply reply;
	struct json *root;
};

/* PATH by METHOD, with BODY (JSON; may be empty). EXIT_DONE, or what was said on stderr. */
int hub_ask(const struct options *options, const char *method, const char *path, struct span body, struct hub_answer *out);
void hub_answer_done(struct hub_answer *answer);

/* A table of briefs, a line each. */
void incident_print_list(struct page *page, const struct json *answer);
/* A page of one. */
void incident_print(struct page *page, const struct json *answer);

#endif

/* What `status` and `top` show alike. */
#ifndef BOUCLIER_CLI_STATUS_H
#define BOUCLIER_CLI_STATUS_H

#include "cli/admin_client.h"
#include "cli/page.h"

/* Asks the shield that OPTIONS name for /status. EXIT_DONE: REPLY is the caller's; otherwise it was said why. */
int status_ask(const struct options *options, struct admin_reply *reply);
/* A red line for everything that a person must know: bypass, reduced, fallen back, tenants, journal. */
void status_warn(struct page *page, const struct json *status);

#endif

/* The hub in `bouclier status`: what the keeper knows of it, as JSON and as a line. */
#ifndef BOUCLIER_CLI_HUB_STATUS_H
#define BOUCLIER_CLI_HUB_STATUS_H

#include "cli/page.h"
#include "event/json.h"
#include "process/shared.h"

/* The members "keeper_memory_bytes", which is known with the hub's, and "hub"; nothing where the keeper is older than hubs. */
void hub_status_put(struct json_writer *json, const struct shared *shared);
/* STATUS is the whole answer; nothing is printed where no hub is wanted. */
void hub_status_print(struct page *page, const struct json *status);

#endif

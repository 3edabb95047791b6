/* Has a running shield take its configuration over: for `reload`, and for those who have just changed the file. */
#ifndef BOUCLIER_CLI_RELOAD_H
#define BOUCLIER_CLI_RELOAD_H

#include <stdbool.h>

/* Says what came of it. Exit code. */
int reload_ask(const char *socket, bool is_json);

#endif

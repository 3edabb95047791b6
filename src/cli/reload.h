/* Has a running shield take its configuration over: for `reload`, and for those who have just changed the file. */
#ifndef BOUCLIER_CLI_RELOAD_H
#define BOUCLIER_CLI_RELOAD_H

enum reload_report { RELOAD_HUMAN, RELOAD_JSON, RELOAD_ERRORS /* what went well is not said */ };

/* Says what came of it. Exit code. */
int reload_ask(const char *socket, enum reload_report report);

#endif

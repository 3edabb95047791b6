/* The keeper: the only process that keeps its rights, and that parses nothing anybody else wrote. It opens files, binds
 * addresses, starts and restarts the other roles, and holds what must outlive them.
 *
 *   keeper --- check     exits: reads the configuration, writes an image
 *      |------ edge      serves; replaced when it dies, or by an upgrade
 *      |------ resolve   asks the system's DNS for the edge
 *      |------ hub       where the configuration wants one: another program, bouclier-hub, beside this one
 *      `------ send      connects outwards for the hub
 *
 * A start that fails is exit 1 with a sentence; a reload that fails changes nothing; an edge that dies is replaced with
 * the last image, then with the last good one, then by a reduced edge. docs/processes.md tells it all.
 *
 * Signals  HUP reload; TERM, INT drain and end (twice: at once); USR2 upgrade
 * Threads  one, for ever
 */
#ifndef BOUCLIER_PROCESS_KEEPER_H
#define BOUCLIER_PROCESS_KEEPER_H

#include "process/shared.h"

#define KEEPER_OPTIONS_MAX 1023u
#define KEEPER_ROOTS_MAX 16u

struct keeper_plan {
	const char *config_path;       /* made absolute by the keeper */
	const char *const *roots;      /* folders that files may be read from, besides the config's own, /etc/bouclier and */
	size_t root_count;             /*   /etc/letsencrypt */
	const char *account;           /* "bouclier-edge" */
	const char *hub_account;       /* "bouclier-hub" */
	const struct region *regions;  /* shared memory; the keeper adds "keeper" itself */
	size_t region_count;
	const char *pid_file;          /* NULL: none. Locked as long as the keeper lives */
	const char *options;           /* handed to check and edge unread; NULL: none */
	char *const *argv;             /* as main() got it: an upgrade executes the new binary with the same words */
	bool is_quiet;                 /* only errors on stderr */
	bool edges_may_change;         /* edges, too, may have the configuration changed: no shield that serves says so, for what strangers reach must not */
};

/* Runs until the end. Exit code: 0 ended as asked, 1 could not start. */
int keeper_run(const struct keeper_plan *plan);
/* Before keeper_run: this process was the keeper of an older binary, which executed this one. Signals that it blocked may be waiting. */
bool keeper_is_upgraded(void);

#endif

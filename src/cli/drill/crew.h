/* The processes of a drill, all of them children of this one:
 *
 *   shield    bouclier run, with the drill's configuration: keeper, check, edge and resolve as ever
 *   portal    the origin behind it
 *   players   citizens and attackers
 *
 * Started by root, portal and players become the user that edges run as; both enter a sandbox without files. They die with this process, however it
 * ends.
 *
 * Owns     the processes, until crew_end: nothing of them is left after it
 * Threads  one; SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE (nobody reads any more what is said) and SIGCHLD are blocked from crew_init to
 *          crew_done; that SIGCHLD is not ignored is main()'s affair (process/signals.h)
 */
#ifndef BOUCLIER_CLI_DRILL_CREW_H
#define BOUCLIER_CLI_DRILL_CREW_H

#include <signal.h>
#include <sys/types.h>

#include "cli/drill/ground.h"
#include "cli/drill/play.h"

enum crew_member { CREW_SHIELD, CREW_PORTAL, CREW_PLAYERS, CREW_COUNT };

struct crew {
	pid_t pids[CREW_COUNT];      /* 0: not running */
	int status[CREW_COUNT];      /* of one that ran: as waitpid(2) has it */
	bool is_told;                /* somebody wants an end: Ctrl-C, or a reader that went away */
	sigset_t mask;               /* as it was */
};

void crew_init(struct crew *crew);
/* Ends whoever is there. */
void crew_end(struct crew *crew);
/* The last of a drill, when its folder is gone too: a signal that came meanwhile does what it does. */
void crew_done(const struct crew *crew);
/* RESULT_IO: errno tells. */
enum result crew_start_shield(struct crew *crew, const struct drill_ground *ground) must_check;
enum result crew_start_portal(struct crew *crew, const struct drill_ground *ground, struct drill_tally *tally) must_check;
enum result crew_start_players(struct crew *crew, const struct play_plan *plan, struct drill_tally *tally) must_check;
/* Until a child ends, a signal comes, or WAIT_MS are over. */
void crew_wait(struct crew *crew, unsigned wait_ms);
static inline bool crew_is_there(const struct crew *crew, enum crew_member member)
{
	return crew->pids[member] > 0;
}

#endif

/* `bouclier probe`: looks at portals from outside, as a citizen does, and tells the hub each minute what it saw (docs/probe.md). On a machine of its own: it
 * reads no configuration, and knows of the shield only what a citizen sees, the hub's address and a key.
 *
 * probe.c      what is wanted, and the two ways to run: once, or until it is told to end
 * key.c        `probe key`: the key by which the hub knows it
 * seat.c       a thread for each address, which looks again and again
 * look.c       one look; exchange.c one request of it; jar.c its cookies; page_url.c where it goes
 * ledger.c     what was seen and is not the hub's yet; deliver.c how it becomes the hub's
 * tell.c       a look, to people and programs
 *
 * Threads  a seat's own for each address; the rest in the first, which takes signals
 */
#ifndef BOUCLIER_CLI_PROBE_PROBE_H
#define BOUCLIER_CLI_PROBE_PROBE_H

#include "cli/command.h"
#include "cli/probe/deliver.h"

#define PROBE_EVERY_MS_MIN 10000
#define PROBE_EVERY_MS_MAX 60000
#define PROBE_EVERY_MS 30000
#define PROBE_PATIENCE_MS_MIN 1000
#define PROBE_PATIENCE_MS_MAX 60000

struct seat {
	struct page_url page;
	const char *text;               /* as it was typed */
	struct ledger *ledger;
	uint64_t every_ms, patience_ms;
	int stop_fd;
	bool is_json, is_there;
	pthread_t thread;
};

/* RESULT_NO_MEMORY: there can be no thread. */
enum result seat_begin(struct seat *seat) must_check;
/* Waits for it a little. False: a name server keeps it busy still, and what it uses must stay. */
bool seat_end(struct seat *seat);

/* A line of its own, in one piece. */
void tell_look(const char *text, const struct look *look, bool is_json);
/* `probe key FILE` */
int probe_key_command(const char *path);
/* RESULT_IO (errno), RESULT_MALFORMED. */
enum result probe_key_load(const char *path, struct evp_pkey_st **out) must_check;

#endif

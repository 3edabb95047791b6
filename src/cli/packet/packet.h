/* `bouclier packet ...`: one file a word. What several of them take is here.
 *
 * Privileges  gives up every right but the loader's three before it reads anything
 */
#ifndef BOUCLIER_CLI_PACKET_PACKET_H
#define BOUCLIER_CLI_PACKET_PACKET_H

#include "cli/command.h"
#include "cli/loaded.h"
#include "packet/control/ask.h"
#include "event/json.h"
#include "packet/loader/loader.h"
#include "packet/spared.h"

#define PACKET_LISTENS_MAX 128u

/* The configuration as the loader wants it.
 *
 * Owns  what it points to, until packet_asked_done
 */
struct packet_asked {
	struct loaded loaded;
	struct complaints complaints;            /* of everything but the configuration */
	struct spared spared;
	struct packet_prefixes allowed;
	uint16_t listens[PACKET_LISTENS_MAX], exposes[PACKET_LISTENS_MAX + SPARED_PORTS_MAX];
	bool has_management;
	unsigned origins_left_out;               /* names that do not resolve, or are too many */
	struct packet_wish wish;
};

/* The configuration alone: nothing of the machine, no name looked up, nobody spared. EXIT_DONE, or the exit code after what was said. Whatever it is,
 * packet_asked_done. */
int packet_read(struct packet_asked *asked, const struct options *options);
/* The same, and all that the filter is told of the machine. */
int packet_ask(struct packet_asked *asked, const struct options *options);
void packet_asked_done(struct packet_asked *asked);
/* Says COMPLAINTS on stderr. EXIT_DONE for RESULT_OK, else EXIT_FAILED. */
int packet_end(enum result result, const struct complaints *complaints);

/* What is there (loader_look), or what was said. EXIT_DONE or EXIT_FAILED; either way the caller closes OUT's maps. */
int packet_look(struct packet_state *out);

/* JSON on stdout, whole. */
struct packet_page {
	struct json_writer json;
	struct buffer text;
};
void packet_page_open(struct packet_page *page);
int packet_page_close(struct packet_page *page);
void packet_put_targets(struct json_writer *json, const struct packet_targets *targets);
/* A line for each: its name, the rung, and why. */
void packet_print_targets(const struct packet_targets *targets);
/* "confirm within ..." */
void packet_print_undo(const struct packet_wish *wish);

/* Of the controller's socket, as the configuration says. As packet_ask_top. */
enum result packet_ask_controller(const struct options *options, struct packet_top *out) must_check;
int packet_show_top(const struct options *options);

/* Is the controller alive, and what is not asked because it is not? Times of CLOCK_MONOTONIC; 0: never. */
struct packet_controller {
	bool runs, holds;                        /* it answers; bans and budgets are asked */
	uint64_t since_ns, heartbeat_ns;
	unsigned shields;                        /* connected to it: without one it does not beat */
	size_t bans;                             /* that the filter has */
};
/* STATE: of loader_look, with maps; they are taken over. */
void packet_controller_look(struct packet_state *state, const struct options *options, struct packet_controller *out);
void packet_controller_put(struct json_writer *json, const struct packet_controller *seen);
void packet_controller_print(const struct packet_controller *seen);

int packet_status(const struct options *options);
int packet_attach(const struct options *options);
int packet_confirm(const struct options *options);
int packet_detach(const struct options *options);
int packet_counters(const struct options *options);
int packet_deny(const struct options *options);
int packet_egress(const struct options *options);
int packet_run(const struct options *options);

#endif

/* `bouclier packet ...`: one file a word. What several of them take is here.
 *
 * Privileges  gives up every right but the loader's three before it reads anything
 */
#ifndef BOUCLIER_CLI_PACKET_PACKET_H
#define BOUCLIER_CLI_PACKET_PACKET_H

#include "cli/command.h"
#include "cli/loaded.h"
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

/* EXIT_DONE, or the exit code after what was said. Whatever it is, packet_asked_done. */
int packet_ask(struct packet_asked *asked, const struct options *options);
void packet_asked_done(struct packet_asked *asked);
/* Says COMPLAINTS on stderr. EXIT_DONE for RESULT_OK, else EXIT_FAILED. */
int packet_end(enum result result, const struct complaints *complaints);

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

int packet_status(const struct options *options);
int packet_attach(const struct options *options);
int packet_confirm(const struct options *options);
int packet_detach(const struct options *options);
int packet_counters(const struct options *options);
int packet_deny(const struct options *options);
int packet_egress(const struct options *options);
int packet_run(const struct options *options);

#endif

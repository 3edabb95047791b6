/* What the bodies of messages between keeper and roles look like. Both are the same binary, except while an upgrade lets
 * the old edge drain: DRAIN and READY never change; the rest may.
 *
 * START of check    body: config path, options, roots, each ended by NUL; fds: image to write, previous image (optional), texts in the place of files (optional;
 *                   then there is a previous image)
 * START of edge     body: struct wire_start, then the options; fds: image, files, memory, resolve, admin (optional)
 * START of resolve  nothing
 * START of hub      fds: its image, its unix socket, its address (optional)
 * START of send     nothing
 * SERVE of hub, send  fds: its end of the pair through which they talk, instead of the one before
 * PREPARE           body: struct wire_start; fds: image, files
 * LISTENERS         body: struct wire_listener[]; fds: one for each that has one, in order
 * GO                nothing
 * RELOAD            body: struct wire_reload, then the note (an old edge sends nothing)
 * CONFIRM           nothing
 * BACK              body: the note
 * CHANGE            body: struct wire_change, then the note; fds: an image of texts (IMAGE_TEXT, IMAGE_BASE)
 * ANSWER            body: struct wire_answer; fds: text (optional)
 */
#ifndef BOUCLIER_PROCESS_ROLE_WIRE_H
#define BOUCLIER_PROCESS_ROLE_WIRE_H

#include "process/channel.h"
#include "process/image.h"

#define WIRE_LISTENERS_MAX (IMAGE_LISTENERS_MAX * IMAGE_WORKERS_MAX)
#define WIRE_START_MS 10000

struct wire_start {
	uint32_t workers, is_reduced, listener_count, seat;
};

struct wire_listener {
	uint64_t id;
	uint32_t worker, flags;
	uint8_t address[16];
	uint16_t port, has_fd;
	uint32_t unused;
};

struct wire_drain {
	uint64_t drain_ms;
	uint32_t is_replaced, unused;
};

struct wire_reload_result {
	uint64_t generation;  /* what serves from now on */
	uint32_t is_ok, unused;
};

struct wire_reload {
	uint64_t confirm_ms;  /* 0: what serves then stays */
};

struct wire_change {
	uint64_t confirm_ms;
	uint32_t is_trial, unused;  /* is_trial: checked only */
};

struct wire_answer {
	uint64_t generation;  /* what serves */
	uint32_t outcome, unused;  /* enum change_outcome */
};

/* Exit codes of check. */
#define CHECK_OK 0
#define CHECK_REFUSED 1     /* the complaints are in the image */
#define CHECK_NO_IMAGE 3    /* there is no image: too large, or no start */
#define CHECK_NO_SANDBOX 4
#define CHECK_OTHER_KEEPER 5 /* rehearsing an upgrade: this binary could not take over from that one */

/* Of what an upgrade hands over (keeper_upgrade.c); raise it with every change there. A START of check carries it as its id
 * when it rehearses an upgrade, 0 otherwise. */
#define KEEPER_STATE_VERSION 3u

#endif

/* The keeper's insides, for the keeper_*.c files only.
 *
 *   keeper.c            the start, the loop, the end
 *   keeper_reload.c     check -> image -> edge: the first start, reloads, replacements
 *   keeper_children.c   processes: starting, talking, burying
 *   keeper_crash.c      what a dead edge leads to
 *   keeper_listeners.c  addresses and the admin socket
 *   keeper_files.c      certificates and keys: opening and watching
 *   keeper_hub.c        the hub and its sender
 *   keeper_hub_files.c  what they are given: folder, socket, address, image
 *   keeper_back.c       what waits to be confirmed, and going back from it
 *   keeper_change.c     texts that a role proposes
 *   keeper_put.c        texts that take the place of files
 *   keeper_upgrade.c    becoming the new binary
 */
#ifndef BOUCLIER_PROCESS_KEEPER_STATE_H
#define BOUCLIER_PROCESS_KEEPER_STATE_H

#include <limits.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/buffer.h"
#include "process/account.h"
#include "process/channel.h"
#include "process/image.h"
#include "process/keeper.h"
#include "process/role.h"
#include "process/shared.h"

/* All times are milliseconds of CLOCK_MONOTONIC; a `_at_ms` of 0 is "not set". */
#define KEEPER_CHECK_MS 60000u      /* check has this long */
#define KEEPER_START_MS 60000u      /* an edge has this long to say READY */
#define KEEPER_BUILD_MS 120000u     /* and this long to build a new snapshot */
#define KEEPER_FILES_MS 5000u       /* how often certificates are looked at */
#define KEEPER_DEATHS 3u            /* so many deaths ... */
#define KEEPER_DEATHS_MS 30000u     /* ... in so long lead down a step */
#define KEEPER_PROVEN_MS 600000u    /* a snapshot (and a reduced edge) that served so long is not what kills */
#define KEEPER_GOOD_MS 60000u       /* one that served so long is worth going back to */
#define KEEPER_BACKOFF_MS 100u
#define KEEPER_BACKOFF_MAX_MS 5000u
#define KEEPER_ALIVE_MS 1000u       /* an edge that served so long may be replaced at once */
#define KEEPER_SOCKETS_MAX (2 * IMAGE_LISTENERS_MAX)
#define KEEPER_SEND_MS 5000
#define KEEPER_HUB_BACKOFF_MS 200u
#define KEEPER_HUB_BACKOFF_MAX_MS 30000u
#define KEEPER_USAGE_MS 5000u       /* between two looks at what processes take */
#define KEEPER_HUB_ALIVE_MS 10000u  /* one that lived so long is started again at once */
#define KEEPER_HUB_END_MS 5000u     /* so long it may take to end when it is asked to */

/* One address; each worker has its own socket and so its own accept queue. */
struct keeper_socket {
	struct endpoint endpoint;
	unsigned count;
	unsigned given;  /* so many of them have been an edge's: closed only with the address */
	int fds[IMAGE_WORKERS_MAX];
	uint64_t ids[IMAGE_WORKERS_MAX];
};

/* One configuration that check accepted. Empty: number is 0. */
struct generation {
	uint64_t number;
	int image_fd, files_fd;
	struct image image, files;
	uint64_t live_at_ms;  /* when it began to serve */
	bool is_good;         /* it is what a fall back fell back to */
};

enum child_slot { CHILD_CHECK, CHILD_RESOLVE, CHILD_HUB, CHILD_SEND, CHILD_EDGE, CHILD_NEXT, CHILD_OLD, CHILD_SLOTS = CHILD_OLD + 4 };

_Static_assert(CHILD_SLOTS - CHILD_EDGE == ROLE_EDGES_MAX, "a seat for every edge");

enum child_state { CHILD_NONE, CHILD_STARTING, CHILD_READY, CHILD_DRAINING };

struct child {
	enum child_state state;
	pid_t pid;
	struct channel channel;
	int resolve_fd;          /* edges: resolve's end of the pair they ask through */
	int ask_fd;               /* edges: their own end, while it is being sent; -1 */
	uint64_t started_at_ms;
	uint64_t ready_at_ms;
	uint64_t deadline_at_ms; /* killed then */
	bool is_reduced;
	unsigned seat;           /* edges: edge_start.seat */
	uint64_t known_socket_id;/* edges: it has the sockets up to this id; a PREPARE sends only newer ones */
	bool may_change;         /* it may have the configuration changed (CHANNEL_CHANGE) */
	char why[512];           /* the last FAILED of it */
};

/* What belongs to the hub, and outlives it. */
struct keeper_hub {
	struct account account;      /* whom it runs as */
	int image_fd;                /* what it is told; -1: there is to be none */
	struct image image;
	int socket_fd, listen_fd;
	char socket_path[108];       /* of sockaddr_un; empty: none was made */
	struct endpoint endpoint;    /* of LISTEN_FD */
	uint64_t again_at_ms[2], backoff_ms[2];  /* of the hub, and of send */
	bool is_absent;              /* it was said that the program is not there */
	struct shared_hub *facts;
};

/* How what is asked for is to be served: from RELOAD, BACK, CHANGE. */
struct wish {
	uint64_t confirm_ms;
	size_t note_len;
	char note[IMAGE_NOTE_MAX];
};

/* A change that a role asked for, from its order to its answer. */
struct change {
	pid_t asker;              /* 0: none */
	uint64_t id;
	bool is_trial, is_written;
	int fd;
	struct image texts;
};

enum reload_state {
	RELOAD_NONE,
	RELOAD_CHECKING,
	RELOAD_BUILDING,   /* the edge builds the candidate in place */
	RELOAD_REPLACING,  /* a fresh edge starts with the candidate */
	RELOAD_REHEARSING, /* an upgrade: the new binary reads the configuration, to show that it can */
};

struct keeper {
	struct keeper_plan plan;
	char config_path[PATH_MAX];
	char config_folders[2][PATH_MAX]; /* where texts may be put: the folder that it is named in, and the one where it was at the start; empty: none */
	char program[PATH_MAX];      /* what an upgrade executes */
	struct account account;
	int signal_fd, memory_fd, pid_fd, state_fd, null_fd;
	struct shared memory;
	struct shared_keeper *facts;
	struct shared_usage *usage;
	uint64_t usage_due_ms;       /* 0: at once */

	struct child children[CHILD_SLOTS];
	struct keeper_socket sockets[KEEPER_SOCKETS_MAX];
	unsigned socket_count;
	uint64_t next_socket_id;
	int admin_fd;
	char admin_path[PATH_MAX];

	struct keeper_hub hub;
	struct generation current, previous, candidate;
	uint64_t next_generation;
	enum reload_state reload;
	int check_image_fd;          /* what check is writing */
	uint64_t build_end_at_ms;
	bool is_reload_wanted, is_upgrade_wanted;
	bool wants_fresh_edge;       /* after an upgrade: not in place */
	struct wish wish, next_wish; /* of the reload that runs; of the one that is remembered */
	struct change change;
	struct generation before;    /* what served before the first reload that nobody has confirmed yet; number 0: nothing waits */
	struct generation kept;      /* the same, while that reload is on its way */
	uint64_t confirm_at_ms;      /* when it comes back */
	bool is_going_back;
	uint64_t asked_id, answering_id;

	uint64_t files_stamp, files_due_ms;
	uint64_t begin_stamp, candidate_stamp;  /* of the current image when the reload began; of the candidate's */
	uint64_t deaths_ms[KEEPER_DEATHS];
	unsigned death_count;
	uint64_t restart_at_ms, backoff_ms;
	uint64_t resolve_at_ms, resolve_backoff_ms;
	uint64_t full_again_at_ms;   /* when a reduced edge is to be replaced by a full one */
	uint64_t watchdog_ms, watchdog_due_ms;
	bool is_reduced, is_pid_ours;

	bool is_ending, is_done;
	int exit_code;
};

#include "process/keeper_calls.h"  /* what the files offer each other */

#endif

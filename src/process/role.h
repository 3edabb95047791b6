/* A role: this binary, started by the keeper as `--role NAME` with a channel on descriptor 3, already without root.
 * cli/ hands its functions over and calls role_run; the functions below are all a role needs to talk to the keeper.
 *
 * Threads  role_receive_start and role_confine before the first thread; role_receive from one thread; the rest from any
 * Owns     what an order brings (images, descriptors) is the receiver's, until edge_plan_done
 */
#ifndef BOUCLIER_PROCESS_ROLE_H
#define BOUCLIER_PROCESS_ROLE_H

#include "base/address.h"
#include "base/list.h"
#include "process/channel.h"
#include "process/image.h"
#include "process/sandbox.h"
#include "process/shared.h"

#define HUB_SOCKET_NAME "hub.sock"  /* in the hub's folder: the keeper makes it, commands ask it */

/* -- what cli/ gives -- */

struct check_start {
	struct span config_path;     /* absolute */
	const struct span *roots;    /* --root folders */
	size_t root_count;
	struct span options;         /* keeper_plan.options, unread */
	struct image previous;       /* the last good image; empty at the first start */
	struct image overlay;        /* texts that stand for what is in files of that name (IMAGE_TEXT); empty: none */
};

struct role_link;

struct role_table {
	/* Reads and checks the configuration and writes the image; complaints go into the image, whatever the outcome.
	 * Anything but RESULT_OK: the start or the reload fails. Runs confined: it can read the config's folder, the roots and
	 * what the name resolver needs. */
	enum result (*check)(const struct check_start *start, struct image_writer *image);
	/* The edge, from role_receive_start to its exit code. */
	int (*edge)(struct role_link *link);
};

/* For main(): `if (argc >= 3 && !strcmp(argv[1], "--role")) return role_run(argv[2], &table);` Exit code. */
int role_run(const char *name, const struct role_table *table);

/* -- edge side -- */

struct edge_listener {
	uint64_t id;              /* the same socket keeps its id for life, through reloads and edges */
	int fd;                   /* listening, non-blocking; -1 in a PREPARE: you already have the one with this id */
	unsigned worker;          /* each worker owns its accept queue; one beyond the last worker is of a time with more: worker % workers takes it */
	struct endpoint endpoint;
	uint32_t flags;           /* what check wrote */
};

/* One generation of the configuration, with all it needs. */
struct edge_plan {
	uint64_t generation;
	struct image image;       /* what check wrote: settings, texts, views */
	struct image files;       /* IMAGE_FILE records with bytes: certificates, keys, CA bundles, as the keeper read them */
	struct edge_listener *listeners;  /* the whole list: what is not in it is no longer listened on */
	size_t listener_count;
};

/* One serves, one begins, four drain. */
#define ROLE_EDGES_MAX 6u

struct edge_start {
	struct edge_plan plan;
	unsigned workers;
	unsigned seat;            /* below ROLE_EDGES_MAX: no other edge that lives has it, so what is kept by seat has one writer */
	bool is_reduced;          /* strict reader, proxy, budgets only */
	struct span options;      /* keeper_plan.options; lives in the link */
	struct shared shared;
	int admin_fd;             /* listening unix socket, non-blocking; -1: none */
	int resolve_fd;           /* for resolve_client_*; non-blocking */
};

enum edge_order_kind {
	/* Build `plan` aside; then role_built, role_build_failed or role_ask_replacement. Built: accept on its new
	 * descriptors, close the listeners that are no longer listed. Otherwise: close the new descriptors, keep the old. */
	ORDER_PREPARE,
	ORDER_DRAIN,          /* take no new connections, finish in `drain_ms` at most, exit 0 */
	ORDER_RELOAD_RESULT,  /* answers every role_ask_reload with an id up to `id` */
	ORDER_ANSWER,         /* answers the role_ask_confirm, role_ask_back or role_ask_change of this `id` */
};

/* What became of what was asked. */
enum change_outcome {
	CHANGE_DONE,     /* a trial: it could be served */
	CHANGE_REFUSED,  /* the text says why: complaints of check, or a sentence */
	CHANGE_BUSY,     /* something else is being checked or built: ask again */
	CHANGE_STALE,    /* the file, or what serves, is not what the change was made from */
	CHANGE_NOTHING,  /* nothing waits to be confirmed */
};

struct edge_order {
	enum edge_order_kind kind;
	struct edge_plan plan;    /* ORDER_PREPARE: now the receiver's */
	uint64_t drain_ms;        /* ORDER_DRAIN */
	bool is_replaced;         /* ORDER_DRAIN: another edge took over: leave the listeners to it */
	uint64_t id;              /* ORDER_RELOAD_RESULT */
	uint64_t generation;      /* ORDER_RELOAD_RESULT: what serves from now on, here or in the edge that replaces this one */
	bool is_ok;
	enum change_outcome outcome; /* ORDER_ANSWER */
	int text_fd;              /* ORDER_RELOAD_RESULT: complaints (channel_text_read), the receiver's; -1: none */
};

struct role_link {
	struct channel channel;   /* watch channel.fd for reading, then call role_receive until RESULT_MORE */
	struct edge_plan pending; /* a PREPARE whose listeners are still coming */
	size_t pending_room;
	char options[1024];
	bool is_pending;
};

/* Blocks until the whole start has come. Anything but RESULT_OK: exit. */
enum result role_receive_start(struct role_link *link, struct edge_start *out) must_check;
/* Enters the edge's sandbox: reads its table's paths and the image's views, writes the state folder. RESULT_REFUSED:
 * role_failed and exit. Says on stderr what the kernel cannot do. */
enum result role_confine(struct role_link *link, const struct edge_start *start) must_check;
enum result role_ready(struct role_link *link) must_check;
/* The edge could not start; the caller then exits. TEXT is for people: whole sentences. */
void role_failed(struct role_link *link, struct span text);

/* RESULT_MORE: no whole order yet. RESULT_END: the keeper is gone: exit. */
enum result role_receive(struct role_link *link, struct edge_order *out) must_check;
enum result role_built(struct role_link *link, uint64_t generation) must_check;
enum result role_build_failed(struct role_link *link, uint64_t generation, struct span text) must_check;
/* This generation needs a fresh edge (other workers, other folders): the keeper starts one, and this one gets DRAIN. */
enum result role_ask_replacement(struct role_link *link, uint64_t generation) must_check;
/* How a configuration is asked for. */
struct reload_wish {
	uint64_t confirm_ms;      /* 0: it stays. Otherwise what serves now comes back after that, files and all, unless role_ask_confirm comes first */
	struct span note;         /* who and why, at most IMAGE_NOTE_MAX; goes into edge_plan.files unread (image_note) */
};

/* On behalf of the admin socket. ID ascends with every call, of each of these. */
enum result role_ask_reload(struct role_link *link, uint64_t id, const struct reload_wish *wish) must_check;
/* What serves, and waits to be confirmed, stays. CHANGE_NOTHING: nothing waits. */
enum result role_ask_confirm(struct role_link *link, uint64_t id) must_check;
/* It gives way at once. CHANGE_NOTHING; CHANGE_BUSY. */
enum result role_ask_back(struct role_link *link, uint64_t id, struct span note) must_check;

/* -- whoever may have the configuration changed: the hub (keeper_state.h, child.may_change) -- */

/* Texts in the place of what is in files, all or none of them.
 *
 * Shape    TEXTS is an image that the caller wrote into a memfd: IMAGE_TEXT records, a file each, and for each an IMAGE_BASE, what must be in that file, and
 *          must serve, for the change to be made: whoever edited meanwhile is not overwritten
 * Limits   CHANGE_FILES_MAX files, each of them one that serves now and lies below the configuration's folder. Security, fails closed: anything else is
 *          CHANGE_REFUSED, whoever asks; nothing is written that check has not accepted */
#define CHANGE_FILES_MAX 64u
struct role_change {
	struct reload_wish wish;
	bool is_trial;            /* only whether it could be served */
	int texts_fd;             /* stays the caller's */
};
struct change_text {
	struct span path, text, base;
};
/* The image of TEXTS, in a memfd that is the caller's. RESULT_LIMIT: none, or more than CHANGE_FILES_MAX. */
enum result role_change_texts(const struct change_text *list, size_t count, int *out_fd) must_check;
enum result role_ask_change(const struct channel *keeper, uint64_t id, const struct role_change *change) must_check;
/* Reads MESSAGE, a CHANNEL_ANSWER. TEXT_FD (-1: none) is the caller's. */
enum result role_read_answer(struct channel_message *message, struct edge_order *out) must_check;

/* Closes the images and frees the list; not the listeners' descriptors, which whoever accepts owns. */
void edge_plan_done(struct edge_plan *plan);

#endif

/* The loader: what is done to the kernel with rights, in a command that ends. It keeps CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON and gives up all else
 * first; it is the one thing here that has any.
 *
 *   links     the interfaces, over rtnetlink
 *   target    names -> interfaces to attach to
 *   bound     sockets that a program does not find
 *   machine   what the program must know of this machine: forwarding, time stamps, window scale
 *   pins      the folder of pinned maps, programs and links
 *   attach    the ladder: native XDP, generic XDP, nftables, nothing
 *   lists     a deny list loaded
 *   nft, nft_text   the third rung
 *   pending, undo, restore   what is undone unless it is confirmed
 *   confirmed       what was, for the next start of the machine
 *   locked_out      who will not get in after that
 *   files           the folders of both
 *
 * Everything that could lock somebody out (attach, lists) is undone after UNDO_S seconds unless loader_confirm. Only one such change waits
 * at a time.
 *
 * Errors   complained, with what to do
 * Threads  one at a time, across processes too (pending_lock)
 */
#ifndef BOUCLIER_PACKET_LOADER_LOADER_H
#define BOUCLIER_PACKET_LOADER_LOADER_H

#include "packet/control/publish.h"
#include "packet/loader/pending.h"
#include "packet/loader/target.h"
#include "packet/settings.h"
#include "packet/spared.h"

/* Gives up every right but the three. RESULT_REFUSED: it could not. */
enum result loader_limit_rights(void) must_check;

/* What was confirmed on one kind of rung is no other kind's: each does what the other does not. */
enum packet_only { PACKET_ANY_RUNG, PACKET_ONLY_XDP, PACKET_ONLY_NFT };

/* What an attach stood on. Of a machine that does not forward yet (containers start after the filter) what was confirmed on one that did is not in force either. */
struct packet_ground {
	enum packet_only only;
	bool forwards, has_vlans;                /* as in machine.h, over and above what is seen now */
};

struct packet_wish {
	const struct packet_filter_settings *settings;
	const struct packet_prefixes *allowed;   /* merged: management, trusted proxies, who is spared */
	const uint16_t *listens;                 /* TCP ports of the shield: state and cookies are asked of these */
	unsigned listen_count;
	const uint16_t *exposes;                 /* TCP ports that are never hidden: the same, and sshd's */
	unsigned expose_count;
	const struct spared *spared;             /* what `allowed` is made of */
	const struct packet_prefixes *denied;    /* merged: denied from now on. NULL: what is denied already */
	struct packet_ground ground;             /* all zero, but of what was confirmed */
	unsigned undo_s;                         /* 1 or more */
};

struct packet_outcome {
	struct packet_targets targets;
	enum packet_rung rung;                   /* the best that was reached */
	bool is_upgrade;                         /* a program that was attached before was replaced in place */
	struct published published;              /* not of nftables */
};

/* RESULT_OK: at least one interface is filtered; each target says how. RESULT_REFUSED: complained, and nothing was changed. */
enum result loader_attach(const struct packet_wish *wish, struct complaints *complaints, struct packet_outcome *out) must_check;

/* The list that is denied from now on, in place of the one before. RESULT_REFUSED: complained, and nothing was changed. */
enum result loader_deny(const struct packet_prefixes *denied, const struct packet_wish *wish, struct complaints *complaints, struct packet_outcome *out) must_check;

/* What a person confirmed last is what WISH wants now: DENIED then, merged, and what it stood on. Born by prefixes_init. RESULT_NOT_FOUND: nothing was confirmed, or it was detached;
 * RESULT_REFUSED: complained, of each key that differs. */
enum result loader_confirmed(const struct packet_wish *wish, struct complaints *complaints, struct packet_prefixes *denied, struct packet_ground *ground) must_check;
/* What waits stays, and is remembered for loader_confirmed. RESULT_NOT_FOUND: nothing waits. */
enum result loader_confirm(struct complaints *complaints) must_check;
/* Everything off, now: links, maps, our table of nftables; and what was confirmed is forgotten. RESULT_NOT_FOUND: there was nothing. RESULT_REFUSED: complained, of what is left. */
enum result loader_detach(struct complaints *complaints) must_check;

struct packet_state {
	bool is_attached, is_observing, has_nft, waits;
	bool is_confirmed;                       /* something: a start of the machine attaches it */
	struct packet_targets targets;           /* of XDP: what is attached now, and how */
	uint64_t heartbeat_ns;                   /* the controller's last, of CLOCK_MONOTONIC; 0: none, or no maps */
	uint64_t left_ns;                        /* until what waits is undone */
	enum pending_kind kind;
	struct packet_maps maps;                 /* the caller closes them; all -1 without rights */
	char undone[512];                        /* the last change that was undone; empty: none */
};
/* What is there, without changing anything but an overdue change, which is undone. RESULT_REFUSED: complained. */
enum result loader_look(struct complaints *complaints, struct packet_state *out) must_check;

/* -- between the files of the loader -- */

#define LOADER_COMPLAIN(complaints, suggestion, ...) complain(complaints, COMPLAINT_ERROR, (struct place){ .line = 0 }, SPAN(suggestion), __VA_ARGS__)
#define LOADER_WARN(complaints, suggestion, ...) complain(complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN(suggestion), __VA_ARGS__)

/* Takes the lock and undoes what is overdue. RESULT_REFUSED: complained. Where MAY_WAIT is false, a change that waits is a complaint too. */
enum result loader_begin(bool may_wait, struct complaints *complaints, int *lock) must_check;
/* The rung of nftables: attached; a list in place of the one before; removed; is it there? */
enum result loader_nft_apply(const struct packet_wish *wish, const struct packet_prefixes *denied, struct packet_targets *targets,
                             struct complaints *complaints) must_check;
enum result loader_nft_deny(const struct packet_wish *wish, const struct packet_prefixes *denied, struct complaints *complaints) must_check;
enum result loader_nft_remove(struct complaints *complaints) must_check;
bool loader_nft_is_attached(void);

#endif

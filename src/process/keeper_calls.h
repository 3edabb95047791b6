/* What the keeper_*.c files call of each other. keeper_state.h says which file does what, and brings this with it.
 *
 * Owns     struct keeper is keeper_run's
 * Threads  one
 */
#ifndef BOUCLIER_PROCESS_KEEPER_CALLS_H
#define BOUCLIER_PROCESS_KEEPER_CALLS_H

#include "process/keeper_state.h"

/* -- keeper.c -- */
/* One line on stderr; errors always, the rest unless is_quiet. Control characters become '?'. */
void keeper_error(const struct keeper *keeper, const char *format, ...) __attribute__((format(printf, 2, 3)));
void keeper_note(const struct keeper *keeper, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Complaints as they are, whole lines. */
void keeper_print(struct span text);
void keeper_end(struct keeper *keeper, int exit_code);

/* -- keeper_reload.c -- */
/* Starts a reload, or remembers that one is wanted. WISH: NULL: nobody said how. */
void keeper_reload_begin(struct keeper *keeper, const struct wish *wish);
void keeper_reload_checked(struct keeper *keeper, int exit_status);
/* The edge in CHILD_EDGE answered a PREPARE. */
void keeper_reload_built(struct keeper *keeper, uint64_t generation);
void keeper_reload_refused(struct keeper *keeper, uint64_t generation, const char *why);
void keeper_reload_replace(struct keeper *keeper, uint64_t generation);
/* The edge in CHILD_NEXT is ready, or did not make it. */
void keeper_next_ready(struct keeper *keeper);
void keeper_next_dead(struct keeper *keeper);
/* Ends the reload that runs; TEXT for people when it failed. */
void keeper_reload_end(struct keeper *keeper, bool is_ok, struct span text);
void keeper_reload_tick(struct keeper *keeper, uint64_t now_ms);
void generation_done(struct generation *generation);
/* The same image held once more, under NUMBER; without files. */
enum result generation_copy(const struct generation *from, uint64_t number, struct generation *out) must_check;

/* Serves keeper->candidate, an image that check has accepted (again). */
void keeper_reload_accept(struct keeper *keeper);
/* Starts check, as keeper->wish and keeper->change say. */
void keeper_reload_check(struct keeper *keeper);

/* -- keeper_back.c -- */
/* Before a reload that waits to be confirmed is served: holds what serves now. RESULT_OK also when there is nothing to hold. */
enum result keeper_back_hold(struct keeper *keeper) must_check;
/* The candidate has become current: the time to confirm begins, or going back is over. */
void keeper_back_committed(struct keeper *keeper);
/* The reload failed. */
void keeper_back_failed(struct keeper *keeper);
/* False: nothing waits. */
bool keeper_back_confirm(struct keeper *keeper);
enum change_outcome keeper_back_begin(struct keeper *keeper, struct span note);
void keeper_back_tick(struct keeper *keeper, uint64_t now_ms);
/* The shield is ended. */
void keeper_back_end(struct keeper *keeper);

/* -- keeper_change.c -- */
void keeper_change_begin(struct keeper *keeper, struct child *asker, struct channel_message *message);
/* check has exited, and it was a trial. TEXT: its complaints. */
void keeper_change_tried(struct keeper *keeper, bool is_good, struct span text);
/* The candidate is what it makes: its texts are put in place. False: WHY says why not. True also when there is no change. */
bool keeper_change_write(struct keeper *keeper, struct buffer *why) must_check;
/* The reload that the change was is over. */
void keeper_change_end(struct keeper *keeper, bool is_ok, struct span text);
void keeper_answer(const struct keeper *keeper, const struct child *asker, uint64_t id, enum change_outcome outcome, struct span text);

/* -- keeper_put.c -- */
/* Once, at the start: which folders are the configuration's. */
void keeper_put_begin(struct keeper *keeper);
/* Is PATH a file below the folder of the configuration, wherever links lead? */
bool keeper_is_ours(const struct keeper *keeper, struct span path);
/* Is exactly TEXT in the file? */
bool keeper_file_holds(struct span path, struct span text);
/* The files that IMAGE has texts of hold them again; files that NOW has and IMAGE has not are moved aside. What is in a file and in neither is kept beside
 * it. WHY gets a sentence for everything that could not be done; the rest is done all the same. */
enum result keeper_put_back(struct keeper *keeper, const struct image *image, const struct image *now, struct buffer *why) must_check;
/* TEXT takes the place of the file. */
enum result keeper_put(struct keeper *keeper, struct span path, struct span text, struct buffer *why) must_check;

/* -- keeper_children.c -- */
bool keeper_start_check(struct keeper *keeper, const char *program);
/* Starts an edge in SLOT with GENERATION. False: said on stderr. */
bool keeper_start_edge(struct keeper *keeper, enum child_slot slot, const struct generation *generation, bool is_reduced);
bool keeper_start_resolve(struct keeper *keeper);
enum result keeper_send_plan(struct keeper *keeper, struct child *edge, const struct generation *generation, bool is_start);
void keeper_drain(struct keeper *keeper, enum child_slot slot, bool is_replaced);
/* Moves the edge of CHILD_EDGE to a free slot for old ones. */
void keeper_retire_edge(struct keeper *keeper);
void keeper_read_child(struct keeper *keeper, enum child_slot slot);
/* Collects every child that ended. */
void keeper_reap(struct keeper *keeper);
void keeper_kill(struct child *child);
/* Starts PROGRAM in SLOT as ROLE. False: said on stderr. */
bool keeper_start_child(struct keeper *keeper, enum child_slot slot, const char *program, const char *role);
void child_done(struct child *child);

/* -- keeper_crash.c -- */
/* SERVED_MS since its READY; 0: it never said so. */
void keeper_edge_died(struct keeper *keeper, uint64_t served_ms);
/* Notes what processes take, when it is due (keeper_usage.c). */
void keeper_usage_tick(struct keeper *keeper, uint64_t now_ms);
void keeper_crash_tick(struct keeper *keeper, uint64_t now_ms);
/* The edge in CHILD_EDGE serves. */
void keeper_go_live(struct keeper *keeper);

/* -- keeper_listeners.c -- */
/* Opens what IMAGE asks for and is not open yet; WHY gets a sentence on failure. */
enum result keeper_listeners_open(struct keeper *keeper, const struct image *image, struct buffer *why) must_check;
/* Closes addresses that neither image asks for, and sockets beyond what they ask for that no edge was given; visitors go to SERVING's. */
void keeper_listeners_keep(struct keeper *keeper, const struct image *serving, const struct image *candidate);
/* The edge that serves has every socket. */
void keeper_listeners_given(struct keeper *keeper);
void keeper_listeners_close(struct keeper *keeper);
const struct keeper_socket *keeper_find_socket(const struct keeper *keeper, const struct endpoint *endpoint);
/* A listening socket of its own, or -1 with errno. */
int keeper_listen_once(const struct endpoint *endpoint);

/* -- keeper_places.c -- */
enum result keeper_admin_open(struct keeper *keeper, const struct image *image, struct buffer *why) must_check;
void keeper_admin_remove(struct keeper *keeper);
/* A unix socket at ADDRESS of MODE, listening, or -1 with errno. One that nobody answers is replaced. */
int keeper_listen_unix(const struct sockaddr_un *address, unsigned mode);
bool keeper_folder_is_empty(int fd);
/* Makes it if it is not there, gives it to the roles' user, and locks it for this keeper. */
enum result keeper_state_folder(struct keeper *keeper, const struct image *image, struct buffer *why) must_check;

/* -- keeper_files.c -- */
/* A sealed image of the files that IMAGE names, with NOTE. LAST (may be empty) lends the bytes of one that cannot be read now. */
enum result keeper_files_read(struct keeper *keeper, const struct image *image, const struct image *last, struct span note, int *out_fd,
                              struct buffer *why) must_check;
/* The hub's files of IMAGE, with their bytes, into WRITER. One that cannot be read has its errno, and the bytes that LAST had. */
enum result keeper_files_add_hub(struct keeper *keeper, const struct image *image, const struct image *last, struct image_writer *writer) must_check;
/* Changes when a file on disk does. */
uint64_t keeper_files_stamp(const struct image *image);
bool keeper_seal(int fd);

/* -- keeper_hub.c -- */
/* What is current serves: the hub that it wants is started, told anew, or ended. Availability: whatever is wrong with a hub, nothing of the shield fails. */
void keeper_hub_settle(struct keeper *keeper);
void keeper_hub_died(struct keeper *keeper, enum child_slot slot, bool was_asked, uint64_t lived_ms);
void keeper_hub_ready(struct keeper *keeper);
void keeper_hub_tick(struct keeper *keeper, uint64_t now_ms);
/* The keeper ends. */
void keeper_hub_end(struct keeper *keeper);
void keeper_hub_done(struct keeper *keeper);

/* -- keeper_hub_files.c -- */
/* A sealed image of what IMAGE has for the hub, its files among them; -1: nothing, or no memory, which is said. */
int keeper_hub_image(struct keeper *keeper, const struct image *image);
/* Folder and socket. False: said on stderr. */
bool keeper_hub_place(struct keeper *keeper);
/* False: said on stderr. */
bool keeper_hub_listen(struct keeper *keeper);
void keeper_hub_unlisten(struct keeper *keeper);
/* The admin socket becomes its user's, so that it may ask the shield. */
void keeper_hub_open_admin(struct keeper *keeper);

/* -- keeper_upgrade.c -- */
void keeper_upgrade_begin(struct keeper *keeper);
void keeper_upgrade_rehearsed(struct keeper *keeper, int exit_status);
/* RESULT_OK: this keeper continues one that executed us, and KEEPER holds what it held. RESULT_NOT_FOUND: a fresh start. */
enum result keeper_upgrade_adopt(struct keeper *keeper) must_check;

#endif

/* The controller: what a process without any capability does to the kernel filter, with nothing but the descriptors of its maps.
 *
 * For the keeper's wiring: a role is given the maps by packet_maps_send, takes them (packet_maps_take), makes a controller of them
 * (control_new) and
 *   - beats every second (control_beat): without it, what was learned (bans, budgets) is asked no more after
 *     PACKET_HEARTBEAT_NS: availability, fails open; lists, malformed packets and cookies stay
 *   - has guard/'s bans and lifts (control_ban, control_unban): one system call each, so they hold from the next packet on
 *   - reads counters once a second (control_count) and events as the ring wakes it (control_events_fd, control_events_read)
 * It calls bpf(2) for MAP_UPDATE, MAP_LOOKUP, MAP_DELETE, MAP_GET_NEXT_KEY and OBJ_GET_INFO_BY_FD, and mmap: no other command is needed.
 *
 * Units    times in ns of CLOCK_MONOTONIC
 * Owns     control_new takes MAPS over; control_free closes them
 * Threads  one at a time, but control_beat from any: one aligned store
 */
#ifndef BOUCLIER_PACKET_CONTROL_CONTROL_H
#define BOUCLIER_PACKET_CONTROL_CONTROL_H

#include "base/address.h"
#include "packet/control/maps.h"

struct control;

/* RESULT_OK: MAPS are the controller's, and MAPS itself holds none any more. RESULT_IO: errno tells; RESULT_NO_MEMORY. */
enum result control_new(struct packet_maps *maps, struct control **out) must_check;
void control_free(struct control *control);
const struct packet_maps *control_maps(const struct control *control);

/* The program's own settings: written where they lie, field by field; the program may see one field new and another old. */
struct packet_settings *control_settings(struct control *control);
void control_beat(struct control *control);
/* What lets more through, one store each: a port among those that may be reached (or that the shield listens on), nothing dropped any more. The loader alone takes it back. */
enum control_ports { CONTROL_EXPOSED_TCP, CONTROL_EXPOSED_UDP, CONTROL_PROTECTED_TCP };
void control_open_port(struct control *control, enum control_ports which, uint16_t port);
void control_observe(struct control *control);

/* -- bans -- */

/* The number the program knows ADDRESS by: an IPv6 /64 is one source. RESULT_REFUSED: an IPv6 address that the program takes for malformed (::/32). */
enum result packet_source_of(const struct address *address, packet_source *out) must_check;
/* An address of SOURCE, for people. */
struct address packet_source_address(packet_source source);

/* Over a ban that is there. RESULT_LIMIT: PACKET_BANS_MAX are there. RESULT_IO: errno tells. */
enum result control_ban(struct control *control, packet_source source, const struct packet_ban *ban) must_check;
/* RESULT_NOT_FOUND: it is not banned. */
enum result control_unban(struct control *control, packet_source source) must_check;
enum result control_ban_find(struct control *control, packet_source source, struct packet_ban *out) must_check;
/* Calls EACH for every ban that is not over. Their number. Changes nothing: who only looks may have no part in it. */
size_t control_bans(struct control *control, void (*each)(void *context, packet_source source, const struct packet_ban *ban), void *context);
/* Takes out those that are over. */
void control_sweep(struct control *control);

/* -- what the program tells -- */

/* Since the maps were made, of all CPUs. RESULT_IO. */
enum result control_count(struct control *control, struct packet_count out[PACKET_REASON_COUNT]) must_check;
/* Readable when there are events; -1 where the ring cannot be had. Never closed by the caller. */
int control_events_fd(struct control *control);
/* Calls EACH for what is in the ring, and returns how many; at most one ring full. */
size_t control_events_read(struct control *control, void (*each)(void *context, const struct packet_event *event), void *context);

#endif

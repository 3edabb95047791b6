/* The admin socket: what a running edge answers to `status`, `top`, `reload`, `bypass` and `ban`, and to a monitoring system.
 *
 *     unix socket     GET /healthz /readyz /metrics /status, POST /reload /reload/confirm /reload/back /probe /probe/reports /purge, POST and DELETE /bypass, /ban, /maintenance and /admit,
 *                     GET /bans
 *     loopback port   GET /healthz /readyz /metrics
 *
 * It runs in the service thread beside the keeper's orders: everything is non-blocking, and every client has a clock.
 * Who may write is said by the mode of the socket's file (0600 by default): there are no passwords here.
 *
 * Shape    HTTP/1.1, one request a connection
 * Limits   ADMIN_CLIENTS_MAX at once (the oldest goes first, those of the port before those of the socket),
 *          ADMIN_CLIENT_MS each, ADMIN_HEAD_BYTES_MAX a head,
 *          ADMIN_BODY_BYTES_MAX a body
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_ADMIN_ADMIN_H
#define BOUCLIER_CLI_ADMIN_ADMIN_H

#include "cli/edge/state.h"

#define ADMIN_CLIENTS_MAX 64u
#define ADMIN_CLIENT_MS 10000u
#define ADMIN_RELOAD_MS 120000u        /* for POST /reload: a check of thousands of files takes its time */
#define ADMIN_HEAD_BYTES_MAX 65536u
#define ADMIN_BODY_BYTES_MAX 65536u
#define ADMIN_ANSWER_BYTES_MAX ((size_t)64 << 20)

struct admin;

/* Serves STATE's start.admin_fd (-1: no unix socket) in STATE's loop, which exists already. NULL without memory. */
struct admin *admin_new(struct edge_state *state) must_check;
/* A listening descriptor for the loopback port, from the keeper; ADMIN closes it. ID as in struct edge_listener: a second
 * one with that id is closed at once. */
enum result admin_add_listener(struct admin *admin, int fd, uint64_t id) must_check;
/* Closes the loopback listeners whose id is not in KEPT. */
void admin_keep_listeners(struct admin *admin, const uint64_t *kept, size_t count);
/* Another edge has taken over: it answers from now on; clients already here are served to their end. */
void admin_leave(struct admin *admin);
/* ORDER is an ORDER_RELOAD_RESULT: answers every POST /reload with an id up to its. TEXT: complaints, may be empty. */
void admin_reload_result(struct admin *admin, const struct edge_order *order, struct span text);
/* ORDER is an ORDER_ANSWER: answers who asked with its id. */
void admin_keeper_answer(struct admin *admin, const struct edge_order *order, struct span text);
/* Closes everything. NULL is nothing. */
void admin_free(struct admin *admin);

#endif

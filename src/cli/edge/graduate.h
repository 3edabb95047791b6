/* Sites that move from detect to block by themselves (edge/hits/graduate.h): looked at each second, announced, moved, kept in the state
 * folder, and taken back by a person.
 *
 * Limits   GRADUATES_MAX sites are remembered, those that the file does not name now among them
 * Owns     its list
 * Threads  the service thread's; workers read is_moved of a plan's sites
 */
#ifndef BOUCLIER_CLI_EDGE_GRADUATE_H
#define BOUCLIER_CLI_EDGE_GRADUATE_H

#include "cli/edge/state.h"
#include "edge/hits/graduate.h"

#define GRADUATES_MAX 65536u
#define GRADUATES_FILE "waf-graduates.json"
#define GRADUATES_ASIDE GRADUATES_FILE ".damaged"

struct graduate {
	struct graduate *next;        /* of all */
	struct graduate *same;        /* of a bucket */
	uint64_t key;                 /* plan_site_key */
	struct graduation graduation;
	uint32_t kept_bad_s;          /* as the file has it */
	char *name;
};

/* With what the state folder keeps; nothing where it keeps nothing. NULL: no memory. */
struct edge_graduates *edge_graduates_new(struct edge_state *state) must_check;
void edge_graduates_free(struct edge_graduates *graduates);
/* SNAPSHOT is about to serve: its sites are in the mode that they moved to. */
void edge_graduates_prepare(struct edge_graduates *graduates, struct snapshot *snapshot);
/* Now and then. Not of an edge that drains: another looks. */
void edge_graduates_tick(struct edge_graduates *graduates);

enum graduate_order { GRADUATE_NOW, GRADUATE_UNDO, GRADUATE_AGAIN };
/* A person's word. RESULT_REFUSED: SITE does not graduate (it is not in detect, or says no `graduate`). RESULT_NO_MEMORY. RESULT_IO: done, but it
 * could not be kept. */
enum result edge_graduates_order(struct edge_graduates *graduates, struct edge_site *site, enum graduate_order order) must_check;
/* What is known of SITE; NULL: nothing. FACTS are as of now. */
const struct graduation *edge_graduates_find(const struct edge_graduates *graduates, const struct edge_site *site, struct graduation_facts *facts);

/* -- graduate_store.c: the file in the state folder -- */

/* Appends what the file has to *LIST. RESULT_MALFORMED: it is damaged, and is left alone. RESULT_NOT_FOUND: there is none. */
enum result graduates_read(int state_fd, struct graduate **list) must_check;
/* A file that could not be read gets another name, GRADUATES_ASIDE, so that a person may look at it. None is there: RESULT_OK. RESULT_IO. */
enum result graduates_set_aside(int state_fd) must_check;
/* A whole new file, or none. RESULT_IO. */
enum result graduates_write(int state_fd, const struct graduate *list) must_check;
/* NULL: no memory. */
struct graduate *graduate_new(struct span name) must_check;
void graduates_drop(struct graduate *list);

#endif

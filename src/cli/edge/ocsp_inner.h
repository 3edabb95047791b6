/* The insides of ocsp.c, ocsp_store.c and ocsp_tell.c. */
#ifndef BOUCLIER_CLI_EDGE_OCSP_INNER_H
#define BOUCLIER_CLI_EDGE_OCSP_INNER_H

#include "cli/edge/ocsp.h"
#include "net/digest.h"
#include "net/ocsp.h"

/* When a person was told (0: not since it last held), and what was so then. */
struct stapling_told {
	int64_t at_ms;
	bool was_stapled, was_revoked;
};

/* One certificate with what is said about stapling, however many sites share it. Times are of the wall clock, milliseconds. */
struct stapling {
	struct list node;
	unsigned char key[DIGEST_LEN];    /* of the chain, and of the word or the file's bytes */
	struct staple *staple;
	struct certificate certificate;   /* the chain, without the key */
	char *path, *site;                /* for the sentences; the site is the first that uses it */
	bool is_fetched, is_revoked;
	uint64_t generation;              /* the last that used it */
	struct ocsp_times times;          /* of what is stapled; zero: nothing */

	char url[OCSP_URL_MAX];           /* empty: there is nobody to ask */
	int64_t due_ms;                   /* when it is asked for (again) */
	unsigned failures;                /* in a row */
	char why[FETCH_WHY_MAX + 64];     /* of the last failure; empty: the last one held */

	struct stapling_told told;
};

struct edge_ocsp {
	struct edge_state *state;
	struct list all;
	struct timer timer;
	struct stapling *asking;          /* one at a time; NULL: none */
	uint64_t id, asked_mono_ms;       /* of the question */
};

/* -- ocsp_tell.c: says what there is to say, if it has not been said today -- */

void ocsp_tell(struct edge_state *state, struct stapling *stapling, int64_t now_ms);

/* -- ocsp_store.c: the state folder; STATE_FD -1: there is none, and nothing is kept -- */

/* Bytes read into OUT (STAPLE_MAX); 0: none. */
size_t ocsp_store_read(int state_fd, const unsigned char key[DIGEST_LEN], char *out);
bool ocsp_store_write(int state_fd, const unsigned char key[DIGEST_LEN], struct span der);
void ocsp_store_remove(int state_fd, const unsigned char key[DIGEST_LEN]);
/* Removes every file of it that is older than a month, whatever wrote it. */
void ocsp_store_prune(int state_fd, int64_t now_ms);

#endif

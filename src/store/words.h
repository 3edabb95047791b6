/* Names as small numbers: sources, tenants, sites, kinds of counts. A name that has a number keeps it.
 *
 * Limits   of each kind, STORE_..._MAX; beyond them, and of a name longer than STORE_NAME_MAX, the number is WORD_OTHER
 * Owns     copies of all names. Reads the whole table at birth, and again after words_undo
 * Threads  one at a time
 */
#ifndef BOUCLIER_STORE_WORDS_H
#define BOUCLIER_STORE_WORDS_H

#include "store/sqlite.h"

enum word_kind { WORD_ANY, WORD_SOURCE, WORD_TENANT, WORD_SITE, WORD_COUNT, WORD_KINDS };

#define WORD_NONE 0u   /* no tenant, no site */
#define WORD_OTHER 1u

struct word {
	enum word_kind kind;
	uint32_t parent;       /* of a site: its tenant */
	bool is_now;           /* of a site: of those with this name the one that was seen last */
	struct span text;
};

struct words {
	struct database *database;
	struct statement *insert, *move, *now;
	struct arena arena;
	struct word *list;     /* number N is list[N - 1] */
	uint32_t count;
	uint32_t counts[WORD_KINDS];
	uint32_t *index;       /* by hash of kind and text */
	bool is_new;           /* names that are not committed yet */
	bool is_stale;
};

enum result words_init(struct words *words, struct database *database) must_check;
void words_done(struct words *words);
/* Reads the table if it must be read (again). */
enum result words_ready(struct words *words) must_check;
/* What was not committed is forgotten. */
void words_undo(struct words *words);

/* WORD_NONE when there is none. */
uint32_t words_find(const struct words *words, enum word_kind kind, uint32_t parent, struct span text);
/* Begins a transaction of the database where a new name must be written. */
enum result words_intern(struct words *words, enum word_kind kind, struct span text, uint32_t *out) must_check;
/* The site that TENANT calls TEXT; from now on it is the one of that name. Counts that came before anybody named a tenant are TENANT's then. */
enum result words_site(struct words *words, uint32_t tenant, struct span text, uint32_t *out) must_check;
/* The site of that name, whoever's it is now. */
enum result words_site_now(struct words *words, struct span text, uint32_t *out) must_check;
/* The same number for all sites of SITE's name, whoever's they are: the journal has one row of totals for a name. */
uint32_t words_same_name(const struct words *words, uint32_t site);
/* NULL for WORD_NONE. */
const struct word *words_at(const struct words *words, uint32_t number);
struct span words_text_of(const struct words *words, uint32_t number);

#endif

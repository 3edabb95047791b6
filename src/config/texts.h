/* The texts of a configuration, by path: read from disk with limits, or given from an image of texts already read.
 *
 * Limits   TEXT_MAX_BYTES a file, CONFIG_TEXTS_MAX files, TEXTS_MAX_BYTES in all
 * Owns     paths and texts live in the set's arena
 */
#ifndef BOUCLIER_CONFIG_TEXTS_H
#define BOUCLIER_CONFIG_TEXTS_H

#include "base/arena.h"
#include "base/complaint.h"

#define TEXT_MAX_BYTES ((size_t)4 << 20)
#define CONFIG_TEXTS_MAX 4096
#define TEXTS_MAX_BYTES ((size_t)256 << 20)
#define TENANT_TEXT_MAX_BYTES ((size_t)512 << 10)  /* a file of a tenant, and all of them together */

struct config_tenant;
struct snapshot;
struct site;

/* What a site is asked once it is read: by whom, and where complaints go. */
struct site_question {
	const struct snapshot *snapshot;
	const struct site *site;
	const struct config_tenant *tenant;  /* whose file says it; NULL: the administrator's */
	bool is_previous;                    /* it is of the tenant's last good texts */
	struct complaints *complaints;       /* an error here breaks the tenant, or refuses the whole where there is none */
	struct complaints *all;              /* an error here refuses the whole: what is wrong is not the tenant's */
};

struct config_text {
	struct span path;  /* absolute */
	struct span text;
};

/* In the order they were read; the first is the main file. */
struct config_texts {
	struct arena arena;
	struct config_text *list;
	size_t count, size;
};

void config_texts_init(struct config_texts *texts);
void config_texts_done(struct config_texts *texts);
/* Copies both. RESULT_LIMIT beyond the limits. */
enum result config_texts_add(struct config_texts *texts, struct span path, struct span text) must_check;
const struct config_text *config_texts_find(const struct config_texts *texts, struct span path);

/* Where one reading takes its texts from, and what it took.
 *
 * Owns     `given`, which config_source_done frees; a caller that keeps it (the last good texts) copies the struct and
 *          config_texts_init's the source's
 */
struct config_source {
	struct span path;                    /* the main file, absolute */
	const struct config_texts *image;    /* NULL: from disk */
	const struct config_texts *overlay;  /* from disk, but for these: a change that is tried before it is made; NULL: none */
	const struct config_texts *previous; /* the last good texts: a broken tenant goes on with its own; NULL: none */
	bool is_strict;                      /* `check`: a broken tenant is an error like any other */
	/* What else is to be asked of each site before it is taken, also where its file has errors elsewhere. NULL: nothing. */
	void (*check_site)(void *context, const struct site_question *question);
	void *check_context;
	struct config_texts given;           /* every text that the snapshot was made of */
	char path_text[4096];
};

/* PATH may be relative (to the working directory). RESULT_LIMIT: too long. */
enum result config_source_init(struct config_source *source, struct span path) must_check;
void config_source_done(struct config_source *source);

/* The text at PATH, noted in `given`. BENEATH, when not empty, is a folder: PATH must lie in it, and no symbolic link may
 * lead there (a tenant's files). Anything else than RESULT_OK has been complained about, at PLACE when the file is not there. */
enum result config_source_read(struct config_source *source, struct span path, struct span beneath, struct place place,
                               struct complaints *complaints, struct span *text) must_check;
/* Who is asked while files are listed: what one tenant has in its folder must not fail the list for all. */
struct config_lister {
	void *context;
	bool (*is_wanted)(void *context, struct span path);
	bool (*is_excused)(void *context, struct span folder, int error);  /* FOLDER cannot be listed, and that is no error */
};
/* Adds the paths that match PATTERN (absolute; * ? [..] within a segment) to PATHS, sorted, without what is there already. */
enum result config_source_list(struct config_source *source, struct span pattern, struct place place, const struct config_lister *lister,
                               struct complaints *complaints, struct config_texts *paths) must_check;

/* The same, and nobody is told when there are none. */
enum result config_source_match(struct config_source *source, struct span pattern, struct place place, const struct config_lister *lister,
                                struct complaints *complaints, struct config_texts *paths) must_check;

#endif

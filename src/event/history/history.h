/* The configurations that came to serve, the last HISTORY_MAX: each with all its texts, who brought it, and why. The edge writes them, for it knows what
 * serves, and the folder is its own; commands and the hub read them. docs/configuration-history.md
 *
 * Shape    FOLDER (<state>/config): NUMBER.json, one a configuration; texts/DIGEST, each text once, under its SHA-256. Numbers ascend for ever
 * Limits   HISTORY_MAX configurations, HISTORY_FILES_MAX texts of HISTORY_TEXT_MAX bytes each, HISTORY_BYTES_MAX in one configuration
 * Errors   what is read is held against its limits and its digest: who may write to the folder is not who reads it. RESULT_MALFORMED: damaged, or not ours
 * Owns     nothing but what a call says; descriptors of folders are the caller's
 * Threads  one writer; any number of readers beside it: what is there is whole
 */
#ifndef BOUCLIER_EVENT_HISTORY_HISTORY_H
#define BOUCLIER_EVENT_HISTORY_HISTORY_H

#include "base/buffer.h"

#define HISTORY_FOLDER "config"       /* below the state folder */
#define HISTORY_MAX 50u
#define HISTORY_FILES_MAX 4096u
#define HISTORY_TEXT_MAX ((size_t)4 << 20)
#define HISTORY_BYTES_MAX ((size_t)64 << 20)
#define HISTORY_WHO_MAX 127u
#define HISTORY_WHY_MAX 511u
#define HISTORY_DIGEST_LEN 64u        /* hexadecimal */

/* How a configuration came to serve. */
#define HISTORY_HOW_LIST(X) \
	X(START, "start", "the shield started with it") \
	X(RELOAD, "reload", "somebody asked for a reload, or signalled it") \
	X(ROLLBACK, "rollback", "somebody went back to an earlier one") \
	X(PROPOSAL, "proposal", "a proposal was applied") \
	X(WENT_BACK, "went-back", "the shield went back by itself")

enum history_how {
#define HISTORY_HOW_NAME(name, word, text) HISTORY_##name,
	HISTORY_HOW_LIST(HISTORY_HOW_NAME)
#undef HISTORY_HOW_NAME
	HISTORY_HOW_COUNT,
};

/* "reload". RESULT_NOT_FOUND: no such word. */
struct span history_how_word(enum history_how how);
enum result history_how_read(struct span word, enum history_how *out) must_check;

/* What goes with an order to serve a configuration, through the keeper, who does not read it: JSON of {"how","who","why"}. */
struct history_note {
	enum history_how how;
	struct span who, why;             /* cut at their maxima by the writer; control characters become '?' */
};

#define HISTORY_NOTE_MAX 2048u
enum result history_note_write(const struct history_note *note, struct buffer *out) must_check;
/* Never fails: what cannot be read is a reload by nobody who said who he is. WHO and WHY point into STORE. */
struct history_note_store {
	char who[HISTORY_WHO_MAX + 1], why[HISTORY_WHY_MAX + 1];
};
struct history_note history_note_read(struct span text, struct history_note_store *store);

struct history_file {
	struct span path;                 /* absolute */
	struct span text;                 /* of writing */
	char digest[HISTORY_DIGEST_LEN];  /* of reading */
	uint64_t bytes;
};

struct history_change {
	struct history_note note;
	uint64_t generation, at_ms;       /* wall clock */
	const struct history_file *files; /* the main file first */
	size_t count;
};

/* Makes the folder below STATE, for its owner alone, and opens it. RESULT_IO: errno. */
enum result history_open(int state, int *out) must_check;
/* The same for a reader: nothing is made. RESULT_NOT_FOUND: no configuration was kept yet. */
enum result history_open_to_read(int state, int *out) must_check;
/* Keeps a configuration, unless it is the last one's texts again: then NUMBER is that one's and IS_NEW false. Older ones than the last HISTORY_MAX go,
 * with texts that only they had. RESULT_IO, RESULT_LIMIT, RESULT_NO_MEMORY: nothing was kept, what was there stays. */
enum result history_add(int folder, const struct history_change *change, uint64_t *number, bool *is_new) must_check;

struct history_entry {
	uint64_t number, generation, at_ms;
	struct history_note note;         /* in STORE */
	struct history_note_store store;
	struct history_file *files;       /* without texts; paths live in ROOT */
	size_t count;
	struct json *root;
};

/* Ascending; how many there are. RESULT_IO. */
enum result history_list(int folder, uint64_t numbers[HISTORY_MAX], size_t *count) must_check;
/* RESULT_OK: OUT needs history_entry_done. RESULT_NOT_FOUND: not kept. */
enum result history_read(int folder, uint64_t number, struct history_entry *out) must_check;
void history_entry_done(struct history_entry *entry);
const struct history_file *history_find(const struct history_entry *entry, struct span path);
/* Appends the text. RESULT_MALFORMED: its file is gone or damaged. */
enum result history_text(int folder, const struct history_file *file, struct buffer *out) must_check;


#endif

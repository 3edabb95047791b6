/* Between the files of event/history/, and for its fuzzer. */
#ifndef BOUCLIER_EVENT_HISTORY_INSIDE_H
#define BOUCLIER_EVENT_HISTORY_INSIDE_H

#include "event/history/history.h"

struct json;

#define HISTORY_ENTRY_MAX ((size_t)24 << 20)        /* HISTORY_FILES_MAX paths at their longest */
#define HISTORY_AT_MAX 253402300799999u             /* the end of 9999: later has no four digits */
#define HISTORY_LIST_MAX 4096u                      /* configurations that are looked at when old ones go */

/* One of the files, from its text. */
enum result history_entry_read(struct span text, struct history_entry *out) must_check;
/* `how`, `who`, `why` of an object. */
struct history_note history_note_of(const struct json *object, struct history_note_store *store);
enum result history_digest(struct span text, char out[HISTORY_DIGEST_LEN]) must_check;
/* The newest MOST, ascending. */
enum result history_list_all(int folder, uint64_t *numbers, size_t most, size_t *count) must_check;

#endif

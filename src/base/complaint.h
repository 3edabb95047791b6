/* What is wrong, where, and what would be right: every error a person reads is one of these.
 *
 * Limits   a list keeps COMPLAINTS_MAX; more are counted in `dropped`
 * Owns     text lives in the list's own arena
 */
#ifndef BOUCLIER_BASE_COMPLAINT_H
#define BOUCLIER_BASE_COMPLAINT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/span.h"

#define COMPLAINTS_MAX 1000

enum complaint_kind { COMPLAINT_ERROR, COMPLAINT_WARNING };

struct complaint {
	enum complaint_kind kind;
	struct span file;       /* empty: no file */
	unsigned line, column;  /* 1-based; 0: not known */
	struct span text;
	struct span suggestion; /* empty: none. A whole sentence: "did you mean origins?" */
};

struct place {
	struct span file;
	unsigned line, column;
};

struct complaints {
	struct arena arena;
	struct complaint *list;
	size_t count, size, dropped, errors;
};

void complaints_init(struct complaints *complaints);
void complaints_done(struct complaints *complaints);
/* Adds one; running out of memory counts it in `dropped` and, for an error, in `errors`: it never gets lost. */
void complain(struct complaints *complaints, enum complaint_kind kind, struct place place, struct span suggestion,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Is TEXT said of PLACE already? */
bool complaints_have(const struct complaints *complaints, struct place place, struct span text);
/* "file:line:column: error: text (suggestion)\n" for each, then a line for the dropped. */
enum result complaints_write(const struct complaints *complaints, struct buffer *out) must_check;

#endif

/* Between the table of actions and the files that read their arguments.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_ACTION_ROW_H
#define BOUCLIER_WAF_LANGUAGE_ACTION_ROW_H

#include "waf/language/draft.h"

enum action_argument { ARGUMENT_NONE, ARGUMENT_OPTIONAL, ARGUMENT_REQUIRED };

struct action_reader;

struct action_row {
	struct span name;
	enum action_argument argument;
	enum result (*read)(struct action_reader *reader);
	int detail;
	const char *sentence;        /* why it is refused, or ignored */
};

struct action_reader {
	struct reader *reader;
	const struct word *word;
	struct action_set *set;
	const struct item *item;
	const struct action_row *row;
};

static inline struct place value_place(const struct action_reader *reader)
{
	return word_place(reader->word, reader->item->has_value ? reader->item->value_offset : reader->item->name_offset);
}

/* A new action of the set; NULL: no memory. */
static inline struct action *action_add(struct action_reader *reader, enum action_kind kind)
{
	struct action *action = bag_add(&reader->set->actions, &reader->reader->scratch, sizeof(*action));

	if (action)
		action->kind = kind;
	return action;
}

/* metadata.c. Remembers that PART is said; the last one counts, as in 2.9.7, and whoever wrote it twice is told. */
void action_give(struct action_reader *reader, enum part part);
enum result read_id(struct action_reader *reader) must_check;
enum result read_phase(struct action_reader *reader) must_check;
enum result read_severity(struct action_reader *reader) must_check;
enum result read_grade(struct action_reader *reader) must_check;
enum result read_status(struct action_reader *reader) must_check;
enum result read_skip(struct action_reader *reader) must_check;
enum result read_skip_after(struct action_reader *reader) must_check;
/* setvar.c */
enum result read_setvar(struct action_reader *reader) must_check;
enum result read_setenv(struct action_reader *reader) must_check;
enum result read_expiry(struct action_reader *reader) must_check;
enum result read_initcol(struct action_reader *reader) must_check;
/* ctl.c */
enum result read_ctl(struct action_reader *reader) must_check;

#endif

/* What the files that read patterns share. The reader remembers its first failure; after it nothing is read any more. */
#ifndef BOUCLIER_WAF_PATTERN_READER_H
#define BOUCLIER_WAF_PATTERN_READER_H

#include "waf/prefilter/pattern.h"

struct pattern_reader {
	struct span text;
	size_t at;
	bool is_extended;  /* (?x) */
	bool is_quoted;    /* between \Q and \E */
	unsigned depth;
	enum result result;
	struct arena *arena;
};

/* -1 behind the end, and after a failure. */
static inline int pattern_peek(const struct pattern_reader *reader, size_t ahead)
{
	if (reader->result != RESULT_OK || ahead >= reader->text.len - reader->at)
		return -1;
	return (unsigned char)reader->text.at[reader->at + ahead];
}

static inline void pattern_fail(struct pattern_reader *reader, enum result result)
{
	if (reader->result == RESULT_OK)
		reader->result = result;
}

/* NULL and a failure when memory is out. */
struct pattern_node *pattern_node_new(struct pattern_reader *reader, enum pattern_kind kind);
struct pattern_node *pattern_set_new(struct pattern_reader *reader, const struct byte_set *set);

struct pattern_escape {
	bool is_set;             /* \d and its kin; otherwise one byte */
	unsigned char byte;
	struct byte_set set;
};

/* A class from its "[" to its "]". */
struct pattern_node *pattern_class_read(struct pattern_reader *reader);
/* An escape from its "\", outside a class. */
struct pattern_node *pattern_escape_read(struct pattern_reader *reader);
/* The escapes that mean the same inside a class and outside: one byte, or a set of them. Fails on all others. */
void pattern_escape_byte_read(struct pattern_reader *reader, struct pattern_escape *out);
/* A group from its "(". NULL without a failure: options only. */
struct pattern_node *pattern_group_read(struct pattern_reader *reader);
/* Branches, up to a ")" or the end. */
struct pattern_node *pattern_branches_read(struct pattern_reader *reader);

#endif

/* Writes nested mappings and lists as JSON or block YAML, without building them first. The first failure is kept in
 * `result`; everything after it does nothing.
 *
 * Limits   TREE_DEPTH_MAX levels, asserted: depth comes from tables, not from input
 */
#ifndef BOUCLIER_CONFIG_TREE_WRITER_H
#define BOUCLIER_CONFIG_TREE_WRITER_H

#include "base/buffer.h"
#include "config/dump.h"

#define TREE_DEPTH_MAX 40

struct tree_writer {
	struct buffer *out;
	enum dump_format format;
	enum result result;
	unsigned depth;
	bool is_list[TREE_DEPTH_MAX], is_empty[TREE_DEPTH_MAX];  /* level by level */
	bool is_same_line;    /* YAML: the next key follows "- " */
};

void tree_init(struct tree_writer *tree, enum dump_format format, struct buffer *out);
/* Before each value in a mapping. */
void tree_key(struct tree_writer *tree, const char *name);
void tree_key_span(struct tree_writer *tree, struct span name);
void tree_open(struct tree_writer *tree, bool is_list);
void tree_close(struct tree_writer *tree);
void tree_text(struct tree_writer *tree, struct span text);
/* A number, true or false: never in quotes. */
void tree_bare(struct tree_writer *tree, struct span text);
/* YAML reads TEXT back as itself without quotes. */
bool tree_is_bare(struct span text);
/* The last newline. */
enum result tree_finish(struct tree_writer *tree) must_check;

#endif

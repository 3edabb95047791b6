/* The YAML texts of one reading as trees that remember where everything stood. What YAML offers and a configuration does
 * not need (anchors, aliases, tags, merge keys, several documents) is refused with a sentence: it only hides what a file
 * says. Scalars stay text: the key's own type reads them, so `no` is a country.
 *
 * Limits   DOCUMENT_DEPTH_MAX levels; DOCUMENT_NODES_MAX nodes over all texts of one struct document, or what document_allow says
 * Owns     nodes and their text live in the document's arena
 * Source   YAML 1.1 as libyaml 0.2.5 reads it
 */
#ifndef BOUCLIER_CONFIG_DOCUMENT_H
#define BOUCLIER_CONFIG_DOCUMENT_H

#include "base/arena.h"
#include "base/complaint.h"
#include "base/span.h"

#define DOCUMENT_DEPTH_MAX 20
#define DOCUMENT_NODES_MAX 1000000

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAPPING };

struct node {
	struct node *next;          /* the next item, or the next value of the mapping */
	struct node *first, *last;  /* items, or values (each with its key) */
	struct node *key;           /* of a value in a mapping */
	const struct span *file;
	struct span text;           /* NODE_SCALAR */
	size_t start, end;          /* bytes in the file; a block collection's END lies at or behind its last node */
	uint32_t line, column;      /* 1-based; columns count characters */
	uint32_t count;             /* items or values */
	uint8_t kind;
	bool is_plain;              /* a scalar without quotes: empty and plain means that nothing was written */
	bool is_flow;               /* written [..] or {..} */
	bool is_bad;                /* already complained about */
};

struct document {
	struct arena arena;
	size_t node_count;
	size_t node_limit, allowed;  /* at most node_limit in all, which is ALLOWED more than at the last document_allow */
};

void document_init(struct document *document);
void document_done(struct document *document);
/* COUNT more nodes from here on, whatever was read before. */
void document_allow(struct document *document, size_t count);

/* Reads TEXT, which FILE names (FILE must outlive the document's use), into a tree.
 *
 * RESULT_OK         ROOT is set; NULL when the text holds nothing. Complaints may have been made all the same: what they
 *                   speak of is marked is_bad
 * RESULT_MALFORMED  not YAML, or deeper or larger than the limits; the complaint says where
 * RESULT_NO_MEMORY
 */
enum result document_read(struct document *document, const struct span *file, struct span text,
                          struct complaints *complaints, struct node **root) must_check;

/* The value of KEY in a mapping; NULL when there is none, or MAPPING is no mapping. */
struct node *node_find(const struct node *mapping, struct span key);
struct place node_place(const struct node *node);
/* "a mapping", "a list", "nothing", or the scalar itself in quotes, cut to a readable length, for "found ...". */
struct found_text { char text[80]; };
struct found_text node_describe(const struct node *node);
/* The same tree: kinds, keys and scalars, in order; positions and quotes do not matter. */
bool node_equal(const struct node *a, const struct node *b);

#define node_each(child, parent) for (struct node *child = (parent)->first; child; child = child->next)

#endif

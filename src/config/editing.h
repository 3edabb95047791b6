/* One change to a text while it is made: what edit.c and edit_list.c write with. The tree is changed along with the text, and both are compared in the end.
 *
 * Owns     the tree and what is put in, while it runs
 */
#ifndef BOUCLIER_CONFIG_EDITING_H
#define BOUCLIER_CONFIG_EDITING_H

#include "config/edit.h"
#include "config/patch.h"

#define PATCHES_MAX 2

struct edit {
	struct span file, text;
	struct complaints *complaints;
	struct document document;
	struct node *root;              /* as read, then changed as the new text must read */
	const struct node *subject;     /* what is changed, for complaints; NULL: the file */
	struct patch patches[PATCHES_MAX];
	size_t patch_count;
	struct buffer insert;           /* what the patch puts in */
	enum result result;
};

/* Every edit is one of these, between reading and finishing. */
typedef enum result (*edit_step)(struct edit *edit, const void *argument);

/* As edit.h says. */
enum result edit_run(struct span file, struct span text, edit_step step, const void *argument, struct complaints *complaints,
                     struct buffer *out) must_check;
/* -> RESULT_REFUSED. NODE: where; NULL: the file. */
enum result edit_refuse(struct edit *edit, const struct node *node, const char *why);
enum result edit_refuse_for(struct edit *edit, const struct node *node, const char *why, const char *what_now);

/* -- the text: what goes wrong stays in RESULT -- */

void edit_put(struct edit *edit, struct span text);
void edit_put_break(struct edit *edit, size_t columns);
void edit_put_value(struct edit *edit, struct span value, bool is_quoted);
void edit_put_pair(struct edit *edit, const char *key, struct span value);
/* START..END becomes WITH. In order, PATCHES_MAX of them. */
void edit_cut(struct edit *edit, size_t start, size_t end, struct span with);
/* One more entry of a flow PARENT is about to be put in. -> where */
size_t edit_begin_entry(struct edit *edit, const struct node *parent);
/* Begins another key of PARENT, which is not empty or a flow. -> where */
size_t edit_begin_key(struct edit *edit, const struct node *parent, struct span key);

/* -- the tree -- */

/* NULL: no memory, and RESULT says so. */
struct node *edit_new_node(struct edit *edit, enum node_kind kind, struct span text);
/* As the last of PARENT; KEY where that is a mapping. Nothing where one of them is NULL. */
void edit_link(struct edit *edit, struct node *parent, struct span key, struct node *child);
void edit_unlink(struct node *parent, struct node *child);
struct node *edit_find_sites(const struct edit *edit);
struct node *edit_find_site(const struct edit *edit, struct span name);

/* -- edit_list.c: lists of mappings -- */

/* The mapping in LIST (may be NULL, or none) that says KEY: VALUE. A mapping is a list of one: of itself. */
struct node *edit_find_item(struct node *list, struct span key, struct span value);
/* "key:", and nothing behind it. */
bool edit_is_nothing(const struct node *node);
/* Takes an ITEM of LIST, which is the value of a key, out. */
enum result edit_cut_item(struct edit *edit, struct node *list, struct node *item) must_check;

#endif

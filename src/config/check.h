/* Trees against tables: fills structs from nodes, and says everything that is wrong, all at once.
 *
 * A struct starts as its table's defaults (every `fallback`), or as a copy of what it inherits; what is written is laid
 * over it, mapping by mapping, so that `timeouts: { idle: 5s }` leaves the other timeouts as they were. Lists are
 * replaced whole.
 *
 * Owns     values are in the arena, text in the pool; nodes are only read (and marked is_bad)
 */
#ifndef BOUCLIER_CONFIG_CHECK_H
#define BOUCLIER_CONFIG_CHECK_H

#include "config/document.h"
#include "config/settings.h"
#include "config/snapshot.h"
#include "config/value.h"

#define LAYERS_MAX 2

struct table_image {
	const struct key_table *table;
	void *values;
};

struct checker {
	struct arena *arena;
	struct text_pool pool;
	struct document *document;          /* for fallbacks that are lists or mappings */
	struct complaints *complaints;
	const struct config_tenant *tenant; /* whose file this is: values are held against its grants; NULL: the administrator's */
	struct span folder;                 /* of the file being read */
	struct table_image *images;         /* each table's defaults, made once */
	size_t image_count, image_size;
	struct config_file *files;          /* KEY_FILE values met */
	size_t file_count, file_size;
	bool no_memory;
};

/* The mappings a person wrote for one struct, the nearest first (a site, then `defaults`). */
struct layers {
	const struct node *nodes[LAYERS_MAX];
	unsigned count;
};

struct key_check {
	struct checker *checker;
	const struct key_table *table;
	const struct layers *layers;
	struct place place;
};

/* In place. IMAGES and FILES are malloc'ed: checker_done frees them. */
void checker_init(struct checker *checker, struct arena *arena, struct document *document, struct complaints *complaints);
void checker_done(struct checker *checker);

/* An error at PLACE, unless the very same was said there before. */
void checker_complain(struct checker *checker, struct place place, struct span suggestion, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* TABLE's struct with its defaults: to be copied, never changed. NULL without memory. A fallback that its own key does
 * not allow is our bug: asserted. */
const void *checker_defaults(struct checker *checker, const struct key_table *table) must_check;
/* A copy of SIZE bytes at FROM; NULL (and no_memory) without memory. */
void *checker_copy(struct checker *checker, const void *from, size_t size) must_check;

/* Lays the value NODE of KEY over FIELD. */
void apply_key(struct checker *checker, const struct key *key, struct node *node, void *field);
/* Says that NODE's key is none of NAMES (ended by an empty span), with the nearest of them. WHERE: "a site". */
void complain_unknown(struct checker *checker, const struct node *node, const char *where, const struct span *names);

/* What no single key can tell: required keys, and the tables' own checks, of VALUES and the mappings in it. */
void check_values(struct checker *checker, const struct key_table *table, const void *values, const struct layers *layers,
                  struct place place);

#endif

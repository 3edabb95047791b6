/* Changes to a configuration file as small patches of its text: comments, order, indentation and line ends stay.
 *
 * Each edit reads TEXT, patches it, reads the patched text again and compares the two trees: they must differ in what was
 * asked for and in nothing else, or the edit is refused. With what is taken out go comments in the midst of it, or between it and what takes its place, and what stands behind it in the last
 * of its lines where those are its own (a block); other comments stay. What a site says is not checked here: config_read does that.
 *
 * RESULT_OK         OUT (empty before) holds the new text
 * RESULT_NOT_FOUND  there is no such site or key
 * RESULT_REFUSED    not possible as a patch (COMPLAINTS says where and why): to be edited by hand, or something else has to go first
 * RESULT_MALFORMED  TEXT is not a configuration (COMPLAINTS says why)
 */
#ifndef BOUCLIER_CONFIG_EDIT_H
#define BOUCLIER_CONFIG_EDIT_H

#include "base/buffer.h"
#include "base/complaint.h"

struct new_site {
	struct span name, certificate, origin;
	struct span ruleset;         /* `waf: { mode: detect, graduate: 7d, ruleset: ... }`; empty: no `waf` */
};

/* Behind the last site. RESULT_REFUSED when one has that name. FILE is only for complaints, here and below. */
enum result config_edit_add_site(struct span file, struct span text, const struct new_site *site,
                                 struct complaints *complaints, struct buffer *out) must_check;
enum result config_edit_remove_site(struct span file, struct span text, struct span name, struct complaints *complaints,
                                    struct buffer *out) must_check;

struct edit_pair {
	const char *key;
	struct span value;
};

/* One { } of a list that is a key of SITE. The first pair is what it is known by there. */
struct edit_item {
	struct span site, list;
	const struct edit_pair *pairs;
	size_t count;
};

/* As the last of its list, which is made where the site has none. RESULT_REFUSED when there is one with that first pair. */
enum result config_edit_add_item(struct span file, struct span text, const struct edit_item *item, struct complaints *complaints,
                                 struct buffer *out) must_check;
/* The one with the first pair; others do not matter. */
enum result config_edit_remove_item(struct span file, struct span text, const struct edit_item *item, struct complaints *complaints,
                                    struct buffer *out) must_check;

/* Puts TEXT in the place of the file at PATH, whole or not at all (a temporary file in the same folder, fsync, rename),
 * keeping mode and owner; a symbolic link stays one. BEFORE is what the edit was made from: RESULT_REFUSED when the file
 * holds something else by now. A file that is not there (BEFORE empty) is made with mode 0640.
 * RESULT_IO: errno tells; the old file is as it was. */
enum result config_edit_write(struct span path, struct span before, struct span text) must_check;

#endif

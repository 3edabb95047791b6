/* The texts of rule files and of what they name, by whose they are: `check` reads them from disk, each once, and hands them
 * on in its image; the edge takes them from there, so that it builds from the very bytes that were checked.
 *
 * A tenant's own files (below its folder, or those granted to it) are that tenant's: opened beneath the folder, never through a
 * link. What all share (Debian's package, for one) is the administrator's, whoever asks for it.
 *
 * Limits   RULE_FILES_BYTES_MAX in all, RULE_TENANT_BYTES_MAX of a tenant; a file as config/texts.h has it
 * Owns     copies of all texts, until rule_files_done
 * Threads  one at a time
 */
#ifndef BOUCLIER_EDGE_RULE_FILES_H
#define BOUCLIER_EDGE_RULE_FILES_H

#include "config/settings.h"
#include "config/texts.h"

#define RULE_FILES_BYTES_MAX ((size_t)24 << 20)
#define RULE_TENANT_BYTES_MAX ((size_t)2 << 20)

/* Debian's package modsecurity-crs: what it says is loaded, its rules, and what an administrator set. */
#define CRS_START "/usr/share/modsecurity-crs/owasp-crs.load"
#define CRS_RULES "/usr/share/modsecurity-crs"
#define CRS_SETUP "/etc/modsecurity/crs"
/* Debian's package libapache2-mod-security2, where it is installed: what %uXXXX stands for in a code page. */
#define CRS_MAP "/etc/modsecurity/unicode.mapping"

struct rule_owner;

struct rule_files {
	struct rule_owner *first;
	bool is_from_disk;
	size_t bytes;
};

void rule_files_init(struct rule_files *files, bool is_from_disk);
void rule_files_done(struct rule_files *files);
/* A text that was read elsewhere. OWNER: a tenant's name; empty: the administrator's. RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result rule_files_give(struct rule_files *files, struct span owner, struct span path, struct span text) must_check;
/* The tenant's own texts are those of PREVIOUS from here on, what was read of them is forgotten. */
enum result rule_files_go_back(struct rule_files *files, const struct rule_files *previous, struct span owner) must_check;
/* Every text that was read. */
void rule_files_each(const struct rule_files *files, void (*each)(void *context, struct span owner, const struct config_text *text),
                     void *context);

/* Who asks. */
struct rule_asker {
	struct rule_files *files;
	const struct config_tenant *tenant;  /* NULL: the administrator */
	struct place place;                  /* where the rule set is named */
	struct complaints *complaints;
};

/* PATH lies in a folder of TENANT's own, or one granted to it. */
bool rule_files_are_of(const struct config_tenant *tenant, struct span path);
/* The text at PATH (absolute, without ".."). RESULT_NOT_FOUND: there is none; anything else has been complained about. */
enum result rule_file_read(const struct rule_asker *asker, struct span path, struct span *text) must_check;
/* The paths that PATTERN (absolute) names, sorted. */
enum result rule_files_list(const struct rule_asker *asker, struct span pattern, struct config_texts *paths) must_check;

#endif

/* Every directive: what reads it, how many arguments it has, or why it is refused.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_DIRECTIVE_H
#define BOUCLIER_WAF_LANGUAGE_DIRECTIVE_H

#include "waf/language/reader.h"

/* Any directive but <blocks>. RESULT_MALFORMED: complained; reading goes on. RESULT_NO_MEMORY ends it. */
enum result directive_read(struct reader *reader, const struct statement *statement) must_check;

/* settings.c */
enum result setting_read(struct reader *reader, const struct statement *statement, enum setting setting) must_check;
const char *setting_name(enum setting setting);
void setting_arity(enum setting setting, size_t *least, size_t *most);

/* load.c */
enum result include_read(struct reader *reader, const struct statement *statement, bool is_optional) must_check;

/* rule_read.c */
enum result rule_read(struct reader *reader, const struct statement *statement) must_check;
enum result action_rule_read(struct reader *reader, const struct statement *statement) must_check;
enum result marker_read(struct reader *reader, const struct statement *statement) must_check;
enum result default_action_read(struct reader *reader, const struct statement *statement) must_check;

/* update.c */
enum update_by { UPDATE_BY_ID, UPDATE_BY_TAG, UPDATE_BY_MSG };
enum result remove_read(struct reader *reader, const struct statement *statement, enum update_by by) must_check;
enum result update_targets_read(struct reader *reader, const struct statement *statement, enum update_by by) must_check;
enum result update_actions_read(struct reader *reader, const struct statement *statement) must_check;

/* For SecAuditLogParts and ctl:auditLogParts. */
bool audit_parts_are_valid(struct span parts);

#endif

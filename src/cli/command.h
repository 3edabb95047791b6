/* The commands of bouclier: one const table, from which help, the manual page and the dispatch are made.
 *
 * Exit codes  0 done, 1 failed or invalid, 2 not understood
 * Output      data on stdout, diagnostics on stderr; nothing ever asks without a terminal
 */
#ifndef BOUCLIER_CLI_COMMAND_H
#define BOUCLIER_CLI_COMMAND_H

#include <stdio.h>

#include "base/complaint.h"
#include "cli/options.h"

#define EXIT_DONE 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

#define CONFIG_DEFAULT "/etc/bouclier/bouclier.yaml"

struct command {
	const char *name;
	const char *summary;          /* one line */
	const char *arguments;        /* "HOST ORIGIN", for the usage line; NULL: none */
	unsigned arguments_min, arguments_max;
	const struct option *options; /* what it takes beyond --help; ended by an option without name */
	int (*run)(const struct options *options);
	const char *details;          /* paragraphs for help and manual, separated by an empty line */
};

/* All of them, ended by one without name. */
extern const struct command commands[];

/* NULL: no such command. */
const struct command *command_find(struct span name);
/* For main(). Exit code. */
int command_run(int argc, char *const *argv);
/* Writes a usage error of COMMAND to stderr. EXIT_USAGE. */
int command_misused(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says that there is no command NAME, and which one may have been meant. EXIT_USAGE. */
int command_unknown(struct span name);
/* "bouclier: SENTENCE" to stderr. EXIT_FAILED. */
int command_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What --NAME says, in ms, by the same reader as the configuration's; where it is not given, OUT stays as it is. LIMITS say how it is to be in words as well:
 * "from 1s to 24h (30m)". EXIT_USAGE: it was said. */
struct duration_limits {
	int64_t least_ms, most_ms;
	const char *words;
};
int command_duration(const struct command *command, const struct options *options, const char *name, const struct duration_limits *limits, int64_t *out) must_check;
/* TEXT as it is. What does not arrive is seen by command_run, at the end. */
void command_print(FILE *out, struct span text);
/* All of COMPLAINTS, to standard error. */
void command_complain(const struct complaints *complaints);

/* One file each. */
int run_command(const struct options *options);
int check_command(const struct options *options);
int reload_command(const struct options *options);
int config_command(const struct options *options);
int backup_command(const struct options *options);
int restore_command(const struct options *options);
int protect_command(const struct options *options);
int unprotect_command(const struct options *options);
int ban_command(const struct options *options);
int unban_command(const struct options *options);
int bans_command(const struct options *options);
int bypass_command(const struct options *options);
int maintenance_command(const struct options *options);
int admit_command(const struct options *options);
int partner_command(const struct options *options);
int continuity_command(const struct options *options);
int packet_command(const struct options *options);
int purge_command(const struct options *options);
int guard_command(const struct options *options);
int level_command(const struct options *options);
int status_command(const struct options *options);
int top_command(const struct options *options);
int incident_command(const struct options *options);
int audit_command(const struct options *options);
int hub_command(const struct options *options);
int log_command(const struct options *options);
int explain_command(const struct options *options);
int rules_command(const struct options *options);
int drill_command(const struct options *options);
int watch_command(const struct options *options);
int probe_command(const struct options *options);
int report_command(const struct options *options);
int doctor_command(const struct options *options);
int version_command(const struct options *options);
int dump_command(const struct options *options);
int help_command(const struct options *options);

#endif

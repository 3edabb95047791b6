/* The table of commands: what each one is, takes, and says of itself. Help and bouclier(1) are made from it. */
#include "cli/command.h"

#include "base/banned.h"

#define OPTION_HELP { .name = "help", .letter = 'h', .help = "Says this." }, { .name = NULL }
#define OPTION_CONFIG { .name = "config", .letter = 'c', .value = "FILE", .help = "The configuration; " CONFIG_DEFAULT " without it." }
#define OPTION_OUTPUT { .name = "output", .letter = 'o', .value = "human|json", .help = "For a person (default), or for a program." }
#define OPTION_SOCKET \
	{ .name = "socket", .letter = 's', .value = "PATH", .help = "The admin socket; without it, the one that the configuration names." }

static const struct option run_options[] = {
	OPTION_CONFIG,
	{ .name = "root", .value = "FOLDER", .repeats = true,
	  .help = "Certificates may be read from here too, besides the configuration's own folder, /etc/bouclier and /etc/letsencrypt." },
	{ .name = "pid-file", .value = "FILE", .help = "Written at the start, and locked as long as the shield runs." },
	{ .name = "quiet", .letter = 'q', .help = "Only errors on standard error." },
	OPTION_HELP,
};
static const struct option check_options[] = { OPTION_CONFIG, OPTION_OUTPUT, OPTION_HELP };
static const struct option reload_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option protect_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "certificate", .value = "FILE", .help = "Chain and key in PEM. Without it, a labelled self-signed one is made." },
	{ .name = "lab", .help = "A self-signed certificate for a public name is what is wanted: this is a laboratory." },
	{ .name = "listen", .value = "ADDRESS:PORT", .help = "Where a new configuration listens; 0.0.0.0:443 and [::]:443 without it." },
	{ .name = "state", .value = "FOLDER", .help = "The state folder of a new configuration; /var/lib/bouclier without it." },
	{ .name = "metrics", .value = "ADDRESS:PORT", .help = "The loopback port for metrics of a new configuration; 127.0.0.1:9145 without it." },
	{ .name = "dry-run", .letter = 'n', .help = "Shows what would be written, and changes nothing." },
	{ .name = "no-start", .help = "Writes the configuration, and neither starts nor reloads a shield." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option unprotect_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "dry-run", .letter = 'n', .help = "Shows what would be taken out, and changes nothing." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option bypass_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "all", .letter = 'a', .help = "Every site." },
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "How long: 30m, 2h, up to 7d. It always ends." },
	{ .name = "reason", .letter = 'r', .value = "TEXT", .help = "Why: shown in every view as long as it lasts." },
	{ .name = "off", .help = "Ends it now." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option status_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option top_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "once", .letter = '1', .help = "One page of plain text, measured over one second." },
	OPTION_HELP,
};
static const struct option log_options[] = {
	OPTION_CONFIG,
	{ .name = "query", .letter = 'q', .value = "QUERY", .help = "Only lines that match: 'status>=500 and site=www.x.example'." },
	{ .name = "follow", .letter = 'f', .help = "Goes on as lines are written." },
	{ .name = "lines", .letter = 'n', .value = "COUNT", .help = "The last COUNT lines that match; without it, all of them, or ten with --follow." },
	{ .name = "since", .value = "WHEN", .help = "From a moment (2026-03-01T12:00:00Z) or for a time back (30m, 2h, 7d)." },
	{ .name = "counts", .help = "The stream of counts, a line a second and site, instead of requests." },
	{ .name = "journal", .value = "FOLDER", .help = "The journal's folder; without it, the one in the state folder of the configuration." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option doctor_options[] = { OPTION_CONFIG, OPTION_OUTPUT, OPTION_HELP };
static const struct option version_options[] = { OPTION_OUTPUT, OPTION_HELP };
static const struct option dump_options[] = {
	OPTION_CONFIG,
	{ .name = "output", .letter = 'o', .value = "yaml|json", .help = "yaml without it." },
	{ .name = "schema", .help = "The JSON Schema of the configuration, for editors." },
	{ .name = "manual", .help = "bouclier.yaml(5), in mdoc." },
	OPTION_HELP,
};
static const struct option help_options[] = {
	{ .name = "manual", .help = "bouclier(1), in mdoc." },
	OPTION_HELP,
};

const struct command commands[] = {
	{ .name = "run", .summary = "the shield, in the foreground, until it is told to end", .options = run_options, .run = run_command,
	  .details = "Reads the configuration, opens what needs privileges, drops them, and serves. A configuration with an error starts "
	             "nothing: exit 1 and a sentence.\n\n"
	             "SIGHUP reloads, SIGTERM drains and ends, SIGUSR2 replaces the program by the one installed now, without a refused "
	             "connection." },
	{ .name = "check", .summary = "reads a configuration and says everything that is wrong with it", .options = check_options,
	  .run = check_command,
	  .details = "All errors at once, each with its file, line and column, what was found and what is allowed. Certificates are read, "
	             "origins are looked up, addresses are tried. Nothing is changed. Exit 0: it could be run as it is." },
	{ .name = "reload", .summary = "checks, then has the running shield take the configuration over", .options = reload_options,
	  .run = reload_command,
	  .details = "No connection is dropped and no request fails. A configuration with an error changes nothing; a tenant's file with an "
	             "error keeps that tenant's last good version." },
	{ .name = "protect", .summary = "puts the shield in front of a portal", .arguments = "HOST ORIGIN", .arguments_min = 2,
	  .arguments_max = 2, .options = protect_options, .run = protect_command,
	  .details = "Shows the lines it will write, writes them, starts or reloads the shield, probes it, and says in separate lines what "
	             "it found: reachability, attacks, origin, certificate. Probes carry a one-time key and end before the origin, which "
	             "sees one GET /.\n\n"
	             "Undone by unprotect." },
	{ .name = "unprotect", .summary = "takes the shield away from a portal again", .arguments = "HOST", .arguments_min = 1,
	  .arguments_max = 1, .options = unprotect_options, .run = unprotect_command,
	  .details = "Takes the site of that name out of the configuration and reloads. Other lines and comments stay as they are." },
	{ .name = "bypass", .summary = "skips the later rooms of the shield for a site, for a time", .arguments = "[SITE]",
	  .arguments_max = 1, .options = bypass_options, .run = bypass_command,
	  .details = "For when the shield itself may be what keeps citizens out. Strict reading, routing and connection budgets stay on. It "
	             "ends by itself, survives a reload and a crash, and every view shows it in red." },
	{ .name = "status", .summary = "what the running shield is doing, on one page", .options = status_options, .run = status_command },
	{ .name = "top", .summary = "the same, live", .options = top_options, .run = top_command,
	  .details = "Requests a second, decisions, origins, the slowest sites and routes, connections, memory; every second, until q." },
	{ .name = "log", .summary = "shows and searches the journal", .options = log_options, .run = log_command,
	  .details = "Reads the journal's files; nothing needs to run. A query compares members by = != < <= > >= and ~ (contains) and joins "
	             "them by and, or, not and parentheses: status>=500 and site=www.x.example and not ip=10.0.0.0/8 and duration>1.5s." },
	{ .name = "doctor", .summary = "looks at this machine, and says what to change before a shield depends on it",
	  .options = doctor_options, .run = doctor_command },
	{ .name = "version", .summary = "the version, and what it was built with", .options = version_options, .run = version_command },
	{ .name = "dump", .summary = "a configuration with every default; its schema; its manual", .options = dump_options,
	  .run = dump_command },
	{ .name = "help", .summary = "this list, or one command", .arguments = "[COMMAND]", .arguments_max = 1, .options = help_options,
	  .run = help_command },
	{ .name = NULL },
};

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
#define OPTION_WHY { .name = "why", .letter = 'w', .value = "TEXT", .help = "Why: for the history of configurations, and the journal." }
#define OPTION_CONFIRM \
	{ .name = "confirm", .value = "DURATION", .help = "It stays only if you say so within this time (5m; up to 24h): bouclier reload confirm." }

static const struct option reload_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_WHY, OPTION_CONFIRM, OPTION_OUTPUT, OPTION_HELP };
static const struct option config_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "state", .value = "FOLDER", .help = "The state folder, whatever the configuration says." },
	OPTION_WHY,
	OPTION_CONFIRM,
	{ .name = "dry-run", .letter = 'n', .help = "With rollback: shows what would change in the files, and changes nothing." },
	{ .name = "all", .letter = 'a', .help = "With history: of each, which files it had." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option backup_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "passphrase-file", .value = "FILE", .help = "Its first line is the passphrase. Without it: from the terminal, or standard input." },
	{ .name = "nightly", .help = "As hub: { backup: } of the configuration says; old ones go. For bouclier-backup.timer." },
	{ .name = "with-events", .help = "Journal, audit logs and the hub's days of raw events, too: they may be many times the rest." },
	OPTION_HELP,
};
static const struct option restore_options[] = {
	{ .name = "passphrase-file", .value = "FILE", .help = "Its first line is the passphrase. Without it: from the terminal, or standard input." },
	{ .name = "config-folder", .value = "FOLDER", .help = "Where the folder of the configuration goes; where it was without it." },
	{ .name = "state", .value = "FOLDER", .help = "Where the state folder goes; where it was without it." },
	{ .name = "dry-run", .letter = 'n', .help = "Reads all of it, says what it holds and where it would go, and changes nothing." },
	{ .name = "force", .help = "What is there is set aside, beside it, and the backup takes its place." },
	OPTION_HELP,
};
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
static const struct option maintenance_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "until", .letter = 'u', .value = "T", .help = "With on: when it ends. 2h, or \"2026-12-01 06:00\" by the clock here, or 2026-12-01T06:00:00+01:00; 31 days at most." },
	{ .name = "allow", .letter = 'a', .value = "NETWORK", .repeats = true, .help = "With on: who goes on to the portal all the same (192.0.2.0/24); up to 16 times." },
	{ .name = "message", .letter = 'm', .value = "TEXT", .help = "With on: what the page says besides, in your words; 400 bytes at most." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option admit_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "How long: 30m, 2h, up to 24h; 1h without it." },
	{ .name = "off", .help = "Ends it now." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option partner_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "site", .value = "NAME", .help = "With add and end: the site that the token is for." },
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "With add: how long: 30d, up to 731d; 90d without it." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option ban_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "How long: 30m, 2h, up to 365d; 1h without it." },
	{ .name = "reason", .letter = 'r', .value = "TEXT", .help = "Why: for the journal and for bans." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option unban_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option bans_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option packet_options[] = {
	OPTION_CONFIG,
	{ .name = "undo", .letter = 'u', .value = "SECONDS", .help = "With attach, deny load and egress enforce: after how long they are undone unless you confirm; 120 without it, 3600 at most." },
	{ .name = "confirmed", .help = "With attach: what a person confirmed last, and nothing else; at a start of the machine. It stays without being confirmed again." },
	{ .name = "attached", .help = "With egress follow: only what is attached already is brought up to date; at a reload." },
	{ .name = "top", .help = "With counters: which networks and UDP ports the last minute's dropped packets came from, as the controller (run) has sampled them." },
	{ .name = "anyway", .help = "With egress enforce: although observe has not run for 14 days." },
	{ .name = "dry-run", .letter = 'n', .help = "Says what would be done, and changes nothing: not with bgp." },
	{ .name = "protocol", .value = "NAME", .help = "With bgp add: tcp, udp, icmp, or a number." },
	{ .name = "source-port", .value = "PORTS", .repeats = true, .help = "With bgp add: packets from these ports (53,123)." },
	{ .name = "port", .value = "PORTS", .repeats = true, .help = "With bgp add: packets to these ports." },
	{ .name = "from", .value = "NETWORK", .help = "With bgp add: packets from there." },
	{ .name = "length", .value = "BYTES", .help = "With bgp add: packets of so many bytes or more." },
	{ .name = "fragments", .help = "With bgp add: fragments alone." },
	{ .name = "unreachable", .help = "With bgp add: all that is sent to the address (RTBH). The portal is unreachable there." },
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "With bgp add: how long (30m). Without it, as long as the configuration allows." },
	{ .name = "include", .value = "FILE", .help = "With bgp list and withdraw: the file that BIRD includes, whatever the configuration says." },
	{ .name = "bird", .value = "PATH", .help = "With bgp list and withdraw: BIRD's control socket, whatever the configuration says." },
	{ .name = "by", .value = "NAME", .help = "With bgp add: who answers for it. What makes a portal unreachable needs one of `persons`." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option purge_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option guard_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option continuity_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
static const struct option level_options[] = { OPTION_CONFIG, OPTION_SOCKET, OPTION_OUTPUT, OPTION_HELP };
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
static const struct option hub_options[] = {
	OPTION_CONFIG,
	{ .name = "hub", .value = "PATH", .help = "The hub's socket; without it, hub.sock in the hub's state folder of the configuration." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option incident_options[] = {
	OPTION_CONFIG,
	{ .name = "hub", .value = "PATH", .help = "The hub's socket; without it, hub.sock in the hub's state folder of the configuration." },
	{ .name = "status", .value = "STATUS", .help = "With list: open (without it), all, new, acknowledged, contained or closed." },
	{ .name = "site", .value = "NAME", .help = "With list: those that concern a site." },
	{ .name = "tenant", .value = "NAME", .help = "With list: those that concern a tenant." },
	{ .name = "count", .letter = 'n', .value = "COUNT", .help = "With list: so many at most, the newest first; 50 without it." },
	{ .name = "note", .value = "TEXT", .help = "With acknowledge, contain, close and reopen: a note that stays with it." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option audit_options[] = {
	OPTION_CONFIG,
	{ .name = "folder", .value = "FOLDER", .help = "Where the audit log lies; without it, audit in the hub's state folder of the configuration." },
	{ .name = "head", .value = "HASH", .help = "With verify: the hash of an entry, as head said it once, kept elsewhere since. It must be in the chain." },
	{ .name = "lines", .letter = 'n', .value = "COUNT", .help = "With show: so many of the newest entries; 50 without it." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option explain_options[] = {
	OPTION_CONFIG,
	{ .name = "request", .value = "FILE", .help = "A raw HTTP/1.1 request, judged here and sent nowhere; - is standard input." },
	{ .name = "site", .value = "NAME", .help = "The site by whose rules it is judged; without it, the one that its Host means." },
	{ .name = "journal", .value = "FOLDER", .help = "The journal's folder; without it, the one in the state folder of the configuration." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option rules_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "visitors", .value = "COUNT", .help = "Of tune: propose from COUNT different ordinary visitors on, 3 without it; 1 where few people write." },
	{ .name = "undo", .help = "With graduate: back to detect, and it stays there." },
	{ .name = "again", .help = "With graduate: in detect, observed anew; it moves by itself when it may." },
	{ .name = "site", .value = "NAME", .help = "Of test: the site by whose rules tests are judged, where there is more than one." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option drill_options[] = {
	OPTION_CONFIG,
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "How long: 10s to 5m, 20s without it. A quarter of it is calm, half of it an attack." },
	{ .name = "rate", .letter = 'r', .value = "NUMBER", .help = "The attack's requests a second: 50 to 2000, 400 without it." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option probe_options[] = {
	{ .name = "to", .value = "URL", .help = "The hub that is told each minute what was seen: https://hub.commune.example:8444. Plain http only on this machine." },
	{ .name = "key", .letter = 'k', .value = "FILE", .help = "The private key by which the hub knows this probe; probe key FILE makes it." },
	{ .name = "name", .value = "NAME", .help = "This probe's name in hub.probes; the machine's without it." },
	{ .name = "state", .value = "FOLDER", .help = "Where minutes wait that the hub has not yet; without it, in memory." },
	{ .name = "hub-ca", .value = "FILE", .help = "PEM: the authority of the hub's certificate, or that certificate; the system's authorities without it." },
	{ .name = "every", .value = "DURATION", .help = "How often each page is asked for in the mean: 10s to 60s, 30s without it." },
	{ .name = "patience", .value = "DURATION", .help = "How long a page is waited for: 1s to 60s, 30s without it." },
	{ .name = "once", .letter = '1', .help = "Looks once, says what it saw, and exits with 1 unless all were served in time." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option watch_options[] = {
	{ .name = "every", .value = "DURATION", .help = "How often each page is asked for in the mean: 1s to 1h, 30s without it." },
	{ .name = "fail", .help = "Ends with 1 when something is dead: for OnFailure= of a unit, or a supervisor." },
	{ .name = "hub", .value = "PATH", .help = "The socket of the hub of this machine, which then tells people what is dead, and that it is over; /var/lib/bouclier/hub/hub.sock without it. Where no hub is, nobody is told." },
	{ .name = "once", .letter = '1', .help = "Looks once, says how all of them are, and exits with 1 unless all are well." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option report_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
	{ .name = "for", .letter = 'f', .value = "DURATION", .help = "How long is measured: 1s to 1m, 3s without it." },
	{ .name = "language", .letter = 'l', .value = "en|nl|fr|de", .help = "The administration's language, instead of the configuration's; English stands below." },
	{ .name = "watch", .letter = 'w', .help = "Stays, says when the line fills, and drafts the message then." },
	OPTION_OUTPUT,
	OPTION_HELP,
};
static const struct option doctor_options[] = { OPTION_CONFIG, OPTION_OUTPUT, OPTION_HELP };
static const struct option version_options[] = { OPTION_OUTPUT, OPTION_HELP };
static const struct option dump_options[] = {
	OPTION_CONFIG,
	OPTION_SOCKET,
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
	{ .name = "reload", .summary = "checks, then has the running shield take the configuration over", .arguments = "[confirm | back]", .arguments_max = 1,
	  .options = reload_options, .run = reload_command,
	  .details = "No connection is dropped and no request fails. A configuration with an error changes nothing; a tenant's file with an "
	             "error keeps that tenant's last good version.\n\n"
	             "With --confirm, what served before comes back by itself, files and all, unless somebody says reload confirm in time: when it took your own way in, "
	             "too. It comes back sooner when the answers of a site fail clearly more than before, or somebody says reload back, or the shield is ended. Reloads "
	             "meanwhile change nothing of that. docs/configuration-history.md." },
	{ .name = "config", .summary = "configurations that served: which, since when, by whom and why; what differs; and back to an earlier one",
	  .arguments = "history | diff [N [M]] | show N [FILE] | rollback N | confirm", .arguments_min = 1, .arguments_max = 3, .options = config_options, .run = config_command,
	  .details = "Each configuration that came to serve is kept in the state folder, with all its files: the last 50. Nothing needs to run.\n\n"
	             "diff: what differs between what served last and the files now. diff N: between the files now and N. diff N M: between two.\n\n"
	             "rollback puts the files of N in place again, comments and all, checks them, and has a running shield reload; with an error nothing changes. Files that N "
	             "had not are moved aside, under a name that begins with a dot. It shows the difference first: look at it. Only files below the configuration's own "
	             "folder are written. Certificates, keys and rule sets are not in the history." },
	{ .name = "backup", .summary = "one encrypted file of all that a machine needs to be this shield", .arguments = "[FILE]", .arguments_max = 1, .options = backup_options,
	  .run = backup_command,
	  .details = "Configuration, certificates and keys, the state folder with the history of configurations, and of the hub its audit log, incidents, people and what "
	             "is usual. Not raw events, nor what comes again by itself. It may be made while all of it runs. Whoever has the file and the passphrase has the keys of the "
	             "portals; whoever has lost the passphrase has nothing. docs/backup.md." },
	{ .name = "restore", .summary = "puts a backup in place, on a bare machine", .arguments = "FILE", .arguments_min = 1, .arguments_max = 1, .options = restore_options,
	  .run = restore_command,
	  .details = "Reads the whole file first; one that was cut off or changed, or another passphrase, changes nothing. Everything is unpacked beside its place, and "
	             "then takes it. Refused where a shield runs with that state folder, and, without --force, where anything is there." },
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
	{ .name = "maintenance", .summary = "closes a site until a time, with a page that says so", .arguments = "[SITE on|off]", .arguments_max = 2,
	  .options = maintenance_options, .run = maintenance_command,
	  .details = "Everybody gets 503, when to come back (Retry-After), and a page in Dutch, French, German or English with your message and the site's "
	             "contact; but for the networks of --allow, which go on to the portal. It ends by itself, survives a reload and a crash, and every view shows it. "
	             "What comes meanwhile teaches the level of attack nothing and does not raise it. Said again, the new words hold. Without a site: a list.\n\n"
	             "For a part of a site, or for longer, there is maintenance: true in its file." },
	{ .name = "ban", .summary = "refuses an address or a network for a while", .arguments = "ADDRESS|NETWORK", .arguments_min = 1, .arguments_max = 1,
	  .options = ban_options, .run = ban_command,
	  .details = "What comes from there gets 403, and a page that says for how long; a single address that nobody shares is not even answered. An IPv6 "
	             "address stands for its /64. It ends by itself, survives a reload and a crash, and is lifted by unban. For good, use denylist.\n\n"
	             "Networks of management and trusted_proxies, and this machine, cannot be banned: they are how you, or all visitors, come in." },
	{ .name = "unban", .summary = "lets a banned address or network in again", .arguments = "ADDRESS|NETWORK", .arguments_min = 1, .arguments_max = 1,
	  .options = unban_options, .run = unban_command,
	  .details = "Whether a person banned it or the shield did. What it did before is forgotten: the next ban is short again." },
	{ .name = "bans", .summary = "who is banned now, until when and why", .options = bans_options, .run = bans_command },
	{ .name = "admit", .summary = "lets in a citizen who was refused, by the reference of his page", .arguments = "[REFERENCE]", .arguments_max = 1,
	  .options = admit_options, .run = admit_command,
	  .details = "For who telephones and reads the reference out: of a page that says banned, too many requests, very many people, or one moment. What asks from there "
	             "is then served as a known citizen's: not challenged, not limited by budgets or rate_limits, a ban that the shield made is lifted; a browser that "
	             "keeps cookies has it in writing for that time, also on another connection. Rules, allow_from, denylist and bans by a person stay. References "
	             "are known for 12 hours, also after a crash. Without one: who is let in now.\n\n"
	             "Everybody who shares that connection is let in with him: ask who it is before you type, and keep the time short."},
	{ .name = "partner", .summary = "gives a program of somebody else a token, by which it goes first", .arguments = "[add NAME | end NAME]", .arguments_max = 2,
	  .options = partner_options, .run = partner_command,
	  .details = "For another administration or an application that asks the portal by itself, and that neither a challenge nor a flood is to keep out. add draws a "
	             "token, says it once, writes its hash and its end into the configuration (partners, a key of the site), and reloads. The program sends it in the field "
	             "Bouclier-Partner of each request, over TLS. It is served first and never asked for proof, as long as it keeps to its budgets (requests and cost, keys of the "
	             "partner); beyond them it has next to nothing while there is no room for all, and is limited like any other source. Rules, denylist, bans and rate_limits hold for it.\n\n"
	             "end takes it back: it holds no more when the command is done. Without an argument: who has one, for which site and until when." },
	{ .name = "packet", .summary = "the kernel filter: packets that nobody needs are dropped before they cost anything",
	  .arguments = "status | attach | confirm | detach | counters | run | deny load FILE | egress status|observe|enforce|refresh|follow|off|ledger | bgp list|watch | bgp add NETWORK | bgp withdraw NUMBER|all", .arguments_min = 1, .arguments_max = 3, .options = packet_options, .run = packet_command,
	  .details = "attach puts the filter before the interfaces that packet.interfaces names: as native XDP, else generic XDP, else nftables, and says which, why, and what is lost. "
	             "One that is there already is replaced in place. deny load denies the networks of a file (one a line, # and ; begin comments), in place of those before.\n\n"
	             "Both are undone by themselves after two minutes unless you type bouclier packet confirm: who has locked himself out waits. Networks of management and "
	             "trusted_proxies, whoever is connected to sshd now, the default gateways, the resolvers, neighbour discovery and DHCP always pass; without a network in management "
	             "nothing is attached.\n\n"
	             "egress looks the other way: whom the processes of packet.egress.cgroup contact. observe writes every destination into a ledger; enforce refuses those that neither the "
	             "configuration nor packet.egress.allow names, and is undone like the others; refresh looks names up anew, and attaches to a service that started anew; follow is the same for units: it says nothing where all is well or off, and nobody has to confirm, and with --attached it begins nothing; off ends it, "
	             "and the ledger, until observe or enforce is typed or the machine starts anew. status exits with 1 when something was refused that the shield needs. docs/packet-egress.md.\n\n"
	             "attach --confirmed, at a start of the machine (bouclier-packet-attach.service), attaches what was confirmed last, and refuses anything that holds back more. counters --top says which "
	             "networks and UDP ports the last minute's dropped packets came from.\n\n"
	             "The filter goes on without this program, until detach or a restart of the machine. Needs root, and gives up all of its rights but CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.\n\n"
	             "run is the controller, a service that stays: the running shield hands its bans to the filter through it, and reads the counters; whom egress refuses it tells at once. It has no right left when it serves.\n\n"
	             "bgp: for those who have a BGP session with their carrier, through BIRD 2 on this machine (link: { bgp: on }). add announces a rule by which the carrier "
	             "drops some of the packets to one of our addresses (FlowSpec), or, with --unreachable, all of them (RTBH): this makes the portal unreachable, needs "
	             "--by with one of the persons that the configuration names, lasts 30 minutes at most, and is never done to a site with priority_routes. Everything "
	             "ends by itself. withdraw ends it before (all: everything); list says what is announced.\n\n"
	             "watch stays, and withdraws what is over, and everything when BIRD ends or it is told to end itself; without it nothing can be added." },
	{ .name = "purge", .summary = "has the running shield forget answers that it keeps", .arguments = "SITE URL|PREFIX*|tag:NAME", .arguments_min = 2,
	  .arguments_max = 2, .options = purge_options, .run = purge_command,
	  .details = "URL is /path?query, or the whole of it (https://host/path?query) for one of the hosts of the site. With * at its end, all that "
	             "begin so: /* is everything. tag:NAME: answers whose origin named them NAME, in Cache-Tag or Surrogate-Key. What is on its way "
	             "from an origin meanwhile is not kept. Continuity copies on disk go, too. Says how many answers went; none is no error." },
	{ .name = "continuity", .summary = "the last good copies of public pages, which are given when no origin answers", .arguments = "list [SITE] | pin SITE URL | drop SITE URL|PREFIX*|all",
	  .arguments_min = 1, .arguments_max = 3, .options = continuity_options, .run = continuity_command,
	  .details = "Copies are on disk, in the state folder; which pages have one is said by the key continuity of a site. URL is /path, for all hosts of the site, or "
	             "https://host/path, in both cases without a query.\n\n"
	             "pin: its copies stay, whatever their age and whoever needs room, and are made if they are missing, whatever the site's mode is but off; 64 of "
	             "a site. Never of what the origin calls private, or that sets a cookie. It lasts until drop, through restarts.\n\n"
	             "drop: copies and pins go; the next visitors have copies made anew where the site wants some. all: every one of the site. purge drops copies, too, and leaves pins." },
	{ .name = "level", .summary = "how sites are; says that one is attacked, or leaves it to the detector", .arguments = "[SITE [attack|elevated|normal|auto]]",
	  .arguments_max = 2, .options = level_options, .run = level_command,
	  .details = "The detector compares each second with what is usual for the site (requests, new sources, errors, latency, kinds of "
	             "requests) and with what its origins can do. Above normal nothing new is learned: a flood does not become what is usual. "
	             "A word of yours holds until auto; never below level_floor, a key of the site. Every move is a line in the journal. Without a word, says how a "
	             "site is, and why; without a site, all of them." },
	{ .name = "guard", .summary = "what sites that only observe would have refused in the last week, and whether it is safe to turn on", .arguments = "[SITE]",
	  .arguments_max = 1, .options = guard_options, .run = guard_command,
	  .details = "Of a site with guard: observe, by action and reason: how many requests, of how many sources (an IPv4 address, an IPv6 /64), how many of them "
	             "known citizens; of this day and the seven before it, also through reloads and crashes. Which requests those were is in the journal: "
	             "bouclier log -q 'would=limit and site=SITE'. To turn it on, take the key out of the file, or write guard: on, and reload." },
	{ .name = "status", .summary = "what the running shield is doing, on one page", .options = status_options, .run = status_command },
	{ .name = "top", .summary = "the same, live", .options = top_options, .run = top_command,
	  .details = "Requests a second, decisions, origins, the slowest sites and routes, connections, memory; every second, until q." },
	{ .name = "log", .summary = "shows and searches the journal", .options = log_options, .run = log_command,
	  .details = "Reads the journal's files; nothing needs to run. A query compares members by = != < <= > >= and ~ (contains) and joins "
	             "them by and, or, not and parentheses: status>=500 and site=www.x.example and not ip=10.0.0.0/8 and duration>1.5s." },
	{ .name = "hub", .summary = "lets people in at the hub who cannot get in", .arguments = "break-glass | code NAME", .arguments_min = 1, .arguments_max = 2, .options = hub_options, .run = hub_command,
	  .details = "break-glass prints a code by which somebody is an administrator of the hub for an hour, whatever else is broken; root alone gets it, and all are told when it is used. code gives the account NAME "
	             "a new start: a code by which its owner chooses a password; password and second factor are gone." },
	{ .name = "incident", .summary = "shows incidents, and what people do with them",
	  .arguments = "list | show ID | acknowledge ID | note ID TEXT | contain ID | close ID | reopen ID | owner ID NAME", .arguments_min = 1, .arguments_max = 3,
	  .options = incident_options, .run = incident_command,
	  .details = "Asks the hub (hub: in the configuration) over its socket. list shows what goes on, a line each; show a page of one: what happened, to whom, how severe it is "
	             "and why, what citizens experienced, what the shield did, and its timeline. acknowledge says that you look after it, owner that somebody else does; note "
	             "adds words; contain and close say that it is over, reopen that it is not. Each is kept with who and when." },
	{ .name = "audit", .summary = "shows and verifies the hub's audit log", .arguments = "verify [FILE...] | show | head", .arguments_min = 1, .arguments_max = ARGUMENTS_MAX,
	  .options = audit_options, .run = audit_command,
	  .details = "Every action of people at the hub is an entry that is chained to the one before it by its hash. verify finds an entry that was changed, taken out, put in or moved, "
	             "and says in which file and line; exit 1. show prints the newest entries. head prints the hash of the newest one: kept on another machine, it shows later "
	             "with verify --head that nothing before it was cut off or written anew. Reads files; nothing needs to run." },
	{ .name = "explain", .summary = "why a request was refused, and what would excuse it", .arguments = "[REQUEST_ID]", .arguments_max = 1,
	  .options = explain_options, .run = explain_command,
	  .details = "Finds the request in the journal and says what was decided and why: each rule that matched, where in the request, after "
	             "which transformations, what it added to the score, and the narrowest exclusion, as YAML to paste into the site. Values are "
	             "masked, as the journal has them; what was not kept, it says.\n\n"
	             "With --request it judges a request from a file by the site's rules and shows the values that matched. Its lines may end in "
	             "LF. Nothing needs to run, and nothing is sent." },
	{ .name = "rules", .summary = "what rules are wrong about a portal; tests what runs; installs a release of rules, or goes back to the one before",
	  .arguments = "tune [SITE] | graduate SITE | enforce SITE RULE | test DIR|FILE... | update DIR | rollback | list",
	  .arguments_min = 1, .arguments_max = ARGUMENTS_MAX, .options = rules_options, .run = rules_command,
	  .details = "tune asks the running shield which rules hit which parameters of which paths for many different ordinary visitors, and "
	             "proposes exclusions, as YAML to paste into the site: of the rule, in that parameter of that path; where three rules about text "
	             "hit one parameter, of their kinds (attack-xss, attack-sqli, attack-rce, attack-lfi, attack-injection-php). An ordinary "
	             "visitor is one whose requests are otherwise mostly clean. Where one or two people write, --visitors 1 has proposals too: "
	             "look at each, for one visitor may be an attacker.\n\n"
	             "graduate moves a site whose file says waf: { mode: detect, graduate: 7d } to block now; with --undo back to detect. "
	             "enforce puts a rule that went back to detect by itself (status says which) in block again.\n\n"
	             "update copies a CRS release that you downloaded and unpacked (DIR) into the folder rules beside the configuration, checks it, "
	             "makes it rules/current, and has a running shield reload. Sites use it as waf: { ruleset: rules/current }. With an "
	             "error nothing changes. Your crs-setup.conf goes along where DIR has none.\n\n"
	             "rollback makes the previous release the current one again; list shows what is installed.\n\n"
	             "test asks the running shield about regression tests, in the form of CRS 3.3 and of go-ftw: files, or folders with .yaml in them. "
	             "The shield stops each request before any origin, and says over its admin socket which rules fired; --output json tells that too. "
	             "A line for each test that failed, then \"N passed, N failed\"; tests about what an origin answers are skipped, and counted." },
	{ .name = "drill", .summary = "plays an attack on this machine, and says whether the portal would stay reachable", .arguments = "[SITE]",
	  .arguments_max = 1, .options = drill_options, .run = drill_command,
	  .details = "Starts a shield of its own with the site's own settings, in front of a portal of its own that makes 100 pages a second; plays citizens, and "
	             "attackers who ask for four times as much; and prints who was served in time, what the shield did, and a verdict. Exit 0: the portal "
	             "would have stayed reachable.\n\n"
	             "All of it is on loopback addresses of this machine, and no option names another: no origin of the configuration, no visitor and no running "
	             "shield notices. Nothing is changed, and nothing is left afterwards." },
	{ .name = "probe", .summary = "looks at portals from outside, as a citizen does, and tells the hub what it saw", .arguments = "URL... | key FILE", .arguments_min = 1,
	  .arguments_max = ARGUMENTS_MAX, .options = probe_options, .run = probe_command,
	  .details = "For a machine elsewhere: another line, another town. The shield cannot know of citizens who do not get as far as the shield; only with a probe can the hub "
	             "say how many were served. Each look is a stranger's: names from the system's DNS, TLS verified, at most three redirects on the same host, the challenge solved or waited "
	             "for as a browser does. Served in time is within 8 seconds.\n\n"
	             "key FILE makes a private key, for this machine alone, and prints the public one, for hub.probes of the hub's configuration; of a file that is there it prints the public one.\n\n"
	             "Each minute goes to the hub, signed. What cannot be delivered, because the line is full, waits for up to twelve hours, in --state across restarts, and is told afterwards. "
	             "It says on standard output when something changes. SIGTERM ends it; what it saw until then is delivered or kept. bouclier-probe.service runs it. docs/probe.md." },
	{ .name = "watch", .summary = "keeps an eye on another administration's shield, and says when it is dead", .arguments = "URL...", .arguments_min = 1,
	  .arguments_max = ARGUMENTS_MAX, .options = watch_options, .run = watch_command,
	  .details = "For a machine of somebody else: who is dead cannot say so. A page of the portal is asked for again and again, as a citizen does (as probe does). Said, in a line on "
	             "standard output whenever it changes: the shield (does somebody answer there), the portal (does it give a page within 8 seconds), the certificate "
	             "(do browsers accept it, and for 14 days more), and, where the site says `watchable: true`, its alerts (would they reach anybody there). Each is ok, failing from the first bad look on, dead from the third in a row; well again after a good "
	             "one, or after two if it was dead.\n\n"
	             "It reads no configuration and keeps nothing. SIGTERM ends it. docs/probe.md." },
	{ .name = "report", .summary = "drafts a message for others about what is measured here: for the carrier's desk", .arguments = "carrier",
	  .arguments_min = 1, .arguments_max = 1, .options = report_options, .run = report_command,
	  .details = "carrier: while the line to the internet fills, only its carrier can help. Measures the line for a few seconds, and writes what its desk needs: telephone "
	             "number and contract on top, what is measured (how full the line is, which packets, from which networks), what to filter, and what must stay "
	             "reachable; in the administration's language and in English, to be mailed or read aloud. Nothing is sent. Who attacks is named by networks "
	             "(/24, /48), never by single addresses.\n\n"
	             "link, in the configuration, says what the line carries and whom to call." },
	{ .name = "doctor", .summary = "looks at this machine, and says what to change before a shield depends on it",
	  .options = doctor_options, .run = doctor_command },
	{ .name = "version", .summary = "the version, and what it was built with", .options = version_options, .run = version_command },
	{ .name = "dump", .summary = "a configuration with every default; its schema; its manual", .options = dump_options,
	  .run = dump_command },
	{ .name = "help", .summary = "this list, or one command", .arguments = "[COMMAND]", .arguments_max = 1, .options = help_options,
	  .run = help_command },
	{ .name = NULL },
};

/* `bouclier status`: one line a fact; what a person must know is red. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/line.h"
#include "cli/loaded.h"
#include "cli/page.h"
#include "cli/status.h"
#include "cli/hub_status.h"

#include "base/banned.h"

#define KINDS_SHOWN 5u
#define PAGE_BYTES_MAX ((size_t)32 << 20)

static uint64_t number(const struct json *object, const char *name)
{
	return json_number_of(json_find(object, name));
}

static unsigned long long printable(const struct json *object, const char *name)
{
	return (unsigned long long)number(object, name);
}

static void print_bypass(struct page *page, const struct json *bypass, struct span whom)
{
	struct span until = json_text_of(json_find(bypass, "until"));

	if (!bypass)
		return;
	page_color(page, PAGE_RED, "BYPASSED until %.*s: ", SPAN_ARG(until));
	page_text(page, whom, 0);
	page_print(page, ": ");
	page_text(page, json_text_of(json_find(bypass, "reason")), 0);
	page_print(page, "\n");
}

static void print_maintenance(struct page *page, const struct json *site)
{
	const struct json *maintenance = json_find(site, "maintenance"), *allow = json_find(maintenance, "allow");
	struct span message = json_text_of(json_find(maintenance, "message"));

	if (!maintenance)
		return;
	page_color(page, PAGE_YELLOW, "MAINTENANCE until %.*s: ", SPAN_ARG(json_text_of(json_find(maintenance, "until"))));
	page_text(page, json_text_of(json_find(site, "site")), 0);
	for (size_t i = 0; i < json_length(allow); i++)
		page_print(page, "%s%.*s", i ? ", " : "; let in: ", SPAN_ARG(json_text_of(json_item(allow, i))));
	page_print(page, "%s", message.len ? ": " : "");
	page_text(page, message, 0);
	page_print(page, "\n");
}

/* How many sites only observe: who looks at numbers of what was refused must know that there would be more. */
static void warn_observers(struct page *page, const struct json *sites)
{
	size_t observing = 0, safe = 0;

	for (size_t i = 0; i < json_length(sites); i++) {
		const struct json *guard = json_find(json_item(sites, i), "guard");

		observing += span_equal(json_text_of(json_find(guard, "mode")), SPAN("observe"));
		safe += json_bool_of(json_find(guard, "safe"));
	}
	if (observing)
		page_color(page, PAGE_YELLOW, "OBSERVING: guard refuses nothing on %zu site%s; safe to turn on: %zu (bouclier guard says which)\n", observing,
		           observing == 1 ? "" : "s", safe);
}

static void print_line(struct page *page, const struct json *line)
{
	const struct line_told told = {
		.interfaces = json_text_of(json_find(line, "interfaces")), .capacity = number(line, "capacity_bits_s"),
		.view = { .bits_s = number(line, "bits_s"), .sent_bits_s = number(line, "sent_bits_s"), .drops_s = number(line, "drops_s"), .percent = (unsigned)number(line, "percent") },
	};
	struct buffer text;

	if (!line)
		return;
	buffer_init(&text, LINE_TEXT_MAX);
	if (line_write(&told, &text) == RESULT_OK)
		page_print(page, "  line         %.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

static void warn_line(struct page *page, const struct json *line)
{
	struct span state = json_text_of(json_find(line, "state"));

	if (!line || span_equal(state, SPAN("quiet")))
		return;
	page_color(page, span_equal(state, SPAN("full")) ? PAGE_RED : PAGE_YELLOW, "LINE: it is %.*s", SPAN_ARG(state));
	if (json_find(line, "percent"))
		page_print(page, ", at %llu %% of its capacity", printable(line, "percent"));
	page_print(page, "; %llu packets lost a second (bouclier report carrier writes what to tell the carrier)\n", printable(line, "drops_s"));
}

/* How the shield itself serves. */
static void warn_shield(struct page *page, const struct json *status)
{
	if (json_bool_of(json_find(status, "reduced")))
		page_color(page, PAGE_RED, "REDUCED: the edge died again and again; strict reader, proxy and budgets only\n");
	if (json_bool_of(json_find(status, "fallen_back")))
		page_color(page, PAGE_RED, "FALLEN BACK: the last good configuration runs, not the newest\n");
	if (json_has_text(json_find(status, "confirm_until")))
		page_color(page, PAGE_YELLOW, "WAITS: this configuration goes away at %.19s UTC unless somebody confirms it (bouclier reload confirm)\n",
		           json_text_of(json_find(status, "confirm_until")).at);
	if (json_bool_of(json_find(status, "draining")))
		page_color(page, PAGE_YELLOW, "DRAINING: no new connections are taken\n");
}

/* What people have ordered. */
static void warn_orders(struct page *page, const struct json *status, const struct json *sites)
{
	print_bypass(page, json_find(status, "bypass"), SPAN("every site"));
	for (size_t i = 0; i < json_length(sites); i++)
		print_bypass(page, json_find(json_item(sites, i), "bypass"), json_text_of(json_find(json_item(sites, i), "site")));
	for (size_t i = 0; i < json_length(sites); i++)
		print_maintenance(page, json_item(sites, i));
	warn_observers(page, sites);
	if (number(status, "admitted"))
		page_color(page, PAGE_YELLOW, "ADMITTED: %llu sources are let in by a person (bouclier admit lists them)\n", printable(status, "admitted"));
}

static void warn_tenants(struct page *page, const struct json *problems)
{
	for (size_t i = 0; i < json_length(problems); i++) {
		const struct json *problem = json_item(problems, i);

		page_color(page, PAGE_RED, "TENANT ");
		page_text(page, json_text_of(json_find(problem, "tenant")), 0);
		page_print(page, ": %llu errors in its files; %s (bouclier check says which)\n", printable(problem, "errors"),
		           json_bool_of(json_find(problem, "previous_version_serves")) ? "its last good version serves" : "its sites are left out");
	}
}

/* What is not written down. */
static void warn_records(struct page *page, const struct json *journal, const struct json *audit, const struct json *sites)
{
	if (journal && !json_bool_of(json_find(journal, "writing")))
		page_color(page, PAGE_RED, "JOURNAL: nothing can be written (errno %llu); lines wait in memory\n", printable(journal, "errno"));
	if (audit && !json_bool_of(json_find(audit, "writing")))
		page_color(page, PAGE_RED, "AUDIT LOG: cannot be written (errno %llu); requests are served\n", printable(audit, "errno"));
	if (number(audit, "lost"))
		page_color(page, PAGE_YELLOW, "AUDIT LOG: %llu records lost (they are counted)\n", printable(audit, "lost"));
	for (size_t i = 0; i < json_length(sites); i++) {
		if (number(json_item(sites, i), "audit_lost")) {
			page_color(page, PAGE_YELLOW, "AUDIT LOG: %llu of them of ", printable(json_item(sites, i), "audit_lost"));
			page_text(page, json_text_of(json_find(json_item(sites, i), "site")), 0);
			page_print(page, "\n");
		}
	}
	if (number(journal, "lost"))
		page_color(page, PAGE_YELLOW, "JOURNAL: %llu lines lost (they are counted)\n", printable(journal, "lost"));
}

void status_warn(struct page *page, const struct json *status)
{
	const struct json *sites = json_find(status, "sites");

	warn_shield(page, status);
	warn_line(page, json_find(status, "line"));
	warn_orders(page, status, sites);
	warn_tenants(page, json_find(status, "tenant_problems"));
	warn_records(page, json_find(status, "journal"), json_find(status, "audit_log"), sites);
}

static void print_process(struct page *page, const struct json *status)
{
	const struct json *connections = json_find(status, "connections");

	page_color(page, PAGE_BOLD, "bouclier %.*s", SPAN_ARG(json_text_of(json_find(status, "version"))));
	page_print(page, ", node %.*s, edge %llu of keeper %llu\n", SPAN_ARG(json_text_of(json_find(status, "node"))), printable(status, "pid"),
	           printable(status, "keeper_pid"));
	page_print(page, "  up           %s, %llu workers, %s of memory\n", short_seconds(number(status, "uptime_s")).text,
	           printable(status, "workers"), short_bytes(number(status, "memory_bytes")).text);
	if (json_find(status, "keeper_uptime_s"))
		page_print(page, "  keeper       up %s%s%s%s\n", short_seconds(number(status, "keeper_uptime_s")).text, number(status, "keeper_memory_bytes") ? ", " : "",
		           number(status, "keeper_memory_bytes") ? short_bytes(number(status, "keeper_memory_bytes")).text : "", number(status, "keeper_memory_bytes") ? " of memory" : "");
	page_print(page, "  config       generation %llu, %llu taken over, %llu refused\n", printable(status, "generation"),
	           printable(status, "reloads"), printable(status, "reload_failures"));
	page_print(page, "  edges        %llu started, %llu died\n", printable(status, "edge_starts"), printable(status, "edge_deaths"));
	page_print(page, "  connections  %llu open (%llu TLS, %llu HTTP/2), %llu requests at work, %llu to origins (%llu idle)\n",
	           printable(connections, "open"), printable(connections, "tls"), printable(connections, "h2"),
	           printable(connections, "requests_at_work"), printable(connections, "origin"), printable(connections, "origin_idle"));
}

static void print_origin(struct page *page, const struct json *origin)
{
	bool is_up = json_bool_of(json_find(origin, "up"));

	page_print(page, "  origin       ");
	page_text(page, json_text_of(json_find(origin, "origin")), 0);
	page_print(page, " ");
	page_color(page, is_up ? PAGE_GREEN : PAGE_RED, "%s", is_up ? "up" : "DOWN");
	if (!is_up && json_find(origin, "check")) {
		page_print(page, " (");
		page_text(page, json_text_of(json_find(origin, "check")), 0);
		page_print(page, ")");
	}
	page_print(page, ", %llu at work (%llu of %llu places held, %llu waiting), %llu requests, %llu errors%s%s\n", printable(origin, "at_work"),
	           printable(origin, "held"), printable(origin, "limit"), printable(origin, "waiting"), printable(origin, "requests"),
	           printable(origin, "errors"), json_bool_of(json_find(origin, "backup")) ? ", backup" : "",
	           json_bool_of(json_find(origin, "draining")) ? ", draining" : "");
}

/* On its way from detect to block. */
static void print_graduation(struct page *page, const struct json *graduation)
{
	struct span state = json_text_of(json_find(graduation, "state")), moves = json_text_of(json_find(graduation, "moves"));
	struct span held_up = json_text_of(json_find(graduation, "held_up")), few = json_text_of(json_find(graduation, "few_refused"));

	if (!graduation)
		return;
	page_print(page, "  graduate     ");
	if (span_equal(state, SPAN("blocking")))
		page_print(page, "in block since %.*s (bouclier rules graduate --undo takes it back)", SPAN_ARG(json_text_of(json_find(graduation, "moved"))));
	else if (span_equal(state, SPAN("undone")))
		page_color(page, PAGE_YELLOW, "taken back by a person: stays in detect");
	else if (span_equal(state, SPAN("announced")))
		page_color(page, PAGE_YELLOW, "moves to block on %.*s", SPAN_ARG(moves));
	else if (moves.len)
		page_print(page, "moves to block on %.*s if nothing comes between", SPAN_ARG(moves));
	else
		page_print(page, "too few visitors yet to tell (%llu of %llu)", printable(graduation, "visitors"), printable(graduation, "visitors_wanted"));
	if (held_up.len && !span_equal(state, SPAN("blocking")))
		page_print(page, "; rules hit ordinary visitors last on %.10s (bouclier rules tune)", held_up.at);
	else if (few.len && !span_equal(state, SPAN("blocking")))
		page_print(page, "; %llu visitor%s would be refused, last on %.10s (bouclier rules tune --visitors 1)", printable(graduation, "few_visitors"),
		           printable(graduation, "few_visitors") == 1 ? "" : "s", few.at);
	page_print(page, "\n");
}

/* Rules that only observe somewhere though the site blocks. */
static void print_retreats(struct page *page, const struct json *retreats)
{
	for (size_t i = 0; i < json_length(retreats); i++) {
		const struct json *retreat = json_item(retreats, i);

		page_color(page, PAGE_YELLOW, "  rule %llu only observes", printable(retreat, "rule"));
		page_print(page, " %.*s ", SPAN_ARG(json_text_of(json_find(retreat, "method"))));
		page_text(page, json_text_of(json_find(retreat, "path")), 0);
		page_print(page, " until %.10s: it refused many known visitors (bouclier rules tune; rules enforce ends it)\n",
		           json_text_of(json_find(retreat, "until")).at);
	}
}

static void print_waf(struct page *page, const struct json *waf)
{
	if (!waf)
		return;
	page_print(page, "  rules        %.*s: ", SPAN_ARG(json_text_of(json_find(waf, "mode"))));
	page_text(page, json_text_of(json_find(waf, "ruleset")), 0);
	page_print(page, " (%.*s)\n", SPAN_ARG(json_text_of(json_find(waf, "rules"))));
	print_graduation(page, json_find(waf, "graduation"));
	print_retreats(page, json_find(waf, "retreats"));
}

/* A calm site has nothing to say. */
static void print_level(struct page *page, const struct json *level)
{
	struct span is = json_text_of(json_find(level, "is")), reasons = json_text_of(json_find(level, "for"));
	bool is_forced = json_bool_of(json_find(level, "forced"));

	if (!level || (span_equal(is, SPAN("normal")) && !is_forced))
		return;
	page_print(page, "  level        ");
	page_color(page, span_equal(is, SPAN("attack")) ? PAGE_RED : PAGE_YELLOW, "%.*s", SPAN_ARG(is));
	if (is_forced)
		page_print(page, ", until a person says auto");
	else if (reasons.len)
		page_print(page, ": %.*s", SPAN_ARG(reasons));
	if (json_find(level, "floor"))
		page_print(page, " (never under %.*s: level_floor)", SPAN_ARG(json_text_of(json_find(level, "floor"))));
	page_print(page, "\n");
}

/* Nothing is refused there, whatever is decided. */
static void print_guard(struct page *page, const struct json *guard)
{
	if (!span_equal(json_text_of(json_find(guard, "mode")), SPAN("observe")))
		return;
	page_print(page, "  guard        ");
	page_color(page, PAGE_YELLOW, "only observes");
	page_print(page, " (bouclier guard says more). ");
	page_text(page, json_text_of(json_find(guard, "says")), 0);
	page_print(page, "\n");
}

/* Many rare ones may flood at once, and say no more than the first few. */
static void print_kinds(struct page *page, const struct json *kinds)
{
	const struct json *flooding = json_find(kinds, "flooding");
	size_t count = json_length(flooding);

	for (size_t i = 0; i < count && i < KINDS_SHOWN; i++) {
		const struct json *kind = json_item(flooding, i);

		page_color(page, PAGE_YELLOW, "  flood        ");
		page_print(page, "clients of the kind %.*s ask %llu times a second, %llu in calm: they wait a lane further down\n",
		           SPAN_ARG(json_text_of(json_find(kind, "kind"))), printable(kind, "a_second"), printable(kind, "usual"));
	}
	if (count > KINDS_SHOWN)
		page_print(page, "               and %zu kinds more, of %llu\n", count - KINDS_SHOWN, printable(kinds, "seen"));
}

static void print_certificate(struct page *page, const struct json *certificate)
{
	if (!certificate)
		return;
	page_print(page, "  certificate  until %.10s", json_text_of(json_find(certificate, "not_after")).at);
	if (json_bool_of(json_find(certificate, "self_signed")))
		page_color(page, PAGE_YELLOW, ", self-signed");
	page_print(page, "\n");
}

static void print_pair(void *context, struct span name, const struct json *value)
{
	page_print(context, " %.*s %llu", SPAN_ARG(name), (unsigned long long)json_number_of(value));
}

static void print_counts(struct page *page, const struct json *site)
{
	page_print(page, "  decisions   ");
	json_each(json_find(site, "decisions"), print_pair, page);
	page_print(page, "%s\n", json_length(json_find(site, "decisions")) ? "" : " none yet");
	if (!json_length(json_find(site, "reasons")))
		return;
	page_print(page, "  reasons     ");
	json_each(json_find(site, "reasons"), print_pair, page);
	page_print(page, "\n");
}

/* Nothing to say on a calm day. */
static void print_continuity(struct page *page, const struct json *continuity)
{
	if (!continuity || !json_bool_of(json_find(continuity, "giving")))
		return;
	page_color(page, PAGE_RED, "  continuity   visitors get copies of its pages: no origin answers, or a priority route is full");
	page_print(page, " (%llu copies, given %llu times; bouclier continuity list)\n", printable(continuity, "copies"), printable(continuity, "given"));
}

static void print_site(struct page *page, const struct json *site)
{
	const struct json *hosts = json_find(site, "hosts"), *origins = json_find(site, "origins");

	page_print(page, "\n");
	page_color(page, PAGE_BOLD, "%.*s", SPAN_ARG(json_text_of(json_find(site, "site"))));
	page_print(page, " (tenant %.*s)", SPAN_ARG(json_text_of(json_find(site, "tenant"))));
	for (size_t i = 0; i < json_length(hosts); i++)
		page_print(page, "%s%.*s", i ? ", " : ": ", SPAN_ARG(json_text_of(json_item(hosts, i))));
	page_print(page, "\n");
	print_bypass(page, json_find(site, "bypass"), json_text_of(json_find(site, "site")));
	print_maintenance(page, site);
	print_continuity(page, json_find(site, "continuity"));
	if (json_find(site, "inspected") && !json_bool_of(json_find(site, "inspected")))
		page_color(page, PAGE_YELLOW, "  not inspected: its TLS passes through to the origins\n");
	print_level(page, json_find(site, "level"));
	print_guard(page, json_find(site, "guard"));
	print_kinds(page, json_find(site, "kinds"));
	print_waf(page, json_find(site, "waf"));
	for (size_t i = 0; i < json_length(origins); i++)
		print_origin(page, json_item(origins, i));
	print_certificate(page, json_find(site, "certificate"));
	print_counts(page, site);
}

static void print_learned(struct page *page, uint64_t pages)
{
	if (pages)
		page_print(page, "  learned      %llu page%s shared though nobody declares it (bouclier top lists them)\n", (unsigned long long)pages,
		           pages == 1 ? " is" : "s are");
}

static void print_cache_disk(struct page *page, const struct json *disk)
{
	struct span error = json_text_of(json_find(disk, "error"));

	if (!number(disk, "limit"))
		return;
	page_print(page, "  cache disk   %llu answers, %llu of %llu MiB; %llu given, %llu written", printable(disk, "answers"), printable(disk, "bytes") >> 20,
	           printable(disk, "limit") >> 20, printable(disk, "given"), printable(disk, "written"));
	if (number(disk, "skipped") || number(disk, "late"))
		page_print(page, " (too slow: %llu not waited for, %llu not written)", printable(disk, "late"), printable(disk, "skipped"));
	page_print(page, "\n");
	if (error.len)
		page_color(page, PAGE_RED, "               it does not work: %.*s\n", SPAN_ARG(error));
}

static void print_bots(struct page *page, const struct json *bots)
{
	if (!number(bots, "questions"))
		return;
	page_print(page, "  good bots    %llu requests; %llu addresses proven by DNS, %llu refuted", printable(bots, "requests"), printable(bots, "proven"),
	           printable(bots, "refuted"));
	if (number(bots, "left_out") || number(bots, "unanswered"))
		page_print(page, " (%llu questions unanswered, %llu left out as too many)", printable(bots, "unanswered"), printable(bots, "left_out"));
	page_print(page, "\n");
}

static void print_status(struct page *page, const struct json *status)
{
	const struct json *sites = json_find(status, "sites"), *unnamed = json_find(status, "no_site");

	print_process(page, status);
	hub_status_print(page, status);
	print_line(page, json_find(status, "line"));
	print_learned(page, number(json_find(status, "learned"), "pages"));
	print_cache_disk(page, json_find(status, "cache_disk"));
	print_bots(page, json_find(status, "bots"));
	status_warn(page, status);
	for (size_t i = 0; i < json_length(sites); i++)
		print_site(page, json_item(sites, i));
	if (json_length(json_find(unnamed, "decisions"))) {
		page_print(page, "\nwithout a site (unknown names, connections that ended before a request)\n");
		print_counts(page, unnamed);
	}
}

int status_ask(const struct options *options, struct admin_reply *reply)
{
	char socket[PATH_TEXT_MAX];
	struct admin_question question = { .socket = socket, .method = "GET", .path = "/status", .wait_ms = ADMIN_ASK_MS };
	enum result result;
	int code;

	find_socket(options, socket);
	result = admin_ask(&question, reply);
	if (result != RESULT_OK)
		return admin_complain(&question, result);
	if (reply->status == 200)
		return EXIT_DONE;
	code = admin_complain_reply(reply);
	admin_reply_done(reply);
	return code;
}

int status_command(const struct options *options)
{
	struct page page = { .has_color = options->has_color, .result = RESULT_OK };
	struct json *status = NULL;
	struct admin_reply reply;
	struct buffer text;
	int code = status_ask(options, &reply);

	if (code != EXIT_DONE)
		return code;
	if (options->is_json) {
		command_print(stdout, reply.body);
		goto done;
	}
	buffer_init(&text, PAGE_BYTES_MAX);
	page.out = &text;
	if (json_read(reply.body, &status) == RESULT_OK)
		print_status(&page, status);
	if (!status || page.result != RESULT_OK)
		code = command_failed("the shield's answer cannot be shown");
	else
		command_print(stdout, buffer_span(&text));
	if (status)
		json_drop(status);
	buffer_done(&text);
done:
	admin_reply_done(&reply);
	return code;
}

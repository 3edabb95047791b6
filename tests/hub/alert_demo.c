/* The hub's alerts with nothing around them, for tests/scenes/test_hub_alert.py: real settings, the real store, the real process that sends.
 *
 *   hub-alert-demo FOLDER        reads FOLDER/hub.yaml, keeps what it keeps in FOLDER/store
 *
 * Each line of its input is an order, answered with a line of JSON:
 *   attack ID SEVERITY STATUS WAVES   an incident is so
 *   test PATH                         a test on PATH
 *   later SECONDS                     the clock goes forward
 *   kill                              the process that sends is killed, and another started
 *   state                             nothing */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/read.h"
#include "event/json.h"
#include "hub/alert/alerts.h"
#include "hub/alert/hours.h"
#include "hub/alert/routes.h"
#include "hub/alert/send/role.h"
#include "hub/settings/settings.h"

static struct {
	struct loop loop;
	struct alerts *alerts;
	struct watch input;
	struct timer timer;
	uint64_t later_s;
	pid_t sender;
	char *folder;
	struct incident incident;
} demo;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_s(void)
{
	return demo.loop.wall_ns / 1000000000 + demo.later_s;
}

static void start_sender(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0 || (demo.sender = fork()) < 0)
		die("send");
	if (demo.sender == 0) {
		close(ends[0]);
		close(0);
		_exit(send_prepare() == RESULT_OK && send_role(ends[1]) == RESULT_OK ? 0 : 3);
	}
	close(ends[1]);
	if (alerts_attach(demo.alerts, ends[0]) != RESULT_OK)
		die("attach");
}

static void end_sender(int with)
{
	int status;

	kill(demo.sender, with);
	if (waitpid(demo.sender, &status, 0) != demo.sender)
		die("wait");
}

/* -- orders -- */

static unsigned index_of(struct span name, unsigned count, const char *(*name_of)(unsigned index))
{
	for (unsigned i = 0; i < count; i++) {
		if (span_equal(name, span_of(name_of(i))))
			return i;
	}
	exit(4);
}

static const char *severity_at(unsigned index)
{
	return severity_name((enum severity)index);
}

static const char *status_at(unsigned index)
{
	return incident_status_name((enum incident_status)index);
}

static uint64_t number(struct span *rest)
{
	uint64_t out = 0;

	if (span_to_u64(span_cut(rest, ' '), UINT32_MAX, &out) != RESULT_OK)
		exit(4);
	return out;
}

static void attack(struct span rest)
{
	struct incident *incident = &demo.incident;

	incident_init(incident, number(&rest), INCIDENT_ATTACK, SPAN_NONE, 1767657600);
	incident_add_site(incident, SPAN("www.commune.example"), SPAN_NONE);
	incident->severity = (enum severity)index_of(span_cut(&rest, ' '), SEVERITY_COUNT, severity_at);
	incident->status = (enum incident_status)index_of(span_cut(&rest, ' '), STATUS_COUNT, status_at);
	incident->waves = (uint32_t)number(&rest);
	incident->reason = FOR_HELD;
	incident->number = 4321;
	alerts_incident(demo.alerts, incident, now_s());
}

static void say_state(void)
{
	struct json_writer json;
	struct buffer out;

	buffer_init(&out, 1 << 20);
	json_writer_init(&json, &out);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("paths"), '[');
	alerts_put_paths(demo.alerts, &json);
	json_close(&json, ']');
	json_put_bool(&json, SPAN("kept"), alerts_are_kept(demo.alerts));
	json_put_bool(&json, SPAN("can_send"), alerts_can_send(demo.alerts));
	json_close(&json, '}');
	printf("%.*s\n", SPAN_ARG(buffer_span(&out)));
	fflush(stdout);
	buffer_done(&out);
}

static void obey(struct span line)
{
	struct span rest = line, verb = span_cut(&rest, ' ');
	char id[ALERT_ID_BYTES];

	if (span_equal(verb, SPAN("attack"))) {
		attack(rest);
	} else if (span_equal(verb, SPAN("test"))) {
		if (alerts_test(demo.alerts, rest, now_s(), id) != RESULT_OK)
			exit(4);
	} else if (span_equal(verb, SPAN("later"))) {
		demo.later_s += number(&rest);
		alerts_second(demo.alerts, now_s());
	} else if (span_equal(verb, SPAN("kill"))) {
		end_sender(SIGKILL);
		start_sender();
	} else if (!span_equal(verb, SPAN("state"))) {
		exit(4);
	}
	say_state();
}

static void input_ready(struct watch *watch, uint32_t events)
{
	char line[512];
	ssize_t got = read(watch->fd, line, sizeof(line));
	struct span rest = span_make(line, got > 0 ? (size_t)got : 0);

	(void)events;
	if (got <= 0)
		loop_stop(&demo.loop);
	while (rest.len) {
		struct span one = span_cut(&rest, '\n');

		if (one.len)
			obey(one);
	}
}

static void second(struct timer *timer)
{
	alerts_second(demo.alerts, now_s());
	timer_set(&demo.loop.timers, timer, demo.loop.now_ms + 200);
}

/* -- the start -- */

static enum result file(void *context, struct span path, struct span *out)
{
	static struct buffer texts[16];
	static unsigned used;
	char name[4096];
	FILE *from;
	size_t got;

	(void)context;
	if (used == 16 || span_to_text(path, name, sizeof(name)) != RESULT_OK || !(from = fopen(name, "re")))
		return RESULT_NOT_FOUND;
	buffer_init(&texts[used], ALERT_FILE_MAX + 1);
	got = fread(buffer_reserve(&texts[used], ALERT_FILE_MAX + 1), 1, ALERT_FILE_MAX + 1, from);
	buffer_commit(&texts[used], got);
	fclose(from);
	*out = buffer_span(&texts[used++]);
	return RESULT_OK;
}

static struct snapshot *read_settings(void)
{
	static const struct config_section none = { .table = NULL };
	static struct config_section sections[2];
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	struct buffer said;
	char path[4096];

	sections[0] = hub_section;
	sections[1] = none;
	snprintf(path, sizeof(path), "%s/hub.yaml", demo.folder);
	complaints_init(&complaints);
	buffer_init(&said, 1 << 20);
	if (config_source_init(&source, span_of(path)) != RESULT_OK || config_read(&source, sections, &complaints, &snapshot) != RESULT_OK) {
		if (complaints_write(&complaints, &said) == RESULT_OK)
			fprintf(stderr, "%.*s", SPAN_ARG(buffer_span(&said)));
		exit(2);
	}
	buffer_done(&said);
	config_source_done(&source);
	complaints_done(&complaints);
	return snapshot;
}

int main(int argc, char **argv)
{
	struct alerts_birth birth = { .loop = &demo.loop };
	struct snapshot *snapshot;
	struct alert_plan plan;
	char path[4096];

	if (argc != 2)
		return 4;
	demo.folder = argv[1];
	snapshot = read_settings();
	hours_begin();
	snprintf(path, sizeof(path), "%s/store", demo.folder);
	if (loop_init(&demo.loop) != RESULT_OK || store_open(span_of(path), NULL, &birth.store) != RESULT_OK)
		die("store");
	if (alert_plan_make(hub_settings_of(snapshot)->alerts, hub_settings_of(snapshot)->name, SPAN("https://hub.commune.example:8444"), file, NULL, &plan) != RESULT_OK ||
	    alerts_new(&birth, &plan, NULL, &demo.alerts) != RESULT_OK)
		die("alerts");
	snapshot_drop(snapshot);
	start_sender();
	demo.input.ready = input_ready;
	if (loop_watch_level(&demo.loop, &demo.input, 0, EPOLLIN) != RESULT_OK)
		die("input");
	timer_init(&demo.timer, second);
	timer_set(&demo.loop.timers, &demo.timer, demo.loop.now_ms + 200);
	say_state();
	loop_run(&demo.loop);
	alerts_free(demo.alerts);
	end_sender(SIGTERM);
	store_close(birth.store);
	loop_done(&demo.loop);
	return 0;
}

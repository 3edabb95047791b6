/* `bouclier watch`: keeps an eye on somebody else's shield, from this machine, and says when it, its portal or its certificate is dead. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cli/command.h"
#include "cli/watch/alive.h"
#include "cli/watch/judge.h"
#include "event/json.h"
#include "process/role.h"
#include "process/signals.h"

#include "base/banned.h"

#define EVERY_MS 30000
#define PATIENCE_MS 20000u
#define LINE_BYTES_MAX ((size_t)8 << 10)
#define END_S 2
#define HUB_DEFAULT "/var/lib/bouclier/hub/" HUB_SOCKET_NAME

struct peer {
	const char *text;
	struct page_url page;
	struct watched things[WATCH_THINGS];
	bool is_owed[WATCH_THINGS];      /* the hub of this machine does not know yet how it is */
	struct watch *watch;
	pthread_t thread;
	bool is_there;
};

struct watch {
	const struct options *options;
	struct peer peers[ARGUMENTS_MAX];
	unsigned count;
	uint64_t every_ms;
	int stop_fd, signal_fd;
	bool ends_when_dead;
	const char *hub;           /* its socket */
	_Atomic bool has_complained;
	_Atomic bool is_dead;      /* something is, and that is to end it */
};

static const struct command *self(void)
{
	return command_find(SPAN("watch"));
}

/* -- what is said -- */

static enum result write_human(const struct peer *peer, enum watch_thing thing, const char *why, struct buffer *out)
{
	enum watch_state state = peer->things[thing].state;
	char now[CLOCK_ISO_LEN + 1];

	clock_write_iso(clock_wall_ns(), now);
	return buffer_print(out, "%s %s: the %s is %s%s%s\n", now, peer->page.authority, watch_thing_name(thing), watch_state_name(state),
	                    why[0] && state != WATCH_OK ? ": " : "", state != WATCH_OK ? why : "");
}

static enum result write_json(const struct peer *peer, enum watch_thing thing, enum watch_state before, const char *why, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_time(&json, SPAN("time"), clock_wall_ns());
	json_put_text(&json, SPAN("url"), span_of(peer->text));
	json_put_text(&json, SPAN("what"), span_of(watch_thing_name(thing)));
	json_put_text(&json, SPAN("state"), span_of(watch_state_name(peer->things[thing].state)));
	json_put_text(&json, SPAN("before"), span_of(watch_state_name(before)));
	json_put_text(&json, SPAN("why"), span_of(why));
	json_close(&json, '}');
	return json.result == RESULT_OK ? buffer_append_byte(out, '\n') : json.result;
}

static void tell(const struct peer *peer, enum watch_thing thing, enum watch_state before, const char *why)
{
	struct buffer line;
	enum result result;

	buffer_init(&line, LINE_BYTES_MAX);
	result = peer->watch->options->is_json ? write_json(peer, thing, before, why, &line) : write_human(peer, thing, why, &line);
	if (result == RESULT_OK)
		command_print(stdout, buffer_span(&line));
	(void)fflush(stdout);
	buffer_done(&line);
}

/* -- the hub of this machine -- */

static void complain_once(struct watch *watch, enum result result)
{
	/* Nobody has asked for a hub that is not there. */
	if ((result == RESULT_NOT_FOUND && !option_is_given(watch->options, "hub")) || watch->has_complained)
		return;
	watch->has_complained = true;
	fprintf(stderr, "bouclier: the hub at %s is not told what is dead: %s\n", watch->hub, result == RESULT_REFUSED ? "it does not take that from this user" : result_name(result));
}

/* What it could not be told now it is told after the next look. */
static void tell_hub(struct peer *peer)
{
	for (unsigned i = 0; i < WATCH_THINGS; i++) {
		enum result result = peer->is_owed[i] ? alive_report(peer->watch->hub, peer->page.authority, (enum watch_thing)i, peer->things[i].state == WATCH_DEAD) : RESULT_END;

		peer->is_owed[i] &= result != RESULT_OK;
		if (result != RESULT_OK && result != RESULT_END) {
			complain_once(peer->watch, result);
			return;
		}
	}
}

/* -- looking -- */

static void take_look(struct peer *peer, bool says_all)
{
	enum watch_finding findings[WATCH_THINGS];
	char why[WATCH_THINGS][EXCHANGE_ERROR_MAX];
	struct look look;

	look_at(&peer->page, PATIENCE_MS, peer->watch->stop_fd, &look);
	watch_find(&look, (int64_t)(clock_wall_ns() / 1000000), findings, why);
	if (look.status)
		alive_ask(&peer->page, peer->watch->stop_fd, peer->things[WATCH_ALERTS].state, &findings[WATCH_ALERTS], why[WATCH_ALERTS]);
	for (unsigned i = 0; i < WATCH_THINGS; i++) {
		enum watch_state before = peer->things[i].state;
		bool has_moved = watch_move(&peer->things[i], findings[i]);

		if (has_moved || (says_all && (i != WATCH_ALERTS || peer->things[i].state != WATCH_UNKNOWN)))
			tell(peer, (enum watch_thing)i, before, why[i]);
		peer->is_owed[i] |= has_moved && peer->things[i].state != WATCH_FAILING;
		if (peer->things[i].state == WATCH_DEAD && peer->watch->ends_when_dead)
			peer->watch->is_dead = true;
	}
	if (!says_all)
		tell_hub(peer);
}

static void *keep_looking(void *context)
{
	struct peer *peer = context;
	const struct watch *watch = peer->watch;
	uint64_t chance;

	do {
		take_look(peer, false);
		random_fill(&chance, sizeof(chance));
	} while (exchange_pause(watch->stop_fd, clock_mono_ms() + watch->every_ms / 2 + chance % watch->every_ms));
	return NULL;
}

static int look_once(struct watch *watch)
{
	bool is_well = true;

	for (unsigned i = 0; i < watch->count; i++) {
		take_look(&watch->peers[i], true);
		for (unsigned j = 0; j < WATCH_THINGS; j++)
			is_well &= watch->peers[i].things[j].state <= WATCH_OK;
	}
	return is_well ? EXIT_DONE : EXIT_FAILED;
}

/* -- its life -- */

static bool end_peers(struct watch *watch)
{
	const uint64_t one = 1;
	bool are_gone = true;
	struct timespec until;

	(void)!write(watch->stop_fd, &one, sizeof(one));
	for (unsigned i = 0; i < watch->count; i++) {
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += END_S;
		are_gone &= !watch->peers[i].is_there || pthread_timedjoin_np(watch->peers[i].thread, NULL, &until) == 0;
	}
	return are_gone;
}

static int look_on(struct watch *watch, bool *are_gone)
{
	struct pollfd fd = { .events = POLLIN };
	int code = EXIT_DONE;

	watch->signal_fd = signals_of_end();
	if (watch->signal_fd < 0)
		return command_failed("signals cannot be taken: %s", strerror(errno));
	fd.fd = watch->signal_fd;
	for (unsigned i = 0; i < watch->count && code == EXIT_DONE; i++) {
		watch->peers[i].is_there = pthread_create(&watch->peers[i].thread, NULL, keep_looking, &watch->peers[i]) == 0;
		if (!watch->peers[i].is_there)
			code = command_failed("no memory for a thread");
	}
	while (code == EXIT_DONE && poll(&fd, 1, 500) <= 0) {
		if (watch->is_dead)
			code = EXIT_FAILED;
	}
	*are_gone = end_peers(watch);
	return code;
}

static int read_wishes(struct watch *watch)
{
	static const struct duration_limits limits = { 1000, 3600000, "from 1s to 1h (30s)" };
	int64_t every_ms = EVERY_MS;
	int code = command_duration(self(), watch->options, "every", &limits, &every_ms);

	watch->every_ms = (uint64_t)every_ms;
	watch->ends_when_dead = option_is_given(watch->options, "fail");
	watch->hub = option_text(watch->options, "hub", HUB_DEFAULT);
	for (unsigned i = 0; code == EXIT_DONE && i < watch->options->argument_count; i++) {
		struct peer *peer = &watch->peers[watch->count++];

		*peer = (struct peer){ .text = watch->options->arguments[i], .watch = watch };
		if (page_url_read(span_of(peer->text), &peer->page) != RESULT_OK)
			code = command_misused(self(), "%s is no address of a page: https://www.commune.example/ is one", peer->text);
	}
	return code;
}

int watch_command(const struct options *options)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	bool are_gone = true;
	int code;

	if (!watch)
		return command_failed("no memory");
	watch->options = options;
	watch->signal_fd = -1;
	watch->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	code = read_wishes(watch);
	if (code == EXIT_DONE)
		code = option_is_given(options, "once") ? look_once(watch) : look_on(watch, &are_gone);
	if (are_gone) {  /* else a name server still keeps a thread; the process is over in a moment */
		close(watch->stop_fd);
		if (watch->signal_fd >= 0)
			close(watch->signal_fd);
		free(watch);
	}
	return code;
}

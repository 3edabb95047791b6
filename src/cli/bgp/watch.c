/* `packet bgp watch`: one process, by which nothing is announced for longer than it should be. SIGHUP: it reads its configuration anew. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "cli/bgp/bounds.h"
#include "cli/bgp/inner.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "packet/settings.h"
#include "process/notify.h"

#include "base/banned.h"

#define JOURNAL_WAIT_MS 300   /* what is over is withdrawn first, and the next does not wait long for a shield that hangs */

struct watching {
	const struct bgp_order *order;
	struct bgp_watch watch;
	bool is_open;
	struct loaded loaded[2];      /* the configuration in force, and the one that is read anew */
	struct bounds bounds[2];
	unsigned now;                 /* the one in force */
	bool is_reread;               /* false: the one in force is ORDER's */
};

static volatile sig_atomic_t is_ended, is_to_reread;

static void on_signal(int signal)
{
	if (signal == SIGHUP)
		is_to_reread = 1;
	else
		is_ended = 1;
}

static void say(void *context, const char *sentence)
{
	(void)context;
	fprintf(stderr, "bouclier: %s\n", sentence);
}

static void write_down(void *context, const struct bgp_route *route, const char *why)
{
	const struct watching *watching = context;

	(void)bgp_write_down(watching->order->options, route, why, JOURNAL_WAIT_MS);
}

static int open_watch(struct watching *watching, const struct bounds *bounds)
{
	char error[BGP_ERROR_MAX] = "";

	if (bgp_watch_open(bounds, &watching->watch, error) != RESULT_OK)
		return command_failed("%s", error);
	watching->watch.context = watching;
	watching->watch.tell = say;
	watching->watch.gone = write_down;
	watching->is_open = true;
	return EXIT_DONE;
}

/* Another file, or another BIRD: what was announced by the old ones is withdrawn there. */
static int change_place(struct watching *watching, const struct bounds *bounds)
{
	bgp_watch_done(&watching->watch);
	watching->is_open = false;
	return open_watch(watching, bounds);
}

static bool read_next(struct watching *watching, struct loaded *next, struct bounds *bounds)
{
	struct span wrong;

	if (loaded_read(next, watching->order->options, 0) != RESULT_OK)
		loaded_complain(next);
	else if (bgp_bounds_make(next->snapshot, bounds, &wrong) != RESULT_OK)
		(void)command_failed("link: { served: ... } names the site %.*s, and there is none of that name", SPAN_ARG(wrong));
	else
		return true;
	return false;
}

/* A configuration with an error changes nothing: what was announced was allowed, and ends as it was to. */
static int reread(struct watching *watching)
{
	unsigned next = watching->is_reread ? !watching->now : 0;
	const struct bounds *bounds = &watching->bounds[next];
	int code = EXIT_DONE;

	if (!read_next(watching, &watching->loaded[next], &watching->bounds[next])) {
		loaded_done(&watching->loaded[next]);
		fprintf(stderr, "bouclier: the configuration stays as it was\n");
		return EXIT_DONE;
	}
	if (bgp_watch_apply(&watching->watch, bounds) != RESULT_OK)
		code = change_place(watching, bounds);
	if (watching->is_reread)
		loaded_done(&watching->loaded[watching->now]);
	watching->now = next;
	watching->is_reread = true;
	if (code == EXIT_DONE)
		fprintf(stderr, "bouclier: the configuration is read anew%s\n", bounds->link->bgp.mode == BGP_ON ? "" : ": BGP is off, and what is announced is withdrawn");
	return code;
}

/* A signal ends the wait, and never a change in the middle. */
static void take_signals(sigset_t *before)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, before);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* Ready when the file is written: BIRD, which starts behind it, needs its tables. */
static int watch(struct watching *watching)
{
	const struct timespec second = { .tv_sec = 1 };
	bool is_ready = false;
	int code = EXIT_DONE;
	sigset_t before;

	take_signals(&before);
	while (!is_ended && code == EXIT_DONE) {
		struct pollfd bird;

		bgp_watch_turn(&watching->watch, bgp_wall_ms());
		if (!is_ready)
			notify_send("READY=1");
		is_ready = true;
		bird = (struct pollfd){ .fd = watching->watch.is_connected ? watching->watch.bird.fd : -1, .events = POLLIN };
		(void)ppoll(&bird, 1, &second, &before);
		if (is_to_reread) {
			is_to_reread = 0;
			code = reread(watching);
		}
	}
	return code;
}

int bgp_verb_watch(const struct bgp_order *order)
{
	static struct watching watching;
	int code;

	watching.order = order;
	code = open_watch(&watching, order->bounds);
	if (code == EXIT_DONE)
		code = watch(&watching);
	if (watching.is_open)
		bgp_watch_done(&watching.watch);
	if (watching.is_reread)
		loaded_done(&watching.loaded[watching.now]);
	return code;
}

int bgp_verb_watch_blind(const struct bgp_order *order)
{
	struct bgp_include gone;
	struct bird bird;
	enum result reached = bird_open(order->settings->socket, &bird);

	if (bgp_take_out(order, reached == RESULT_OK ? &bird : NULL, 0, &gone) == EXIT_DONE && gone.count)
		fprintf(stderr, "bouclier: nobody knows what may be announced: %u route%s withdrawn\n", gone.count, gone.count == 1 ? "" : "s");
	for (unsigned i = 0; i < gone.count; i++)
		(void)bgp_write_down(order->options, &gone.routes[i], "the configuration cannot be read", JOURNAL_WAIT_MS);
	if (reached == RESULT_OK)
		bird_close(&bird);
	return EXIT_FAILED;
}

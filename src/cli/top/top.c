/* `bouclier top`: asks once a second, shows what changed. Plain ANSI; the terminal is as before afterwards. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/status.h"
#include "cli/top/page.h"

#include "base/banned.h"

#define REFRESH_MS 1000
#define PAGE_BYTES_MAX ((size_t)1 << 20)

struct top_sample {
	struct admin_reply reply;
	struct json *status;
	uint64_t taken_ns;
};

struct top {
	const struct options *options;
	struct top_sample before, now;
	struct top_routes routes;
	struct buffer text;
	bool is_live;
};

static volatile sig_atomic_t is_ended, is_resized;

static void on_signal(int signal)
{
	if (signal == SIGWINCH)
		is_resized = 1;
	else
		is_ended = 1;
}

/* -- answers -- */

static int take_sample(const struct options *options, struct top_sample *out)
{
	int code = status_ask(options, &out->reply);

	out->status = NULL;
	if (code != EXIT_DONE)
		return code;
	out->taken_ns = clock_mono_ns();
	if (json_read(out->reply.body, &out->status) == RESULT_OK)
		return EXIT_DONE;
	admin_reply_done(&out->reply);
	return command_failed("the shield's answer is not JSON");
}

static void drop_sample(struct top_sample *sample)
{
	if (!sample->status)
		return;
	json_drop(sample->status);
	admin_reply_done(&sample->reply);
	sample->status = NULL;
}

static int next_sample(struct top *top)
{
	struct top_sample fresh;
	int code = take_sample(top->options, &fresh);

	if (code != EXIT_DONE)
		return code;
	drop_sample(&top->before);
	top->before = top->now;
	top->now = fresh;
	return EXIT_DONE;
}

/* -- the terminal -- */

static struct termios cooked;

static void terminal_leave(void)
{
	static const char leave[] = "\033[?7h\033[?25h\033[?1049l";

	tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	if (write(STDOUT_FILENO, leave, sizeof(leave) - 1) < 0)
		return;  /* the terminal is gone: nothing is left to restore */
}

static void terminal_enter(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct termios raw;

	tcgetattr(STDIN_FILENO, &cooked);
	raw = cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGWINCH, &action, NULL);
	fputs("\033[?1049h\033[?25l\033[?7l", stdout);
}

/* A terminal that does not tell is taken for the usual one. */
static struct winsize terminal_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row <= 2)
		size.ws_row = 24;
	if (!size.ws_col)
		size.ws_col = 80;
	return size;
}

/* Line by line over the old page; what does not fit below is left out, beside it is cut by the terminal. */
static void paint(struct span text)
{
	unsigned rows = terminal_size().ws_row;

	fputs("\033[H", stdout);
	for (unsigned row = 1; text.len && row < rows; row++) {
		struct span line = span_cut(&text, '\n');

		printf("%.*s\033[K\n", SPAN_ARG(line));
	}
	fputs("\033[J\033[2mq quits\033[0m\033[K", stdout);
	fflush(stdout);
}

static int show(struct top *top)
{
	struct page page = { .out = &top->text, .has_color = top->options->has_color, .result = RESULT_OK };
	struct top_view view = { .before = top->before.status, .now = top->now.status, .routes = &top->routes,
		                 .seconds = (double)(top->now.taken_ns - top->before.taken_ns) / 1e9,
		                 .columns = top->is_live ? terminal_size().ws_col : 0 };

	buffer_reset(&top->text);
	top_routes_update(&top->routes, clock_mono_ms());
	top_print(&page, &view);
	if (page.result != RESULT_OK)
		return command_failed("there is no memory for the page");
	if (top->is_live)
		paint(buffer_span(&top->text));
	else
		command_print(stdout, buffer_span(&top->text));
	return EXIT_DONE;
}

/* Waits for the next second. False: the person has gone. */
static bool wait_for_key(uint64_t until_ms)
{
	for (;;) {
		struct pollfd key = { .fd = STDIN_FILENO, .events = POLLIN };
		uint64_t now_ms = clock_mono_ms();
		char c;
		int ready;

		if (is_ended)
			return false;
		if (is_resized || now_ms >= until_ms) {
			is_resized = 0;
			return true;
		}
		ready = poll(&key, 1, (int)(until_ms - now_ms));
		if (ready > 0 && (read(STDIN_FILENO, &c, 1) != 1 || c == 'q' || c == 'Q'))
			return false;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

static int run_live(struct top *top)
{
	int code = EXIT_DONE;

	terminal_enter();
	while (code == EXIT_DONE && wait_for_key(clock_mono_ms() + REFRESH_MS)) {
		code = next_sample(top);
		if (code != EXIT_DONE) {
			/* What was said about it went to the other screen: it is said again here, unless the shield is back. */
			terminal_leave();
			code = next_sample(top);
			if (code != EXIT_DONE)
				return code;
			terminal_enter();
		}
		code = show(top);
	}
	terminal_leave();
	return code;
}

static int run_once(struct top *top)
{
	struct timespec pause = { .tv_sec = 1 };
	int code;

	nanosleep(&pause, NULL);
	code = next_sample(top);
	return code == EXIT_DONE ? show(top) : code;
}

int top_command(const struct options *options)
{
	struct top top = { .options = options, .is_live = !option_is_given(options, "once") && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) };
	char state[PATH_TEXT_MAX], folder[PATH_TEXT_MAX + 16];
	int code = take_sample(options, &top.now);

	if (code != EXIT_DONE)
		return code;
	find_state(options, state);
	snprintf(folder, sizeof(folder), "%s/journal", state);
	top_routes_init(&top.routes, folder);
	buffer_init(&top.text, PAGE_BYTES_MAX);
	code = top.is_live ? run_live(&top) : run_once(&top);
	buffer_done(&top.text);
	top_routes_done(&top.routes);
	drop_sample(&top.before);
	drop_sample(&top.now);
	return code;
}

/* The smallest shield that a keeper can keep: a check that reads lines, an edge that answers lines. Real processes, real
 * sandboxes; only what they do is small.
 *
 * Configuration: one word and its value a line
 *   listen 127.0.0.1:N   file PATH   required PATH   workers N   state PATH   admin PATH   view PATH   drain MS
 *   refuse TEXT (check says no)   startfail TEXT, buildfail TEXT (the edge says no)   poison (the full edge dies of "ping")
 *   ask (the edge wants to be replaced)
 * Question: one line; answer: one line, then the connection ends.
 *   ping       pid=N generation=N reduced=N files=BYTES workers=N uid=N deaths=N seat=N
 *   crash      the edge aborts            exec      the edge tries a program
 *   open PATH  errno of opening to read   write PATH errno of creating
 *   signal PID errno of asking whether it could be killed          limit PID errno of reading its limit
 *   slow       answers after 700 ms       reload    asks the keeper; answers its result
 *   host NAME  the first address          count     one more in shared memory that outlives the edge
 *   reload MS  ... to be confirmed within MS        confirm, back   answer NUMBER of enum change_outcome
 *   try PORT TEXT, change PORT TEXT   the configuration as "listen PORT" and TEXT: answer NUMBER, and what check says
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper.h"
#include "process/resolve.h"
#include "process/role.h"

#include "base/banned.h"

#define TOY_CONNECTIONS 64

static const struct region toy_regions[] = { { "counter", 1, sizeof(uint64_t) } };

/* -- check -- */

static void toy_listener(struct image_writer *image, struct span value)
{
	struct image_listener listener = { .flags = 7 };

	if (endpoint_read(value, &listener.endpoint) == RESULT_OK)
		image_write_listener(image, &listener);
}

static enum result toy_check_lines(struct span text, struct image_writer *image)
{
	struct image_settings settings = { .workers = 1, .drain_ms = 2000 };
	enum result result = RESULT_OK;
	uint64_t number;

	while (text.len) {
		struct span value = span_cut(&text, '\n'), word = span_cut(&value, ' ');

		if (span_equal(word, SPAN("listen")))
			toy_listener(image, value);
		else if (span_equal(word, SPAN("file")))
			image_write_file(image, &(struct image_file){ .path = value, .kind = 3 });
		else if (span_equal(word, SPAN("required")))
			image_write_file(image, &(struct image_file){ .path = value, .flags = IMAGE_FILE_REQUIRED });
		else if (span_equal(word, SPAN("workers")) && span_to_u64(value, 64, &number) == RESULT_OK)
			settings.workers = (unsigned)number;
		else if (span_equal(word, SPAN("drain")) && span_to_u64(value, 60000, &number) == RESULT_OK)
			settings.drain_ms = number;
		else if (span_equal(word, SPAN("state")))
			settings.state_folder = value;
		else if (span_equal(word, SPAN("admin")))
			image_write_admin(image, value, 0660);
		else if (span_equal(word, SPAN("view")))
			image_write_view(image, value, false);
		else if (span_equal(word, SPAN("refuse"))) {
			image_write_complaints(image, value);
			result = RESULT_MALFORMED;
		} else if (span_equal(word, SPAN("die")))
			abort();
	}
	image_write_settings(image, &settings);
	return result;
}

static enum result toy_check(const struct check_start *start, struct image_writer *image)
{
	static char text[8192];
	struct span changed;
	char path[4096];
	ssize_t len;
	int fd;

	if (image_find_text(&start->overlay, start->config_path, &changed) == RESULT_OK) {
		image_write_text(image, start->config_path, changed);
		return toy_check_lines(changed, image);
	}
	if (span_to_text(start->config_path, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	fd = open(path, O_RDONLY);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len < 0) {
		image_write_complaints(image, SPAN("cannot read the configuration"));
		return RESULT_IO;
	}
	close(fd);
	image_write_text(image, start->config_path, span_make(text, (size_t)len));
	return toy_check_lines(span_make(text, (size_t)len), image);
}

/* -- edge -- */

struct toy_connection {
	int fd;  /* 0: free */
	uint64_t answer_at_ms;
};

struct toy {
	struct role_link *link;
	struct edge_start start;
	struct edge_plan plan;
	uint64_t *counter;
	struct toy_connection slow[TOY_CONNECTIONS];
	int reload_fd, answer_fd;
	uint64_t reload_id, answer_id;
	bool is_draining;
};

/* The value behind WORD in the configuration; {NULL} when the word is not there. */
static struct span toy_value(const struct edge_plan *plan, const char *word)
{
	struct image_record record;
	struct span text;
	size_t at = 0;

	if (!image_next(&plan->image, IMAGE_TEXT, &at, &record))
		return SPAN_NONE;
	text = record.bytes;
	while (text.len) {
		struct span value = span_cut(&text, '\n'), found = span_cut(&value, ' ');

		if (span_equal(found, span_of(word)))
			return value.at ? value : SPAN("");
	}
	return SPAN_NONE;
}

static size_t toy_file_bytes(const struct edge_plan *plan)
{
	struct image_file file;
	size_t at = 0, bytes = 0;

	while (image_next_file(&plan->files, &at, &file))
		bytes += file.bytes.len;
	return bytes;
}

static void toy_answer(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
	close(fd);
}

static int toy_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static void toy_resolve(struct toy *toy, const char *host, char *out, size_t size)
{
	struct pollfd poll_fd = { .fd = toy->start.resolve_fd, .events = POLLIN };
	struct resolve_answer answer = { 0 };
	char text[ADDRESS_TEXT_MAX] = "none";

	snprintf(out, size, "no answer\n");
	if (resolve_client_ask(toy->start.resolve_fd, 42, span_of(host)) != RESULT_OK || poll(&poll_fd, 1, 5000) != 1 ||
	    resolve_client_read(toy->start.resolve_fd, &answer) != RESULT_OK || answer.id != 42)
		return;
	if (answer.status == RESOLVE_FOUND)
		address_write(&answer.addresses[0], text);
	snprintf(out, size, "%s\n", text);
}

static void toy_ping(struct toy *toy, int fd)
{
	const struct shared_keeper *facts = shared_find(&toy->start.shared, "keeper", SHARED_KEEPER_VERSION, sizeof(*facts));
	char out[256];

	if (toy_value(&toy->plan, "poison").at && !toy->start.is_reduced)
		abort();
	snprintf(out, sizeof(out), "pid=%d generation=%llu reduced=%d files=%zu workers=%u uid=%d deaths=%llu seat=%u note=%.*s\n", (int)getpid(),
	         (unsigned long long)toy->plan.generation, toy->start.is_reduced, toy_file_bytes(&toy->plan), toy->start.workers,
	         (int)getuid(), facts ? (unsigned long long)facts->edge_deaths : 999, toy->start.seat, SPAN_ARG(image_note(&toy->plan.files)));
	toy_answer(fd, out);
}

static void toy_slow(struct toy *toy, int fd)
{
	for (int i = 0; i < TOY_CONNECTIONS; i++) {
		if (toy->slow[i].fd == 0) {
			toy->slow[i] = (struct toy_connection){ fd, clock_mono_ms() + 700 };
			return;
		}
	}
	close(fd);
}

/* \1 stands for the end of a line. BASE of a change: what serves, or for "stale" something else. */
static void toy_change(struct toy *toy, int fd, bool is_trial, char *text)
{
	struct role_change change = { .is_trial = is_trial, .wish.note = SPAN("changed"), .texts_fd = -1 };
	struct image_record served = { .name = SPAN_NONE };
	struct change_text one = { .path = SPAN("/etc/passwd") };
	size_t at = 0;

	for (char *c = text; *c; c++)
		*c = *c == 1 ? '\n' : *c;
	(void)!image_next(&toy->plan.image, IMAGE_TEXT, &at, &served);
	if (!strstr(text, "elsewhere"))
		one.path = served.name;
	one.text = span_of(text);
	one.base = strstr(text, "stale") ? SPAN("other\n") : served.bytes;
	if (role_change_texts(&one, 1, &change.texts_fd) != RESULT_OK || role_ask_change(&toy->link->channel, ++toy->answer_id, &change) != RESULT_OK)
		abort();
	close(change.texts_fd);
	toy->answer_fd = fd;
}

/* True: it is answered later. */
static bool toy_asks(struct toy *toy, int fd, char *line)
{
	struct reload_wish wish = { .note = SPAN("toy") };

	if (strncmp(line, "reload", 6) == 0) {
		wish.confirm_ms = strtoull(line + 6, NULL, 10);
		toy->reload_fd = fd;
		if (role_ask_reload(toy->link, ++toy->reload_id, &wish) != RESULT_OK)
			abort();
	} else if (strncmp(line, "confirm", 7) == 0 || strncmp(line, "back", 4) == 0) {
		toy->answer_fd = fd;
		if ((line[0] == 'b' ? role_ask_back(toy->link, ++toy->answer_id, SPAN("errors")) : role_ask_confirm(toy->link, ++toy->answer_id)) != RESULT_OK)
			abort();
	} else if (strncmp(line, "try ", 4) == 0 || strncmp(line, "change ", 7) == 0) {
		toy_change(toy, fd, line[0] == 't', strchr(line, ' ') + 1);
	} else {
		return false;
	}
	return true;
}

static void toy_question(struct toy *toy, int fd)
{
	char *words[] = { (char[]){ "/bin/true" }, NULL };
	char line[1024], out[256];
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t len = poll(&poll_fd, 1, 2000) == 1 ? recv(fd, line, sizeof(line) - 1, 0) : -1;
	struct rlimit limit;
	pid_t number;
	char *value;

	if (len <= 1) {
		close(fd);
		return;
	}
	line[len - 1] = 0;
	value = strchr(line, ' ');
	value = value ? value + 1 : line;
	number = (pid_t)strtol(value, NULL, 10);
	out[0] = 0;
	if (strncmp(line, "ping", 4) == 0) {
		toy_ping(toy, fd);
		return;
	} else if (strncmp(line, "slow", 4) == 0) {
		toy_slow(toy, fd);
		return;
	} else if (toy_asks(toy, fd, line)) {
		return;
	} else if (strncmp(line, "crash", 5) == 0) {
		abort();
	} else if (strncmp(line, "exec", 4) == 0) {
		execv("/bin/true", words);
		snprintf(out, sizeof(out), "exec said %d\n", errno);
	} else if (strncmp(line, "open ", 5) == 0) {
		snprintf(out, sizeof(out), "%d\n", toy_open(value, O_RDONLY));
	} else if (strncmp(line, "write ", 6) == 0) {
		snprintf(out, sizeof(out), "%d\n", toy_open(value, O_WRONLY | O_CREAT));
	} else if (strncmp(line, "signal ", 7) == 0) {
		snprintf(out, sizeof(out), "%d\n", tgkill(number, number, 0) == 0 ? 0 : errno);
	} else if (strncmp(line, "limit ", 6) == 0) {
		snprintf(out, sizeof(out), "%d\n", prlimit(number, RLIMIT_NOFILE, NULL, &limit) == 0 ? 0 : errno);
	} else if (strncmp(line, "listen", 6) == 0) {
		snprintf(out, sizeof(out), "%d\n", listen(fd, 1) == 0 ? 0 : errno);
	} else if (strncmp(line, "host ", 5) == 0) {
		toy_resolve(toy, value, out, sizeof(out));
	} else if (strncmp(line, "count", 5) == 0) {
		snprintf(out, sizeof(out), "%llu\n", (unsigned long long)++*toy->counter);
	}
	toy_answer(fd, out);
}

static void toy_accept(struct toy *toy, struct edge_listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		toy_question(toy, fd);
}

static int toy_known_fd(const struct toy *toy, uint64_t id)
{
	for (size_t i = 0; i < toy->plan.listener_count; i++) {
		if (toy->plan.listeners[i].id == id)
			return toy->plan.listeners[i].fd;
	}
	return -1;
}

static bool toy_is_listed(const struct edge_plan *plan, uint64_t id)
{
	for (size_t i = 0; i < plan->listener_count; i++) {
		if (plan->listeners[i].id == id)
			return true;
	}
	return false;
}

static void toy_prepare(struct toy *toy, struct edge_plan *plan)
{
	struct span refusal = toy_value(plan, "buildfail");
	bool is_replaced = toy_value(plan, "ask").at != NULL;

	if (refusal.at || is_replaced) {
		for (size_t i = 0; i < plan->listener_count; i++) {
			if (plan->listeners[i].fd >= 0)
				close(plan->listeners[i].fd);
		}
		if ((is_replaced ? role_ask_replacement(toy->link, plan->generation) : role_build_failed(toy->link, plan->generation, refusal)) != RESULT_OK)
			abort();
		edge_plan_done(plan);
		return;
	}
	for (size_t i = 0; i < plan->listener_count; i++) {
		if (plan->listeners[i].fd < 0)
			plan->listeners[i].fd = toy_known_fd(toy, plan->listeners[i].id);
		if (plan->listeners[i].fd < 0 || plan->listeners[i].flags != 7)
			abort();
	}
	for (size_t i = 0; i < toy->plan.listener_count; i++) {
		if (!toy_is_listed(plan, toy->plan.listeners[i].id))
			close(toy->plan.listeners[i].fd);
	}
	edge_plan_done(&toy->plan);
	toy->plan = *plan;
	if (role_built(toy->link, plan->generation) != RESULT_OK)
		abort();
}

static void toy_orders(struct toy *toy)
{
	struct edge_order order;
	enum result result;
	char text[600] = "ok\n";

	while ((result = role_receive(toy->link, &order)) == RESULT_OK) {
		if (order.kind == ORDER_PREPARE)
			toy_prepare(toy, &order.plan);
		if (order.kind == ORDER_DRAIN)
			toy->is_draining = true;
		if (order.kind == ORDER_RELOAD_RESULT && toy->reload_fd > 0) {
			if (!order.is_ok)
				text[channel_text_read(order.text_fd, text, sizeof(text) - 1)] = 0;
			toy_answer(toy->reload_fd, text);
			toy->reload_fd = 0;
		}
		if (order.kind == ORDER_ANSWER && toy->answer_fd > 0 && order.id == toy->answer_id) {
			char *end = text + snprintf(text, sizeof(text), "%d ", (int)order.outcome);

			if (order.text_fd >= 0)
				end += channel_text_read(order.text_fd, end, 500);
			*end = 0;
			toy_answer(toy->answer_fd, text);
			toy->answer_fd = 0;
		}
		if (order.kind != ORDER_PREPARE && order.kind != ORDER_DRAIN && order.text_fd >= 0)
			close(order.text_fd);
	}
	if (result == RESULT_END)
		_exit(3);
}

/* False: nothing is left to do. */
static bool toy_answer_slow(struct toy *toy)
{
	bool is_busy = false;

	for (int i = 0; i < TOY_CONNECTIONS; i++) {
		if (toy->slow[i].fd == 0)
			continue;
		if (clock_mono_ms() >= toy->slow[i].answer_at_ms) {
			toy_answer(toy->slow[i].fd, "slowly\n");
			toy->slow[i].fd = 0;
		} else {
			is_busy = true;
		}
	}
	return is_busy;
}

static void toy_serve(struct toy *toy)
{
	for (;;) {
		struct pollfd polled[IMAGE_LISTENERS_MAX + 1] = { { .fd = toy->link->channel.fd, .events = POLLIN } };
		size_t count = toy->is_draining ? 0 : toy->plan.listener_count;

		for (size_t i = 0; i < count; i++)
			polled[i + 1] = (struct pollfd){ .fd = toy->plan.listeners[i].fd, .events = POLLIN };
		poll(polled, count + 1, 50);
		for (size_t i = 0; i < count; i++) {
			if (polled[i + 1].revents)
				toy_accept(toy, &toy->plan.listeners[i]);
		}
		if (!toy_answer_slow(toy) && toy->is_draining)
			return;
		toy_orders(toy);
	}
}

static int toy_edge(struct role_link *link)
{
	struct toy toy = { .link = link };
	struct span refusal;

	if (role_receive_start(link, &toy.start) != RESULT_OK)
		return 9;
	toy.plan = toy.start.plan;
	refusal = toy_value(&toy.plan, "startfail");
	if (refusal.at) {
		role_failed(link, refusal);
		return 1;
	}
	toy.counter = shared_find(&toy.start.shared, "counter", 1, sizeof(uint64_t));
	if (!toy.counter || role_confine(link, &toy.start) != RESULT_OK) {
		role_failed(link, SPAN("no counter, or no sandbox"));
		return 1;
	}
	if (role_ready(link) != RESULT_OK)
		return 1;
	toy_serve(&toy);
	return 0;
}

/* -- the binary -- */

/* Anything but -1: this process is a keeper or a role, and that is its exit code. */
static int toy_main(int argc, char **argv)
{
	static const struct role_table table = { .check = toy_check, .edge = toy_edge };
	struct keeper_plan plan = { .account = "bouclier-edge", .regions = toy_regions, .region_count = 1, .options = "toy", .argv = argv };

	if (argc >= 3 && strcmp(argv[1], "--role") == 0)
		return role_run(argv[2], &table);
	if (argc < 3 || strcmp(argv[1], "run") != 0)
		return -1;
	plan.config_path = argv[2];
	plan.edges_may_change = getenv("TOY_MAY_CHANGE") != NULL;
	plan.pid_file = argc > 3 ? argv[3] : NULL;
	return keeper_run(&plan);
}

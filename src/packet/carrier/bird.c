#include "packet/carrier/bird.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/local_socket.h"

#include "base/banned.h"

#define CODE_WELCOME 1u
#define CODE_CONFIGURED 3u
#define CODE_IN_PROGRESS 4u
#define CODE_QUEUED 5u
#define CODE_STATUS 13u
#define CODE_PROTOCOL 1002u
#define CODE_ROUTES 1007u
#define STEP_MS 5
#define ENDING_WAIT_MS 2000u
#define UNASKED_MAX 64u

/* Called for each line of an answer. */
typedef void (*bird_visit)(void *context, const struct bird_line *line);

/* RESULT_MORE: nothing is there just now. */
static enum result receive(struct bird *bird)
{
	char *at = buffer_reserve(&bird->in, BIRD_LINE_MAX);
	ssize_t got;

	if (!at)
		return buffer_room(&bird->in) < BIRD_LINE_MAX ? RESULT_LIMIT : RESULT_NO_MEMORY;
	got = recv(bird->fd, at, BIRD_LINE_MAX, 0);
	if (got > 0) {
		buffer_commit(&bird->in, (size_t)got);
		return RESULT_OK;
	}
	if (got == 0 || errno == ECONNRESET)
		return RESULT_END;
	return errno == EAGAIN || errno == EINTR ? RESULT_MORE : RESULT_IO;
}

static void keep_words(struct bird *bird, struct span text)
{
	size_t len = text.len < BIRD_SAID_MAX - 1 ? text.len : BIRD_SAID_MAX - 1;

	for (size_t i = 0; i < len; i++)
		bird->said[i] = text.at[i] < 0x20 || text.at[i] >= 0x7f ? '?' : text.at[i];
	bird->said[len] = 0;
}

/* The lines that have come. RESULT_MORE: the last of the answer has not. */
static enum result take_lines(struct bird *bird, bird_visit visit, void *context, unsigned *code)
{
	struct bird_line line = { .is_last = false };
	size_t used;
	enum result result;

	while ((result = bird_line_read(buffer_span(&bird->in), *code, &line, &used)) == RESULT_OK) {
		if (!line.is_log) {
			*code = line.code;
			if (visit)
				visit(context, &line);
			if (line.is_last || bird_code_is_error(line.code))
				keep_words(bird, line.text);
		}
		buffer_consume(&bird->in, used);
		if (!line.is_log && line.is_last)
			return RESULT_OK;
	}
	return result;
}

static enum result read_answer(struct bird *bird, bird_visit visit, void *context, uint64_t until_ms, unsigned *code)
{
	size_t bytes = 0;

	*code = BIRD_NO_CODE;
	for (;;) {
		enum result result = take_lines(bird, visit, context, code);
		size_t before = buffer_len(&bird->in);

		if (result != RESULT_MORE)
			return result;
		result = receive(bird);
		if (result == RESULT_MORE)
			result = local_socket_wait(bird->fd, POLLIN, until_ms);
		else if (clock_mono_ms() >= until_ms)
			return RESULT_TIMEOUT;
		if (result != RESULT_OK)
			return result;
		bytes += buffer_len(&bird->in) - before;
		if (bytes > BIRD_ANSWER_BYTES)
			return RESULT_LIMIT;
	}
}

/* CODE is that of the last line. */
static enum result ask(struct bird *bird, struct span question, bird_visit visit, void *context, unsigned *code)
{
	uint64_t until_ms = clock_mono_ms() + BIRD_WAIT_MS;
	enum result result;

	if (!bird_is_alive(bird))
		return RESULT_END;
	result = local_socket_send(bird->fd, question, until_ms);
	if (result == RESULT_OK)
		result = read_answer(bird, visit, context, until_ms, code);
	if (result == RESULT_OK && bird_code_is_error(*code))
		result = RESULT_REFUSED;
	return result;
}

static enum result open_once(struct span path, struct bird *bird)
{
	unsigned code = BIRD_NO_CODE;
	enum result result;

	*bird = (struct bird){ .fd = -1 };
	buffer_init(&bird->in, 4 * BIRD_LINE_MAX);
	result = local_socket_connect(path, &bird->fd);
	if (result == RESULT_OK) {
		result = read_answer(bird, NULL, NULL, clock_mono_ms() + BIRD_WAIT_MS, &code);
		if (result == RESULT_OK && (code != CODE_WELCOME || !span_starts(span_of(bird->said), SPAN("BIRD "))))
			result = RESULT_MALFORMED;
	}
	if (result != RESULT_OK)
		bird_close(bird);
	return result;
}

static void pause_a_little(void)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };

	nanosleep(&step, NULL);
}

/* Who hangs up before his welcome is ending: the kernel closes a dead process's descriptors one by one, and the listening one may be the last. */
enum result bird_open(struct span path, struct bird *bird)
{
	uint64_t until_ms = clock_mono_ms() + ENDING_WAIT_MS;
	enum result result = open_once(path, bird);

	while (result == RESULT_END && clock_mono_ms() < until_ms) {
		pause_a_little();
		result = open_once(path, bird);
	}
	return result;
}

void bird_close(struct bird *bird)
{
	if (bird->fd >= 0)
		close(bird->fd);
	bird->fd = -1;
	buffer_done(&bird->in);
}

/* Who never stops talking is not waited for. */
bool bird_is_alive(struct bird *bird)
{
	enum result result = bird->fd < 0 ? RESULT_END : RESULT_OK;

	for (unsigned i = 0; i < UNASKED_MAX && result == RESULT_OK; i++) {
		buffer_reset(&bird->in);
		result = receive(bird);
	}
	return result == RESULT_MORE;
}

/* It answers at once, and may go on reading: until it says that it is up. */
static enum result wait_configured(struct bird *bird)
{
	uint64_t until_ms = clock_mono_ms() + BIRD_WAIT_MS;
	unsigned code;

	while (clock_mono_ms() < until_ms) {
		enum result result = ask(bird, SPAN("show status\n"), NULL, NULL, &code);

		if (result != RESULT_OK)
			return result;
		if (code != CODE_STATUS)
			return RESULT_MALFORMED;
		if (!span_starts(span_of(bird->said), SPAN("Reconfiguration")))
			return span_starts(span_of(bird->said), SPAN("Daemon is up")) ? RESULT_OK : RESULT_REFUSED;
		pause_a_little();
	}
	return RESULT_TIMEOUT;
}

enum result bird_configure(struct bird *bird)
{
	unsigned code;
	enum result result = ask(bird, SPAN("configure\n"), NULL, NULL, &code);

	if (result != RESULT_OK || code == CODE_CONFIGURED)
		return result;
	return code == CODE_IN_PROGRESS || code == CODE_QUEUED ? wait_configured(bird) : RESULT_REFUSED;
}

static void visit_status(void *context, const struct bird_line *line)
{
	static const struct span mark = SPAN_INIT("Last reboot on ");
	char *out = context;

	if (span_starts(line->text, mark) && line->text.len - mark.len < BIRD_SAID_MAX)
		snprintf(out, BIRD_SAID_MAX, "%.*s", SPAN_ARG(span_skip(line->text, mark.len)));
}

enum result bird_reboot(struct bird *bird, char out[BIRD_SAID_MAX])
{
	unsigned code;
	enum result result;

	out[0] = 0;
	result = ask(bird, SPAN("show status\n"), visit_status, out, &code);
	return result == RESULT_OK && (code != CODE_STATUS || !out[0]) ? RESULT_MALFORMED : result;
}

struct route_count {
	uint64_t count;
	bool is_said;
};

static void visit_count(void *context, const struct bird_line *line)
{
	struct route_count *count = context;

	if (line->code == CODE_ROUTES && bird_count_read(line->text, &count->count) == RESULT_OK)
		count->is_said = true;
}

enum result bird_count(struct bird *bird, const char *table, uint64_t *out)
{
	struct route_count count = { .is_said = false };
	char question[128];
	unsigned code;
	enum result result;

	snprintf(question, sizeof(question), "show route table %s count\n", table);
	result = ask(bird, span_of(question), visit_count, &count, &code);
	if (result != RESULT_OK)
		return result;
	if (!count.is_said)
		return RESULT_MALFORMED;
	*out = count.count;
	return RESULT_OK;
}

/* What they were already is as good: 0008 to 0011. */
enum result bird_set_routes(struct bird *bird, bool is_on)
{
	unsigned code;

	return ask(bird, is_on ? SPAN("enable \"bouclier_*\"\n") : SPAN("disable \"bouclier_*\"\n"), NULL, NULL, &code);
}

struct session_count {
	unsigned up, down;
};

/* "uplink  BGP  ---  up  2026-11-29  Established" */
static void visit_protocol(void *context, const struct bird_line *line)
{
	struct session_count *count = context;

	if (line->code != CODE_PROTOCOL || !span_contains(line->text, SPAN(" BGP ")))
		return;
	if (span_contains(line->text, SPAN("Established")))
		count->up++;
	else
		count->down++;
}

enum result bird_sessions(struct bird *bird, unsigned *up, unsigned *down)
{
	struct session_count count = { 0, 0 };
	unsigned code;
	enum result result = ask(bird, SPAN("show protocols\n"), visit_protocol, &count, &code);

	if (result != RESULT_OK)
		return result;
	*up = count.up;
	*down = count.down;
	return RESULT_OK;
}

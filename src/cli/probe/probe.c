#include "cli/probe/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/read_file.h"
#include "process/signals.h"

#include "base/banned.h"

#define TURN_MS 1000
#define CA_BYTES_MAX ((size_t)1 << 20)
#define NS_PER_S UINT64_C(1000000000)

struct probe {
	const struct options *options;
	struct seat seats[ARGUMENTS_MAX];
	unsigned count;
	struct ledger ledger;
	struct deliver deliver;
	bool is_delivering;
	struct buffer ca;               /* of the hub */
	int stop_fd, signal_fd;
};

static const struct command *self(void)
{
	return command_find(SPAN("probe"));
}

/* -- what is wanted -- */

static int read_pages(struct probe *probe)
{
	static const struct duration_limits limits = { PROBE_EVERY_MS_MIN, PROBE_EVERY_MS_MAX, "from 10s to 60s (30s)" };
	static const struct duration_limits patience = { PROBE_PATIENCE_MS_MIN, PROBE_PATIENCE_MS_MAX, "from 1s to 60s (30s)" };
	int64_t every_ms = PROBE_EVERY_MS, patience_ms = LOOK_MS;
	int code = command_duration(self(), probe->options, "every", &limits, &every_ms);

	if (code == EXIT_DONE)
		code = command_duration(self(), probe->options, "patience", &patience, &patience_ms);
	for (unsigned i = 0; code == EXIT_DONE && i < probe->options->argument_count; i++) {
		struct seat *seat = &probe->seats[probe->count++];

		*seat = (struct seat){ .text = probe->options->arguments[i], .ledger = &probe->ledger, .every_ms = (uint64_t)every_ms, .patience_ms = (uint64_t)patience_ms,
		                       .stop_fd = probe->stop_fd, .is_json = probe->options->is_json };
		if (page_url_read(span_of(seat->text), &seat->page) != RESULT_OK)
			code = command_misused(self(), "%s is no address of a page: https://www.commune.example/ is one", seat->text);
	}
	return code;
}

static int read_name(struct probe *probe)
{
	const char *text = option_text(probe->options, "name", NULL);
	char own[PROBE_NAME_MAX + 1] = "";

	if (!text) {
		(void)!gethostname(own, sizeof(own) - 1);
		text = own;
	}
	if (!probe_name_is_good(span_of(text)))
		return command_misused(self(), "--name is 1 to %u letters, digits, points, - and _, as the hub has it in hub.probes, not \"%s\"", PROBE_NAME_MAX, text);
	memcpy(probe->deliver.name, text, strlen(text) + 1);
	return EXIT_DONE;
}

static int read_ca(struct probe *probe)
{
	const char *path = option_text(probe->options, "hub-ca", NULL);
	enum result result;

	if (!path)
		return EXIT_DONE;
	result = read_file(path, &probe->ca);
	if (result != RESULT_OK || !buffer_len(&probe->ca))
		return command_failed("%s cannot be read: %s", path, result == RESULT_IO || result == RESULT_NOT_FOUND ? strerror(errno) : "it is no file, empty, or too long");
	probe->deliver.ca = buffer_span(&probe->ca);
	return EXIT_DONE;
}

static int read_hub_address(struct probe *probe, const char *to)
{
	struct page_url *hub = &probe->deliver.hub;
	struct address address;
	bool is_loopback;

	if (page_url_read(span_of(to), hub) != RESULT_OK || strcmp(hub->target, "/") != 0)
		return command_misused(self(), "--to is the hub's address, as https://hub.commune.example:8444, not %s", to);
	is_loopback = strcmp(hub->host, "localhost") == 0 || (address_read(span_of(hub->host), &address) == RESULT_OK && address_is_loopback(&address));
	/* Security, fails closed: what is reported is signed, but whoever is on the way could hold it back, and nobody would know. */
	if (!hub->is_tls && !is_loopback)
		return command_misused(self(), "--to: without TLS only a hub on this machine is told anything; write https://");
	memcpy(hub->target, PROBE_REPORT_PATH, sizeof(PROBE_REPORT_PATH));
	return EXIT_DONE;
}

static int read_hub(struct probe *probe)
{
	const char *to = option_text(probe->options, "to", NULL), *path = option_text(probe->options, "key", NULL);
	enum result result;
	int code;

	if (!to && !path)
		return EXIT_DONE;
	if (!to || !path)
		return command_misused(self(), "--to and --key belong together: the hub, and the key by which it knows this probe");
	code = read_hub_address(probe, to);
	if (code == EXIT_DONE)
		code = read_name(probe);
	if (code == EXIT_DONE)
		code = read_ca(probe);
	if (code != EXIT_DONE)
		return code;
	result = probe_key_load(path, &probe->deliver.key);
	if (result != RESULT_OK)
		return command_failed("%s is no key of a probe: %s (bouclier probe key FILE makes one)", path, result == RESULT_IO || result == RESULT_NOT_FOUND ? strerror(errno) : "no private key of Ed25519 in PEM");
	probe->deliver.stop_fd = -1;
	probe->deliver.wait_ms = DELIVER_MS;
	probe->is_delivering = true;
	return EXIT_DONE;
}

static int read_wishes(struct probe *probe)
{
	const char *state = option_text(probe->options, "state", NULL);
	int code = read_pages(probe);

	if (code == EXIT_DONE)
		code = read_hub(probe);
	if (code == EXIT_DONE && !probe->is_delivering && !option_is_given(probe->options, "once"))
		code = command_misused(self(), "--to and --key say whom it tells; or --once, to look once");
	if (code == EXIT_DONE && ledger_init(&probe->ledger, state) != RESULT_OK)
		code = command_failed("the folder %s cannot be read: %s", state, strerror(errno));
	return code;
}

/* -- once -- */

static int look_once(struct probe *probe)
{
	unsigned served = 0;

	for (unsigned i = 0; i < probe->count; i++) {
		struct look look;

		look_at(&probe->seats[i].page, probe->seats[i].patience_ms, -1, &look);
		ledger_count(&probe->ledger, probe->seats[i].page.authority, &look);
		tell_look(probe->seats[i].text, &look, probe->options->is_json);
		served += look.outcome == LOOK_IN_TIME;
	}
	(void)ledger_turn(&probe->ledger, clock_wall_ns() / NS_PER_S, true);
	if (probe->is_delivering) {
		deliver_all(&probe->deliver, &probe->ledger);
		if (probe->ledger.count || probe->deliver.said[0])
			return EXIT_FAILED;
	}
	return served == probe->count ? EXIT_DONE : EXIT_FAILED;
}

/* -- until it is told to end -- */

static bool is_told_to_end(const struct probe *probe)
{
	struct pollfd fd = { .fd = probe->signal_fd, .events = POLLIN };

	return poll(&fd, 1, TURN_MS) > 0;
}

static void tell_lost(struct probe *probe, uint64_t *told)
{
	if (probe->ledger.lost != *told)
		fprintf(stderr, "bouclier: minutes that found no room any more, and that the hub will never know: %llu\n", (unsigned long long)probe->ledger.lost);
	*told = probe->ledger.lost;
}

static bool end_seats(struct probe *probe)
{
	const uint64_t one = 1;
	bool are_gone = true;

	(void)!write(probe->stop_fd, &one, sizeof(one));
	for (unsigned i = 0; i < probe->count; i++)
		are_gone &= seat_end(&probe->seats[i]);
	return are_gone;
}

/* Exit code; ARE_GONE: nobody uses what is the probe's any more. */
static int look_on(struct probe *probe, bool *are_gone)
{
	uint64_t lost = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	probe->signal_fd = signals_of_end();
	if (probe->signal_fd < 0)
		return command_failed("signals cannot be taken: %s", strerror(errno));
	for (unsigned i = 0; i < probe->count; i++) {
		if (seat_begin(&probe->seats[i]) != RESULT_OK) {
			*are_gone = end_seats(probe);
			return command_failed("no memory for a thread");
		}
	}
	probe->deliver.stop_fd = probe->signal_fd;     /* it stays readable: a report that hangs keeps nobody who is told to end */
	deliver_all(&probe->deliver, &probe->ledger);  /* what an earlier one left */
	while (!is_told_to_end(probe)) {
		if (ledger_turn(&probe->ledger, clock_wall_ns() / NS_PER_S, false))
			deliver_all(&probe->deliver, &probe->ledger);
		tell_lost(probe, &lost);
	}
	*are_gone = end_seats(probe);
	(void)ledger_turn(&probe->ledger, clock_wall_ns() / NS_PER_S, true);
	probe->deliver.stop_fd = -1;
	probe->deliver.wait_ms = DELIVER_LAST_MS;
	if (deliver_one(&probe->deliver, &probe->ledger) == RESULT_OK && probe->ledger.count)
		fprintf(stderr, "bouclier: minutes that the hub does not have yet: %zu\n", probe->ledger.count);
	return EXIT_DONE;
}

static int run(struct probe *probe, bool *are_gone)
{
	int code = read_wishes(probe);

	if (code != EXIT_DONE)
		return code;
	return option_is_given(probe->options, "once") ? look_once(probe) : look_on(probe, are_gone);
}

int probe_command(const struct options *options)
{
	struct probe *probe;
	bool are_gone = true;
	int code;

	if (strcmp(options->arguments[0], "key") == 0) {
		if (options->argument_count == 2)
			return probe_key_command(options->arguments[1]);
		return command_misused(self(), "key FILE: the file that the key is, or is to be, in");
	}
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return command_failed("no memory");
	probe->options = options;
	probe->ledger.folder = probe->signal_fd = -1;
	probe->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	buffer_init(&probe->ca, CA_BYTES_MAX);
	code = run(probe, &are_gone);
	if (are_gone) {  /* else a name server still keeps a thread; the process is over in a moment */
		ledger_done(&probe->ledger);
		deliver_done(&probe->deliver);
		buffer_done(&probe->ca);
		close(probe->stop_fd);
		if (probe->signal_fd >= 0)
			close(probe->signal_fd);
		free(probe);
	}
	return code;
}

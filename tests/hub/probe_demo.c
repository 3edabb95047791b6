/* As much of a hub as outside vantages need, for tests/scenes/test_probe*.py: the server, the store, the receiver, and incidents of a shield's journal.
 *
 *   hub-probe-demo FOLDER NAME KEY SITE=HOST [port=N] [journal=FOLDER] [usual=N]
 *
 * FOLDER has chain.pem for TLS if wanted, and is the store's. USUAL: so many requests a minute are usual at SITE, in all hours. Says on which ports it listens.
 * GET /api/v1/test/incidents are all incidents as docs/incidents.md has them. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/read.h"
#include "hub/probe/routes.h"
#include "hub/web/assets.h"
#include "hub/web/server.h"
#include "incident/group.h"
#include "incident/observe.h"
#include "incident/written.h"

#include "base/banned.h"

#define TURN_MS 200
#define LAG_S 2u

static struct {
	struct loop loop;
	struct web_server *server;
	struct store *store;
	struct hub_probe *probe;
	struct observe *observe;
	struct group *group;
	struct journal_reader readers[2];
	struct hub_site site;
	struct span hosts[1];
	struct hub_probe_settings settings;
	uint64_t usual, place;
	uint16_t port;
	const char *journal;
	struct timer turn;
} demo;

static void feed(void *context, const struct observation *observation)
{
	(void)context;
	group_feed(demo.group, observation);
}

static void read_journal(struct journal_reader *reader)
{
	struct observation observation;
	struct span line;
	struct seal seal;

	while (journal_reader_next(reader, &line, &seal) == RESULT_OK) {
		if (observe_line(demo.observe, line, &observation) == RESULT_OK)
			group_feed(demo.group, &observation);
	}
}

static void turn(struct timer *timer)
{
	uint64_t now_s = clock_wall_ns() / 1000000000 - LAG_S;

	if (demo.journal) {
		read_journal(&demo.readers[0]);
		read_journal(&demo.readers[1]);
	}
	if (hub_probe_feed(demo.probe, &demo.place, now_s, feed, NULL) != RESULT_OK)
		fputs("hub-probe-demo: the store cannot be read\n", stderr);
	group_second(demo.group, now_s);
	timer_set(&demo.loop.timers, timer, demo.loop.now_ms + TURN_MS);
}

static bool write_one(void *context, const struct incident *incident)
{
	struct buffer *out = context;

	return (buffer_len(out) == 1 || buffer_append_byte(out, ',') == RESULT_OK) && incident_write(incident, out) == RESULT_OK;
}

static void incidents(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context, (void)request;
	answer->status = 200;
	answer->type = SPAN("application/json");
	if (buffer_append_byte(&answer->body, '[') == RESULT_OK)
		group_each(demo.group, write_one, &answer->body);
	if (buffer_append_byte(&answer->body, ']') != RESULT_OK)
		answer->status = 0;
}

static const struct web_route test_routes[] = { { "/api/v1/test/incidents", METHOD_GET, 0, incidents } };

static bool sees(void *context, const struct web_request *request, struct span tenant)
{
	(void)context, (void)request, (void)tenant;
	return true;
}

static bool admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer)
{
	(void)context, (void)request, (void)permit, (void)answer;
	return true;
}

static int listen_tcp(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(port ? INADDR_ANY : INADDR_LOOPBACK), .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t len = sizeof(at);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 64) || getsockname(fd, (struct sockaddr *)&at, &len)) {
		perror("hub-probe-demo");
		exit(1);
	}
	printf("port=%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static struct span chain_of(const char *folder)
{
	static char text[65536];
	char path[512];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/chain.pem", folder);
	file = fopen(path, "re");
	if (!file)
		return SPAN_NONE;
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	return span_make(text, len);
}

static void must(enum result result, const char *what)
{
	if (result == RESULT_OK)
		return;
	fprintf(stderr, "hub-probe-demo: %s: %s\n", what, result_name(result));
	exit(1);
}

static void serve(const char *folder)
{
	static struct hub_probe_door door;
	static struct web_routes tables;
	static struct web_tls tls;
	struct web_birth birth = { .routes = &tables, .assets = &web_console, .name = SPAN("hub.commune.example"), .listener_count = 1 };

	tls = (struct web_tls){ .chain = chain_of(folder), .path = SPAN("chain.pem") };
	door = (struct hub_probe_door){ demo.probe, sees, NULL };
	tables.tables[0].list = hub_probe_routes, tables.tables[0].count = hub_probe_route_count, tables.tables[0].context = &door;
	tables.tables[1].list = test_routes, tables.tables[1].count = 1;
	tables.table_count = 2;
	tables.admit = admit;
	birth.listeners[0] = (struct web_listener){ listen_tcp(demo.port), tls.chain.len ? WEB_TLS : WEB_LOOPBACK };
	birth.tls = tls.chain.len ? &tls : NULL;
	must(web_server_new(&demo.loop, &birth, NULL, &demo.server), "server");
}

static void follow(void)
{
	const struct group_birth birth = { .next_id = 1 };
	struct citizens_usual usual;
	int fd = demo.journal ? open(demo.journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	for (unsigned i = 0; i < CITIZENS_HOURS; i++) {
		usual.mean[i] = (float)demo.usual;
		usual.minutes[i] = CITIZENS_MEMORY;
	}
	must(observe_new(&demo.observe), "observe");
	must(group_new(&birth, clock_wall_ns() / 1000000000 - LAG_S, &demo.group), "group");
	if (demo.usual)
		must(group_set_usual(demo.group, demo.site.name, &usual), "usual");
	journal_reader_init(&demo.readers[0], fd, STREAM_DETAIL);
	journal_reader_init(&demo.readers[1], fd, STREAM_COUNTS);
	timer_init(&demo.turn, turn);
	turn(&demo.turn);
}

static void option(const char *word)
{
	struct span value = span_of(word), name = span_cut(&value, '=');
	uint64_t number = 0;

	if (span_equal(name, SPAN("journal")))
		demo.journal = value.at;
	else if (span_to_u64(value, UINT16_MAX, &number) == RESULT_OK && span_equal(name, SPAN("port")))
		demo.port = (uint16_t)number;
	else
		demo.usual = number;
}

int main(int argc, char **argv)
{
	const struct list_value probes = { &demo.settings, 1 };
	struct span host;

	if (argc < 5)
		return 2;
	demo.settings = (struct hub_probe_settings){ span_of(argv[2]), span_of(argv[3]) };
	host = span_of(argv[4]);
	demo.site.name = span_cut(&host, '=');
	demo.hosts[0] = host;
	demo.site.hosts = (struct list_value){ demo.hosts, 1 };
	for (int i = 5; i < argc; i++)
		option(argv[i]);
	must(loop_init(&demo.loop), "loop");
	must(store_open(span_of(argv[1]), NULL, &demo.store), "store");
	must(hub_probe_new(demo.store, &probes, &demo.site, 1, NULL, &demo.probe), "probe");
	serve(argv[1]);
	follow();
	loop_run(&demo.loop);
	return 0;
}

/* The hub's web server with a few routes, for tests/scenes/test_hub_web.py.
 *
 *   hub-web-demo FOLDER [name=HOST] [connections=N] [source=N] [head=MS] [body=MS] [idle=MS] [send=MS] [wait=MS]
 *
 * FOLDER has chain.pem for TLS and ca.pem for client certificates, each if wanted; the unix socket is FOLDER/hub.sock. Says on which ports it listens. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "event/json.h"
#include "hub/web/assets.h"
#include "hub/web/origin.h"
#include "hub/web/server.h"
#include "hub/web/stream.h"

#include "base/banned.h"

#define PERMIT_NEVER 9u
#define WAITING_MAX 64

struct waiting {
	struct web_request *request;
	struct web_answer *answer;
};

static struct {
	struct loop loop;
	struct web_server *server;
	struct web_streams *streams;
	struct list lookers;               /* struct looker */
	struct waiting waiting[WAITING_MAX];
	unsigned gone, pieces_gone, streams_gone;
} demo;

static uint64_t number_of(struct web_request *request, struct span name)
{
	struct span text;
	uint64_t number = 0;

	if (web_query(request, name, &text) != RESULT_OK || span_to_u64(text, UINT32_MAX, &number) != RESULT_OK)
		return 0;
	return number;
}

static void hello(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const doors[] = { "local", "loopback", "tls" };
	static const char *const origins[] = { "none", "same", "other" };
	struct json_writer writer;
	struct span query = SPAN_NONE;
	char source[ADDRESS_TEXT_MAX];

	(void)context;
	if (web_query(request, SPAN("q"), &query) != RESULT_OK) {
		web_refuse(answer, 400, "bad-query", "q is not one text");
		return;
	}
	answer->status = 200;
	address_write(&request->source, source);
	json_writer_init(&writer, &answer->body);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("path"), request->path);
	json_put_text(&writer, SPAN("a"), request->parts[0]);
	json_put_text(&writer, SPAN("b"), request->parts[1]);
	json_put_text(&writer, SPAN("door"), span_of(doors[request->door]));
	json_put_text(&writer, SPAN("origin"), span_of(origins[web_origin(request)]));
	json_put_text(&writer, SPAN("source"), span_of(source));
	json_put_number(&writer, SPAN("uid"), request->peer_uid);
	json_put_number(&writer, SPAN("certificate"), request->client_certificate.len);
	json_put_text(&writer, SPAN("cookie"), web_cookie(request, SPAN("bouclier_session")));
	json_put_text(&writer, SPAN("q"), query);
	json_close(&writer, '}');
}

static void echo(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context;
	answer->status = 200;
	answer->type = SPAN("application/octet-stream");
	if (buffer_append(&answer->body, request->body) != RESULT_OK)
		web_refuse(answer, 503, "no-memory", "no memory");
}

static void fields(void *context, struct web_request *request, struct web_answer *answer)
{
	struct span value = SPAN_NONE;

	(void)context;
	answer->status = 200;
	if (web_query(request, SPAN("value"), &value) == RESULT_OK)
		web_field(request, answer, SPAN("X-Value"), value);
	web_field(request, answer, SPAN("Cache-Control"), SPAN("public"));
}

static void silent(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context, (void)request, (void)answer;  /* says no status: our bug, which the server must answer */
}

/* -- later -- */

static void wait_gone(void *context, struct web_request *request)
{
	struct waiting *waiting = context;

	demo.gone++;
	if (waiting->request == request)
		waiting->request = NULL;
}

static void wait_here(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context;
	for (size_t i = 0; i < WAITING_MAX; i++) {
		if (demo.waiting[i].request)
			continue;
		demo.waiting[i] = (struct waiting){ request, answer };
		web_wait(request, wait_gone, &demo.waiting[i]);
		return;
	}
	web_refuse(answer, 503, "busy", "too many wait");
}

static void at_once(void *context, struct web_request *request, struct web_answer *answer)
{
	wait_here(context, request, answer);
	answer->status = 200;
	if (buffer_append(&answer->body, SPAN("\"at once\"")) == RESULT_OK)
		web_finish(request);
	for (size_t i = 0; i < WAITING_MAX; i++)
		if (demo.waiting[i].request == request)
			demo.waiting[i].request = NULL;
}

static void release(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context, (void)request;
	answer->status = 204;
	for (size_t i = 0; i < WAITING_MAX; i++) {
		struct waiting *waiting = &demo.waiting[i];

		if (!waiting->request)
			continue;
		waiting->answer->status = 200;
		if (buffer_append(&waiting->answer->body, SPAN("\"released\"")) == RESULT_OK)
			web_finish(waiting->request);
		waiting->request = NULL;
	}
}

/* -- in pieces -- */

struct pieces {
	uint64_t left, size;
	bool breaks;
};

static enum result piece(void *context, struct buffer *out)
{
	struct pieces *pieces = context;
	char *to;

	if (pieces->left == 0)
		return pieces->breaks ? RESULT_IO : RESULT_END;
	pieces->left--;
	to = pieces->size ? buffer_reserve(out, pieces->size) : NULL;
	if (!to)
		return RESULT_OK;
	memset(to, 'x', pieces->size);
	buffer_commit(out, pieces->size);
	return RESULT_OK;
}

static void pieces_gone(void *context)
{
	free(context);
	demo.pieces_gone++;
}

static void pieces(void *context, struct web_request *request, struct web_answer *answer)
{
	struct pieces *made = calloc(1, sizeof(*made));

	(void)context;
	if (!made) {
		web_refuse(answer, 503, "no-memory", "no memory");
		return;
	}
	*made = (struct pieces){ number_of(request, SPAN("count")), number_of(request, SPAN("size")), number_of(request, SPAN("break")) };
	answer->status = 200;
	answer->type = SPAN("application/x-ndjson");
	web_pieces(request, (struct web_pieces){ piece, pieces_gone, made });
}

static void long_answer(void *context, struct web_request *request, struct web_answer *answer)
{
	size_t bytes = number_of(request, SPAN("bytes"));
	char *to = bytes ? buffer_reserve(&answer->body, bytes) : NULL;

	(void)context;
	answer->status = 200;
	if (!to)
		return;
	memset(to, 'y', bytes);
	buffer_commit(&answer->body, bytes);
}

/* -- streams -- */

struct looker {
	struct list node;                  /* of demo.lookers */
	struct web_stream *stream;
	uint64_t tenant;
};

static void stream_gone(void *owner)
{
	struct looker *looker = owner;

	list_remove(&looker->node);
	free(looker);
	demo.streams_gone++;
}

static void stream(void *context, struct web_request *request, struct web_answer *answer)
{
	struct span person = SPAN_NONE;
	struct looker *looker = calloc(1, sizeof(*looker));

	(void)context;
	if (!looker)
		return;
	looker->tenant = number_of(request, SPAN("tenant"));
	if (web_query(request, SPAN("person"), &person) == RESULT_OK)
		looker->stream = web_stream_begin(demo.streams, request, answer, person, looker, stream_gone);
	if (!looker->stream) {
		free(looker);
		return;
	}
	list_add_last(&demo.lookers, &looker->node);
	(void)!web_stream_send(looker->stream, SPAN("now"), SPAN("{\"first\":true}"));
}

static bool is_tenant(void *context, const void *owner)
{
	return ((const struct looker *)owner)->tenant == *(const uint64_t *)context;
}

static void say(void *context, struct web_request *request, struct web_answer *answer)
{
	uint64_t tenant = number_of(request, SPAN("tenant"));
	size_t count = 0;

	(void)context;
	list_each(node, &demo.lookers) {
		struct looker *looker = list_entry(node, struct looker, node);

		if (!tenant || looker->tenant == tenant)
			count += web_stream_send(looker->stream, SPAN("incident"), request->body);
	}
	answer->status = 200;
	if (buffer_append_u64(&answer->body, count) != RESULT_OK)
		answer->status = 0;
}

static void end(void *context, struct web_request *request, struct web_answer *answer)
{
	uint64_t tenant = number_of(request, SPAN("tenant"));

	(void)context;
	answer->status = 200;
	if (buffer_append_u64(&answer->body, web_stream_end(demo.streams, is_tenant, &tenant)) != RESULT_OK)
		answer->status = 0;
}

static void counts(void *context, struct web_request *request, struct web_answer *answer)
{
	struct web_counts now = web_server_counts(demo.server);
	struct json_writer writer;

	(void)context, (void)request;
	answer->status = 200;
	json_writer_init(&writer, &answer->body);
	json_open(&writer, SPAN_NONE, '{');
	json_put_number(&writer, SPAN("connections"), now.connections);
	json_put_number(&writer, SPAN("refused"), now.refused);
	json_put_number(&writer, SPAN("faults"), now.faults);
	json_put_number(&writer, SPAN("body_bytes"), now.body_bytes);
	json_put_number(&writer, SPAN("answer_bytes"), now.answer_bytes);
	json_put_number(&writer, SPAN("gone"), demo.gone);
	json_put_number(&writer, SPAN("pieces_gone"), demo.pieces_gone);
	json_put_number(&writer, SPAN("streams_gone"), demo.streams_gone);
	json_put_number(&writer, SPAN("streams"), web_stream_count(demo.streams));
	json_close(&writer, '}');
}

static void quit(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)context, (void)request;
	answer->status = 204;
	loop_stop(&demo.loop);
}

static const struct web_route routes[] = {
	{ "/api/v1/hello", METHOD_GET, 0, hello },
	{ "/api/v1/things/{a}", METHOD_GET, 0, hello },
	{ "/api/v1/things/{a}", METHOD_DELETE, 0, hello },
	{ "/api/v1/things/{a}/of/{b}", METHOD_GET, 0, hello },
	{ "/api/v1/never", METHOD_GET, PERMIT_NEVER, hello },
	{ "/api/v1/echo", METHOD_POST, 0, echo },
	{ "/api/v1/fields", METHOD_GET, 0, fields },
	{ "/api/v1/silent", METHOD_GET, 0, silent },
	{ "/api/v1/wait", METHOD_GET, 0, wait_here },
	{ "/api/v1/at-once", METHOD_GET, 0, at_once },
	{ "/api/v1/release", METHOD_POST, 0, release },
	{ "/api/v1/pieces", METHOD_GET, 0, pieces },
	{ "/api/v1/long", METHOD_GET, 0, long_answer },
	{ "/api/v1/stream", METHOD_GET, 0, stream },
	{ "/api/v1/say", METHOD_POST, 0, say },
	{ "/api/v1/end", METHOD_POST, 0, end },
	{ "/api/v1/counts", METHOD_GET, 0, counts },
	{ "/api/v1/quit", METHOD_POST, 0, quit },
};

static bool admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer)
{
	(void)context, (void)request;
	if (permit != PERMIT_NEVER)
		return true;
	web_refuse(answer, 403, "not-permitted", "not for you");
	return false;
}

/* -- sockets, files, arguments -- */

static int listen_at(const struct sockaddr *at, socklen_t len)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, at, len) != 0 || listen(fd, 512) != 0) {
		perror("hub-web-demo: listen");
		exit(1);
	}
	return fd;
}

static int listen_tcp(const char *what)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = listen_at((struct sockaddr *)&at, len);

	if (getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		printf("%s=%u ", what, ntohs(at.sin_port));
	return fd;
}

static int listen_unix(const char *folder)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%.90s/hub.sock", folder);
	unlink(at.sun_path);
	return listen_at((struct sockaddr *)&at, sizeof(at));
}

static struct span file_read(const char *folder, const char *name)
{
	static char texts[2][65536];
	static size_t used;
	char path[512];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (!file)
		return SPAN_NONE;
	len = fread(texts[used], 1, sizeof(texts[used]), file);
	fclose(file);
	return span_make(texts[used++], len);
}

static void option_read(struct web_birth *birth, struct span option)
{
	struct { const char *name; uint32_t *to; } numbers[] = {
		{ "connections", &birth->connections_max }, { "source", &birth->source_max }, { "head", &birth->clocks.head_ms }, { "body", &birth->clocks.body_ms },
		{ "idle", &birth->clocks.idle_ms }, { "send", &birth->clocks.send_ms }, { "wait", &birth->clocks.wait_ms }, { "handshake", &birth->clocks.handshake_ms },
	};
	struct span value = option, name = span_cut(&value, '=');

	if (span_equal(name, SPAN("name")))
		birth->name = value;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t number;

		if (span_equal(name, span_of(numbers[i].name)) && span_to_u64(value, UINT32_MAX, &number) == RESULT_OK)
			*numbers[i].to = (uint32_t)number;
	}
}

static void begin(const char *folder, int count, char **options)
{
	static struct web_routes tables;
	struct web_birth birth = { .routes = &tables, .assets = &web_console, .name = SPAN("hub.commune.example") };
	struct web_tls tls = { .chain = file_read(folder, "chain.pem"), .client_ca = file_read(folder, "ca.pem"), .path = SPAN("chain.pem") };
	struct complaints complaints;
	struct buffer said;

	tables.tables[tables.table_count].list = routes;
	tables.tables[tables.table_count++].count = sizeof(routes) / sizeof(routes[0]);
	tables.admit = admit;
	for (int i = 0; i < count; i++)
		option_read(&birth, span_of(options[i]));
	birth.listeners[birth.listener_count++] = (struct web_listener){ listen_unix(folder), WEB_LOCAL_SOCKET };
	birth.listeners[birth.listener_count++] = (struct web_listener){ listen_tcp("plain"), WEB_LOOPBACK };
	if (tls.chain.len) {
		birth.tls = &tls;
		birth.listeners[birth.listener_count++] = (struct web_listener){ listen_tcp("tls"), WEB_TLS };
	}
	complaints_init(&complaints);
	buffer_init(&said, 65536);
	list_init(&demo.lookers);
	demo.streams = web_streams_new(&demo.loop);
	if (!demo.streams || web_server_new(&demo.loop, &birth, &complaints, &demo.server) != RESULT_OK) {
		if (complaints_write(&complaints, &said) == RESULT_OK)
			fprintf(stderr, "hub-web-demo: %.*s\n", SPAN_ARG(buffer_span(&said)));
		exit(1);
	}
	buffer_done(&said);
	complaints_done(&complaints);
}

int main(int argc, char **argv)
{
	if (argc < 2 || loop_init(&demo.loop) != RESULT_OK)
		return 2;
	begin(argv[1], argc - 2, argv + 2);
	puts("");
	fflush(stdout);
	loop_run(&demo.loop);
	web_streams_free(demo.streams);
	web_server_free(demo.server);
	loop_done(&demo.loop);
	return 0;
}

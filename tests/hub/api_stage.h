/* A hub's API behind the real server, over a unix socket, with a real store in a temporary folder, a group that the test feeds, and somebody who asks: two
 * administrations, a and b, with a site each, and a site of nobody. Time of the journal is STAGE_NOW_MS. */
#ifndef TESTS_HUB_API_STAGE_H
#define TESTS_HUB_API_STAGE_H

#include "../base/check.h"
#include "../store/stage.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "http/local_ask.h"
#include "hub/api/api.h"
#include "hub/keep/kept.h"
#include "hub/web/server.h"
#include "incident/people.h"

#define API_SITE_A "www.a.example"
#define API_SITE_B "www.b.example"
#define API_SITE_NOBODY "www.n.example"
#define API_LOGGED_MAX 512u

struct api_stage {
	struct stage stage;
	struct loop loop;
	struct web_routes routes;
	struct web_server *server;
	struct web_streams *streams;
	struct api *api;
	struct group *group;
	struct hub_site sites[3];
	struct hub_settings hub;
	struct hub_config config;
	struct person_view caller;
	struct span tenants[2];
	char socket[100], shield[100];     /* paths */
	int shield_fd;                    /* where the test answers as the shield */
	char logged[API_LOGGED_MAX];      /* what the audit log was told last */
	bool cannot_log, cannot_keep;
	struct keep_health health;
	unsigned orders;                  /* that keep/ was given */
	unsigned status;                  /* of the last answer; */
	struct buffer answer;             /* its bytes; */
	struct span body;                 /* its body, */
	struct json *root;                /* and that as JSON; NULL: it is none */
};

static inline const struct person_view *stage_caller(void *context, const struct web_request *request)
{
	struct api_stage *stage = context;

	(void)request;
	return &stage->caller;
}

static inline bool stage_log(void *context, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail)
{
	struct api_stage *stage = context;

	(void)request;
	if (stage->cannot_log) {
		web_refuse(answer, 503, "not-recorded", "the audit log cannot be written");
		return false;
	}
	snprintf(stage->logged, sizeof(stage->logged), "%s|%.*s|%.*s", what, SPAN_ARG(object), SPAN_ARG(detail));
	return true;
}

static inline struct group *stage_group(void *context)
{
	return ((struct api_stage *)context)->group;
}

static inline bool stage_admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer)
{
	struct api_stage *stage = context;

	(void)request;
	if (person_may(&stage->caller, permit))
		return true;
	web_refuse(answer, 403, "forbidden", "no");
	return false;
}

static inline void stage_keep_document(struct api_stage *stage, const struct incident *incident)
{
	assert_ok(kept_write(stage->stage.store, incident, NULL));
}

/* As keep_incident does. */
static inline enum result stage_find_incident(void *context, uint64_t id, struct incident *out)
{
	struct api_stage *stage = context;
	const struct incident *followed = group_find(stage->group, id);

	if (!followed)
		return kept_read(stage->stage.store, id, out, NULL);
	*out = *followed;
	return RESULT_OK;
}

/* As keep_order does, on an incident that is followed. */
static inline enum result stage_order(void *context, const struct keep_order *order, struct incident *out)
{
	struct api_stage *stage = context;
	struct incident *incident = group_find(stage->group, order->id);
	enum result result;

	stage->orders++;
	if (stage->cannot_keep || !incident)
		return stage->cannot_keep ? RESULT_IO : RESULT_NOT_FOUND;
	result = keep_try(order, incident, STAGE_NOW_MS / 1000);
	*out = *incident;
	return result;
}

static inline void stage_health(void *context, struct keep_health *out)
{
	*out = ((struct api_stage *)context)->health;
}

/* One allowed a second of www.a.example, two of www.b.example. */
static inline size_t stage_seconds(void *context, struct span site, struct keep_second *out, size_t count)
{
	uint64_t rate = !site.len ? 3 : span_equal(site, SPAN(API_SITE_A)) ? 1 : span_equal(site, SPAN(API_SITE_B)) ? 2 : 0;

	(void)context;
	for (size_t i = 0; i < count; i++)
		out[i] = (struct keep_second){ .at_s = STAGE_NOW_MS / 1000 - count + i, .decisions = { [DECISION_ALLOW] = rate } };
	return count;
}

/* -- birth -- */

static inline int stage_listen(char *path, size_t size, const char *folder, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(path, size, "%s/%s", folder, name);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static inline void stage_sites(struct api_stage *stage)
{
	static const struct span host = SPAN_INIT("www.example");

	stage->sites[0] = (struct hub_site){ SPAN(API_SITE_A), SPAN("a"), { .items = (void *)(uintptr_t)&host, .count = 1 }, SPAN("block") };
	stage->sites[1] = (struct hub_site){ SPAN(API_SITE_B), SPAN("b"), { .items = NULL, .count = 0 }, SPAN("detect") };
	stage->sites[2] = (struct hub_site){ SPAN(API_SITE_NOBODY), SPAN_NONE, { .items = NULL, .count = 0 }, SPAN("off") };
	stage->config = (struct hub_config){ .hub = &stage->hub, .sites = stage->sites, .site_count = 3, .state = span_of(stage->stage.folder), .journal = span_of(stage->stage.journal),
		                             .admin = span_of(stage->shield) };
}

/* TENANT "*": all. */
static inline void stage_be(struct api_stage *stage, const char *tenant)
{
	stage->tenants[0] = span_of(tenant);
	stage->caller = (struct person_view){ .way = PERSON_BY_SESSION, .name = SPAN("anne"), .permits = PERMIT_ALL,
		                              .tenants = { .is_all = strcmp(tenant, "*") == 0, .list = stage->tenants, .count = 1 } };
}

static inline struct api_stage *api_stage_new(void)
{
	struct api_stage *stage = calloc(1, sizeof(*stage));
	struct group_birth group = { .next_id = 1 };
	struct api_birth birth = { .loop = &stage->loop, .config = &stage->config, .context = stage, .caller = stage_caller, .log = stage_log, .group = stage_group,
		                   .incident = stage_find_incident, .order = stage_order, .health = stage_health, .seconds = stage_seconds };
	struct web_birth web = { .listener_count = 1, .name = SPAN("localhost"), .routes = &stage->routes };

	stage_init(&stage->stage);
	stage_open(&stage->stage);
	assert_ok(loop_init(&stage->loop));
	assert_ok(group_new(&group, STAGE_NOW_MS / 1000 - 7200, &stage->group));
	web.listeners[0] = (struct web_listener){ stage_listen(stage->socket, sizeof(stage->socket), stage->stage.journal, "hub"), WEB_LOCAL_SOCKET };
	stage->shield_fd = stage_listen(stage->shield, sizeof(stage->shield), stage->stage.journal, "admin");
	stage_sites(stage);
	stage_be(stage, "*");
	stage->streams = web_streams_new(&stage->loop);
	birth.store = stage->stage.store;
	birth.streams = stage->streams;
	assert_ok(api_new(&birth, &stage->api));
	stage->routes.admit = stage_admit;
	stage->routes.admit_context = stage;
	api_routes(stage->api, &stage->routes);
	assert_ok(web_server_new(&stage->loop, &web, NULL, &stage->server));
	buffer_init(&stage->answer, (size_t)64 << 20);
	return stage;
}

static inline void api_stage_free(struct api_stage *stage)
{
	api_free(stage->api);
	web_streams_free(stage->streams);
	web_server_free(stage->server);
	loop_turn(&stage->loop, 0);
	loop_done(&stage->loop);
	group_free(stage->group);
	close(stage->shield_fd);
	if (stage->root)
		json_drop(stage->root);
	buffer_done(&stage->answer);
	stage_done(&stage->stage);
	free(stage);
}

/* -- asking -- */

static inline int stage_connect(const struct api_stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", stage->socket);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Everything that comes until it is closed; or TURNS rounds. False: it is still open. */
static inline bool stage_receive(struct api_stage *stage, int fd, unsigned turns)
{
	for (unsigned i = 0; i < turns; i++) {
		char *room = buffer_reserve(&stage->answer, 65536);
		ssize_t got = recv(fd, room, 65536, 0);

		if (got == 0)
			return true;
		if (got > 0)
			buffer_commit(&stage->answer, (size_t)got);
		else
			loop_turn(&stage->loop, 2);
	}
	return false;
}

static inline void stage_send(struct api_stage *stage, int fd, const char *method, const char *path, const char *body)
{
	struct buffer question;

	buffer_init(&question, 1u << 21);
	assert_ok(buffer_print(&question, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path, body[0] ? "Content-Type: application/json\r\n" : ""));
	assert_ok(buffer_print(&question, "Content-Length: %zu\r\n\r\n%s", strlen(body), body));
	assert_int_equal(send(fd, buffer_span(&question).at, buffer_len(&question), MSG_NOSIGNAL), buffer_len(&question));
	buffer_done(&question);
	buffer_reset(&stage->answer);
	if (stage->root)
		json_drop(stage->root);
	stage->root = NULL;
	stage->status = 0;
	stage->body = SPAN_NONE;
}

static inline void stage_read(struct api_stage *stage)
{
	if (local_ask_read(buffer_span(&stage->answer), &stage->status, &stage->body) != RESULT_OK)
		return;
	if (json_read(stage->body, &stage->root) != RESULT_OK)
		stage->root = NULL;
}

/* METHOD and PATH with its query, BODY empty for none. Returns the status. */
static inline unsigned stage_ask(struct api_stage *stage, const char *method, const char *path, const char *body)
{
	int fd = stage_connect(stage);

	stage_send(stage, fd, method, path, body);
	assert_true(stage_receive(stage, fd, 2000));
	close(fd);
	stage_read(stage);
	return stage->status;
}

static inline unsigned stage_get(struct api_stage *stage, const char *path)
{
	return stage_ask(stage, "GET", path, "");
}

/* The code of the error that was answered. */
static inline struct span stage_code(const struct api_stage *stage)
{
	return json_text_of(json_find(json_find(stage->root, "error"), "code"));
}

#define assert_refused(call, wanted, code) \
	do { \
		assert_int_equal((call), (wanted)); \
		assert_span(stage_code(stage), code); \
	} while (0)

/* -- an incident -- */

/* SITE "" or of TENANT, and OTHER "" or of b. It is followed, and kept. */
static inline uint64_t stage_incident(struct api_stage *stage, const char *site, const char *tenant, const char *other)
{
	static struct incident incident;
	static const struct vector_share flood = { 5000, 100 };
	uint64_t id = group_next_id(stage->group);

	incident_init(&incident, id, INCIDENT_ATTACK, SPAN_NONE, STAGE_NOW_MS / 1000 - 600 + id);
	incident_tell(&incident, incident.opened_s, MOMENT_OPENED, SPAN_NONE);
	incident.vectors[VECTOR_REQUEST_FLOOD] = flood;
	incident.kinds = ATTACK_IS_FLOOD;
	if (site[0])
		incident_add_site(&incident, span_of(site), span_of(tenant));
	if (other[0]) {
		incident_add_site(&incident, span_of(other), SPAN("b"));
		incident_tell(&incident, incident.opened_s + 1, MOMENT_SITE, span_of(other));
	}
	assert_ok(group_restore(stage->group, &incident));
	stage_keep_document(stage, &incident);
	return id;
}

#endif

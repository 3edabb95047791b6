/* The room with a store and an audit log of its own, asked without a server: a request is admitted and answered as hub/web does it. */
#ifndef TESTS_HUB_PEOPLE_STAGE_H
#define TESTS_HUB_PEOPLE_STAGE_H

#include "event/json.h"
#include "folder.h"
#include "hub/people/inside.h"
#include "hub/people/routes/routes.h"
#include "hub/web/origin.h"

#define STAGE_WALL_NS 1796025600000000000ull  /* 2026-11-30T08:00:00Z */
#define STAGE_PASSWORD "correct horse battery"
#define SECONDS(count) ((uint64_t)(count) * 1000000000u)

struct stage {
	char folder[40], state[64], audit_folder[64], store_folder[64];
	struct loop loop;
	struct store *store;
	struct audit *audit;
	struct people *people;
	struct complaints complaints;
	char first_code[PEOPLE_CODE_BYTES];
	uint64_t wall_ns;
	bool needs_second_factor, is_sinking;  /* IS_SINKING: clients leave while they wait */
	unsigned announced;
	char announced_what[64];
};

/* A client: what a browser keeps, and how it comes. */
struct browser {
	enum web_door door;
	uint32_t uid;
	char cookie[SECRET_BYTES], csrf[SECRET_BYTES], token[PROGRAM_TOKEN_BYTES];
	uint8_t source;                  /* last byte of 192.0.2.x; 0: 1 */
	bool other_origin, no_csrf;
	struct span certificate;
};

struct reply {
	unsigned status;
	char text[65536];
	struct json *json;
	char set_cookie[256];
};

/* -- hub/web, as far as handlers ask it -- */

struct web_exchange {
	struct arena arena;
	const struct browser *browser;
	bool is_waiting, is_finished;
	void (*gone)(void *context, struct web_request *request);
	void *gone_context;
	char cookie_name[32];
};

struct span web_keep(struct web_request *request, struct span text)
{
	return arena_copy(&request->exchange->arena, text);
}

struct span web_cookie(const struct web_request *request, struct span name)
{
	const struct span due = request->door == WEB_TLS ? SPAN("__Host-bouclier_session") : SPAN("bouclier_session");

	return span_equal(name, due) ? span_of(request->exchange->browser->cookie) : SPAN_NONE;
}

enum result web_query(struct web_request *request, struct span name, struct span *out)
{
	struct span rest = request->head->query;

	*out = SPAN_NONE;
	while (rest.len) {
		struct span pair = span_cut(&rest, '&'), key = span_cut(&pair, '=');

		if (span_equal(key, name))
			*out = pair;
	}
	return RESULT_OK;
}

bool web_field(struct web_request *request, struct web_answer *answer, struct span name, struct span value)
{
	struct span kept = web_keep(request, value);

	assert_true(answer->field_count < WEB_FIELDS_MAX);
	answer->fields[answer->field_count].name = name;
	answer->fields[answer->field_count++].value = kept;
	return true;
}

void web_refuse(struct web_answer *answer, unsigned status, const char *code, const char *format, ...)
{
	struct json_writer writer;
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	buffer_reset(&answer->body);
	json_writer_init(&writer, &answer->body);
	json_open(&writer, SPAN_NONE, '{');
	json_open(&writer, SPAN("error"), '{');
	json_put_text(&writer, SPAN("code"), span_of(code));
	json_put_text(&writer, SPAN("text"), span_of(text));
	json_close(&writer, '}');
	json_close(&writer, '}');
	answer->status = status;
}

void web_wait(struct web_request *request, void (*gone)(void *context, struct web_request *request), void *context)
{
	request->exchange->is_waiting = true;
	request->exchange->gone = gone;
	request->exchange->gone_context = context;
}

void web_finish(struct web_request *request)
{
	request->exchange->is_finished = true;
}

enum web_origin web_origin(const struct web_request *request)
{
	return request->exchange->browser->other_origin ? WEB_ORIGIN_OTHER : WEB_ORIGIN_SAME;
}

/* -- the room -- */

static inline void stage_announce(void *context, struct span who, struct span what)
{
	struct stage *stage = context;

	(void)who;
	stage->announced++;
	assert_ok(span_to_text(what, stage->announced_what, sizeof(stage->announced_what)));
}

static inline void stage_begin(struct stage *stage)
{
	const struct people_settings settings = { .name = "hub.town.example", .url = "https://hub.town.example:443", .state = stage->state, .hub_uid = 990, .shield_uid = 991,
		                                  .needs_second_factor = stage->needs_second_factor, .announce = stage_announce, .announce_context = stage };

	assert_ok(loop_init(&stage->loop));
	assert_ok(store_open(span_of(stage->store_folder), &stage->complaints, &stage->store));
	assert_ok(audit_open(span_of(stage->audit_folder), &stage->complaints, &stage->audit));
	assert_ok(people_new(&settings, &stage->loop, stage->store, stage->audit, &stage->complaints, stage->first_code, &stage->people));
}

static inline void stage_end(struct stage *stage)
{
	people_free(stage->people);
	audit_close(stage->audit);
	store_close(stage->store);
	loop_done(&stage->loop);
}

static inline void stage_init(struct stage *stage, bool needs_second_factor)
{
	memset(stage, 0, sizeof(*stage));
	stage->needs_second_factor = needs_second_factor;
	stage->wall_ns = STAGE_WALL_NS;
	folder_make(stage->folder);
	snprintf(stage->state, sizeof(stage->state), "%s/state", stage->folder);
	snprintf(stage->audit_folder, sizeof(stage->audit_folder), "%s/audit", stage->folder);
	snprintf(stage->store_folder, sizeof(stage->store_folder), "%s/store", stage->folder);
	assert_int_equal(mkdir(stage->state, 0700), 0);
	assert_int_equal(mkdir(stage->store_folder, 0700), 0);
	complaints_init(&stage->complaints);
	stage_begin(stage);
}

static inline void stage_done(struct stage *stage)
{
	stage_end(stage);
	complaints_done(&stage->complaints);
	folder_remove(stage->folder);
}

static inline void stage_restart(struct stage *stage)
{
	stage_end(stage);
	stage_begin(stage);
}

/* -- asking -- */

static inline bool stage_matches(const char *pattern, struct span path, struct span parts[WEB_PARTS_MAX])
{
	struct span mine = span_of(pattern), rest = path;
	unsigned count = 0;

	while (mine.at || rest.at) {
		struct span wanted = span_cut(&mine, '/'), part = span_cut(&rest, '/');

		if (wanted.len && wanted.at[0] == '{' && part.len)
			parts[count++] = part;
		else if (!span_equal(wanted, part))
			return false;
	}
	return true;
}

static inline const struct web_route *stage_route(enum method method, struct span path, struct span parts[WEB_PARTS_MAX])
{
	for (size_t i = 0; i < people_route_count; i++) {
		if (people_route_list[i].method == method && stage_matches(people_route_list[i].pattern, path, parts))
			return &people_route_list[i];
	}
	fail_msg("no route %.*s", SPAN_ARG(path));
	return people_route_list;
}

static inline void stage_fields(struct request_head *head, struct arena *arena, const struct browser *browser)
{
	char bearer[128];

	fields_init(&head->fields, arena, 16);
	assert_ok(fields_add(&head->fields, FIELD_CONTENT_TYPE, SPAN("content-type"), SPAN("application/json")));
	if (browser->csrf[0] && !browser->no_csrf)
		assert_ok(fields_add(&head->fields, FIELD_OTHER, SPAN("x-bouclier-csrf"), span_of(browser->csrf)));
	snprintf(bearer, sizeof(bearer), "Bearer %s", browser->token);
	if (browser->token[0])
		assert_ok(fields_add(&head->fields, FIELD_AUTHORIZATION, SPAN("authorization"), arena_copy(arena, span_of(bearer))));
}

static inline void stage_read(struct stage *stage, struct browser *browser, const struct web_answer *answer, struct reply *out)
{
	(void)stage;
	out->status = answer->status;
	assert_ok(span_to_text(buffer_span(&answer->body), out->text, sizeof(out->text)));
	if (buffer_len(&answer->body))
		assert_ok(json_read(buffer_span(&answer->body), &out->json));
	for (size_t i = 0; i < answer->field_count; i++) {
		struct span rest = answer->fields[i].value;

		if (!span_equal(answer->fields[i].name, SPAN("Set-Cookie")))
			continue;
		assert_ok(span_to_text(rest, out->set_cookie, sizeof(out->set_cookie)));
		span_cut(&rest, '=');
		assert_ok(span_to_text(span_cut(&rest, ';'), browser->cookie, sizeof(browser->cookie)));
	}
	if (json_has_text(json_find(out->json, "csrf")))
		assert_ok(span_to_text(json_text_of(json_find(out->json, "csrf")), browser->csrf, sizeof(browser->csrf)));
}

/* PATH may have a query. BODY "" is none. */
static inline struct reply *ask(struct stage *stage, struct browser *browser, enum method method, const char *path, const char *body)
{
	static struct reply reply;
	struct span target = span_of(path), front = span_cut(&target, '?');
	struct request_head head = { .method = method, .query = target, .has_query = target.at != NULL };
	struct web_exchange exchange = { .browser = browser };
	struct web_request request = { .exchange = &exchange, .head = &head, .path = front, .body = span_of(body), .door = browser->door, .peer_uid = browser->uid,
		                       .source = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, browser->source ? browser->source : 1 } },
		                       .client_certificate = browser->certificate, .wall_ns = stage->wall_ns };
	struct web_answer answer = { 0 };
	const struct web_route *route = stage_route(method, front, request.parts);

	json_drop(reply.json);
	memset(&reply, 0, sizeof(reply));
	arena_init(&exchange.arena, 1 << 20, 8192);
	buffer_init(&answer.body, WEB_ANSWER_MAX);
	stage_fields(&head, &exchange.arena, browser);
	if (people_admit(stage->people, &request, route->permit, &answer))
		route->answer(stage->people, &request, &answer);
	if (stage->is_sinking && exchange.is_waiting)
		exchange.gone(exchange.gone_context, &request);
	while (exchange.is_waiting && !exchange.is_finished && !stage->is_sinking)
		loop_turn(&stage->loop, 1000);
	stage_read(stage, browser, &answer, &reply);
	assert_true(stage->is_sinking || reply.status != 0);
	buffer_done(&answer.body);
	arena_done(&exchange.arena);
	return &reply;
}

static inline const char *code_of(const struct reply *reply)
{
	static char code[64];

	assert_ok(span_to_text(json_text_of(json_find(json_find(reply->json, "error"), "code")), code, sizeof(code)));
	return code;
}

#define assert_refused(reply_, status_, code_) \
	do { \
		const struct reply *refused_ = (reply_); \
		if (refused_->status != (status_)) \
			print_message("%u %s\n", refused_->status, refused_->text); \
		assert_int_equal(refused_->status, status_); \
		assert_string_equal(code_of(refused_), code_); \
	} while (0)
#define assert_status(reply_, status_) \
	do { \
		const struct reply *answered_ = (reply_); \
		if (answered_->status != (status_)) \
			print_message("%u %s\n", answered_->status, answered_->text); \
		assert_int_equal(answered_->status, status_); \
	} while (0)

/* -- people -- */

static inline void first_start(struct stage *stage, struct browser *browser, const char *name)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"%s\",\"password\":\"" STAGE_PASSWORD "\"}", stage->first_code, name);
	assert_status(ask(stage, browser, METHOD_POST, "/api/v1/first-start", body), 200);
}

static inline struct reply *log_in(struct stage *stage, struct browser *browser, const char *name, const char *password)
{
	char body[512];

	snprintf(body, sizeof(body), "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
	return ask(stage, browser, METHOD_POST, "/api/v1/session", body);
}

/* An account put into the store as it is, with a session and no password: for what does not test how they are made. */
static inline void someone(struct stage *stage, struct browser *browser, const char *name, uint32_t roles, const char *tenant)
{
	struct document_change changes[2];
	struct buffer texts[2];
	struct person person;
	struct session session;

	person_init(&person, name, stage->wall_ns / 1000000);
	person.roles = roles;
	person.tenants.is_all = !tenant;
	if (tenant)
		snprintf(person.tenants.list[person.tenants.count++], TENANT_SET_NAME_BYTES, "%s", tenant);
	assert_ok(secret_hash(span_of(name), person.certificate));
	buffer_init(&texts[0], PERSON_TEXT_MAX);
	buffer_init(&texts[1], SESSION_TEXT_MAX);
	assert_ok(session_init(&session, &person, NULL, SESSION_BY_CERTIFICATE, true, stage->wall_ns / 1000000, browser->cookie));
	assert_ok(session_csrf(span_of(browser->cookie), browser->csrf));
	assert_ok(person_change(&person, &texts[0], &changes[0]));
	assert_ok(session_change(&session, &texts[1], &changes[1]));
	assert_ok(store_documents_change(stage->store, changes, 2, &stage->complaints));
	buffer_done(&texts[0]);
	buffer_done(&texts[1]);
}

static inline bool stage_count_entry(void *context, const struct audit_entry *entry)
{
	struct { const char *what; unsigned count; } *wanted = context;

	wanted->count += strcmp(entry->what, wanted->what) == 0;
	return true;
}

static inline unsigned entries_of(struct stage *stage, const char *what)
{
	struct { const char *what; unsigned count; } wanted = { what, 0 };

	assert_ok(audit_list(stage->audit, 0, stage_count_entry, &wanted));
	return wanted.count;
}

#endif

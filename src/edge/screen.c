/* What is answered at the edge: refusals, redirects, maintenance, ACME challenges. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/challenge/challenge.h"
#include "edge/sites/alive.h"
#include "edge/sites/maintenance.h"
#include "edge/request.h"
#include "source/source.h"

#include "base/banned.h"

#define ACME_PREFIX "/.well-known/acme-challenge/"
#define ACME_MAX_BYTES 4096

bool request_is_acme(const struct request *request)
{
	return request->site && request->site->net->acme.len && span_starts(request->head.path, SPAN(ACME_PREFIX));
}

/* A token is base64url (RFC 8555, 8.3): nothing in it can leave the folder. */
static bool is_acme_token(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!is_digit(c) && !(ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') && c != '-' && c != '_')
			return false;
	}
	return name.len > 0 && name.len <= 255;
}

static struct span acme_read(struct request *request, struct span folder, struct span token)
{
	char path[4096 + 256 + 2];
	char *bytes = arena_take(&request->arena, ACME_MAX_BYTES);
	ssize_t got;
	int fd;

	if (!bytes || folder.len + token.len + 2 > sizeof(path))
		return SPAN_NONE;
	memcpy(path, folder.at, folder.len);
	path[folder.len] = '/';
	memcpy(path + folder.len + 1, token.at, token.len);
	path[folder.len + 1 + token.len] = 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return SPAN_NONE;
	got = read(fd, bytes, ACME_MAX_BYTES);
	close(fd);
	return got > 0 ? span_make(bytes, (size_t)got) : SPAN_NONE;
}

static enum step_outcome answer_acme(struct request *request)
{
	struct span token = span_skip(request->head.path, sizeof(ACME_PREFIX) - 1);
	struct span answer = is_acme_token(token) ? acme_read(request, request->site->net->acme, token) : SPAN_NONE;

	if (!answer.len)
		return request_answer(request, 404, DECISION_ALLOW, REASON_ACME);
	request->reason = REASON_ACME;
	return request_answer_with(request, 200, SPAN("text/plain"), answer, SPAN_NONE);
}

/* https://HOST[:PORT]/path?query, for the host this request named. */
static enum step_outcome redirect_to_https(struct request *request)
{
	const struct plan *plan = request->binding->plan;
	struct span path = request->head.path.at[0] == '/' ? request->head.path : SPAN("/");  /* OPTIONS * */
	struct buffer text;
	struct span location = SPAN_NONE;
	uint16_t port = 443;

	for (size_t i = plan->port_count; i > 0; i--) {
		const struct edge_port *listener = &plan->ports[i - 1];

		if (listener->is_tls)
			port = listener->public_port ? listener->public_port : listener->endpoint.port;
	}
	buffer_init(&text, 65536);
	if (buffer_print(&text, "https://%.*s", SPAN_ARG(request->head.host)) == RESULT_OK &&
	    (port == 443 || buffer_print(&text, ":%u", port) == RESULT_OK) && buffer_append(&text, path) == RESULT_OK &&
	    (!request->head.has_query || buffer_print(&text, "?%.*s", SPAN_ARG(request->head.query)) == RESULT_OK))
		location = arena_copy(&request->arena, buffer_span(&text));
	buffer_done(&text);
	request->decision = DECISION_ALLOW;
	request->reason = REASON_REDIRECT;
	if (!location.len)
		return request_answer(request, 503, DECISION_DROP, REASON_NO_MEMORY);
	return request_answer_with(request, 308, SPAN_NONE, SPAN_NONE, location);
}

static enum step_outcome redirect(struct request *request)
{
	const struct edge_redirect *redirect = request->route->settings->redirect;
	struct span to = redirect->to;
	struct span rest = SPAN_NONE, slash = SPAN_NONE;
	struct buffer text;
	struct span location = SPAN_NONE;

	if (to.len && to.at[to.len - 1] == '*') {
		to.len--;
		if (to.len && to.at[to.len - 1] == '/')
			to.len--;
		/* Security: exactly one slash between what an administrator wrote and what a visitor did, or "//elsewhere" and
		 * "https://ours" + ".elsewhere" would lead to another's site. */
		if (span_starts(request->head.path, request->route->route->path))
			rest = span_skip(request->head.path, request->route->route->path.len);
		while (rest.len && (rest.at[0] == '/' || rest.at[0] == '\\'))
			rest = span_skip(rest, 1);
		slash = SPAN("/");
	}
	buffer_init(&text, 65536);
	if (buffer_append(&text, to) == RESULT_OK && buffer_append(&text, slash) == RESULT_OK && buffer_append(&text, rest) == RESULT_OK &&
	    (!slash.len || !request->head.has_query || buffer_print(&text, "?%.*s", SPAN_ARG(request->head.query)) == RESULT_OK))
		location = arena_copy(&request->arena, buffer_span(&text));
	buffer_done(&text);
	request->reason = REASON_REDIRECT;
	if (!location.len)
		return request_answer(request, 503, DECISION_DROP, REASON_NO_MEMORY);
	return request_answer_with(request, (unsigned)redirect->status, SPAN_NONE, SPAN_NONE, location);
}

static bool is_method_allowed(const struct request *request, const struct edge_route *route)
{
	if (request->head.method == METHOD_TRACE)
		return false;  /* echoes cookies to whoever can make a browser ask (cross-site tracing) */
	return !route->methods || route->methods >> request_method(request) & 1;
}

static bool is_let_in(const struct request *request, const struct edge_route *route)
{
	const struct list_value *networks = &route->settings->allow_from;

	return !networks->count || source_is_trusted(networks, &request->source);
}

enum step_outcome step_screen(struct request *request)
{
	const struct edge_settings *settings = request->route->settings;
	enum step_outcome outcome;

	crash_test(request);
	if (request_begins_probing(request))
		return request_begin_probing(request);
	if (request_is_acme(request))
		return answer_acme(request);
	if (request->connection->port->redirects)
		return redirect_to_https(request);
	/* Security, fails closed: an address that no rule names is not let in. */
	if (!is_let_in(request, request->route) || !is_let_in(request, request->route_as_written))
		return request_answer(request, 403, DECISION_BLOCK, REASON_ALLOW_FROM);
	outcome = screen_source(request);
	if (outcome != STEP_NEXT)
		return outcome;
	if (alive_is_asked(request))
		return alive_answer(request);
	if (maintenance_meets(request))
		return request_answer(request, 503, DECISION_LIMIT, REASON_MAINTENANCE);
	if (challenge_is_admit(request))
		return challenge_admit(request);
	if (!is_method_allowed(request, request->route) || !is_method_allowed(request, request->route_as_written))
		return request_answer(request, 405, DECISION_BLOCK, REASON_METHOD);
	/* Security: HTTP/2 has no handshake in which an origin could say no to h2c and its kin (RFC 8441; 501 is of RFC 9220). */
	if (request->head.protocol.len && !span_equal_nocase(request->head.protocol, SPAN("websocket")))
		return request_answer(request, 501, DECISION_BLOCK, REASON_METHOD);
	if (settings->redirect)
		return redirect(request);
	if (request->head.body.is_known && request->head.body.bytes > (uint64_t)settings->limits.body_bytes)
		return request_answer(request, 413, DECISION_BLOCK, REASON_BODY_LIMIT);
	if (!request->route->pool->count)
		return request_answer(request, 503, DECISION_DROP, REASON_NO_ORIGIN);
	return STEP_NEXT;
}

struct span allowed_methods(struct request *request)
{
	uint64_t methods = request->route && request->route->methods ? request->route->methods : ~((uint64_t)1 << METHOD_TRACE | (uint64_t)1 << METHOD_CONNECT);
	struct span list = SPAN_NONE;
	struct buffer text;

	buffer_init(&text, 1024);
	for (unsigned method = METHOD_OTHER + 1; method < METHOD_COUNT; method++) {
		if (methods >> method & 1 && buffer_print(&text, "%s%.*s", buffer_len(&text) ? ", " : "", SPAN_ARG(method_name(method))) != RESULT_OK)
			break;
	}
	list = arena_copy(&request->arena, buffer_span(&text));
	buffer_done(&text);
	return list;
}

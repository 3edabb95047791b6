/* The head of an answer, and what handlers say of it. */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "event/json.h"
#include "http/head_writer.h"
#include "hub/web/connection.h"

#include "base/banned.h"

#define SENTENCE_MAX 512

/* What a browser is told with every answer. Security: nothing here depends on what was asked.
 * The console is one origin that runs its own scripts and styles, is framed by nobody, and sends its address to nobody. */
static const struct { struct span name, value; } safe_fields[] = {
	{ SPAN_INIT("Content-Security-Policy"), SPAN_INIT("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
	                                                  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
	                                                  "require-trusted-types-for 'script'; trusted-types svelte-trusted-html") },
	{ SPAN_INIT("X-Content-Type-Options"), SPAN_INIT("nosniff") },
	{ SPAN_INIT("Referrer-Policy"), SPAN_INIT("no-referrer") },
	{ SPAN_INIT("Cross-Origin-Opener-Policy"), SPAN_INIT("same-origin") },
	{ SPAN_INIT("Cross-Origin-Resource-Policy"), SPAN_INIT("same-origin") },
	{ SPAN_INIT("Cross-Origin-Embedder-Policy"), SPAN_INIT("require-corp") },
	{ SPAN_INIT("Permissions-Policy"), SPAN_INIT("camera=(), geolocation=(), microphone=(), payment=(), usb=(), display-capture=(), "
	                                             "publickey-credentials-get=(self), publickey-credentials-create=(self)") },
};

bool web_field(struct web_request *request, struct web_answer *answer, struct span name, struct span value)
{
	struct span kept = web_keep(request, value);

	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.at[i] < 0x20 && value.at[i] != '\t') || value.at[i] == 0x7f)
			kept = SPAN_NONE;
	if (!kept.at || answer->field_count == WEB_FIELDS_MAX) {
		answer->is_spoilt = true;
		return false;
	}
	answer->fields[answer->field_count].name = name;
	answer->fields[answer->field_count++].value = kept;
	return true;
}

void web_refuse(struct web_answer *answer, unsigned status, const char *code, const char *format, ...)
{
	char text[SENTENCE_MAX];
	struct json_writer writer;
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	answer->status = status;
	answer->type = SPAN("application/json");
	answer->lasting = SPAN_NONE;
	buffer_reset(&answer->body);
	json_writer_init(&writer, &answer->body);
	json_open(&writer, SPAN_NONE, '{');
	json_open(&writer, SPAN("error"), '{');
	json_put_text(&writer, SPAN("code"), span_of(code));
	json_put_text(&writer, SPAN("text"), len < 0 ? SPAN_NONE : span_take(span_of(text), (size_t)len));
	json_close(&writer, '}');
	json_close(&writer, '}');
	if (writer.result != RESULT_OK)  /* no memory: the status says enough */
		buffer_reset(&answer->body);
}

struct span answer_body(const struct web_answer *answer)
{
	return answer->lasting.at ? answer->lasting : buffer_span(&answer->body);
}

static bool is_of_api(const struct web_exchange *exchange)
{
	return exchange->path.count > 0 && span_equal(exchange->path.segments[0], SPAN("api"));
}

static const struct span *field_of(const struct web_answer *answer, struct span name)
{
	for (size_t i = 0; i < answer->field_count; i++)
		if (span_equal_nocase(answer->fields[i].name, name))
			return &answer->fields[i].value;
	return NULL;
}

static enum result handler_fields_write(const struct web_exchange *exchange, struct buffer *out)
{
	const struct web_answer *answer = &exchange->answer;
	bool is_cached = field_of(answer, SPAN("cache-control")) && !is_of_api(exchange);
	enum result result = RESULT_OK;

	for (size_t i = 0; i < answer->field_count && result == RESULT_OK; i++)
		if (is_cached || !span_equal_nocase(answer->fields[i].name, SPAN("cache-control")))
			result = field_write(answer->fields[i].name, answer->fields[i].value, out);
	if (result == RESULT_OK && !is_cached)
		result = field_write(SPAN("Cache-Control"), SPAN("no-store"), out);
	return result;
}

/* Only under its own name: who reaches it as localhost would otherwise force TLS on every other program there. */
static bool is_strict(const struct web_exchange *exchange)
{
	const struct web_server *server = exchange->connection->server;
	struct span name = span_make(server->name, server->name_len);

	return exchange->connection->door == WEB_TLS && span_equal_nocase(exchange->head.host, name) && !span_equal_nocase(name, SPAN("localhost"));
}

static enum result safe_fields_write(const struct web_exchange *exchange, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < sizeof(safe_fields) / sizeof(safe_fields[0]) && result == RESULT_OK; i++)
		result = field_write(safe_fields[i].name, safe_fields[i].value, out);
	if (result == RESULT_OK && is_strict(exchange))
		result = field_write(SPAN("Strict-Transport-Security"), SPAN("max-age=31536000"), out);
	return result;
}

static enum result framing_write(const struct web_exchange *exchange, size_t length, struct buffer *out)
{
	char date[CLOCK_HTTP_LEN + 1], digits[DECIMAL_MAX];
	enum result result;

	clock_write_http(exchange->connection->server->loop->wall_ns, date);
	result = field_write(SPAN("Date"), span_of(date), out);
	if (result == RESULT_OK && exchange->is_chunked)
		result = field_write(SPAN("Transfer-Encoding"), SPAN("chunked"), out);
	else if (result == RESULT_OK && !exchange->has_no_body && !exchange->pieces.more)
		result = field_write(SPAN("Content-Length"), span_make(digits, decimal_write(length, digits)), out);
	if (result == RESULT_OK && exchange->closes)
		result = field_write(SPAN("Connection"), SPAN("close"), out);
	return result;
}

enum result answer_head_write(struct web_exchange *exchange, size_t length, struct buffer *out)
{
	const struct web_answer *answer = &exchange->answer;
	struct span type = answer->type.len ? answer->type : SPAN("application/json");
	enum result result = status_line_write(answer->status, status_reason(answer->status), out);

	if (result == RESULT_OK)
		result = framing_write(exchange, length, out);
	if (result == RESULT_OK && (length || exchange->pieces.more))
		result = field_write(SPAN("Content-Type"), type, out);
	if (result == RESULT_OK)
		result = handler_fields_write(exchange, out);
	if (result == RESULT_OK)
		result = safe_fields_write(exchange, out);
	return result == RESULT_OK ? head_end_write(out) : result;
}

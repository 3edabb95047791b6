#include "hub/alert/send/curl.h"

#include <curl/curl.h>
#include <stdio.h>

#include "incident/text.h"

#include "base/banned.h"

#define FIELD_MAX 512u
#define URL_MAX 8300u

struct call {
	CURL *handle;
	struct curl_slist *list;       /* recipients, or fields */
	struct span rest;              /* of the message, to be read */
	size_t answered, answer_max;   /* bytes of the answer */
	struct buffer *answer;         /* NULL: nobody reads it */
	char refusal[ALERT_WHY_BYTES]; /* of SMTP: the last line that refused something */
	char error[CURL_ERROR_SIZE];
	bool no_memory;
};

enum result curl_begin(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? RESULT_OK : RESULT_NO_MEMORY;
}

static void say(char *why, const char *text)
{
	text_set(why, ALERT_WHY_BYTES, span_of(text));
}

/* -- what curl calls -- */

static size_t give(char *out, size_t size, size_t count, void *context)
{
	struct call *call = context;
	size_t len = size * count < call->rest.len ? size * count : call->rest.len;

	if (len)
		memcpy(out, call->rest.at, len);
	call->rest = span_skip(call->rest, len);
	return len;
}

/* Less than was offered: curl ends the call. */
static size_t take(char *bytes, size_t size, size_t count, void *context)
{
	struct call *call = context;

	call->answered += size * count;
	if (call->answered > call->answer_max || (call->answer && buffer_append(call->answer, span_make(bytes, size * count)) != RESULT_OK))
		return 0;
	return size * count;
}

static size_t take_line(char *bytes, size_t size, size_t count, void *context)
{
	struct call *call = context;
	struct span line = span_make(bytes, size * count);

	while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	call->answered += size * count;
	if (line.len >= 3 && (line.at[0] == '4' || line.at[0] == '5'))
		text_set(call->refusal, sizeof(call->refusal), line);
	return call->answered > CURL_ANSWER_MAX ? 0 : size * count;
}

/* -- a call -- */

static void set(struct call *call, CURLcode code)
{
	call->no_memory |= code != CURLE_OK;
}

static void add(struct call *call, const char *text)
{
	struct curl_slist *longer = curl_slist_append(call->list, text);

	call->no_memory |= !longer;
	call->list = longer ? longer : call->list;
}

static void set_text(struct call *call, CURLoption option, struct span text)
{
	char copy[URL_MAX];

	call->no_memory |= span_to_text(text, copy, sizeof(copy)) != RESULT_OK;
	if (!call->no_memory)
		set(call, curl_easy_setopt(call->handle, option, copy));
	explicit_bzero(copy, sizeof(copy));
}

static void trust(struct call *call, struct span ca)
{
	struct curl_blob blob = { .len = ca.len, .flags = CURL_BLOB_COPY };

	set(call, curl_easy_setopt(call->handle, CURLOPT_SSL_VERIFYPEER, 1L));
	set(call, curl_easy_setopt(call->handle, CURLOPT_SSL_VERIFYHOST, 2L));
	set(call, curl_easy_setopt(call->handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
	if (!ca.len)
		return;
	memcpy(&blob.data, &ca.at, sizeof(blob.data));  /* const: curl copies it */
	set(call, curl_easy_setopt(call->handle, CURLOPT_CAINFO_BLOB, &blob));
	set(call, curl_easy_setopt(call->handle, CURLOPT_CAPATH, NULL));
}

static void begin(struct call *call, struct span ca, const char *protocols)
{
	*call = (struct call){ .handle = curl_easy_init(), .answer_max = CURL_ANSWER_MAX };
	call->no_memory = !call->handle;
	if (!call->handle)
		return;
	set(call, curl_easy_setopt(call->handle, CURLOPT_NOSIGNAL, 1L));
	set(call, curl_easy_setopt(call->handle, CURLOPT_PROTOCOLS_STR, protocols));
	set(call, curl_easy_setopt(call->handle, CURLOPT_FOLLOWLOCATION, 0L));
	set(call, curl_easy_setopt(call->handle, CURLOPT_PROXY, ""));
	set(call, curl_easy_setopt(call->handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
	set(call, curl_easy_setopt(call->handle, CURLOPT_CONNECTTIMEOUT, CURL_CONNECT_S));
	set(call, curl_easy_setopt(call->handle, CURLOPT_TIMEOUT, CURL_WHOLE_S));
	set(call, curl_easy_setopt(call->handle, CURLOPT_ERRORBUFFER, call->error));
	set(call, curl_easy_setopt(call->handle, CURLOPT_WRITEFUNCTION, take));
	set(call, curl_easy_setopt(call->handle, CURLOPT_WRITEDATA, call));
	trust(call, ca);
}

static void done(struct call *call)
{
	curl_slist_free_all(call->list);
	curl_easy_cleanup(call->handle);
	explicit_bzero(call, sizeof(*call));
}

static long response_code(const struct call *call)
{
	long code = 0;

	(void)curl_easy_getinfo(call->handle, CURLINFO_RESPONSE_CODE, &code);
	return code;
}

/* What can only be mended by somebody who changes something is refused; everything else may be well later. */
static bool is_for_good(CURLcode code)
{
	return code == CURLE_LOGIN_DENIED || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_SSL_ISSUER_ERROR || code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
}

/* -- mail -- */

static void prepare_mail(struct call *call, const struct alert_path *path, struct span hello)
{
	char text[URL_MAX];

	call->no_memory |= (size_t)snprintf(text, sizeof(text), "%.*s/%.*s", SPAN_ARG(path->url), SPAN_ARG(hello)) >= sizeof(text);
	set_text(call, CURLOPT_URL, span_of(text));
	set(call, curl_easy_setopt(call->handle, CURLOPT_USE_SSL, path->is_clear ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL));
	set_text(call, CURLOPT_MAIL_FROM, path->from);
	for (uint32_t i = 0; i < path->to_count; i++) {
		call->no_memory |= span_to_text(path->to[i], text, sizeof(text)) != RESULT_OK;
		add(call, text);
	}
	set(call, curl_easy_setopt(call->handle, CURLOPT_MAIL_RCPT, call->list));
	set(call, curl_easy_setopt(call->handle, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L));
	if (path->user.len) {
		set_text(call, CURLOPT_USERNAME, path->user);
		set_text(call, CURLOPT_PASSWORD, path->secret);
	}
	set(call, curl_easy_setopt(call->handle, CURLOPT_HEADERFUNCTION, take_line));
	set(call, curl_easy_setopt(call->handle, CURLOPT_HEADERDATA, call));
	set(call, curl_easy_setopt(call->handle, CURLOPT_READFUNCTION, give));
	set(call, curl_easy_setopt(call->handle, CURLOPT_READDATA, call));
	set(call, curl_easy_setopt(call->handle, CURLOPT_UPLOAD, 1L));
}

static enum path_outcome mail_ended(struct call *call, CURLcode code, char *why)
{
	long said = response_code(call);

	if (code == CURLE_OK) {
		say(why, call->refusal);  /* of a recipient, while others were taken */
		return OUTCOME_ARRIVED;
	}
	say(why, call->refusal[0] ? call->refusal : call->error[0] ? call->error : curl_easy_strerror(code));
	return is_for_good(code) || (said >= 500 && said < 600) ? OUTCOME_REFUSED : OUTCOME_LATER;
}

enum path_outcome curl_mail(const struct alert_path *path, struct span hello, struct span message, char *why)
{
	enum path_outcome outcome = OUTCOME_LATER;
	struct call call;

	begin(&call, path->ca, "smtp,smtps");
	if (!call.no_memory) {
		call.rest = message;
		prepare_mail(&call, path, hello);
	}
	if (call.no_memory)
		say(why, "no memory");
	else
		outcome = mail_ended(&call, curl_easy_perform(call.handle), why);
	done(&call);
	return outcome;
}

/* -- webhooks -- */

static void prepare_post(struct call *call, const struct alert_path *path, const struct curl_field *fields, size_t count, struct span body)
{
	char text[FIELD_MAX];

	set_text(call, CURLOPT_URL, path->url);
	for (size_t i = 0; i < count; i++) {
		call->no_memory |= (size_t)snprintf(text, sizeof(text), "%s: %.*s", fields[i].name, SPAN_ARG(fields[i].value)) >= sizeof(text);
		add(call, text);
	}
	add(call, "Expect:");
	set(call, curl_easy_setopt(call->handle, CURLOPT_HTTPHEADER, call->list));
	set(call, curl_easy_setopt(call->handle, CURLOPT_USERAGENT, "bouclier-hub/" BOUCLIER_VERSION));
	set(call, curl_easy_setopt(call->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len));
	set(call, curl_easy_setopt(call->handle, CURLOPT_POSTFIELDS, body.at));
}

/* A 2xx has arrived, however long its answer is. */
static enum path_outcome post_ended(struct call *call, CURLcode code, char *why)
{
	long said = response_code(call);
	char text[64];

	if (said >= 200 && said < 300 && (code == CURLE_OK || code == CURLE_WRITE_ERROR))
		return OUTCOME_ARRIVED;
	if (code != CURLE_OK && code != CURLE_WRITE_ERROR) {
		say(why, call->error[0] ? call->error : curl_easy_strerror(code));
		return is_for_good(code) ? OUTCOME_REFUSED : OUTCOME_LATER;
	}
	snprintf(text, sizeof(text), said / 100 == 3 ? "HTTP %ld: redirects are not followed" : "HTTP %ld", said);
	say(why, text);
	return said >= 300 && said < 500 && said != 408 && said != 425 && said != 429 ? OUTCOME_REFUSED : OUTCOME_LATER;
}

enum path_outcome curl_post(const struct alert_path *path, const struct curl_field *fields, size_t count, struct span body, char *why)
{
	enum path_outcome outcome = OUTCOME_LATER;
	struct call call;

	begin(&call, path->ca, path->is_clear ? "http" : "https");
	if (!call.no_memory)
		prepare_post(&call, path, fields, count, body);
	if (call.no_memory)
		say(why, "no memory");
	else
		outcome = post_ended(&call, curl_easy_perform(call.handle), why);
	done(&call);
	return outcome;
}

/* -- what is fetched -- */

static void prepare_fetch(struct call *call, const struct wire_fetch *fetch)
{
	char field[WIRE_URL_MAX + 32];

	set_text(call, CURLOPT_URL, fetch->url);
	if (fetch->authorization.len) {
		call->no_memory |= (size_t)snprintf(field, sizeof(field), "Authorization: %.*s", SPAN_ARG(fetch->authorization)) >= sizeof(field);
		add(call, field);
		explicit_bzero(field, sizeof(field));
	}
	add(call, "Accept: application/json");
	add(call, "Expect:");
	set(call, curl_easy_setopt(call->handle, CURLOPT_HTTPHEADER, call->list));
	set(call, curl_easy_setopt(call->handle, CURLOPT_USERAGENT, "bouclier-hub/" BOUCLIER_VERSION));
	set(call, curl_easy_setopt(call->handle, CURLOPT_TIMEOUT, CURL_FETCH_S));
	if (!fetch->form.len)
		return;
	set(call, curl_easy_setopt(call->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->form.len));
	set(call, curl_easy_setopt(call->handle, CURLOPT_POSTFIELDS, fetch->form.at));
}

void curl_fetch(const struct wire_fetch *fetch, struct buffer *answer, struct wire_fetched *out)
{
	struct call call;
	CURLcode code;

	*out = (struct wire_fetched){ .number = fetch->number };
	begin(&call, fetch->ca, fetch->is_clear ? "http,https" : "https");
	call.answer = answer;
	call.answer_max = WIRE_FETCH_MAX;
	if (!call.no_memory)
		prepare_fetch(&call, fetch);
	code = call.no_memory ? CURLE_OUT_OF_MEMORY : curl_easy_perform(call.handle);
	if (code == CURLE_OK)
		out->status = (unsigned)response_code(&call);
	else
		say(out->why, code == CURLE_WRITE_ERROR ? "the answer is too long" : call.handle && call.error[0] ? call.error : curl_easy_strerror(code));
	out->body = out->status ? buffer_span(answer) : SPAN_NONE;
	if (call.handle)
		done(&call);
}

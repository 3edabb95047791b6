#include "cache/likeness.h"

#include "cache/control.h"
#include "cache/cookie.h"
#include "cache/key.h"

#include "base/banned.h"

static const struct hash_seed kind_seed = { 0x6c696b65, 1 };  /* not secret: whoever finds two words that collide is taken for another kind of visitor */

static bool is_one_of(struct span name, const struct span *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_equal_nocase(name, list[i]))
			return true;
	}
	return false;
}

/* -- requests -- */

/* Those by which frameworks choose another answer (X-Requested-With, Origin, HX-Request, Save-Data, Range...) are not among them. What we say
 * ourselves of the visitor is. */
static bool is_plain_field(const struct field *field)
{
	static const struct span others[] = { SPAN_INIT("upgrade-insecure-requests"), SPAN_INIT("dnt"), SPAN_INIT("sec-gpc"), SPAN_INIT("sec-fetch-site"),
		                              SPAN_INIT("sec-fetch-mode"), SPAN_INIT("sec-fetch-user"), SPAN_INIT("sec-fetch-dest"), SPAN_INIT("sec-ch-ua"),
		                              SPAN_INIT("sec-fetch-storage-access"), SPAN_INIT("sec-ch-ua-mobile"), SPAN_INIT("sec-ch-ua-platform") };

	switch ((int)field->id) {
	case FIELD_ACCEPT: case FIELD_ACCEPT_ENCODING: case FIELD_ACCEPT_LANGUAGE: case FIELD_CACHE_CONTROL: case FIELD_CDN_LOOP: case FIELD_CONNECTION:
	case FIELD_COOKIE: case FIELD_FORWARDED: case FIELD_HOST: case FIELD_IF_MODIFIED_SINCE: case FIELD_IF_NONE_MATCH: case FIELD_KEEP_ALIVE:
	case FIELD_PRAGMA: case FIELD_PRIORITY: case FIELD_PROXY_CONNECTION: case FIELD_REFERER: case FIELD_TE: case FIELD_USER_AGENT: case FIELD_VIA:
	case FIELD_X_FORWARDED_FOR: case FIELD_X_FORWARDED_HOST: case FIELD_X_FORWARDED_PORT: case FIELD_X_FORWARDED_PROTO: case FIELD_X_REAL_IP:
	case FIELD_X_REQUEST_ID: return true;
	case FIELD_OTHER: return is_one_of(field->name, others, sizeof(others) / sizeof(*others));
	default: return false;
	}
}

bool likeness_is_plain(const struct fields *request)
{
	for (unsigned i = 0; i < request->count; i++) {
		if (!is_plain_field(&request->list[i]))
			return false;
	}
	return fields_count(request, FIELD_ACCEPT) <= 1 && fields_count(request, FIELD_ACCEPT_LANGUAGE) <= 1 && fields_count(request, FIELD_USER_AGENT) <= 1;
}

static uint32_t short_hash(struct span text)
{
	uint32_t hash = (uint32_t)hash_span_nocase(kind_seed, text);

	return hash ? hash : 1;
}

/* "nl" of "nl-BE,nl;q=0.9,en". */
static uint32_t language_of(const struct field *field)
{
	struct span first = field ? span_trim(field->value) : SPAN_NONE;

	first = span_take(first, span_find(first, ','));
	first = span_trim(span_take(first, span_find(first, ';')));
	first = span_take(first, span_find(first, '-'));
	return first.len && !span_equal(first, SPAN("*")) ? short_hash(first) : 0;
}

/* All that begin with a page are one kind: browsers differ in what follows. */
static uint32_t accept_of(const struct field *field)
{
	struct span value = field ? span_trim(field->value) : SPAN_NONE;

	if (!value.len || span_equal(value, SPAN("*/*")))
		return 0;
	return short_hash(span_starts_nocase(value, SPAN("text/html")) ? SPAN("text/html") : value);
}

static enum visitor_agent agent_of(const struct field *field)
{
	static const struct span robots[] = { SPAN_INIT("bot"), SPAN_INIT("crawl"), SPAN_INIT("spider") };

	for (size_t i = 0; field && i < sizeof(robots) / sizeof(*robots); i++) {
		if (span_contains_nocase(field->value, robots[i]))
			return AGENT_ROBOT;
	}
	return field && span_contains_nocase(field->value, SPAN("mobi")) ? AGENT_MOBILE : AGENT_OTHER;
}

/* RFC 1918, 6598, 3927, 4193, 4291: whom a portal of an administration may take for a colleague. */
static bool is_private(const struct address *address)
{
	const uint8_t *b = address->bytes, *v4 = b + 12;

	if (!address_is_v4(address))
		return address_is_loopback(address) || (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return v4[0] == 10 || v4[0] == 127 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) || (v4[0] == 192 && v4[1] == 168) ||
	       (v4[0] == 100 && (v4[1] & 0xc0) == 64) || (v4[0] == 169 && v4[1] == 254);
}

struct visitor_kind likeness_kind(const struct fields *request, const struct address *source)
{
	return (struct visitor_kind){
		.language = language_of(fields_find(request, FIELD_ACCEPT_LANGUAGE)), .accept = accept_of(fields_find(request, FIELD_ACCEPT)),
		.agent = (uint8_t)agent_of(fields_find(request, FIELD_USER_AGENT)), .is_private = is_private(source),
		.has_cookies = cookie_kind_of(request, NULL, 0) != COOKIE_NONE,
	};
}

/* Who says nothing of languages, or of what he accepts, takes any (RFC 9110, 12.5.1 and 12.5.4). */
bool likeness_fits(const struct visitor_kind *kind, const struct visitor_kind *seen)
{
	return kind->agent == seen->agent && kind->is_private == seen->is_private && kind->has_cookies == seen->has_cookies &&
	       (!kind->language || kind->language == seen->language) && (!kind->accept || kind->accept == seen->accept);
}

bool likeness_equals(const struct visitor_kind *kind, const struct visitor_kind *seen)
{
	return likeness_fits(kind, seen) && kind->language == seen->language && kind->accept == seen->accept;
}

/* -- secrets -- */

static const struct span secret_words[] = { SPAN_INIT("token"), SPAN_INIT("key"), SPAN_INIT("code"), SPAN_INIT("sig"), SPAN_INIT("ref"), SPAN_INIT("auth"),
	                                    SPAN_INIT("secret"), SPAN_INIT("pass"), SPAN_INIT("nonce"), SPAN_INIT("hash"), SPAN_INIT("otp"), SPAN_INIT("ticket"),
	                                    SPAN_INIT("invit"), SPAN_INIT("verif"), SPAN_INIT("confirm"), SPAN_INIT("sess"), SPAN_INIT("jwt"), SPAN_INIT("uuid") };

static bool has_secret_word(struct span text)
{
	for (size_t i = 0; i < sizeof(secret_words) / sizeof(*secret_words); i++) {
		if (span_contains_nocase(text, secret_words[i]))
			return true;
	}
	return false;
}

/* Letters and digits, and MARKS among them, as long as nobody types. */
static bool is_like_secret(struct span text, const char *marks)
{
	size_t run = 0;
	bool has_digit = false, has_letter = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.at[i]);
		bool is_digit = c >= '0' && c <= '9', is_letter = c >= 'a' && c <= 'z';

		if (!is_digit && !is_letter && (!c || !strchr(marks, c))) {
			run = 0;
			has_digit = has_letter = false;
			continue;
		}
		has_digit |= is_digit;
		has_letter |= is_letter;
		if (++run >= LIKENESS_SECRET_LEN && has_digit && has_letter)
			return true;
	}
	return false;
}

bool likeness_has_secret(struct span path, struct span query)
{
	if (query.len > LIKENESS_QUERY_MAX)
		return true;
	while (query.len) {
		struct span pair = span_cut(&query, '&');

		/* Encoded, a word is not seen: what is encoded in a name is not guessed at. */
		if (has_secret_word(pair) || is_like_secret(pair, "-_") || span_find(span_take(pair, span_find(pair, '=')), '%') < span_find(pair, '='))
			return true;
	}
	/* "/news/2026-new-opening-hours" is a name that people read. */
	return is_like_secret(path, "");
}

/* -- answers -- */

bool likeness_is_of_one_answer(const struct field *field)
{
	static const struct span names[] = { SPAN_INIT("server-timing"), SPAN_INIT("x-runtime"), SPAN_INIT("x-response-time"), SPAN_INIT("x-varnish"),
		                             SPAN_INIT("x-trace-id"), SPAN_INIT("x-correlation-id"), SPAN_INIT("traceparent"), SPAN_INIT("x-served-by"),
		                             SPAN_INIT("x-timer"), SPAN_INIT("x-cache"), SPAN_INIT("x-cache-hits"), SPAN_INIT("x-amzn-requestid") };

	return field->id == FIELD_X_REQUEST_ID || field->id == FIELD_CACHE_STATUS ||
	       (field->id == FIELD_OTHER && is_one_of(field->name, names, sizeof(names) / sizeof(*names)));
}

/* Of no meaning for what the page says. */
static bool is_left_out(const struct field *field)
{
	switch ((int)field->id) {
	case FIELD_AGE: case FIELD_CONNECTION: case FIELD_CONTENT_LENGTH: case FIELD_DATE: case FIELD_ETAG: case FIELD_EXPIRES: case FIELD_KEEP_ALIVE:
	case FIELD_LAST_MODIFIED: case FIELD_TRANSFER_ENCODING: case FIELD_VIA: return true;
	default: return likeness_is_of_one_answer(field);
	}
}

void likeness_add_head(struct hash_stream *hash, const struct response_head *answer)
{
	for (unsigned i = 0; i < answer->fields.count; i++) {
		const struct field *field = &answer->fields.list[i];

		if (is_left_out(field))
			continue;
		hash_stream_add(hash, field->name);
		hash_stream_add(hash, SPAN(":"));
		hash_stream_add(hash, field->value);
		hash_stream_add(hash, SPAN("\n"));
	}
	hash_stream_add(hash, SPAN("\n"));
}

/* Codings are told apart, and cookies are not there. */
static bool has_simple_vary(const struct fields *answer)
{
	for (unsigned i = 0; i < answer->count; i++) {
		struct span rest = answer->list[i].id == FIELD_VARY ? answer->list[i].value : SPAN_NONE;

		while (rest.len) {
			struct span name = span_trim(span_cut(&rest, ','));

			if (name.len && !span_equal_nocase(name, SPAN("accept-encoding")) && !span_equal_nocase(name, SPAN("cookie")))
				return false;
		}
	}
	return true;
}

static bool is_elsewhere(unsigned status)
{
	return (status < 400 && status != 304) || status == 401 || status == 403 || status == 407;
}

/* Of errors, what they say of being kept is about the error. */
enum likeness_word likeness_judge(const struct response_head *answer)
{
	struct cache_control control;

	if (answer->status == 404 || answer->status == 410)
		return WORD_GONE;
	if (answer->status != 200)
		return is_elsewhere(answer->status) ? WORD_ELSEWHERE : WORD_NONE;
	cache_control_read(&answer->fields, &control);
	if (fields_find(&answer->fields, FIELD_SET_COOKIE) || fields_find(&answer->fields, FIELD_PRAGMA) || !has_simple_vary(&answer->fields))
		return WORD_UNFIT;
	return control.no_store || control.is_private || control.no_cache || control.is_broken ? WORD_UNFIT : WORD_FIT;
}

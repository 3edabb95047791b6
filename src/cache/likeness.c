#include "cache/likeness.h"

#include "cache/control.h"

#include "base/banned.h"

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

/* What scripts fetch says who is there, or how long the queue is now. Browsers tell; who does not tell asks for a page. */
static bool is_of_script(const struct fields *request)
{
	static const struct span destinations[] = { SPAN_INIT("document"), SPAN_INIT("iframe"), SPAN_INIT("frame"), SPAN_INIT("style"), SPAN_INIT("script"),
		                                    SPAN_INIT("image"), SPAN_INIT("font"), SPAN_INIT("manifest") };
	const struct field *field = fields_find_name(request, SPAN("sec-fetch-dest"));

	return field && !is_one_of(field->value, destinations, sizeof(destinations) / sizeof(*destinations));
}

bool likeness_is_plain(const struct fields *request)
{
	char text[LIKENESS_LANGUAGE_MAX];
	struct span languages;

	for (unsigned i = 0; i < request->count; i++) {
		if (!is_plain_field(&request->list[i]))
			return false;
	}
	return fields_count(request, FIELD_ACCEPT) <= 1 && fields_count(request, FIELD_USER_AGENT) <= 1 && !is_of_script(request) &&
	       likeness_languages(request, text, &languages) == RESULT_OK;
}

/* Nobody outside knows the seed: whoever found words that collide with a browser's would choose what those get. */
static uint32_t short_hash(struct span text)
{
	uint32_t hash = (uint32_t)hash_span(hash_process_seed(), text);

	return !text.len ? 0 : hash ? hash : 1;
}

struct language {
	struct span tag;
	unsigned weight;  /* thousandths */
};

/* "0.25": 250. RFC 9110, 12.4.2. */
static enum result read_weight(struct span text, unsigned *out)
{
	unsigned weight, place = 100;

	if (!text.len || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1') || (text.len > 1 && text.at[1] != '.'))
		return RESULT_MALFORMED;
	weight = text.at[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < text.len; i++, place /= 10) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return RESULT_MALFORMED;
		weight += (unsigned)(text.at[i] - '0') * place;
	}
	*out = weight;
	return weight && weight <= 1000 ? RESULT_OK : RESULT_MALFORMED;  /* what he does not want at all is too rare to be told apart */
}

static bool is_tag(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.at[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9' && i) && !(c == '-' && i))
			return false;
	}
	return text.len && text.len <= LIKENESS_TAG_MAX;
}

static enum result read_language(struct span member, struct language *out)
{
	struct span tag = span_trim(span_cut(&member, ';')), weight = span_trim(member);

	*out = (struct language){ tag, 1000 };
	if (!is_tag(tag) && !span_equal(tag, SPAN("*")))
		return RESULT_MALFORMED;
	if (!member.at)
		return RESULT_OK;
	return span_starts_nocase(weight, SPAN("q=")) ? read_weight(span_skip(weight, 2), &out->weight) : RESULT_MALFORMED;
}

static size_t put_language(char *out, struct span tag, unsigned place)
{
	static const char weight[] = ";q=0.";
	size_t len = 0;

	if (place)
		out[len++] = ',';
	for (size_t i = 0; i < tag.len; i++)
		out[len++] = ascii_lower(tag.at[i]);
	if (!place)
		return len;
	memcpy(out + len, weight, sizeof(weight) - 1);
	len += sizeof(weight) - 1;
	out[len++] = (char)('0' + LIKENESS_LANGUAGES - place);
	return len;
}

_Static_assert(LIKENESS_LANGUAGES <= 10, "weights have one digit");
_Static_assert(LIKENESS_LANGUAGES * (LIKENESS_TAG_MAX + sizeof(",;q=0.1")) <= LIKENESS_LANGUAGE_MAX, "all of them fit");

enum result likeness_languages(const struct fields *request, char text[LIKENESS_LANGUAGE_MAX], struct span *out)
{
	const struct field *field = fields_find(request, FIELD_ACCEPT_LANGUAGE);
	struct span rest = field ? span_trim(field->value) : SPAN_NONE;
	unsigned count = 0, before = 1001;
	size_t len = 0;

	if (fields_count(request, FIELD_ACCEPT_LANGUAGE) > 1)
		return RESULT_MALFORMED;
	while (rest.len) {
		struct language language;
		enum result result = read_language(span_cut(&rest, ','), &language);

		if (result != RESULT_OK)
			return result;
		if (count == LIKENESS_LANGUAGES)
			return RESULT_LIMIT;
		/* As browsers say it, the order and the weights mean the same: of two that are liked as much, or of a better one that comes later, some portals
		 * take the first and others do not. */
		if (language.weight >= before)
			return RESULT_MALFORMED;
		before = language.weight;
		len += put_language(text + len, language.tag, count++);
	}
	*out = span_make(text, len);
	return RESULT_OK;
}

/* All that begin with a page are one kind: browsers differ in what follows. */
static struct span accept_of(const struct fields *request)
{
	const struct field *field = fields_find(request, FIELD_ACCEPT);
	struct span value = field ? span_trim(field->value) : SPAN_NONE;

	if (span_equal_nocase(value, SPAN("text/html")) || span_starts_nocase(value, SPAN("text/html,")))
		return SPAN("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
	return value;
}

static enum visitor_agent agent_of(const struct field *field)
{
	static const struct span robots[] = { SPAN_INIT("bot"), SPAN_INIT("crawl"), SPAN_INIT("spider") };

	for (size_t i = 0; field && i < sizeof(robots) / sizeof(*robots); i++) {
		if (span_contains_nocase(field->value, robots[i]))
			return AGENT_ROBOT;
	}
	if (field && span_contains_nocase(field->value, SPAN("mobi")))
		return AGENT_MOBILE;
	return field && span_starts(field->value, SPAN("Mozilla/")) ? AGENT_BROWSER : AGENT_OTHER;
}

uint32_t likeness_network(const struct address *source)
{
	bool is_v4 = address_is_v4(source);
	uint32_t hash = (uint32_t)hash_span(hash_process_seed(), span_make((const char *)source->bytes + (is_v4 ? 12 : 0), is_v4 ? 2 : 4));

	/* whom a portal of an administration may take for a colleague */
	return address_is_private(source) ? 0 : hash ? hash : 1;
}

static bool says_one(const struct fields *request, struct span name)
{
	const struct field *field = fields_find_name(request, name);

	return field && span_equal(span_trim(field->value), SPAN("1"));
}

struct visitor_kind likeness_kind(const struct fields *request, const struct address *source)
{
	char text[LIKENESS_LANGUAGE_MAX];
	struct span languages;

	if (likeness_languages(request, text, &languages) != RESULT_OK)
		languages = SPAN_NONE;
	return (struct visitor_kind){
		.language = short_hash(languages), .accept = short_hash(accept_of(request)),
		.agent = (uint8_t)agent_of(fields_find(request, FIELD_USER_AGENT)), .is_private = address_is_private(source),
		.has_dnt = says_one(request, SPAN("dnt")), .has_gpc = says_one(request, SPAN("sec-gpc")),
	};
}

void likeness_words(const struct fields *request, const struct visitor_kind *kind, char text[LIKENESS_LANGUAGE_MAX], struct kind_words *words)
{
	static const struct span agents[] = {
		[AGENT_OTHER] = SPAN_INIT("Bouclier"),
		[AGENT_BROWSER] = SPAN_INIT("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Bouclier"),
		[AGENT_MOBILE] = SPAN_INIT("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0 Bouclier"),
		[AGENT_ROBOT] = SPAN_INIT("Mozilla/5.0 (compatible; Bouclier, for a robot)"),
	};

	*words = (struct kind_words){ .agent = agents[kind->agent], .accept = accept_of(request) };
	if (likeness_languages(request, text, &words->language) != RESULT_OK)
		words->language = SPAN_NONE;
}

bool likeness_equals(const struct visitor_kind *a, const struct visitor_kind *b)
{
	return a->language == b->language && a->accept == b->accept && a->agent == b->agent && a->is_private == b->is_private &&
	       a->has_dnt == b->has_dnt && a->has_gpc == b->has_gpc;
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

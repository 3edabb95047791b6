#include "cache/policy.h"

#include "cache/condition.h"
#include "cache/date.h"
#include "cache/key.h"

#include "base/banned.h"

const char *cache_refusal_name(enum cache_refusal refusal)
{
	static const char *const names[] = {
#define X(id, name) name,
		CACHE_REFUSAL_LIST(X)
#undef X
	};

	return names[refusal];
}

bool policy_is_of_request(enum cache_refusal refusal)
{
	return refusal == CACHE_CONDITION || refusal == CACHE_PART || refusal == CACHE_UNWANTED || refusal == CACHE_CODING;
}

/* -- requests -- */

/* Frameworks obey these: the answer is one to another method. One look at the fields, for every GET is asked. */
static bool has_other_method(const struct fields *fields)
{
	static const struct span names[] = { SPAN_INIT("x-http-method-override"), SPAN_INIT("x-http-method"), SPAN_INIT("x-method-override") };

	for (unsigned i = 0; i < fields->count; i++) {
		for (size_t k = 0; fields->list[i].id == FIELD_OTHER && k < sizeof(names) / sizeof(*names); k++) {
			if (span_equal_nocase(fields->list[i].name, names[k]))
				return true;
		}
	}
	return false;
}

enum cache_refusal policy_judge_request(const struct request_head *request, enum cookie_kind cookies)
{
	if (request->method != METHOD_GET && request->method != METHOD_HEAD)
		return CACHE_METHOD;
	if (has_other_method(&request->fields))
		return CACHE_METHOD;
	if (request->body.framing != BODY_NONE)
		return CACHE_BODY;
	if (fields_find(&request->fields, FIELD_AUTHORIZATION))
		return CACHE_AUTHORIZATION;
	if (cookies == COOKIE_SESSION)
		return CACHE_COOKIE;
	return condition_is_for_origin(&request->fields) ? CACHE_CONDITION : CACHE_NONE;
}

/* -- for how long -- */

static const struct field *find(const struct fields *fields, enum field_id id)
{
	return fields_find(fields, id);
}

static bool read_date(const struct fields *fields, enum field_id id, int64_t now_s, int64_t *out)
{
	const struct field *field = find(fields, id);

	return field && http_date_read(field->value, now_s, out) == RESULT_OK;
}

/* Counts if it is a number, and of several the largest. */
static int64_t said_age(const struct fields *fields)
{
	int64_t said = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		uint64_t age = 0;
		enum result result = fields->list[i].id == FIELD_AGE ? span_to_u64(fields->list[i].value, (uint64_t)CONTROL_SECONDS_MAX, &age) : RESULT_MALFORMED;

		if (result == RESULT_LIMIT)
			age = (uint64_t)CONTROL_SECONDS_MAX;
		said = (int64_t)age > said ? (int64_t)age : said;
	}
	return said;
}

/* RFC 9111, 4.2.3. */
static int64_t age_of(const struct fields *fields, int64_t now_s, int64_t took_s)
{
	int64_t date_s = now_s, apparent, said;

	if (!read_date(fields, FIELD_DATE, now_s, &date_s))
		date_s = now_s;
	apparent = now_s > date_s ? now_s - date_s : 0;
	said = said_age(fields) + took_s;
	return apparent > said ? apparent : said;
}

static bool is_heuristically_fresh(unsigned status)
{
	return status == 200 || status == 203 || status == 300 || status == 301 || status == 308 || status == 404 || status == 410;
}

/* RFC 9111, 4.2.1 and 4.2.2. CONTROL_NONE: nobody says. */
static int64_t lifetime_of(const struct fields *fields, unsigned status, const struct cache_control *control, const struct cache_rules *rules, int64_t now_s)
{
	int64_t date_s = now_s, until_s, changed_s;

	if (control->s_maxage != CONTROL_NONE)
		return control->s_maxage;
	if (control->max_age != CONTROL_NONE)
		return control->max_age;
	if (!read_date(fields, FIELD_DATE, now_s, &date_s))
		date_s = now_s;
	if (find(fields, FIELD_EXPIRES)) {
		/* "0" and other dates that are none: it has expired (RFC 9111, 5.3). Of two, the first counts. */
		if (!read_date(fields, FIELD_EXPIRES, now_s, &until_s) || until_s < date_s)
			return 0;
		return until_s - date_s < CONTROL_SECONDS_MAX ? until_s - date_s : CONTROL_SECONDS_MAX;
	}
	if (!rules->is_heuristic || !is_heuristically_fresh(status) || !read_date(fields, FIELD_LAST_MODIFIED, now_s, &changed_s) || changed_s > date_s)
		return CONTROL_NONE;
	return (date_s - changed_s) / 10 < HEURISTIC_MAX_S ? (date_s - changed_s) / 10 : HEURISTIC_MAX_S;
}

static bool has_validator(const struct fields *fields, int64_t now_s)
{
	int64_t changed_s;

	return find(fields, FIELD_ETAG) || read_date(fields, FIELD_LAST_MODIFIED, now_s, &changed_s);
}

void policy_live(const struct fields *fields, unsigned status, const struct cache_rules *rules, int64_t now_s, int64_t took_s, struct cache_life *life)
{
	struct cache_control control;
	bool may_be_stale;

	cache_control_read(fields, &control);
	*life = (struct cache_life){
		.age_s = age_of(fields, now_s, took_s), .fresh_s = lifetime_of(fields, status, &control, rules, now_s),
		.is_validated_always = control.no_cache, .has_validator = has_validator(fields, now_s),
		.is_for_cookies = control.is_public || control.s_maxage != CONTROL_NONE,
	};
	may_be_stale = !control.must_revalidate && !control.proxy_revalidate && !control.no_cache;
	if (may_be_stale && control.while_revalidate != CONTROL_NONE)
		life->while_s = control.while_revalidate;
	if (may_be_stale && control.if_error != CONTROL_NONE)
		life->error_s = control.if_error;
	/* s-maxage is proxy-revalidate too (RFC 9111, 5.2.2.10), unless the same answer says otherwise. */
	else if (may_be_stale && control.s_maxage == CONTROL_NONE && life->fresh_s > 0)
		life->error_s = rules->if_error_s;
}

/* -- answers -- */

/* Final ones that are the same for everybody who asks, as far as their head says no different. */
static bool is_status_kept(unsigned status)
{
	switch (status) {
	case 200: case 203: case 204: case 300: case 301: case 302: case 303: case 307: case 308: case 404: case 410:
		return true;
	default:
		return false;
	}
}

/* A coding that the request did not name would be given to others who cannot read it. */
static enum cache_refusal judge_codings(const struct fields *request, const struct fields *answer)
{
	enum cache_refusal refusal = CACHE_NONE;

	for (unsigned i = 0; i < answer->count; i++) {
		struct span list = answer->list[i].id == FIELD_CONTENT_ENCODING ? answer->list[i].value : SPAN_NONE;

		if (list.len && !key_knows_codings(list))
			return CACHE_OTHER_CODING;
		if (list.len && !key_accepts_codings(request, list))
			refusal = CACHE_CODING;
	}
	return refusal;
}

/* What Date says is not looked at: the clock of an origin that declares nothing is often wrong too. */
void policy_live_learned(const struct fields *fields, int64_t took_s, struct cache_life *life)
{
	*life = (struct cache_life){ .age_s = said_age(fields) + took_s, .fresh_s = MICRO_FRESH_S, .while_s = MICRO_WHILE_S, .is_learned = true };
}

static enum cache_refusal judge_declared(const struct cache_control *control, const struct cache_life *life)
{
	bool is_in_time;

	if (life->fresh_s == CONTROL_NONE)
		return life->is_validated_always && life->has_validator ? CACHE_NONE : CACHE_UNDECLARED;
	is_in_time = life->fresh_s + (life->while_s > life->error_s ? life->while_s : life->error_s) > life->age_s;
	if (control->no_cache || !is_in_time)
		return life->has_validator ? CACHE_NONE : CACHE_STALE;
	return CACHE_NONE;
}

static enum cache_refusal judge_head(const struct request_head *request, enum cookie_kind cookies, const struct response_head *answer,
                                     const struct cache_control *control)
{
	struct cache_control wanted;
	enum vary_kind vary = key_vary_kind(&answer->fields);

	cache_control_read(&request->fields, &wanted);
	if (request->method != METHOD_GET)
		return CACHE_METHOD;
	if (policy_is_unwanted(&wanted))
		return CACHE_UNWANTED;
	if (control->no_store)
		return CACHE_NO_STORE;
	if (control->is_broken)
		return CACHE_BROKEN;
	if (control->is_private)
		return CACHE_PRIVATE;
	if (find(&answer->fields, FIELD_SET_COOKIE))
		return CACHE_SET_COOKIE;
	if (fields_find(&request->fields, FIELD_RANGE) || find(&answer->fields, FIELD_CONTENT_RANGE))
		return CACHE_PART;
	if (!is_status_kept(answer->status))
		return CACHE_STATUS;
	if (vary == VARY_ANYTHING || (vary == VARY_COOKIE && cookies != COOKIE_NONE))
		return CACHE_VARY;
	if (cookies == COOKIE_OTHER && !control->is_public && control->s_maxage == CONTROL_NONE)
		return CACHE_COOKIE;
	return judge_codings(&request->fields, &answer->fields);
}

enum cache_refusal policy_judge_answer(const struct request_head *request, enum cookie_kind cookies, const struct response_head *answer,
                                       const struct cache_rules *rules, int64_t now_s, int64_t took_s, struct cache_life *life)
{
	struct cache_control control;
	struct cache_life found;
	enum cache_refusal refusal = policy_judge_request(request, cookies);

	cache_control_read(&answer->fields, &control);
	if (refusal == CACHE_NONE)
		refusal = judge_head(request, cookies, answer, &control);
	if (refusal != CACHE_NONE)
		return refusal;
	policy_live(&answer->fields, answer->status, rules, now_s, took_s, &found);
	refusal = judge_declared(&control, &found);
	if (refusal != CACHE_NONE)
		return refusal;
	if (found.fresh_s == CONTROL_NONE)
		found.fresh_s = 0;
	*life = found;
	return CACHE_NONE;
}

/* -- use -- */

enum cache_use policy_use(const struct cache_life *life, int64_t resident_s, const struct cache_control *wanted, const struct cache_rules *rules)
{
	int64_t age_s = life->age_s + resident_s;
	int64_t fresh_s = life->fresh_s == CONTROL_NONE ? 0 : life->fresh_s;

	if (life->is_validated_always)
		return USE_REVALIDATE;
	if (rules->obeys_clients) {
		bool is_too_old = wanted->max_age != CONTROL_NONE && age_s > wanted->max_age;
		bool ends_soon = wanted->min_fresh != CONTROL_NONE && fresh_s - age_s < wanted->min_fresh;

		if (wanted->no_cache || is_too_old || ends_soon)
			return USE_REVALIDATE;
	}
	if (age_s < fresh_s)
		return USE_FRESH;
	return age_s < fresh_s + life->while_s ? USE_REVALIDATE_BEHIND : USE_REVALIDATE;
}

bool policy_serves_on_error(const struct cache_life *life, int64_t resident_s)
{
	int64_t fresh_s = life->fresh_s == CONTROL_NONE ? 0 : life->fresh_s;

	return !life->is_validated_always && life->age_s + resident_s < fresh_s + life->error_s;
}

bool policy_is_error(unsigned status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

/* -- copies -- */

/* What a page consists of; no archives, no films. */
static bool is_of_page(const struct fields *fields)
{
	static const struct span starts[] = { SPAN_INIT("text/"), SPAN_INIT("image/"), SPAN_INIT("font/") };
	static const struct span types[] = {
		SPAN_INIT("application/xhtml+xml"), SPAN_INIT("application/xml"), SPAN_INIT("application/json"), SPAN_INIT("application/ld+json"),
		SPAN_INIT("application/javascript"), SPAN_INIT("application/manifest+json"), SPAN_INIT("application/rss+xml"), SPAN_INIT("application/atom+xml"),
	};
	const struct field *field = find(fields, FIELD_CONTENT_TYPE);
	struct span type, rest = field ? field->value : SPAN_NONE;

	if (!field || fields_count(fields, FIELD_CONTENT_TYPE) != 1)
		return false;
	type = span_trim(span_cut(&rest, ';'));
	if (span_equal_nocase(type, SPAN("text/event-stream")))
		return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		if (span_starts_nocase(type, starts[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (span_equal_nocase(type, types[i]))
			return true;
	}
	return false;
}

enum policy_copy policy_judge_copy(const struct request_head *request, enum cookie_kind cookies, const struct response_head *answer, int64_t now_s)
{
	const struct cache_rules rules = { .is_heuristic = false };
	struct cache_control control;
	int64_t lifetime_s;

	cache_control_read(&answer->fields, &control);
	if (answer->status != 200 || cookies != COOKIE_NONE || policy_judge_request(request, cookies) != CACHE_NONE)
		return POLICY_COPY_NEVER;
	if (judge_head(request, cookies, answer, &control) != CACHE_NONE || !is_of_page(&answer->fields))
		return POLICY_COPY_NEVER;
	if (control.no_cache || control.must_revalidate || control.proxy_revalidate || find(&answer->fields, FIELD_PRAGMA))
		return POLICY_COPY_NEVER;
	if (control.s_maxage != CONTROL_NONE && control.if_error == CONTROL_NONE)
		return POLICY_COPY_NEVER;
	lifetime_s = lifetime_of(&answer->fields, answer->status, &control, &rules, now_s);
	return lifetime_s == CONTROL_NONE ? POLICY_COPY_UNDECLARED : lifetime_s > 0 ? POLICY_COPY_DECLARED : POLICY_COPY_NEVER;
}

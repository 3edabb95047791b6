/* /api/v1/audit: the log, and whether its chain is whole. */
#include <stdlib.h>

#include "base/encode.h"
#include "event/json.h"
#include "hub/people/inside.h"
#include "hub/people/routes/routes.h"

#include "base/banned.h"

#define COUNT_DEFAULT 100u
#define COUNT_MAX 500u

struct listing {
	struct json_writer writer;
	uint64_t count, left, last;
};

static bool put_one(void *context, const struct audit_entry *entry)
{
	struct listing *listing = context;
	struct json_writer *writer = &listing->writer;
	char hex[2 * AUDIT_HASH_LEN];

	if (!listing->left)
		return false;
	hex_write(entry->hash, sizeof(entry->hash), hex);
	json_open(writer, SPAN_NONE, '{');
	json_put_number(writer, SPAN("number"), entry->number);
	json_put_time_ms(writer, SPAN("at"), entry->wall_ms);
	json_put_text(writer, SPAN("who"), span_of(entry->who));
	json_put_text(writer, SPAN("what"), span_of(entry->what));
	json_put_text(writer, SPAN("object"), span_of(entry->object));
	json_put_text(writer, SPAN("detail"), span_of(entry->detail));
	if (entry->said[0])
		json_put_text(writer, SPAN("said"), span_of(entry->said));
	else
		json_put_null(writer, SPAN("said"));
	json_open(writer, SPAN("arguments"), '[');
	for (uint64_t i = 0; i < entry->argument_count; i++)
		json_put_text(writer, SPAN_NONE, span_of(entry->arguments[i]));
	json_close(writer, ']');
	json_put_text(writer, SPAN("hash"), span_make(hex, sizeof(hex)));
	json_close(writer, '}');
	listing->left--;
	listing->last = entry->number;
	return true;
}

/* The number in the query, DEFAULT where it is not there. False: ANSWER is a 400. */
static bool read_number(struct web_request *request, struct web_answer *answer, struct span name, uint64_t max, uint64_t *out)
{
	struct span text;
	enum result result = web_query(request, name, &text);

	if (result == RESULT_OK && (!text.len || span_to_u64(text, max, out) == RESULT_OK))
		return true;
	web_refuse(answer, 400, "bad-parameter", "%.*s has to be a number", SPAN_ARG(name));
	return false;
}

/* Who sees all tenants only: entries are of everybody, and name what is of others. */
static bool sees_all(const struct people *people, const struct web_request *request, struct web_answer *answer)
{
	if (people_caller(people, request)->tenants.is_all)
		return true;
	web_refuse(answer, 403, "forbidden", "the audit log is of all tenants, and for those who see all");
	return false;
}

void route_audit_get(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct listing listing = { .count = COUNT_DEFAULT };
	uint64_t before = 0;
	char text[DECIMAL_MAX];

	if (!sees_all(people, request, answer) || !read_number(request, answer, SPAN("after"), INT64_MAX, &before) || !read_number(request, answer, SPAN("count"), COUNT_MAX, &listing.count))
		return;
	listing.left = listing.count;
	people_answer_begin(answer, &listing.writer);
	json_open(&listing.writer, SPAN("entries"), '[');
	if (audit_list(people->audit, before, put_one, &listing) != RESULT_OK) {
		web_refuse(answer, 503, "store-failed", "the audit log cannot be read");
		return;
	}
	json_close(&listing.writer, ']');
	if (!listing.left && listing.last > 1)
		json_put_text(&listing.writer, SPAN("next"), span_make(text, decimal_write(listing.last, text)));
	else
		json_put_time_ms(&listing.writer, SPAN("next"), 0);  /* null */
	people_answer_end(answer, &listing.writer, 200);
}

/* -- is it whole -- */

/* Who waits to be told. */
struct verifying {
	struct audit_asker asker;
	struct people *people;
	struct web_request *request;
	struct web_answer *answer;
};

static void tell_verdict(struct web_answer *answer, const struct audit_verdict *verdict)
{
	struct json_writer writer;

	if (verdict->result != RESULT_OK) {
		web_refuse(answer, 503, "store-failed", "the audit log cannot be read now");
		return;
	}
	people_answer_begin(answer, &writer);
	json_put_bool(&writer, SPAN("intact"), verdict->is_intact);
	json_put_number(&writer, SPAN("entries"), verdict->entries);
	if (verdict->broken)
		json_put_number(&writer, SPAN("broken_at"), verdict->broken_at);
	else
		json_put_time_ms(&writer, SPAN("broken_at"), 0);  /* null */
	people_answer_end(answer, &writer, 200);
}

static void told(struct audit_asker *asker, const struct audit_verdict *verdict)
{
	struct verifying *verifying = list_entry(asker, struct verifying, asker);
	struct web_request *request = verifying->request;

	tell_verdict(verifying->answer, verdict);
	free(verifying);
	web_finish(request);
}

static void gone(void *context, struct web_request *request)
{
	struct verifying *verifying = context;

	(void)request;
	audit_check_withdraw(verifying->people->check, &verifying->asker);
	free(verifying);
}

void route_audit_verify(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct verifying *verifying;

	if (!sees_all(people, request, answer))
		return;
	verifying = calloc(1, sizeof(*verifying));
	if (verifying)
		*verifying = (struct verifying){ .asker.told = told, .people = people, .request = request, .answer = answer };
	if (!verifying || audit_check_ask(people->check, &verifying->asker) != RESULT_OK) {
		web_refuse(answer, 503, "busy", "too many ask for it at this moment; try again");
		free(verifying);
		return;
	}
	web_wait(request, gone, verifying);
}

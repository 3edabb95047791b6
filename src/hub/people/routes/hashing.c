#include "hub/people/routes/hashing.h"

#include <stdlib.h>

#include "incident/text.h"

#include "base/banned.h"

void hashing_end(struct hashing *hashing)
{
	buffer_done(&hashing->unread.body);
	explicit_bzero(hashing, sizeof(*hashing));
	free(hashing);
}

static void gone(void *context, struct web_request *request)
{
	struct hashing *hashing = context;

	(void)request;
	hashing->request = NULL;
	hashing->answer = &hashing->unread;
}

static void done(struct hash_job *job)
{
	struct hashing *hashing = list_entry(job, struct hashing, job);
	struct web_request *request;

	if (job->result == RESULT_TIMEOUT || job->result == RESULT_NO_MEMORY)
		web_refuse(hashing->answer, 503, "busy", "too many log in at this moment; try again");
	else
		hashing->next(hashing);
	if (hashing->goes_on) {
		hashing->goes_on = false;
		return;
	}
	request = hashing->request;
	hashing_end(hashing);
	if (request)
		web_finish(request);
}

struct hashing *hashing_new(struct people *people, struct web_request *request, struct web_answer *answer, void (*next)(struct hashing *hashing))
{
	struct hashing *hashing = calloc(1, sizeof(*hashing));

	if (!hashing) {
		web_refuse(answer, 503, "busy", "there is no memory for it");
		return NULL;
	}
	*hashing = (struct hashing){ .job.done = done, .people = people, .request = request, .answer = answer, .wall_ns = request->wall_ns, .next = next };
	buffer_init(&hashing->unread.body, WEB_ANSWER_MAX);
	if (people->admitted.request == request) {
		hashing->admitted = people->admitted;
		hashing->admitted.request = NULL;
	}
	return hashing;
}

static enum result submit(struct hashing *hashing, struct span password, const char *encoded, bool is_new)
{
	struct hash_job *job = &hashing->job;

	if (password.len > sizeof(job->password))
		return RESULT_LIMIT;
	memcpy(job->password, password.at ? password.at : "", password.len);
	job->password_len = password.len;
	job->is_new = is_new;
	text_set(job->encoded, sizeof(job->encoded), span_of(encoded));
	return hash_pool_submit(hashing->people->pool, job);
}

void hashing_begin(struct hashing *hashing, struct span password, const char *encoded, bool is_new)
{
	if (submit(hashing, password, encoded, is_new) == RESULT_OK) {
		web_wait(hashing->request, gone, hashing);
		return;
	}
	web_refuse(hashing->answer, 503, "busy", "too many log in at this moment; try again");
	hashing_end(hashing);
}

void hashing_again(struct hashing *hashing, void (*then)(struct hashing *hashing))
{
	hashing->next = then;
	hashing->goes_on = submit(hashing, span_make(hashing->second, hashing->second_len), NULL, true) == RESULT_OK;
	explicit_bzero(hashing->second, sizeof(hashing->second));
	if (!hashing->goes_on)
		web_refuse(hashing->answer, 503, "busy", "too many log in at this moment; try again");
}

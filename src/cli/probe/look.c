#include "cli/probe/look.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/drill/question.h"
#include "cli/drill/work.h"
#include "incident/citizens.h"

#include "base/banned.h"

#define WORK_TRIES 20000u
#define FIELDS SPAN("User-Agent: bouclier-probe/" BOUCLIER_VERSION "\r\nAccept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en\r\n")

struct visit {
	struct page_url url;
	struct exchange ask;
	struct jar jar;
	struct look *look;
	unsigned redirects, questions;
};

/* What becomes of an answer: is there one more to ask for? */
enum turn { TURN_OVER, TURN_AGAIN };

static enum turn over(struct visit *visit, enum look_outcome outcome)
{
	visit->look->outcome = outcome;
	return TURN_OVER;
}

static enum turn refuse(struct visit *visit, const char *why)
{
	snprintf(visit->look->error, sizeof(visit->look->error), "%s", why);
	return over(visit, LOOK_REFUSED);
}

/* -- what strangers are asked -- */

static enum result do_work(const struct visit *visit, const struct question *question, struct work *work)
{
	enum result result = work_begin(work, question->ask, question->bits, question->parts);

	if (result != RESULT_OK)
		return result;
	do {
		result = work_go_on(work, WORK_TRIES);
		if (result == RESULT_MORE && clock_mono_ms() >= visit->ask.until_ms)
			return RESULT_TIMEOUT;
		if (result == RESULT_MORE && !exchange_pause(visit->ask.stop_fd, 0))
			return RESULT_END;
	} while (result == RESULT_MORE);
	return result;
}

static enum result earn(const struct visit *visit, const struct question *question, struct work *work)
{
	uint64_t until_ms = clock_mono_ms() + (uint64_t)question->wait_s * 1000;

	if (question->parts)
		return do_work(visit, question, work);
	if (until_ms >= visit->ask.until_ms)
		return RESULT_TIMEOUT;
	return exchange_pause(visit->ask.stop_fd, until_ms) ? RESULT_OK : RESULT_END;
}

static enum turn answer_question(struct visit *visit, const struct question *question)
{
	struct work work = { 0 };
	struct buffer target;
	enum result result;

	visit->look->was_challenged = true;
	if (++visit->questions > LOOK_QUESTIONS_MAX)
		return refuse(visit, "asked again and again to prove to be no machine");
	result = earn(visit, question, &work);
	if (result == RESULT_END)
		return over(visit, LOOK_STOPPED);
	if (result != RESULT_OK)
		return refuse(visit, "what was asked of a stranger took too long");
	buffer_init(&target, PAGE_TARGET_MAX - 1);
	result = question_write_answer(question, span_make(work.solution, work.len), &target);
	if (result == RESULT_OK)
		result = span_to_text(buffer_span(&target), visit->url.target, sizeof(visit->url.target));
	buffer_done(&target);
	return result == RESULT_OK ? TURN_AGAIN : refuse(visit, "a question that cannot be answered");
}

/* -- answers -- */

static enum turn follow(struct visit *visit, const struct exchange_answer *answer)
{
	enum result result = page_url_follow(&visit->url, span_of(answer->location), &visit->url);

	/* Elsewhere is not ours to ask for; that it was named is what the portal had to say. */
	if (result == RESULT_REFUSED)
		return over(visit, LOOK_IN_TIME);
	if (result != RESULT_OK)
		return refuse(visit, "a redirect to nowhere");
	return ++visit->redirects > LOOK_REDIRECTS_MAX + visit->questions ? refuse(visit, "redirected again and again") : TURN_AGAIN;
}

static enum turn judge(struct visit *visit, const struct exchange_answer *answer)
{
	struct question question;
	char why[64];

	if (answer->status >= 300 && answer->status < 400 && answer->location[0])
		return follow(visit, answer);
	if (answer->status < 400)
		return over(visit, LOOK_IN_TIME);
	if (question_read(buffer_span(&answer->page), &question) == RESULT_OK)
		return answer_question(visit, &question);
	snprintf(why, sizeof(why), "answered with status %u", answer->status);
	return refuse(visit, why);
}

static enum turn take_turn(struct visit *visit)
{
	struct exchange_answer answer;
	enum result result = exchange(&visit->ask, &answer);
	struct look *look = visit->look;
	enum turn turn;

	look->bytes += answer.bytes;
	look->certificate_until_ms = answer.certificate_until_ms ? answer.certificate_until_ms : look->certificate_until_ms;
	look->status = answer.status;
	if (result == RESULT_OK) {
		turn = judge(visit, &answer);
	} else {
		look->step = answer.step;
		memcpy(look->error, answer.error, sizeof(look->error));
		turn = over(visit, result == RESULT_END ? LOOK_STOPPED : LOOK_UNREACHABLE);
	}
	exchange_done(&answer);
	return turn;
}

void look_at(const struct page_url *url, uint64_t patience_ms, int stop_fd, struct look *out)
{
	uint64_t begun_ms = clock_mono_ms(), took_ms;
	struct visit visit = { .url = *url, .look = out };

	*out = (struct look){ .outcome = LOOK_STOPPED };
	visit.ask = (struct exchange){ .url = &visit.url, .method = METHOD_GET, .fields = FIELDS, .jar = &visit.jar, .until_ms = begun_ms + patience_ms, .stop_fd = stop_fd };
	while (take_turn(&visit) == TURN_AGAIN)
		;
	took_ms = clock_mono_ms() - begun_ms;
	out->took_ms = (uint32_t)(took_ms < UINT32_MAX ? took_ms : UINT32_MAX);
	if (out->outcome == LOOK_IN_TIME && took_ms > CITIZENS_SLOW_MS)
		out->outcome = LOOK_SLOW;
}

void look_count(const struct look *look, struct probe_counts *counts)
{
	if (look->outcome == LOOK_STOPPED || counts->asked == PROBE_LOOKS_MAX)
		return;
	counts->asked++;
	counts->in_time += look->outcome == LOOK_IN_TIME;
	counts->slow += look->outcome == LOOK_SLOW;
	counts->refused += look->outcome == LOOK_REFUSED;
	if (look->outcome == LOOK_UNREACHABLE)
		counts->failed[look->step]++;
	counts->challenged += look->was_challenged;
	counts->bytes += look->bytes;
	counts->took_ms += look->took_ms;
	counts->slowest_ms = look->took_ms > counts->slowest_ms ? look->took_ms : counts->slowest_ms;
	if (look->certificate_until_ms > 0)
		counts->certificate_until_s = (uint64_t)look->certificate_until_ms / 1000;
}

const char *look_outcome_name(enum look_outcome outcome)
{
	static const char *const names[] = { "in_time", "slow", "refused", "unreachable", "stopped" };

	return names[outcome];
}

#include "cli/drill/citizen.h"

#include "base/banned.h"

#define REDIRECTS_MAX 5u
#define QUESTIONS_MAX 3u
#define WORK_EVERY_MS TIMER_STEP_MS
#define WORK_TRIES (200u * WORK_EVERY_MS)   /* 200,000 a second: a slow telephone (guard/puzzle.h) */
#define REQUEST_BYTES_MAX ((size_t)8 << 10)

static const char *const paths[] = { "/", "/news", "/contact", "/forms/12", "/waste-collection", "/town-council" };
static const char *const agents[] = {
	"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
};
#define COUNT_OF(list) (sizeof(list) / sizeof(*(list)))

static void ask(struct citizen *citizen);

/* -- between pages -- */

static void rest(struct citizen *citizen, uint64_t think_ms)
{
	struct loop *loop = &citizen->stage->loop;

	citizen->state = CITIZEN_RESTS;
	timer_cancel(&loop->timers, &citizen->patience);
	/* Half to one and a half times the mean, so that nobody falls into step. */
	timer_set(&loop->timers, &citizen->next, loop->now_ms + think_ms / 2 + stage_chance_below(citizen->stage, think_ms));
}

/* Somebody else sits down: another address, an empty jar. */
static void change_places(struct citizen *citizen)
{
	const struct cast_part *part = cast_part(citizen->kind);

	citizen->pages++;
	if (!part->pages || citizen->pages < part->pages)
		return;
	client_close(&citizen->client);
	citizen->person++;
	citizen->pages = 0;
	citizen->cookie[0] = '\0';
}

static struct drill_pages *pages_of(struct citizen *citizen)
{
	const struct drill_acts *acts = &citizen->stage->tally->acts;

	return &citizen->stage->tally->pages[citizen->kind][drill_window_at(acts, citizen->begun_ms)];
}

static void end_page(struct citizen *citizen, bool is_served)
{
	struct drill_pages *pages = pages_of(citizen);
	uint64_t took_ms = citizen->stage->loop.now_ms - citizen->begun_ms;

	pages->asked++;
	pages->challenged += citizen->questions > 0;
	pages->in_time += is_served && took_ms <= citizen->allowed_ms;
	pages->kept += is_served && citizen->answer.is_kept;
	if (!is_served)
		client_close(&citizen->client);
	change_places(citizen);
	rest(citizen, cast_part(citizen->kind)->think_ms);
}

/* -- asking -- */

static enum result write_request(const struct citizen *citizen, struct buffer *out)
{
	bool is_partner = citizen->kind == CITIZEN_PARTNER;
	const char *agent = is_partner ? "municipal-register/4.2" : agents[(citizen->seat + citizen->person) % COUNT_OF(agents)];
	enum result result = buffer_print(out, "GET %s HTTP/1.1\r\nHost: " DRILL_HOST "\r\nUser-Agent: %s\r\nAccept: %s\r\n", citizen->target, agent,
	                                  is_partner ? "application/json" : "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

	if (result == RESULT_OK && !is_partner)
		result = buffer_append(out, SPAN("Accept-Language: nl-BE,nl;q=0.8,fr;q=0.5,en;q=0.3\r\nUpgrade-Insecure-Requests: 1\r\n"));
	if (result == RESULT_OK && citizen->cookie[0])
		result = buffer_print(out, "Cookie: %s\r\n", citizen->cookie);
	return result == RESULT_OK ? buffer_append(out, SPAN("\r\n")) : result;
}

static void ask(struct citizen *citizen)
{
	struct buffer request;
	enum result result;

	citizen->state = CITIZEN_ASKS;
	buffer_init(&request, REQUEST_BYTES_MAX);
	result = write_request(citizen, &request);
	if (result == RESULT_OK)
		result = client_ask(&citizen->client, cast_citizen_address(citizen->kind, citizen->seat, citizen->person), buffer_span(&request));
	buffer_done(&request);
	if (result != RESULT_OK)
		end_page(citizen, false);
}

static void ask_for(struct citizen *citizen, struct span target)
{
	if (span_to_text(target, citizen->target, sizeof(citizen->target)) == RESULT_OK)
		ask(citizen);
	else
		end_page(citizen, false);
}

static void begin_page(struct citizen *citizen)
{
	const struct loop *loop = &citizen->stage->loop;

	citizen->begun_ms = citizen->next.due_ms < loop->now_ms ? citizen->next.due_ms : loop->now_ms;
	citizen->allowed_ms = DRILL_IN_TIME_MS;
	citizen->redirects = citizen->questions = 0;
	citizen->is_retried = false;
	timer_set(&citizen->stage->loop.timers, &citizen->patience, citizen->begun_ms + CITIZEN_PATIENCE_MS);
	ask_for(citizen, span_of(paths[stage_chance_below(citizen->stage, COUNT_OF(paths))]));
}

/* -- what he is asked -- */

static void answer_question(struct citizen *citizen, struct span work)
{
	struct buffer target;
	enum result result;

	buffer_init(&target, sizeof(citizen->target));
	result = question_write_answer(&citizen->question, work, &target);
	ask_for(citizen, result == RESULT_OK ? buffer_span(&target) : SPAN_NONE);
	buffer_done(&target);
}

static void go_on_working(struct citizen *citizen)
{
	struct loop *loop = &citizen->stage->loop;

	if (work_go_on(&citizen->work, WORK_TRIES) == RESULT_OK)
		answer_question(citizen, span_make(citizen->work.solution, citizen->work.len));
	else
		timer_set(&loop->timers, &citizen->next, loop->now_ms + WORK_EVERY_MS);
}

/* False: it is a refusal. */
static bool meet_question(struct citizen *citizen)
{
	struct loop *loop = &citizen->stage->loop;
	struct question *question = &citizen->question;

	if (citizen->kind == CITIZEN_PARTNER || question_read(buffer_span(&citizen->answer.page), question) != RESULT_OK ||
	    ++citizen->questions > QUESTIONS_MAX)
		return false;
	if (cast_part(citizen->kind)->has_script && question->parts) {
		if (work_begin(&citizen->work, question->ask, question->bits, question->parts) != RESULT_OK)
			return false;
		citizen->state = CITIZEN_WORKS;
		citizen->allowed_ms += DRILL_WORK_MS;
		timer_set(&loop->timers, &citizen->next, loop->now_ms + WORK_EVERY_MS);
		return true;
	}
	citizen->state = CITIZEN_WAITS;
	citizen->allowed_ms += question->wait_s * 1000;
	timer_set(&loop->timers, &citizen->next, loop->now_ms + question->wait_s * 1000);
	return true;
}

static void answered(struct citizen *citizen)
{
	const struct client_answer *answer = &citizen->answer;

	if (answer->cookie[0])
		memcpy(citizen->cookie, answer->cookie, sizeof(citizen->cookie));
	if (answer->status >= 300 && answer->status < 400 && answer->location[0] && ++citizen->redirects <= REDIRECTS_MAX)
		ask_for(citizen, span_of(answer->location));
	else if (answer->status >= 200 && answer->status < 300 && answer->is_page)
		end_page(citizen, true);
	else if (!meet_question(citizen))
		end_page(citizen, false);
}

static void told(struct client *client, enum client_news news)
{
	struct citizen *citizen = list_entry(client, struct citizen, client);

	if (citizen->state != CITIZEN_ASKS)
		return;
	if (news == CLIENT_ANSWERED) {
		answered(citizen);
	} else if (client->was_kept && !citizen->is_retried) {
		citizen->is_retried = true;
		ask(citizen);
	} else {
		end_page(citizen, false);
	}
}

/* -- the clock -- */

static void next_is_due(struct timer *timer)
{
	struct citizen *citizen = list_entry(timer, struct citizen, next);

	switch (citizen->state) {
	case CITIZEN_RESTS: begin_page(citizen); break;
	case CITIZEN_WORKS: go_on_working(citizen); break;
	case CITIZEN_WAITS: answer_question(citizen, SPAN_NONE); break;
	case CITIZEN_ASKS: break;
	}
}

static void patience_is_over(struct timer *timer)
{
	struct citizen *citizen = list_entry(timer, struct citizen, patience);

	timer_cancel(&citizen->stage->loop.timers, &citizen->next);
	end_page(citizen, false);
}

void citizen_init(struct citizen *citizen, struct stage *stage, enum citizen_kind kind, unsigned seat)
{
	*citizen = (struct citizen){ .stage = stage, .kind = kind, .seat = seat };
	client_init(&citizen->client, &stage->loop, stage->port, told);
	citizen->client.answer = &citizen->answer;
	buffer_init(&citizen->answer.page, CLIENT_PAGE_MAX);
	timer_init(&citizen->next, next_is_due);
	timer_init(&citizen->patience, patience_is_over);
	/* Not all change places at the same time. */
	if (cast_part(kind)->pages)
		citizen->pages = seat % cast_part(kind)->pages;
	rest(citizen, cast_part(kind)->think_ms);
}

void citizen_done(struct citizen *citizen)
{
	struct loop *loop = &citizen->stage->loop;

	if (citizen->state != CITIZEN_RESTS && loop->now_ms > citizen->begun_ms + citizen->allowed_ms)
		pages_of(citizen)->asked++;
	timer_cancel(&loop->timers, &citizen->next);
	timer_cancel(&loop->timers, &citizen->patience);
	client_done(&citizen->client);
	buffer_done(&citizen->answer.page);
}

/* What a stranger sees: one page that needs nothing else, in his language, for eyes and for screen readers, with a script or without.
 *
 * With a script it works, shows how far it is, and goes on by itself. Without, or when the script fails at anything, the same page waits: it
 * goes on by itself (Refresh) or by its button. */
#include "edge/challenge/inner.h"

#include "edge/challenge_embedded.h"

#include "base/banned.h"

#define PAGE_BYTES_MAX (256u * 1024)
#define PAGE_BYTES_USUAL (12u * 1024)   /* taken at once: such pages are made by the thousand */

/* Writers fail only for want of memory; the first failure is remembered. */
struct out {
	struct buffer text;
	enum result result;
};

static void put(struct out *out, const char *text)
{
	if (out->result == RESULT_OK)
		out->result = buffer_append(&out->text, span_of(text));
}

static void put_number(struct out *out, unsigned value)
{
	if (out->result == RESULT_OK)
		out->result = buffer_append_u64(&out->text, value);
}

static void put_span(struct out *out, struct span text)
{
	if (out->result == RESULT_OK)
		out->result = buffer_append(&out->text, text);
}

static void put_html(struct out *out, struct span text)
{
	if (out->result == RESULT_OK)
		out->result = html_write(text, &out->text);
}

/* As the value of a parameter: nothing in it means anything to a URL, to HTML, or to a Refresh. */
static void put_percent(struct out *out, struct span text)
{
	for (size_t i = 0; i < text.len && out->result == RESULT_OK; i++) {
		char c = text.at[i], hex[2];

		if (is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '/' || c == '-' || c == '.' || c == '_') {
			out->result = buffer_append_byte(&out->text, c);
			continue;
		}
		hex_write(&c, 1, hex);
		put(out, "%");
		put_span(out, span_make(hex, sizeof(hex)));
	}
}

/* The page that was asked for; where it is too long to be told, the front page. */
static struct span to_of(const struct challenge_ask *ask)
{
	return ask->to.len && ask->to.len <= CHALLENGE_TO_MAX ? ask->to : SPAN("/");
}

static void put_head(struct out *out, enum page_language language)
{
	put(out, "<!doctype html>\n<html lang=\"");
	put(out, page_language_tag(language));
	put(out, "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	         "<meta name=\"robots\" content=\"noindex\">\n<title>");
	put(out, challenge_texts[language].title);
	put(out, "</title>\n<style>");
	put(out, challenge_style);
	put(out, "</style>\n");
}

static void put_refresh(struct out *out, const struct challenge_ask *ask)
{
	put(out, "<noscript><meta http-equiv=\"refresh\" content=\"");
	put_number(out, ask->wait_s);
	put(out, "; url=" CHALLENGE_ADMIT "?ask=");
	put_span(out, span_make(ask->text, sizeof(ask->text)));
	put(out, ";to=");
	put_percent(out, to_of(ask));
	put(out, "\"></noscript>\n");
}

/* What the script is told. */
static void put_main(struct out *out, const struct challenge_ask *ask, const struct challenge_texts *texts)
{
	put(out, "</head>\n<body>\n<main data-ask=\"");
	put_span(out, span_make(ask->text, sizeof(ask->text)));
	put(out, "\" data-admit=\"" CHALLENGE_ADMIT "\" data-bits=\"");
	put_number(out, ask->puzzle.bits);
	put(out, "\" data-parts=\"");
	put_number(out, ask->puzzle.parts);
	put(out, "\" data-wait=\"");
	put_number(out, ask->wait_s);
	put(out, "\" data-done=\"");
	put(out, texts->done);
	put(out, "\">\n<h1>");
	put(out, texts->title);
	put(out, "</h1>\n<p>");
	put(out, texts->why);
	put(out, "</p>\n");
}

static void put_work(struct out *out, const struct challenge_ask *ask, const struct challenge_texts *texts)
{
	put(out, "<div id=\"work\" hidden>\n<p id=\"state\" role=\"status\" aria-live=\"polite\">");
	put(out, texts->working);
	put(out, "</p>\n<progress aria-label=\"");
	put(out, texts->progress);
	put(out, "\" max=\"");
	put_number(out, ask->puzzle.parts ? ask->puzzle.parts : 1);
	put(out, "\" value=\"0\"></progress>\n</div>\n");
}

/* A form comes back by POST to where it wanted to go; everything else goes there by way of the reserved path. */
static void put_wait(struct out *out, const struct challenge_ask *ask, const struct challenge_texts *texts)
{
	const char *const *words = ask->sealed.len ? texts->form : texts->wait;

	put(out, "<div id=\"wait\">\n<p role=\"status\">");
	put(out, words[0]);
	put_number(out, ask->wait_s);
	put(out, words[1]);
	put(out, "</p>\n<form method=\"");
	put(out, ask->sealed.len ? "post\" action=\"" : "get\" action=\"" CHALLENGE_ADMIT);
	if (ask->sealed.len) {
		put_html(out, ask->to);
		put(out, span_find(ask->to, '?') < ask->to.len ? "&amp;" CHALLENGE_CARRIED : "?" CHALLENGE_CARRIED);
	}
	put(out, "\">\n<input type=\"hidden\" name=\"ask\" value=\"");
	put_span(out, span_make(ask->text, sizeof(ask->text)));
	put(out, "\">\n<input type=\"hidden\" name=\"");
	put(out, ask->sealed.len ? "sealed\" value=\"" : "to\" value=\"");
	put_html(out, ask->sealed.len ? ask->sealed : to_of(ask));
	put(out, "\">\n<button type=\"submit\">");
	put(out, texts->button);
	put(out, "</button>\n</form>\n</div>\n");
}

static struct span page_of(struct request *request, const struct challenge_ask *ask)
{
	enum page_language language = page_language_of(request);
	const struct challenge_texts *texts = &challenge_texts[language];
	struct out out = { .result = RESULT_OK };
	struct span page = SPAN_NONE;

	buffer_init(&out.text, PAGE_BYTES_MAX);
	if (!buffer_reserve(&out.text, PAGE_BYTES_USUAL + ask->sealed.len))
		out.result = RESULT_NO_MEMORY;
	put_head(&out, language);
	if (!ask->sealed.len)
		put_refresh(&out, ask);
	put_main(&out, ask, texts);
	put_work(&out, ask, texts);
	put_wait(&out, ask, texts);
	put(&out, "<p><small>");
	put(&out, texts->cookie);
	put(&out, "</small></p>\n");
	if (out.result == RESULT_OK)
		out.result = page_write_foot(request, 503, language, &out.text);
	put(&out, "<script>");
	put(&out, challenge_script);
	put(&out, "</script>\n</body>\n</html>\n");
	if (out.result == RESULT_OK)
		page = arena_copy(&request->arena, buffer_span(&out.text));
	buffer_done(&out.text);
	return page;
}

/* 503: whoever is no person (a search engine, a monitor) comes back later and forgets no page. The page's policy is its own. */
enum step_outcome challenge_answer_page(struct request *request, const struct challenge_ask *ask)
{
	struct span page = page_of(request, ask);
	enum step_outcome outcome;

	if (!page.len)
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	request->decision = DECISION_CHALLENGE;
	request->reason = ask->puzzle.parts ? REASON_CHALLENGED : REASON_WAITING;
	request->retry_s = ask->wait_s;
	outcome = request_answer_with(request, 503, SPAN("text/html; charset=utf-8"), page, SPAN_NONE);
	if (request->is_own && fields_add(&request->response.fields, FIELD_CONTENT_SECURITY_POLICY, SPAN("Content-Security-Policy"),
	                                  SPAN(CHALLENGE_POLICY)) != RESULT_OK)
		request_abort(request, REASON_NO_MEMORY);
	return outcome;
}

enum result challenge_ask_again(const struct visit *visit, struct span text, struct challenge_ask *ask)
{
	enum result result = puzzle_read(&visit->asker, text, &ask->puzzle);

	if (result != RESULT_OK)
		return result;
	ask->puzzle.parts = 0;
	ask->wait_s = (unsigned)((puzzle_left_ms(&visit->asker, &ask->puzzle) + 999) / 1000);
	memcpy(ask->text, text.at, sizeof(ask->text));
	return RESULT_OK;
}

struct span challenge_onward_page(struct request *request, struct span url)
{
	enum page_language language = page_language_of(request);
	const struct challenge_texts *texts = &challenge_texts[language];
	struct out out = { .result = RESULT_OK };
	struct span page = SPAN_NONE;

	buffer_init(&out.text, PAGE_BYTES_MAX);
	put_head(&out, language);
	put(&out, "<meta http-equiv=\"refresh\" content=\"0; url=");
	put_html(&out, url);
	put(&out, "\">\n</head>\n<body>\n<main>\n<h1>");
	put(&out, texts->title);
	put(&out, "</h1>\n<p>");
	put(&out, texts->done);
	put(&out, "</p>\n<p><a href=\"");
	put_html(&out, url);
	put(&out, "\">");
	put(&out, texts->button);
	put(&out, "</a></p>\n</main>\n</body>\n</html>\n");
	if (out.result == RESULT_OK)
		page = arena_copy(&request->arena, buffer_span(&out.text));
	buffer_done(&out.text);
	return page;
}

/* Path and query in one, as they came. */
static struct span to_of_request(struct request *request)
{
	const struct request_head *head = &request->head;
	char *text;

	if (!head->has_query)
		return head->path;
	text = arena_take(&request->arena, head->path.len + 1 + head->query.len);
	if (!text)
		return SPAN_NONE;
	memcpy(text, head->path.at, head->path.len);
	text[head->path.len] = '?';
	if (head->query.len)
		memcpy(text + head->path.len + 1, head->query.at, head->query.len);
	return span_make(text, head->path.len + 1 + head->query.len);
}

enum step_outcome challenge_ask_visitor(struct request *request, const struct visit *visit, struct span sealed)
{
	struct challenge_ask ask = { .sealed = sealed, .to = to_of_request(request) };
	struct token token = challenge_asked(visit);

	ask.puzzle = challenge_puzzle(visit, request->caller.lane, request_projected_wait_us(request));
	ask.wait_s = ask.puzzle.wait_s;
	if (puzzle_write(&visit->asker, &ask.puzzle, ask.text) != RESULT_OK)
		return STEP_NEXT;  /* no keys: availability, fails open */
	visit_give(request, visit, &token);
	return challenge_answer_page(request, &ask);
}

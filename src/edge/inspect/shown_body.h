/* A request's body as rules see it: a decoded copy where it has a Content-Encoding, and no more of it than they look at. For the life of
 * a request (inspect_body.c), and for whoever asks what the shield would say (cli/explain/).
 *
 * Limits   inspect_limit (upload_limit of a form with files) of the body as it comes, and as much again of what it decodes to
 * Owns     the decoder, until shown_body_done
 * Threads  one at a time
 *
 * Security, fails closed in `block`: a body with names and values that cannot be decoded to its end is refused, for what an origin's decoder
 * makes of it nobody knows: another coding, a wrong checksum, what stands behind the end, a body that breaks off. What is shown before the damage
 * is judged all the same. In `detect` the caller goes on, and says that it would have been refused.
 */
#ifndef BOUCLIER_EDGE_SHOWN_BODY_H
#define BOUCLIER_EDGE_SHOWN_BODY_H

#include "edge/fact.h"
#include "edge/rules/waf.h"
#include "http/content_decoder.h"

struct shown_body {
	struct waf_transaction *waf;
	uint64_t limit_bytes;             /* of the body as it came, and of what it decodes to: more is not shown */
	uint64_t shown_bytes;
	struct content_decoder *decoder;  /* NULL: shown as it came */
	bool is_rejecting;                /* what is longer is refused; otherwise judged in part */
	bool is_form_streamed;            /* an upload: fields are judged wherever they stand, contents of files pass */
	bool is_over;                     /* rules see no more of it */
	enum result (*make_room)(void *context, size_t more);  /* asked before so much MORE is shown; NULL: there is room */
	void *room_context;
};

/* IS_HELD: it waits for its verdict. Otherwise it passes, and nothing of it is refused for its length. After phase 1 of WAF, which asks RULES.
 * RESULT_REFUSED: it is in a coding that nobody here can read. RESULT_NO_MEMORY. SHOWN is set in any case. */
enum result shown_body_init(struct shown_body *shown, struct waf_transaction *waf, const struct edge_waf *rules, const struct request_head *head,
                            bool is_held) must_check;
void shown_body_done(struct shown_body *shown);
/* Its announced length is one that is refused. */
bool shown_body_is_long(const struct shown_body *shown, const struct body_size *body);
/* RESULT_OK: rules have it, and perhaps ANSWER something else than before. RESULT_LIMIT: it is more than they may see. RESULT_MALFORMED: it
 * cannot be decoded. RESULT_NO_MEMORY; what make_room said. */
enum result shown_body_add(struct shown_body *shown, struct span piece, enum waf_answer *answer) must_check;
/* More has come than is looked at: the rules are told. RESULT_LIMIT: it is refused for that. */
enum result shown_body_stop(struct shown_body *shown) must_check;
/* All of it has come. RESULT_MALFORMED: what was decoded breaks off. */
enum result shown_body_end(const struct shown_body *shown) must_check;
/* The answer to a body of which one of these said RESULT: its status, and the reason. */
unsigned shown_body_status(enum result result, enum reason *reason);

#endif

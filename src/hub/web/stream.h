/* Server-Sent Events for all who look.
 *
 * Shape    "event: NAME\ndata: JSON\n\n"; first "retry: 2000"; a comment every 15 s, so that nobody between closes it and a client that left shows
 * Source   WHATWG HTML, 9.2
 * Limits   WEB_STREAMS_MAX, WEB_STREAMS_OF_PERSON of one person (both: 429 stream-limit); a client that has let WEB_STREAM_BYTES wait is dropped:
 *          it comes again by itself and begins with what is true then
 * Owns     a stream's OWNER, from web_stream_begin until GONE
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_WEB_STREAM_H
#define BOUCLIER_HUB_WEB_STREAM_H

#include "base/loop.h"
#include "hub/web/request.h"

#define WEB_STREAMS_MAX 64u
#define WEB_STREAMS_OF_PERSON 4u
#define WEB_STREAM_BYTES ((size_t)512 << 10)
#define WEB_STREAM_COMMENT_MS 15000u
#define WEB_STREAM_RETRY_MS 2000u
#define WEB_STREAM_PERSON_MAX 128u           /* bytes of a person's name */

struct web_streams;
struct web_stream;

/* NULL: no memory. */
struct web_streams *web_streams_new(struct loop *loop) must_check;
/* Every stream is ended first (GONE is called). Before web_server_free. */
void web_streams_free(struct web_streams *streams);

/* Called by a handler: ANSWER becomes a stream. PERSON counts (beyond WEB_STREAM_PERSON_MAX bytes only its beginning); OWNER is what `ends`
 * will look at; GONE (may be NULL) frees it. NULL: refused, ANSWER says why (429, 503), and OWNER stays the caller's. */
struct web_stream *web_stream_begin(struct web_streams *streams, struct web_request *request, struct web_answer *answer, struct span person,
                                    void *owner, void (*gone)(void *owner)) must_check;
/* To one of them: who sends knows what each may see. JSON is one line, EVENT a word: otherwise nothing is sent. False: that, or it is too slow and will be
 * dropped. */
bool web_stream_send(struct web_stream *stream, struct span event, struct span json);
/* Ends those whose OWNER ENDS says (a session that is over, a person whose roles changed), in order: what they have not taken is forgotten, and a browser comes
 * again by itself. Returns how many. Security: whoever may not see must be ended here. */
size_t web_stream_end(struct web_streams *streams, bool (*ends)(void *context, const void *owner), void *context);
/* For tests, which see by it that all were given back. */
size_t web_stream_count(const struct web_streams *streams);

#endif

/* libcurl, behind one file: a mail handed to a server (SMTP), a text posted and an answer fetched (HTTP).
 *
 * Security, fails closed: TLS is verified against the system's authorities or those that are given; a mail server that offers no STARTTLS gets nothing, unless the
 * path says that it may; no redirect is followed; no proxy of the environment is asked; no other protocol is spoken.
 *
 * Limits   CURL_CONNECT_S to connect, CURL_WHOLE_S in all; of an answer CURL_ANSWER_MAX bytes are read, and no more
 * Errors   WHY (ALERT_WHY_BYTES) says in a few words how it ended when that was not OUTCOME_ARRIVED, or only in part
 * Threads  curl_begin while there is one; the others any
 */
#ifndef BOUCLIER_HUB_ALERT_SEND_CURL_H
#define BOUCLIER_HUB_ALERT_SEND_CURL_H

#include "hub/alert/decide/decide.h"
#include "hub/alert/send/wire.h"

#define CURL_CONNECT_S 20L
#define CURL_WHOLE_S 60L
#define CURL_FETCH_S 15L                 /* in all, of what is fetched: a person waits for it */
#define CURL_ANSWER_MAX ((size_t)16 << 10)

enum result curl_begin(void) must_check;

/* HELLO is the name that we greet with. OUTCOME_ARRIVED: the server has taken it, for one recipient at least; WHY then says who was refused. */
enum path_outcome curl_mail(const struct alert_path *path, struct span hello, struct span message, char *why);

struct curl_field {
	const char *name;
	struct span value;
};
/* OUTCOME_ARRIVED: 2xx. OUTCOME_REFUSED: 4xx, but 408, 425 and 429, which are for later as 5xx are; and 3xx. */
enum path_outcome curl_post(const struct alert_path *path, const struct curl_field *fields, size_t count, struct span body, char *why);

/* A GET, or a POST of a form. STATUS 0, and WHY: there was no answer. The body lies in ANSWER, which has room for WIRE_FETCH_MAX. */
void curl_fetch(const struct wire_fetch *fetch, struct buffer *answer, struct wire_fetched *out);

#endif

/* The one request that the shield makes of its own accord: an OCSP request to the responder that a certificate names, and only
 * where `ocsp: fetch` says so. It runs in the resolve process, which already talks to the outside and holds no key.
 *
 * Shape    POST of application/ocsp-request over HTTP/1.0; the answer's body is handed on unread: whoever has the
 *          certificate verifies it (net/ocsp.h). No redirect is followed; `http_proxy` of the environment is honoured
 * Source   RFC 6960, appendix A
 * Limits   FETCH_URL_MAX, FETCH_REQUEST_MAX and FETCH_RESPONSE_MAX bytes; FETCH_WAIT_S from the connection's start to the last
 *          byte (the name's resolution keeps the system's own clock)
 * Threads  any
 */
#ifndef BOUCLIER_PROCESS_FETCH_H
#define BOUCLIER_PROCESS_FETCH_H

#include "base/span.h"

#define FETCH_URL_MAX 512u         /* with NUL */
#define FETCH_REQUEST_MAX 1024u
#define FETCH_RESPONSE_MAX 16384u
#define FETCH_WHY_MAX 160u
#define FETCH_WAIT_S 10

/* Is URL one that a certificate may send us to: http, a host, no user, no query, visible ASCII, under FETCH_URL_MAX bytes? */
bool fetch_is_url(struct span url);

/* OUT has FETCH_RESPONSE_MAX bytes. RESULT_IO: there is no answer; WHY (FETCH_WHY_MAX bytes) says so in a few words.
 * RESULT_REFUSED: not a URL for us. */
enum result fetch_ocsp(struct span url, struct span request, char *out, size_t *len, char *why) must_check;

#endif

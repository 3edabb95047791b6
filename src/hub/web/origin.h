/* Whose name a request was sent to, and whose page sent it.
 *
 * A browser on somebody's desk reaches the hub though its pages may be of anybody. Two questions keep those pages out: is the Host one of ours
 * (DNS rebinding: a stranger's name that suddenly means 127.0.0.1), and is the page that asks one of ours (Origin, Sec-Fetch-Site).
 *
 * Source   RFC 6454; Fetch Metadata
 * Threads  any
 */
#ifndef BOUCLIER_HUB_WEB_ORIGIN_H
#define BOUCLIER_HUB_WEB_ORIGIN_H

#include "hub/web/request.h"

/* Security, fails closed: HOST (without port) is NAME, localhost, or a loopback address. Otherwise the server answers 421. */
bool web_host_is_ours(struct span host, struct span name);

enum web_origin {
	WEB_ORIGIN_NONE,     /* not a browser that tells: nothing is known. A cookie alone proves nothing then */
	WEB_ORIGIN_SAME,
	WEB_ORIGIN_OTHER,    /* another page, or "null", or contradictory: refuse what changes anything */
};
/* Behind a proxy that ends TLS both schemes are ours on WEB_LOOPBACK; on WEB_TLS only https is. */
enum web_origin web_origin(const struct web_request *request);

#endif

/* Strangers prove themselves once, while there is no room for all: guard/challenge.h, in HTTP.
 *
 *   visitor   who asks, and the cookie he shows
 *   step      who is asked, and who never is
 *   page      what he sees (texts, challenge.js, challenge.css; embed.py makes C of these and the policy that lets no other run)
 *   admit     the reserved path where his answer comes
 *   carry     the form that he wanted to send: it goes along, and comes back
 *
 * The cookie is __Host-bouclier over TLS, bouclier in clear. It is strictly necessary, and says nothing of who its owner is.
 *
 * Availability, fails open: without memory or keys, and in a reduced edge, nobody is asked anything.
 */
#ifndef BOUCLIER_EDGE_CHALLENGE_CHALLENGE_H
#define BOUCLIER_EDGE_CHALLENGE_CHALLENGE_H

#include "edge/request.h"

#define CHALLENGE_ADMIT "/.well-known/bouclier/admit"

/* The reserved path, of a site that may challenge: an answer has come. */
bool challenge_is_admit(const struct request *request);
enum step_outcome challenge_admit(struct request *request);
/* Of a caller that may_be_asked: he has waited in vain. Answers with the page; STEP_NEXT: it cannot. */
enum step_outcome challenge_ask_late(struct request *request);
/* What is answered is the challenge's own page: an administrator's changes to response fields would break its policy. */
bool challenge_is_page(const struct request *request);

#endif

/* Strangers prove themselves once, while there is no room for all: guard/challenge.h, in HTTP.
 *
 *   visitor   who asks, and the cookie he shows
 *   step      who is asked, and who never is
 *   flood     whose kind floods: a moment to show his pace
 *   page      what he sees (texts, challenge.js, challenge.css; embed.py makes C of these and the policy that lets no other run)
 *   admit     the reserved path where his answer comes
 *   carry     the form that he wanted to send: it goes along, and comes back
 *   onward    where the portal sends him then
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
/* His source owes too much, or his class of clients. He shows a token where it was issued, within a budget of its own, which is charged once: he is no part of that. For who shows
 * none it costs a look at his cookies. */
bool challenge_excuses(struct request *request);
/* His class has taken too much: he is refused, or no part of that, or can still prove himself, and is asked to. */
enum class_outcome { CLASS_REFUSED, CLASS_EXCUSED, CLASS_ASKED };
enum class_outcome challenge_judge_class(struct request *request);
/* Of who is CLASS_ASKED. Answers with the page; STEP_NEXT: the site only observes. */
enum step_outcome challenge_ask_early(struct request *request);
/* What is answered is the challenge's own page: an administrator's changes to response fields would break its policy. */
bool challenge_is_page(const struct request *request);
/* The origin answers a form that was carried with a redirect. A browser lets our page's policy (form-action) forbid that to lead to another site, for it
 * is one navigation still; so it ends with a page of ours, which leads on at once and has the answer's cookies. True: that is the answer now. 307 and
 * 308 would have the form sent again, and are left as they are. */
bool challenge_leads_on(struct request *request);

#endif

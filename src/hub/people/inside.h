/* The room's own view of itself. */
#ifndef BOUCLIER_HUB_PEOPLE_INSIDE_H
#define BOUCLIER_HUB_PEOPLE_INSIDE_H

#include "guard/gcra.h"
#include "hub/people/account/hash_pool.h"
#include "hub/people/account/person.h"
#include "hub/people/approval.h"
#include "hub/people/audit_check.h"
#include "hub/people/door/lockout.h"
#include "hub/people/door/program_token.h"
#include "hub/people/door/session.h"

#define PACE_PLACES 1024u
#define WHO_BYTES 160u

/* Whom people_admit let in last, and what his view points to. */
struct admitted {
	const struct web_request *request;   /* NULL: nobody */
	struct person_view view;
	struct person person;                /* name empty: a door without an account (the socket, break-glass) */
	struct session session;              /* PERSON_BY_SESSION, PERSON_BY_BREAK_GLASS */
	char secret[SECRET_BYTES];           /* of the session */
	char who[WHO_BYTES];
	struct tenant_set tenants;
	struct span tenant_spans[TENANT_SET_MAX];
	uint32_t must;                       /* enum person_must */
};

enum person_must { MUST_CHANGE_PASSWORD = 1, MUST_ENROL_SECOND_FACTOR = 2 };

struct break_glass {
	char hash[SECRET_HASH_BYTES];        /* empty: none */
	uint64_t until_ms;
};

struct people {
	struct people_settings settings;
	struct loop *loop;
	struct store *store;
	struct audit *audit;
	uint8_t key[SEALED_KEY_LEN];
	struct hash_pool *pool;
	char first_code[SECRET_HASH_BYTES];  /* empty: there is an administrator. Ask people_is_first_start */
	struct break_glass break_glass;
	struct lockout lockout;
	struct gcra person_pace, source_pace;
	uint64_t person_paces[PACE_PLACES], source_paces[PACE_PLACES];  /* apart: strangers take nothing of who is logged in */
	uint64_t pruned_ms;
	struct admitted admitted;
	struct { approval_apply apply; void *context; } applies[APPROVAL_KINDS];
	struct audit_check *check;
	struct passkeys *passkeys;           /* challenges that wait; NULL: none */
	struct oidc *oidc;                   /* NULL: there is no provider */
};

static inline struct span people_site(const struct people *people)
{
	return people->settings.name ? span_of(people->settings.name) : SPAN("localhost");
}

/* -- handlers' helpers: answer.c -- */

static inline uint64_t request_ms(const struct web_request *request)
{
	return request->wall_ns / 1000000;
}
/* Writes down what WHO is about to do. False: ANSWER is a 503. */
bool people_write_down(struct people *people, struct web_answer *answer, uint64_t wall_ns, const struct audit_action *action);
/* Somebody who is not known, "?", was refused at a door. */
bool people_write_refused(struct people *people, struct web_answer *answer, uint64_t wall_ns, struct span object, struct audit_words why);
/* Writes it down, then changes documents. False: ANSWER says why not (503, or 409 where somebody else was faster). */
struct people_act {
	struct span who;
	const char *what;
	struct span object, detail;
	struct audit_words words;            /* instead of DETAIL */
};
bool people_commit(struct people *people, struct web_answer *answer, uint64_t wall_ns, const struct people_act *act, const struct document_change *changes, size_t count);
/* The body, an object with members of ALLOWED (ended by NULL) only. False: ANSWER is a 400. json_drop. */
bool people_body(const struct web_request *request, struct web_answer *answer, const char *const *allowed, struct json **out);
/* Text of a member, of MIN to MAX bytes, without control characters; empty where it is not there and MIN is 0. False: ANSWER is a 400 that names it. */
bool people_text(const struct json *body, struct web_answer *answer, const char *name, size_t min, size_t max, struct span *out);
bool people_language(const struct json *body, struct web_answer *answer, char out[3]);
/* ANSWER becomes JSON, written by WRITER, which people_answer_end ends. */
void people_answer_begin(struct web_answer *answer, struct json_writer *writer);
void people_answer_end(struct web_answer *answer, struct json_writer *writer, unsigned status);
/* 204. */
void people_done(struct web_answer *answer);
/* Loads the account of whoever is logged in with a session, as it is now. False: ANSWER says why not. */
bool people_self(struct people *people, const struct web_request *request, struct web_answer *answer, struct person *out);
void people_not_kept(struct web_answer *answer, enum result result);
void people_locked(struct web_request *request, struct web_answer *answer, uint64_t wait_ms);

/* -- sessions: door/enter.c -- */

/* PERSON (as changed by the caller) is logged in from now on: the document, a new session, the audit log, the cookie and the body. OLD (may be NULL) ends.
 * NAME is of break-glass, with PERSON NULL. Fills ANSWER, whatever happens; true: he is in. */
struct entry_wish {
	struct person *person;
	const char *name, *why;
	enum session_way way;
	bool has_second;
	const struct session *old;
	const char *what;                    /* in the audit log: "session.begin" */
};
bool people_enter(struct people *people, struct web_request *request, struct web_answer *answer, const struct entry_wish *wish);
/* The body of GET /session, for whom ADMITTED says. */
void people_tell_session(struct people *people, struct web_answer *answer, const struct admitted *admitted);
void people_drop_cookie(struct web_request *request, struct web_answer *answer);
struct span people_cookie_name(const struct web_request *request);
/* Is everything there that a session of PERSON by this way must have? enum person_must. */
uint32_t people_must(const struct people *people, const struct person *person, const struct session *session);
/* Fills OUT's view from its session and its person. */
void people_view(const struct people *people, struct admitted *out);
/* Members of an object that says who somebody is. */
void people_put_person(struct json_writer *writer, const struct person *person, bool has_second);
void people_put_admitted(struct json_writer *writer, struct people *people, const struct admitted *admitted);
void people_put_permits(struct json_writer *writer, struct span name, uint32_t permits);

/* -- the rest -- */
/* There is no administrator of everything yet, and the code that was printed makes one. Other accounts may be there: those that root made have codes of their own. */
bool people_is_first_start(struct people *people);
bool people_has_passkey(struct people *people, const struct person *person);
void approval_prune(struct people *people, uint64_t wall_ns);

enum result person_apply_roles(void *context, const struct approval *approval, struct complaints *complaints);
enum result passkeys_new(struct passkeys **out) must_check;
bool passkeys_are_possible(const struct people *people);
void passkeys_free(struct passkeys *passkeys);
/* Whoever waits for an answer of the provider is told (through fetch) before. */
enum result oidc_new(const struct people_settings *settings, struct oidc **out) must_check;
void oidc_free(struct oidc *oidc);

#endif

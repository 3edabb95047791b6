/* hub/people/: who may what: accounts, roles, sessions, tokens, approvals by four eyes. Kept as documents of the store, written down in the audit log.
 *
 * A request is admitted (people_admit, which hub/web asks before every handler) by the cookie of a session, by a token, or by the kernel, which says who asks
 * at the hub's own unix socket. Handlers then ask who it is (people_caller), and confine what they answer to his tenants: every question of the store
 * takes them.
 *
 * Shape    people_new -> tables of routes and people_admit are given to the server -> people_tick once a second
 * Errors   security, fails closed: what cannot be known, kept or logged is refused
 * Owns     STORE, AUDIT are the caller's, and outlive it
 * Threads  the loop's; passwords are hashed in threads of its own (hash_pool.h)
 */
#ifndef BOUCLIER_HUB_PEOPLE_PEOPLE_H
#define BOUCLIER_HUB_PEOPLE_PEOPLE_H

#include "base/complaint.h"
#include "base/loop.h"
#include "hub/audit/audit.h"
#include "hub/people/permit.h"
#include "hub/web/route.h"
#include "store/store.h"

struct people;

enum person_way {
	PERSON_NOBODY,
	PERSON_BY_SESSION,
	PERSON_BY_TOKEN,
	PERSON_BY_SOCKET,     /* the hub's own unix socket: root, the hub's user, the shield's user */
	PERSON_BY_BREAK_GLASS,
};

/* Who asks. Nobody has no permits and no tenants. */
struct person_view {
	enum person_way way;
	struct span name;        /* as the audit log says it: "agnes", "agnes/token:grafana", "local:root", "break-glass:agnes" */
	struct span display;
	uint32_t roles, permits;
	struct store_tenants tenants;
};

/* The one whom people_admit let in with REQUEST; nobody for any other request. The view lives until the handler returns: who answers later copies what he needs. */
const struct person_view *people_caller(const struct people *people, const struct web_request *request);
/* May he see what is TENANT's? What belongs to no tenant (empty) is seen only by who sees all. */
bool person_sees(const struct person_view *person, struct span tenant);
/* "agnes" of "agnes", "agnes/token:x" and "break-glass:agnes": whose eyes they are. */
struct span people_base_name(struct span who);
static inline bool person_may(const struct person_view *person, uint32_t permits)
{
	return (person->permits & permits) == permits;
}

/* Writes down what REQUEST's caller is about to do, before he does it. False: it could not be written, ANSWER is a 503 that says so, and nothing may be done. */
bool people_log(struct people *people, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail);

/* The chain of the audit log, as it was when it was last looked at: when the hub begins, each day, and when somebody asks. */
enum people_audit { PEOPLE_AUDIT_UNKNOWN, PEOPLE_AUDIT_INTACT, PEOPLE_AUDIT_BROKEN };
enum people_audit people_audit_state(const struct people *people);

/* Whose word is taken for who somebody is (OpenID Connect). Texts outlive PEOPLE. */
struct people_oidc {
	struct span issuer, client_id;
	struct span client_secret;   /* empty: a public client */
	struct span ca;              /* PEM; empty: the system's authorities */
	struct span acr_values;      /* separated by spaces; empty: any */
	unsigned claim;              /* enum token_claim */
	bool is_insecure;            /* http on this machine */
};

/* Asks somebody's server; DONE is called once, in a later round, with STATUS 0 and WHY where there was no answer. Anything but RESULT_OK: it is not. */
struct people_fetch {
	struct span url, ca, authorization, form;  /* copied; FORM empty: a GET */
	bool is_clear;
	void (*done)(void *context, unsigned status, struct span body, const char *why);
	void *context;
};

struct people_settings {             /* texts are NUL-terminated, and outlive PEOPLE */
	const char *name;            /* the console's host name: rp id of passkeys, links. NULL: localhost */
	const char *url;             /* how browsers reach it: "https://hub.commune.example:8444" */
	const char *state;           /* folder of the hub: the key file that seals second factors lies there */
	uint32_t hub_uid, shield_uid;/* at the unix socket: administrators, beside root */
	bool needs_second_factor;    /* of everybody who logs in with a password */
	/* What everybody is to know of has been done, as the audit log calls it: WHO has used "break-glass.login", root has made a "person.code" for WHO, somebody
	 * guesses at WHO's password ("login.locked"). May be NULL. */
	void (*announce)(void *context, struct span who, struct span what);
	void *announce_context;
	const struct people_oidc *oidc;  /* NULL: nobody logs in that way */
	enum result (*fetch)(void *context, const struct people_fetch *fetch);  /* with oidc */
	void *fetch_context;
};

/* CODE_OUT, NUL-terminated: the one-time code of the first start, to be printed; empty where there is an administrator of everything. */
#define PEOPLE_CODE_BYTES 48u
enum result people_new(const struct people_settings *settings, struct loop *loop, struct store *store, struct audit *audit, struct complaints *complaints,
                       char code_out[PEOPLE_CODE_BYTES], struct people **out) must_check;
void people_free(struct people *people);
/* Ends what is over: sessions, codes, approvals that nobody gave. */
void people_tick(struct people *people, uint64_t wall_ns);

/* For struct web_routes: admit, admit_context = PEOPLE. */
bool people_admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer);
/* Adds the tables of the paths that are this room's. */
void people_routes(struct people *people, struct web_routes *routes);

#endif

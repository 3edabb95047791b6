/* The paths of this room: one table, and the handlers in the files beside it. */
#ifndef BOUCLIER_HUB_PEOPLE_ROUTES_ROUTES_H
#define BOUCLIER_HUB_PEOPLE_ROUTES_ROUTES_H

#include "hub/web/route.h"

extern const struct web_route people_route_list[];
extern const size_t people_route_count;

/* X(handler, pattern, method, permit) */
#define PEOPLE_ROUTE_LIST(X) \
	/* 0: whoever is not logged in yet. Each looks for itself at who asks. */ \
	X(route_session_get, "/api/v1/session", GET, 0) \
	X(route_session_begin, "/api/v1/session", POST, 0) \
	X(route_first_start, "/api/v1/first-start", POST, 0) \
	X(route_certificate, "/api/v1/session/certificate", POST, 0) \
	X(route_oidc, "/api/v1/session/oidc", GET, 0) \
	X(route_oidc_return, "/api/v1/session/oidc/return", GET, 0) \
	X(route_break_glass, "/api/v1/session/break-glass", POST, 0) \
	X(route_passkey_options, "/api/v1/session/passkey/options", POST, 0) \
	X(route_passkey, "/api/v1/session/passkey", POST, 0) \
	X(route_session_end, "/api/v1/session", DELETE, PERMIT_SELF) \
	X(route_break_glass_code, "/api/v1/local/break-glass", POST, PERMIT_ADMINISTER) \
	X(route_me_get, "/api/v1/me", GET, PERMIT_SELF) \
	X(route_me_change, "/api/v1/me", PATCH, PERMIT_SELF) \
	X(route_totp_begin, "/api/v1/me/totp", POST, PERMIT_SELF) \
	X(route_totp_confirm, "/api/v1/me/totp/confirm", POST, PERMIT_SELF) \
	X(route_totp_end, "/api/v1/me/totp", DELETE, PERMIT_SELF) \
	X(route_passkey_options_new, "/api/v1/me/passkeys/options", POST, PERMIT_SELF) \
	X(route_passkeys_get, "/api/v1/me/passkeys", GET, PERMIT_SELF) \
	X(route_passkey_make, "/api/v1/me/passkeys", POST, PERMIT_SELF) \
	X(route_passkey_end, "/api/v1/me/passkeys/{id}", DELETE, PERMIT_SELF) \
	X(route_tokens_get, "/api/v1/me/tokens", GET, PERMIT_SELF) \
	X(route_token_make, "/api/v1/me/tokens", POST, PERMIT_TOKENS) \
	X(route_token_end, "/api/v1/me/tokens/{id}", DELETE, PERMIT_SELF) \
	X(route_people_get, "/api/v1/people", GET, PERMIT_PEOPLE) \
	X(route_person_make, "/api/v1/people", POST, PERMIT_PEOPLE) \
	X(route_person_change, "/api/v1/people/{name}", PATCH, PERMIT_PEOPLE) \
	X(route_person_end, "/api/v1/people/{name}", DELETE, PERMIT_PEOPLE) \
	X(route_person_code, "/api/v1/people/{name}/code", POST, PERMIT_PEOPLE) \
	X(route_approvals_get, "/api/v1/approvals", GET, PERMIT_SEE) \
	X(route_approve, "/api/v1/approvals/{id}/approve", POST, PERMIT_APPROVE) \
	X(route_reject, "/api/v1/approvals/{id}/reject", POST, PERMIT_APPROVE) \
	X(route_audit_get, "/api/v1/audit", GET, PERMIT_AUDIT) \
	X(route_audit_verify, "/api/v1/audit/verify", GET, PERMIT_AUDIT)

#define X(handler, pattern, method, permit) void handler(void *context, struct web_request *request, struct web_answer *answer);
PEOPLE_ROUTE_LIST(X)
#undef X

#endif

/* Between the files that make up /api/v1/people. Functions that give bool have filled the answer where they say false. */
#ifndef BOUCLIER_HUB_PEOPLE_ROUTES_PERSON_H
#define BOUCLIER_HUB_PEOPLE_ROUTES_PERSON_H

#include "event/json.h"
#include "hub/people/inside.h"

/* person.c */
bool person_is_his(const struct people *people, const struct person *person);
bool person_of_path(struct people *people, struct web_request *request, struct web_answer *answer, struct person *out);
bool person_keep(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, const char *what, struct span detail,
                 struct audit_words words);
void person_tell(struct web_answer *answer, const struct person *person);
void person_put(struct json_writer *writer, const struct person *person);
/* OUT is what the person types; PERSON has its hash. */
enum result person_give_code(struct person *person, uint64_t now_ms, char out[SECRET_CODE_BYTES]) must_check;
void person_tell_code(struct web_answer *answer, const char *code, uint64_t until_ms, unsigned status, uint64_t approval);

/* roles.c: what somebody may, and whose things he sees: with four eyes. */
struct roles_wish {
	uint32_t roles;
	struct tenant_set tenants;
};
/* Members that BODY has; the others stay. */
bool roles_read(struct people *people, const struct json *body, struct web_answer *answer, struct roles_wish *wish);
bool roles_ask(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, const struct roles_wish *wish, uint64_t *number);
void roles_change(struct people *people, struct web_request *request, struct web_answer *answer, struct person *person, const struct json *body);
void roles_end(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person);
/* Is there an administrator of everything, who may log in, beside PERSON? */
enum result roles_has_other(struct people *people, const struct person *person, bool *out) must_check;
bool roles_is_administrator(const struct person *person);

#endif

/* The admin server's inside: clients, and who answers what. */
#ifndef BOUCLIER_CLI_ADMIN_INNER_H
#define BOUCLIER_CLI_ADMIN_INNER_H

#include "cli/admin/admin.h"
#include "edge/caller/caller.h"
#include "event/json.h"
#include "http/head_reader.h"

struct certificate_view {
	int64_t not_after_ms;             /* 0: not known */
	bool is_self_signed;
};

#define EVERY_SITE UINT64_MAX

struct admin {
	struct edge_state *state;
	struct timer bypass_ends;         /* the number of bypasses that workers see is made anew */
	struct list listeners, clients;   /* clients: the oldest first */
	unsigned client_count;
	struct timer accept_again;        /* descriptors ran out: listeners rest until then */
	bool is_resting;
	struct certificate_view *certificates;  /* a site each, of the generation below; NULL: not looked yet */
	uint64_t certificates_generation;
};

struct admin_request {
	enum method method;
	struct span path, body;
	bool is_local;                    /* came over the unix socket */
};

struct admin_client;

/* What is sent back. A handler fills it; the server writes the head. */
struct admin_answer {
	unsigned status;
	struct span type;
	struct buffer body;
	uint64_t reload_id;               /* not 0: the answer comes with admin_reload_result */
	uint64_t keeper_id;               /* not 0: the answer comes with admin_keeper_answer */
};

struct admin_route {
	struct span path;
	enum method method;
	bool is_local_only;
	void (*answer)(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
};

/* Finds the route of REQUEST and answers it, or 404, 405, 403. */
void admin_answer(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* {"error":"..."} */
void admin_refuse(struct admin_answer *answer, unsigned status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What ends up in logs and on terminals holds no line breaks and no escape sequences. */
bool admin_is_printable(struct span text);
/* 200, and an object that is begun; admin_finish_json ends it. What could not be written for want of memory becomes a 503. */
void admin_begin_json(struct admin_answer *answer, struct json_writer *writer);
void admin_finish_json(struct admin_answer *answer, struct json_writer *writer);

/* POST /reload, /reload/confirm, /reload/back. */
void admin_answer_reload(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_confirm(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_back(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* GET /config, GET /config/schema, GET and POST /config/history. */
void admin_answer_config(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_schema(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_history(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_history_one(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* What the keeper answered, as JSON. */
void admin_say_outcome(struct admin_answer *answer, const struct edge_order *order, struct span text);
void admin_answer_ready(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_metrics(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_status(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_graduate(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* The members `alerts`, which the hub said, and `filter`, of the kernel; or nothing. */
void admin_put_alerts(struct json_writer *json, const struct edge_state *state);
void admin_put_filter(struct json_writer *json, const struct edge_state *state);
void admin_answer_alerts(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* The member `graduation` of a site that says `graduate`, or nothing. */
void admin_put_graduation(struct json_writer *json, const struct admin *admin, const struct edge_site *site);
/* The member `maintenance` of a site that a person closed. */
void admin_put_maintenance(struct json_writer *json, const struct admin *admin, const struct edge_site *site);
void admin_answer_maintenance(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_maintenance_end(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_maintenances(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_levels(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* How many sources are let in by a person now. */
uint64_t admin_count_admitted(const struct edge_state *state);
void admin_answer_admit(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_admit_end(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_admitted(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_level(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* The member `guard` of a site. */
void admin_put_guard(struct json_writer *json, const struct edge_site *site);
void admin_answer_guards(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_guard(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* The member `level` of a site that has one. */
void admin_put_kinds(struct json_writer *json, const struct edge_site *site);
void admin_put_level(struct json_writer *json, const struct edge_site *site);
void admin_answer_enforce(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* The member `retreats` of a site. */
void admin_put_retreats(struct json_writer *json, const struct edge_site *site);
void admin_answer_tune(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_probe(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_reports(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_ban(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_unban(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_bgp(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_bans(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_purge(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_continuities(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_continuity(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_pin(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_drop(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
/* The member `continuity` of a site that has copies, or pins. */
void admin_put_continuity(struct json_writer *json, const struct admin *admin, const struct edge_site *site);
void admin_answer_bypass(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);
void admin_answer_bypass_end(struct admin *admin, const struct admin_request *request, struct admin_answer *answer);

/* -- sites and addresses that a request names: answer.c, purge.c -- */

#define ADMIN_ADDRESS_MAX 4096u
/* TEXT, an address of at most so many bytes, with its host in lower case, as they are kept. */
struct span admin_lower_host(struct span text, char out[ADMIN_ADDRESS_MAX]);

/* {"sites": [...]}: what PUT says of each. */
void admin_answer_sites(struct admin *admin, void (*put)(struct json_writer *json, const struct admin *admin, const struct edge_site *site), struct admin_answer *answer);
/* What the body says: the caller's to drop. NULL: answered. */
struct json *admin_read_body(const struct admin_request *request, struct admin_answer *answer) must_check;
/* The same, of what is about sites: there are some. */
struct json *admin_read_order(const struct admin *admin, const struct admin_request *request, struct admin_answer *answer) must_check;
/* The site NAME; NULL: answered. */
struct edge_site *admin_find_site(struct admin *admin, struct span name, struct admin_answer *answer);

/* -- what both views show -- */

/* Of all workers. */
struct worker_gauges admin_gauges(const struct edge_state *state);
/* Proportional set size of this process; 0: not known. */
uint64_t admin_memory_bytes(void);
/* Of SITE's first certificate. */
struct certificate_view admin_certificate(struct admin *admin, const struct site *site);
/* Until when SITE (UINT64_MAX: all) is bypassed, and why; NULL: it is not. */
const struct site_switch *admin_find_bypass(const struct edge_state *state, uint64_t site, uint64_t now_ms);
/* Tells the workers how many there are. */
void admin_count_bypasses(struct edge_state *state);

#endif

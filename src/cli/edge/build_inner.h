/* The insides of build.c, tls.c, files.c and rules.c. */
#ifndef BOUCLIER_CLI_EDGE_BUILD_INNER_H
#define BOUCLIER_CLI_EDGE_BUILD_INNER_H

#include "cli/edge/build.h"
#include "net/certificate.h"
#include "net/tls_server.h"

struct builder {
	struct edge_state *state;
	const struct edge_plan *plan;
	struct complaints *complaints;
	struct snapshot *snapshot;
	struct arena arena;             /* lists that are needed while building */
	struct tls_server *tls;
	struct edge_port *ports;
	size_t port_count;
	bool is_live;                   /* another edge served this very generation before */
	bool wants_last;                /* edge_file gives what served last */
};

/* -- files.c -- */

/* The bytes of a file that the keeper read; empty: there are none, and nobody is told. */
struct span edge_file_find(struct builder *builder, struct span path);
/* The same; a file that is not there is complained about. An empty PATH is no file. */
struct span edge_file(struct builder *builder, struct span path);
struct certificate_source edge_certificate(struct builder *builder, struct span chain, struct span key);
/* The bytes of this file are what the running snapshot already uses. */
bool edge_file_is_in_use(const struct builder *builder, struct span path, struct span bytes);
/* The build is over. Good: what it did not need of older files is forgotten. */
void edge_files_end(struct builder *builder, bool is_good);

/* -- rules.c -- */

/* For struct plan_needs: CONTEXT is a struct builder. */
enum result edge_rules_of(void *context, const struct site *site, const struct waf_settings *settings, struct rule_set **out) must_check;
/* The build is over. Good: rule sets that it did not use are dropped; snapshots that still serve requests hold theirs. */
void edge_rules_end(struct builder *builder, bool is_good);

/* -- tls.c -- */

/* builder->tls, for all sites that have certificates or pass TLS through. */
enum result edge_build_tls(struct builder *builder) must_check;
/* A self-signed certificate among a site's: HSTS would lock visitors out. */
bool edge_is_self_signed(void *context, const struct site *site);
/* Room for the problems of tenants: those that check found, and those that edge_build_tls will find. */
enum result edge_problems_read(struct builder *builder) must_check;

#endif

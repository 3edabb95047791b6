/* What a tenant's file may say.
 *
 * Owns     nothing: tenants are the snapshot's
 * Security, fails closed: what no grant covers is an error in that tenant's file, and of nobody else.
 */
#ifndef BOUCLIER_CONFIG_TENANT_H
#define BOUCLIER_CONFIG_TENANT_H

#include "config/check.h"

/* VALUE of KEY, just read from a file of checker->tenant: a path must lie in a granted folder, a URL, endpoint or
 * address in a granted network and port. False (and a complaint) when it does not. */
bool tenant_check_value(struct checker *checker, const struct key *key, const struct node *node, const void *value) must_check;
/* HOST, which stands at NODE, is granted. */
bool tenant_check_host(struct checker *checker, const struct node *node, struct span host) must_check;
/* PATH lies in FOLDER (both absolute, without "..") or below. */
bool path_is_under(struct span path, struct span folder);
/* The tenant whose folder FILE lies in; NULL: none. */
const struct config_tenant *tenant_of_file(const struct config_top *top, struct span file);
/* Sorts TOP's tenants by name, and complains of two that share a name or a folder. NODE is their list. */
void tenants_check(struct checker *checker, struct config_top *top, const struct node *node);

#endif

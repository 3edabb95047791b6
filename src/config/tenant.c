#include "config/tenant.h"

#include <stdlib.h>

#include "base/banned.h"

bool path_is_under(struct span path, struct span folder)
{
	return span_starts(path, folder) && (path.len == folder.len || path.at[folder.len] == '/');
}

const struct config_tenant *tenant_of_file(const struct config_top *top, struct span file)
{
	const struct config_tenant *tenants = top->tenants.items;

	for (size_t i = 0; i < top->tenants.count; i++) {
		if (path_is_under(file, tenants[i].files))
			return &tenants[i];
	}
	return NULL;
}

static bool is_granted_path(const struct config_tenant *tenant, struct span path)
{
	const struct span *folders = tenant->certificates.items;

	for (size_t i = 0; i < tenant->certificates.count; i++) {
		if (path_is_under(path, folders[i]))
			return true;
	}
	return false;
}

static bool is_own_path(const struct config_tenant *tenant, const struct key *key, struct span path)
{
	return key->flags & KEY_TENANTS && path_is_under(path, tenant->files);
}

static bool is_granted_address(const struct config_tenant *tenant, const struct address *address)
{
	const struct network *networks = tenant->origins.items;

	for (size_t i = 0; i < tenant->origins.count; i++) {
		if (network_contains(&networks[i], address))
			return true;
	}
	return false;
}

static bool is_granted_port(const struct config_tenant *tenant, uint16_t port)
{
	const int64_t *ports = tenant->ports.items;

	for (size_t i = 0; i < tenant->ports.count; i++) {
		if (ports[i] == port)
			return true;
	}
	return tenant->ports.count == 0;
}

static bool check_origin(struct checker *checker, const struct key *key, const struct node *node,
                         const struct address *address, uint16_t port)
{
	const struct config_tenant *tenant = checker->tenant;

	if (!address) {
		checker_complain(checker, node_place(node), SPAN_NONE,
		                 "%s: found %s, expected an address within the networks granted to tenant %.*s", key->name,
		                 node_describe(node).text, SPAN_ARG(tenant->name));
		return false;
	}
	if (!is_granted_address(tenant, address) || !is_granted_port(tenant, port)) {
		checker_complain(checker, node_place(node), SPAN_NONE, "%s: %s is not within the %s granted to tenant %.*s", key->name,
		                 node_describe(node).text, is_granted_address(tenant, address) ? "ports" : "networks",
		                 SPAN_ARG(tenant->name));
		return false;
	}
	return true;
}

static bool check_url(struct checker *checker, const struct key *key, const struct node *node, const struct url *url)
{
	struct address address;
	bool is_address = address_read(url->host, &address) == RESULT_OK;

	return check_origin(checker, key, node, is_address ? &address : NULL, url->port);
}

bool tenant_check_value(struct checker *checker, const struct key *key, const struct node *node, const void *value)
{
	const struct endpoint *endpoint = value;

	if (key->flags & KEY_ADMINISTRATOR) {
		checker_complain(checker, node_place(node), SPAN("the administrator may say it under `defaults`"),
		                 "%s is for the administrator's own sites, not for those of tenant %.*s", key->name, SPAN_ARG(checker->tenant->name));
		return false;
	}
	if (key->type == KEY_URL)
		return check_url(checker, key, node, value);
	if (key->type == KEY_ENDPOINT)
		return check_origin(checker, key, node, &endpoint->address, endpoint->port);
	if (key->type == KEY_PATH && key->flags & KEY_TENANTS && path_is_word(key, *(const struct span *)value))
		return true;
	if (key->type == KEY_PATH && path_is_word(key, *(const struct span *)value)) {
		/* What a word stands for reaches beyond the files that tenants are granted. */
		checker_complain(checker, node_place(node), SPAN("name a file"), "%s: %s is for the administrator's own sites, not for those of tenant %.*s",
		                 key->name, node_describe(node).text, SPAN_ARG(checker->tenant->name));
		return false;
	}
	if (key->type != KEY_PATH || is_granted_path(checker->tenant, *(const struct span *)value) ||
	    is_own_path(checker->tenant, key, *(const struct span *)value))
		return true;
	checker_complain(checker, node_place(node), SPAN_NONE, "%s: %s is not in a folder granted to tenant %.*s", key->name,
	                 node_describe(node).text, SPAN_ARG(checker->tenant->name));
	return false;
}

bool tenant_check_host(struct checker *checker, const struct node *node, struct span host)
{
	const struct span *granted = checker->tenant->hosts.items;

	for (size_t i = 0; i < checker->tenant->hosts.count; i++) {
		if (host_matches(granted[i], host))
			return true;
	}
	checker_complain(checker, node_place(node), SPAN_NONE, "hosts: \"%.*s\" is not granted to tenant %.*s", SPAN_ARG(host),
	                 SPAN_ARG(checker->tenant->name));
	return false;
}

static int compare_tenants(const void *a, const void *b)
{
	return span_compare(((const struct config_tenant *)a)->name, ((const struct config_tenant *)b)->name);
}

void tenants_check(struct checker *checker, struct config_top *top, const struct node *node)
{
	struct config_tenant *tenants = top->tenants.items;

	if (top->tenants.count == 0)
		return;
	qsort(tenants, top->tenants.count, sizeof(*tenants), compare_tenants);
	for (size_t i = 0; i < top->tenants.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!tenants[i].name.at || !tenants[j].name.at || !tenants[i].files.at || !tenants[j].files.at)
				continue;  /* already said to be missing */
			if (span_equal(tenants[i].name, tenants[j].name))
				checker_complain(checker, node_place(node), SPAN_NONE, "tenants: two are called \"%.*s\"", SPAN_ARG(tenants[i].name));
			else if (path_is_under(tenants[i].files, tenants[j].files) || path_is_under(tenants[j].files, tenants[i].files))
				checker_complain(checker, node_place(node), SPAN_NONE, "tenants: %.*s and %.*s share files below %.*s",
				                 SPAN_ARG(tenants[j].name), SPAN_ARG(tenants[i].name), SPAN_ARG(tenants[i].files));
		}
	}
}

#include "net/tls_server.h"

#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "net/tls_context.h"

#include "base/banned.h"

/* A context and what it was made from, for sharing while the server is built. */
struct shared_context {
	SSL_CTX *context;
	unsigned char digest[TLS_DIGEST_LEN];
};

struct host_slot {
	struct span host;      /* at NULL: free */
	struct tls_choice *choice;
};

struct tls_server {
	struct arena arena;    /* host names, choices */
	struct shared_context *contexts;
	size_t context_count;
	struct host_slot *slots;
	size_t mask;           /* slots less one; at least half are free */
	struct tls_choice *fallback;
	struct hash_seed seed;
};

static struct host_slot *slot_find(const struct tls_server *server, struct span host)
{
	size_t at = (size_t)hash_span_nocase(server->seed, host) & server->mask;
	while (server->slots[at].host.at && !span_equal_nocase(server->slots[at].host, host))
		at = (at + 1) & server->mask;
	return &server->slots[at];
}

static const struct tls_choice *exact_find(const struct tls_server *server, struct span host)
{
	return slot_find(server, host)->choice;
}

/* "*.x" stands for one label or more before x: the longest x wins. */
static const struct tls_choice *wildcard_find(const struct tls_server *server, struct span host)
{
	char pattern[256];
	for (size_t dot = span_find(host, '.'); dot < host.len; dot = span_find(host, '.')) {
		host = span_skip(host, dot);
		if (host.len + 1 > sizeof(pattern))
			return NULL;
		pattern[0] = '*';
		memcpy(pattern + 1, host.at, host.len);
		const struct tls_choice *choice = exact_find(server, span_make(pattern, host.len + 1));
		if (choice)
			return choice;
		host = span_skip(host, 1);
	}
	return NULL;
}

const struct tls_choice *tls_server_find(const struct tls_server *server, struct span sni, const struct address *local)
{
	if (sni.len > 0 && sni.at[0] != '*') {
		const struct tls_choice *choice = exact_find(server, sni);
		return choice ? choice : wildcard_find(server, sni);
	}
	if (sni.len > 0)
		return NULL;
	if (local) {
		char text[ADDRESS_TEXT_MAX];
		address_write(local, text);
		const struct tls_choice *choice = exact_find(server, span_of(text));
		if (choice)
			return choice;
	}
	return server->fallback;
}

/* The context for SITE, made or shared. Contexts are few per reload and compared by digest; 1,000 sites cost 500,000
 * comparisons of 32 bytes, some milliseconds. */
static enum result context_for(struct tls_server *server, const struct tls_site *site, const struct ticket_keys *tickets,
                               struct complaints *complaints, SSL_CTX **out)
{
	struct shared_context *added = &server->contexts[server->context_count];
	enum result result = tls_context_digest(site, added->digest);
	if (result != RESULT_OK)
		return result;
	for (size_t i = 0; i < server->context_count; i++) {
		if (memcmp(server->contexts[i].digest, added->digest, TLS_DIGEST_LEN) == 0) {
			*out = server->contexts[i].context;
			return RESULT_OK;
		}
	}
	result = tls_context_new(site, added->digest, tickets, complaints, &added->context);
	if (result != RESULT_OK)
		return result;
	server->context_count++;
	*out = added->context;
	return RESULT_OK;
}

/* An address is filed in the one form that address_write gives it. */
static struct span host_copy(struct tls_server *server, struct span host)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	if (address_read(host, &address) != RESULT_OK)
		return arena_copy(&server->arena, host);
	address_write(&address, text);
	return arena_copy(&server->arena, span_of(text));
}

static enum result host_add(struct tls_server *server, struct span host, struct tls_choice *choice, struct complaints *complaints)
{
	struct span copy = host_copy(server, host);
	if (!copy.at)
		return RESULT_NO_MEMORY;
	struct host_slot *slot = slot_find(server, copy);
	if (slot->host.at) {
		if (complaints)
			complain(complaints, COMPLAINT_ERROR, (struct place){ SPAN_NONE, 0, 0 }, SPAN_NONE,
			         "the host %.*s belongs to two sites", SPAN_ARG(host));
		return RESULT_REFUSED;
	}
	*slot = (struct host_slot){ copy, choice };
	return RESULT_OK;
}

static enum result site_add(struct tls_server *server, const struct tls_site *site, bool is_default,
                            const struct ticket_keys *tickets, struct complaints *complaints)
{
	SSL_CTX *context = NULL;
	/* A site without a certificate has no TLS; its names are then unknown here. */
	if (!site->is_passthrough && site->certificate_count == 0)
		return RESULT_OK;
	if (!site->is_passthrough) {
		enum result result = context_for(server, site, tickets, complaints, &context);
		if (result != RESULT_OK)
			return result;
	}
	struct tls_choice *choice = arena_new(&server->arena, struct tls_choice);
	if (!choice)
		return RESULT_NO_MEMORY;
	*choice = (struct tls_choice){ site->owner, context };
	if (is_default)
		server->fallback = choice;
	for (size_t i = 0; i < site->host_count; i++) {
		enum result result = host_add(server, site->hosts[i], choice, complaints);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

static struct tls_server *server_alloc(const struct tls_site *sites, size_t count)
{
	size_t hosts = 0, slots = 16;
	for (size_t i = 0; i < count; i++)
		hosts += sites[i].host_count;
	while (slots < hosts * 2)
		slots *= 2;
	struct tls_server *server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	arena_init(&server->arena, 64u * 1024 * 1024, 16384);
	server->seed = hash_process_seed();
	server->mask = slots - 1;
	server->slots = calloc(slots, sizeof(*server->slots));
	server->contexts = calloc(count + 1, sizeof(*server->contexts));
	if (!server->slots || !server->contexts) {
		tls_server_free(server);
		return NULL;
	}
	return server;
}

enum result tls_server_new(const struct tls_site *sites, size_t count, const struct tls_site *default_site,
                           const struct ticket_keys *tickets, struct complaints *complaints, struct tls_server **out)
{
	struct tls_server *server = server_alloc(sites, count);
	if (!server)
		return RESULT_NO_MEMORY;
	enum result worst = RESULT_OK;
	for (size_t i = 0; i < count; i++) {
		enum result result = site_add(server, &sites[i], &sites[i] == default_site, tickets, complaints);
		if (result == RESULT_NO_MEMORY)
			worst = result;
		else if (result != RESULT_OK && worst == RESULT_OK)
			worst = RESULT_REFUSED;
	}
	if (worst != RESULT_OK) {
		tls_server_free(server);
		return worst;
	}
	*out = server;
	return RESULT_OK;
}

void tls_server_free(struct tls_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; server->contexts && i < server->context_count; i++)
		SSL_CTX_free(server->contexts[i].context);
	free(server->contexts);
	free(server->slots);
	arena_done(&server->arena);
	free(server);
}

size_t tls_server_contexts(const struct tls_server *server)
{
	return server->context_count;
}

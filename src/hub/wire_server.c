#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "hub/web/assets.h"
#include "hub/wire_inner.h"

#include "base/banned.h"

static enum result serve(struct hub_parts *parts, bool has_address, const struct web_tls *tls, int socket_fd, struct complaints *complaints)
{
	struct web_birth birth = { .name = parts->wires.config->hub->name, .routes = &parts->routes, .assets = &web_console, .tls = tls };

	birth.listeners[birth.listener_count++] = (struct web_listener){ socket_fd, WEB_LOCAL_SOCKET };
	if (has_address)
		birth.listeners[birth.listener_count++] = (struct web_listener){ parts->wires.start->listen_fd, tls ? WEB_TLS : WEB_LOOPBACK };
	return web_server_new(parts->wires.loop, &birth, complaints, &parts->server);
}

/* A list of what is revoked that cannot be read is no reason to take whatever is shown. */
static enum result read_tls(struct hub_parts *parts, struct web_tls *out)
{
	const struct hub_settings *hub = parts->wires.config->hub;
	const struct { const char *key; struct span path, *to; } files[] = {
		{ "certificate", hub->certificate, &out->chain }, { "client_ca", hub->client_ca, &out->client_ca }, { "client_crl", hub->client_crl, &out->client_crl },
	};

	*out = (struct web_tls){ .path = hub->certificate };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (!files[i].path.len || (parts_file(parts, files[i].path, files[i].to) == RESULT_OK && files[i].to->len))
			continue;
		fprintf(stderr, "bouclier: the hub's %s (%.*s) cannot be read: it answers commands only\n", files[i].key, SPAN_ARG(files[i].path));
		return RESULT_NOT_FOUND;
	}
	return RESULT_OK;
}

/* Security, fails closed: where there is to be TLS and is none, or whose certificates are good is not known, nobody is answered by the address. */
enum result parts_open_server(struct hub_parts *parts, struct complaints *complaints)
{
	const struct hub_config *config = parts->wires.config;
	bool wants_tls = config->hub->certificate.len != 0, has_address = parts->wires.start->listen_fd >= 0;
	int spare_fd = fcntl(parts->wires.start->socket_fd, F_DUPFD_CLOEXEC, 3);
	struct web_tls tls;
	enum result result;

	if (wants_tls && has_address)
		has_address = read_tls(parts, &tls) == RESULT_OK;
	result = serve(parts, has_address, wants_tls && has_address ? &tls : NULL, parts->wires.start->socket_fd, complaints);
	if (result == RESULT_OK || !has_address || spare_fd < 0) {
		if (spare_fd >= 0)
			close(spare_fd);
		return result;
	}
	fprintf(stderr, "bouclier: the hub cannot answer at its address (%.*s): it answers commands only\n",
	        SPAN_ARG(complaints->count ? complaints->list[complaints->count - 1].text : span_of(result_name(result))));
	return serve(parts, false, NULL, spare_fd, complaints);
}

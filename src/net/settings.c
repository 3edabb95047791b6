#include "net/settings.h"

#include "net/tls_server.h"

#include "base/banned.h"

#define FIELD(type, member) offsetof(struct type, member)

static void listen_check(const void *values, struct key_check *check)
{
	const struct listen_settings *listen = values;
	if (listen->is_tls && listen->h2c)
		key_complain(check, "h2c", SPAN("remove h2c, or write tls: false"),
		             "h2c is HTTP/2 without TLS; a TLS listener negotiates HTTP/2 by itself");
	if (!listen->is_tls && listen->h2 && key_is_written(check, "h2"))
		key_warn(check, "h2", "h2 is negotiated inside TLS, and this listener has none: it means nothing (h2c: true is HTTP/2 without TLS)");
}

static const char *const port_words[] = { "auto", NULL };

static const struct key listen_keys[] = {
	{ .name = "address", .type = KEY_ENDPOINT, .flags = KEY_REQUIRED, .offset = FIELD(listen_settings, address),
	  .help = "Address and port to listen on: \"0.0.0.0:443\", \"[::]:443\"." },
	{ .name = "public_port", .type = KEY_NUMBER, .offset = FIELD(listen_settings, public_port), .fallback = "auto", .min = 1, .max = 65535, .choices = port_words,
	  .help = "The port at which visitors reach it, where that is another: a container's that is mapped, an address that is translated. Redirects to https lead there, and pages asked for under it have continuity copies. auto: the port that was reached." },
	{ .name = "tls", .type = KEY_BOOL, .offset = FIELD(listen_settings, is_tls), .fallback = "true",
	  .help = "TLS with the certificates of the sites. false: plain HTTP." },
	{ .name = "h2", .type = KEY_BOOL, .offset = FIELD(listen_settings, h2), .fallback = "true",
	  .help = "Offer HTTP/2 to TLS clients (ALPN)." },
	{ .name = "h2c", .type = KEY_BOOL, .offset = FIELD(listen_settings, h2c), .fallback = "false",
	  .help = "Accept HTTP/2 with prior knowledge on a plain listener." },
	{ .name = "proxy_protocol", .type = KEY_BOOL, .offset = FIELD(listen_settings, proxy_protocol), .fallback = "false",
	  .help = "Each connection must begin with a PROXY protocol header (version 1 or 2) from one of trusted_proxies." },
	{ .name = "trusted_proxies", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = FIELD(listen_settings, trusted_proxies),
	  .help = "Networks of the proxies in front of this listener, instead of the top-level list." },
	{ 0 },
};

static const struct key_table listen_table = {
	.name = "listen", .keys = listen_keys, .size = sizeof(struct listen_settings), .shorthand = "address",
	.check = listen_check, .help = "A listener: an address (then it is TLS), or a mapping.",
};

static bool top_lists_endpoint_twice(const struct net_settings *top)
{
	const struct listen_settings *listen = top->listen.items;
	for (size_t i = 0; i < top->listen.count; i++)
		for (size_t j = 0; j < i; j++)
			if (endpoint_equal(&listen[i].address, &listen[j].address))
				return true;
	return false;
}

static void trusted_check(const struct net_settings *top, struct key_check *check)
{
	const struct listen_settings *listen = top->listen.items;
	for (size_t i = 0; i < top->listen.count; i++)
		if (listen[i].proxy_protocol && listen[i].trusted_proxies.count == 0 && top->trusted_proxies.count == 0)
			key_complain(check, "listen", SPAN("trusted_proxies: [\"10.0.0.0/8\"]"),
			             "proxy_protocol without trusted_proxies: anyone could claim any address");
}

static const struct key redirect_keys[] = {
	{ .name = "enabled", .type = KEY_BOOL, .offset = FIELD(redirect_settings, is_on), .fallback = "false",
	  .help = "Answer plain HTTP with a redirect to https (308), and serve ACME http-01 challenges there." },
	{ .name = "addresses", .type = KEY_ENDPOINT, .flags = KEY_LIST, .offset = FIELD(redirect_settings, addresses),
	  .help = "Where. Without it: port 80 on the addresses of the TLS listeners." },
	{ 0 },
};

static const struct key_table redirect_table = {
	.name = "redirect_http", .keys = redirect_keys, .size = sizeof(struct redirect_settings), .shorthand = "enabled",
	.list_shorthand = "addresses", .help = "true, or a list of addresses.",
};

static void top_check(const void *values, struct key_check *check)
{
	const struct net_settings *top = values;
	if (top_lists_endpoint_twice(top))
		key_complain(check, "listen", SPAN_NONE, "two listeners have the same address and port");
	trusted_check(top, check);
}

static const struct key top_keys[] = {
	{ .name = "listen", .type = KEY_MAP, .flags = KEY_LIST | KEY_REQUIRED, .offset = FIELD(net_settings, listen), .table = &listen_table,
	  .help = "Where clients connect." },
	{ .name = "redirect_http", .type = KEY_MAP, .offset = FIELD(net_settings, redirect_http), .table = &redirect_table,
	  .help = "true: port 80 on the addresses of the TLS listeners answers with a redirect to https (308) and serves ACME "
	          "http-01 challenges. Or a list of addresses to do that on." },
	{ .name = "trusted_proxies", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = FIELD(net_settings, trusted_proxies),
	  .help = "Networks of proxies in front of us, whose X-Forwarded-For, Forwarded and PROXY headers are believed." },
	{ 0 },
};

static const struct key_table top_table = {
	.name = "the configuration", .keys = top_keys, .size = sizeof(struct net_settings), .check = top_check,
	.help = "Listeners and the proxies in front of them.",
};

static const char *const ocsp_words[] = { OCSP_FETCH, NULL };

static const struct key certificate_keys[] = {
	{ .name = "chain", .type = KEY_PATH, .flags = KEY_REQUIRED | KEY_FILE, .offset = FIELD(certificate_settings, chain),
	  .help = "PEM file: the site's certificate, then those that signed it; the key may stand in it too." },
	{ .name = "key", .type = KEY_PATH, .flags = KEY_FILE, .offset = FIELD(certificate_settings, key),
	  .help = "PEM file with the private key. Without it, chain holds the key." },
	{ .name = "ocsp", .type = KEY_PATH, .flags = KEY_FILE, .offset = FIELD(certificate_settings, ocsp), .choices = ocsp_words,
	  .help = "File with an OCSP response (DER) to staple. fetch: the response is asked of the responder that the certificate "
	          "names, over http, and renewed in time: the shield then connects to that address, which it does for nothing else. "
	          "Either way the chain must hold the issuer's certificate: a response that it does not confirm, or that is out of "
	          "date, is not sent, and the site is served without one." },
	{ 0 },
};

static const struct key_table certificate_table = {
	.name = "certificate", .keys = certificate_keys, .size = sizeof(struct certificate_settings), .shorthand = "chain",
	.help = "A PEM file with chain and key, or a mapping of separate files.",
};

static const char *const client_modes[] = { "none", "request", "require", NULL };

static void client_certificate_check(const void *values, struct key_check *check)
{
	const struct client_certificate_settings *client = values;
	if (client->mode != TLS_CLIENT_NONE && client->ca.len == 0)
		key_complain(check, "mode", SPAN("ca: FILE names the authorities whose certificates are accepted"),
		             "client certificates are asked for, but no authority is named");
	if (client->mode == TLS_CLIENT_NONE && (client->ca.len > 0 || client->crl.len > 0))
		key_complain(check, NULL, SPAN("mode: require"), "ca or crl without mode: nobody would be asked for a certificate");
}

static const struct key client_certificate_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = FIELD(client_certificate_settings, mode), .fallback = "none", .choices = client_modes,
	  .help = "request: clients may show a certificate; require: they must, and the site is not served without TLS. A bad one is refused in both." },
	{ .name = "ca", .type = KEY_PATH, .flags = KEY_FILE, .offset = FIELD(client_certificate_settings, ca),
	  .help = "PEM file with the authorities whose client certificates are accepted." },
	{ .name = "crl", .type = KEY_PATH, .flags = KEY_FILE, .offset = FIELD(client_certificate_settings, crl),
	  .help = "PEM file with a revocation list of each of these authorities." },
	{ 0 },
};

static const struct key_table client_certificate_table = {
	.name = "client_certificate", .keys = client_certificate_keys, .size = sizeof(struct client_certificate_settings),
	.check = client_certificate_check, .help = "Certificates of clients (mutual TLS).",
};

static const char *const tls_modes[] = { "terminate", "passthrough", NULL };
static const char *const tls_versions[] = { "1.2", "1.3", NULL };

static const struct key tls_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = FIELD(tls_settings, mode), .fallback = "terminate", .choices = tls_modes,
	  .help = "passthrough: connections go to the origin as they are, chosen by SNI; nothing in them is inspected." },
	{ .name = "min_version", .type = KEY_CHOICE, .offset = FIELD(tls_settings, min_version), .fallback = "1.2", .choices = tls_versions,
	  .help = "The oldest version of TLS that is accepted." },
	{ .name = "client_certificate", .type = KEY_MAP, .offset = FIELD(tls_settings, client_certificate), .table = &client_certificate_table,
	  .help = "Certificates of clients." },
	{ 0 },
};

static const struct key_table tls_table = {
	.name = "tls", .keys = tls_keys, .size = sizeof(struct tls_settings), .help = "How TLS is spoken for a site.",
};

static void site_check(const void *values, struct key_check *check)
{
	const struct net_site_settings *site = values;
	bool is_passthrough = site->tls.mode == TLS_PASSTHROUGH;
	if (is_passthrough && site->certificate.count > 0)
		key_complain(check, "certificate", SPAN("remove it: the origin shows its own"), "tls mode passthrough uses no certificate");
	if (is_passthrough && site->tls.client_certificate.mode != TLS_CLIENT_NONE)
		key_complain(check, "tls", SPAN_NONE, "client certificates cannot be asked for in mode passthrough");
	if (is_passthrough && site->hsts_ms > 0 && key_is_written(check, "hsts"))
		key_complain(check, "hsts", SPAN_NONE, "no header can be added in mode passthrough");
}

static const struct key site_keys[] = {
	{ .name = "certificate", .type = KEY_MAP, .flags = KEY_LIST | KEY_NO_DEFAULT, .offset = FIELD(net_site_settings, certificate),
	  .table = &certificate_table, .help = "Certificate and key; a list for ECDSA and RSA side by side." },
	{ .name = "tls", .type = KEY_MAP, .offset = FIELD(net_site_settings, tls), .table = &tls_table, .help = "How TLS is spoken." },
	{ .name = "acme", .type = KEY_PATH, .offset = FIELD(net_site_settings, acme),
	  .help = "Folder whose files are served under /.well-known/acme-challenge/, so that any ACME client (http-01) works." },
	{ .name = "hsts", .type = KEY_DURATION, .offset = FIELD(net_site_settings, hsts_ms), .fallback = "0", .max = 1000ll * 86400 * 3650,
	  .help = "How long browsers shall use https only (Strict-Transport-Security). Never sent with a self-signed certificate." },
	{ 0 },
};

static const struct key_table site_table = {
	.name = "net_site", .keys = site_keys, .size = sizeof(struct net_site_settings), .check = site_check,
	.help = "Certificates and TLS of a site.",
};

const struct config_section net_top_section = { ROOM_NET, SCOPE_TOP, &top_table };
const struct config_section net_site_section = { ROOM_NET, SCOPE_SITE, &site_table };

static void endpoint_add(struct endpoint endpoint, struct endpoint *out, size_t *count, size_t max)
{
	for (size_t i = 0; i < *count; i++)
		if (endpoint_equal(&out[i], &endpoint))
			return;
	if (*count < max)
		out[(*count)++] = endpoint;
}

size_t redirect_endpoints(const struct net_settings *settings, struct endpoint *out, size_t max)
{
	const struct redirect_settings *redirect = &settings->redirect_http;
	const struct listen_settings *listen = settings->listen.items;
	const struct endpoint *addresses = redirect->addresses.items;
	size_t count = 0;
	for (size_t i = 0; i < redirect->addresses.count; i++)
		endpoint_add(addresses[i], out, &count, max);
	for (size_t i = 0; redirect->is_on && redirect->addresses.count == 0 && i < settings->listen.count; i++)
		if (listen[i].is_tls)
			endpoint_add((struct endpoint){ listen[i].address.address, 80 }, out, &count, max);
	return count;
}

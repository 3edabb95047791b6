#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "config/read.h"
#include "net/settings.h"
#include "net/tls_server.h"

struct reading {
	struct config_texts image;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot;
	enum result result;
	struct buffer text;
};

static const char *reading_do(struct reading *reading, const char *text)
{
	struct config_section sections[3] = { net_top_section, net_site_section, { 0 } };
	memset(reading, 0, sizeof(*reading));
	config_texts_init(&reading->image);
	complaints_init(&reading->complaints);
	buffer_init(&reading->text, 1 << 20);
	assert_int_equal(config_source_init(&reading->source, SPAN("/c/bouclier.yaml")), RESULT_OK);
	reading->source.image = &reading->image;
	assert_int_equal(config_texts_add(&reading->image, SPAN("/c/bouclier.yaml"), span_of(text)), RESULT_OK);
	reading->result = config_read(&reading->source, sections, &reading->complaints, &reading->snapshot);
	assert_int_equal(complaints_write(&reading->complaints, &reading->text), RESULT_OK);
	assert_int_equal(buffer_append_byte(&reading->text, 0), RESULT_OK);
	return buffer_span(&reading->text).at;
}

static void reading_done(struct reading *reading)
{
	snapshot_drop(reading->snapshot);
	config_source_done(&reading->source);
	complaints_done(&reading->complaints);
	config_texts_done(&reading->image);
	buffer_done(&reading->text);
}

#define SITE "sites:\n  - name: a.example\n    certificate: tls/a.pem\n"

static void short_and_long_forms(void **state)
{
	(void)state;
	struct reading reading;
	struct endpoint endpoints[4];
	const char *said = reading_do(&reading,
		"listen:\n"
		"  - \"192.0.2.1:443\"\n"
		"  - { address: \"192.0.2.1:8443\", h2: false }\n"
		"  - { address: \"127.0.0.1:8082\", tls: false, h2c: true }\n"
		"  - { address: \"[::1]:8444\", proxy_protocol: true, trusted_proxies: [\"10.0.0.0/8\"], public_port: 443 }\n"
		"redirect_http: true\n"
		"trusted_proxies: \"192.0.2.0/24\"\n"
		"sites:\n"
		"  - name: a.example\n"
		"    certificate: tls/a.pem\n"
		"    hsts: 365d\n"
		"    acme: /var/lib/acme\n"
		"  - name: b.example\n"
		"    certificate: [tls/b-ec.pem, { chain: /t/b-rsa.pem, key: /t/b-rsa.key, ocsp: /t/b.ocsp }]\n"
		"    tls: { min_version: \"1.3\", client_certificate: { mode: require, ca: ca.pem, crl: crl.pem } }\n"
		"  - name: c.example\n"
		"    tls: { mode: passthrough }\n"
		"  - name: d.example\n"
		"    certificate: [{ chain: tls/b-ec.pem, ocsp: fetch }, { chain: tls/b-ec.pem, ocsp: ./fetch }]\n");
	assert_string_equal(said, "");
	assert_int_equal(reading.result, RESULT_OK);
	const struct net_settings *top = net_settings(reading.snapshot);
	const struct listen_settings *listen = top->listen.items;
	assert_int_equal(top->listen.count, 4);
	assert_int_equal(top->trusted_proxies.count, 1);
	assert_true(listen[0].is_tls && listen[0].h2 && !listen[0].h2c && !listen[0].proxy_protocol);
	assert_true(listen[1].is_tls && !listen[1].h2);
	assert_true(!listen[2].is_tls && listen[2].h2c);
	assert_true(listen[3].proxy_protocol && listen[3].trusted_proxies.count == 1);
	assert_int_equal(listen[0].public_port, LISTEN_PORT_OWN);
	assert_int_equal(listen[3].public_port, 443);
	/* One port 80 on each address of a TLS listener. */
	assert_int_equal(redirect_endpoints(top, endpoints, 4), 2);
	assert_int_equal(endpoints[0].port, 80);
	assert_int_equal(redirect_endpoints(top, endpoints, 1), 1);

	const struct net_site_settings *a = net_site_settings(&reading.snapshot->sites[0]);
	const struct certificate_settings *certificate = a->certificate.items;
	assert_int_equal(a->hsts_ms, 365ll * 86400000);
	assert_int_equal(a->tls.mode, TLS_TERMINATE);
	assert_int_equal(a->tls.min_version, TLS_1_2);
	assert_int_equal(a->tls.client_certificate.mode, TLS_CLIENT_NONE);
	assert_true(span_equal(certificate[0].chain, SPAN("/c/tls/a.pem")));
	assert_int_equal(certificate[0].key.len, 0);
	const struct net_site_settings *b = net_site_settings(&reading.snapshot->sites[1]);
	certificate = b->certificate.items;
	assert_int_equal(b->certificate.count, 2);
	assert_true(span_equal(certificate[1].key, SPAN("/t/b-rsa.key")));
	assert_int_equal(b->tls.min_version, TLS_1_3);
	assert_int_equal(b->tls.client_certificate.mode, TLS_CLIENT_REQUIRE);
	assert_int_equal(net_site_settings(&reading.snapshot->sites[2])->tls.mode, TLS_PASSTHROUGH);
	/* A word is no file. */
	certificate = net_site_settings(&reading.snapshot->sites[3])->certificate.items;
	assert_true(span_equal(certificate[0].ocsp, SPAN(OCSP_FETCH)));
	assert_true(span_equal(certificate[1].ocsp, SPAN("/c/fetch")));
	/* The keeper is told of each file: a.pem, b-ec.pem, b-rsa.pem, its key, b.ocsp, ca.pem, crl.pem; b-ec.pem twice more, fetch. */
	assert_int_equal(reading.snapshot->file_count, 10);
	reading_done(&reading);
}

static void redirects(void **state)
{
	(void)state;
	static const struct { const char *line; size_t count; uint16_t port; } cases[] = {
		{ "", 0, 0 }, { "redirect_http: false\n", 0, 0 }, { "redirect_http: true\n", 1, 80 },
		{ "redirect_http: [\"127.0.0.1:8080\", \"127.0.0.1:8081\"]\n", 2, 8080 },
	};
	for (size_t i = 0; i < 4; i++) {
		struct reading reading;
		struct endpoint endpoints[4];
		char text[512];
		(void)snprintf(text, sizeof(text), "listen: \"127.0.0.1:443\"\n%s" SITE, cases[i].line);
		assert_string_equal(reading_do(&reading, text), "");
		assert_int_equal(redirect_endpoints(net_settings(reading.snapshot), endpoints, 4), cases[i].count);
		if (cases[i].count > 0)
			assert_int_equal(endpoints[0].port, cases[i].port);
		reading_done(&reading);
	}
}

static void mistakes_are_told(void **state)
{
	(void)state;
	static const struct { const char *text; const char *says; } cases[] = {
		{ SITE, "listen" },
		{ "listen: [\"127.0.0.1:443\", \"127.0.0.1:443\"]\n" SITE, "two listeners have the same address and port" },
		{ "listen: { address: \"127.0.0.1:443\", h2c: true }\n" SITE, "h2c is HTTP/2 without TLS" },
		{ "listen: { address: \"127.0.0.1:80\", public_port: 0 }\n" SITE, "public_port" },
		{ "listen: { address: \"127.0.0.1:80\", public_port: 65536 }\n" SITE, "public_port" },
		{ "listen: { address: \"127.0.0.1:80\", public_port: own }\n" SITE, "public_port" },
		{ "listen: { address: \"127.0.0.1:80\", proxy_protocol: true }\n" SITE, "anyone could claim any address" },
		{ "listen: \"127.0.0.1:443\"\nredirect_http: maybe\n" SITE, "expected true or false" },
		{ "listen: \"127.0.0.1:443\"\n" SITE "    tls: { mode: passthrough }\n", "mode passthrough uses no certificate" },
		{ "listen: \"127.0.0.1:443\"\n" SITE "    tls: { client_certificate: { mode: require } }\n", "no authority is named" },
		{ "listen: \"127.0.0.1:443\"\n" SITE "    tls: { client_certificate: { ca: x.pem } }\n", "nobody would be asked" },
		{ "listen: \"127.0.0.1:443\"\n" SITE "    tls: { min_version: \"1.1\" }\n", "1.2" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading;
		const char *said = reading_do(&reading, cases[i].text);
		assert_int_equal(reading.result, RESULT_REFUSED);
		if (!strstr(said, cases[i].says))
			fail_msg("case %zu says: %s", i, said);
		reading_done(&reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_and_long_forms),
		cmocka_unit_test(redirects),
		cmocka_unit_test(mistakes_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

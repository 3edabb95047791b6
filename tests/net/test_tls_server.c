#include "issue.h"

static struct ticket_keys tickets;

static int setup(void **state)
{
	(void)state;
	ticket_keys_rotate(&tickets, (uint64_t)time(NULL));
	return 0;
}

static struct tls_certificate as_certificate(const struct issued *issued, struct staple *staple)
{
	return (struct tls_certificate){ .source = { buffer_span(&issued->chain), buffer_span(&issued->pem_key), SPAN("c"), SPAN("k") }, .staple = staple };
}

static struct staple *staple_of(const char *text)
{
	struct staple *staple = staple_new();
	assert_int_equal(staple_set(staple, span_of(text), wall_ms() + 60000), RESULT_OK);
	return staple;
}

/* A list of revoked serials (0: none) by CA. */
static void crl_make(const struct issued *ca, long serial, struct buffer *out)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time_now = X509_gmtime_adj(NULL, -60), *later = X509_gmtime_adj(NULL, 86400);
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->certificate));
	X509_CRL_set1_lastUpdate(crl, time_now);
	X509_CRL_set1_nextUpdate(crl, later);
	if (serial) {
		X509_REVOKED *revoked = X509_REVOKED_new();
		ASN1_INTEGER *number = ASN1_INTEGER_new();
		ASN1_INTEGER_set(number, serial);
		X509_REVOKED_set_serialNumber(revoked, number);
		X509_REVOKED_set_revocationDate(revoked, time_now);
		X509_CRL_add0_revoked(crl, revoked);
		ASN1_INTEGER_free(number);
	}
	assert_true(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0);
	BIO *bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509_CRL(bio, crl);
	pem_take(bio, out);
	ASN1_TIME_free(time_now);
	ASN1_TIME_free(later);
	X509_CRL_free(crl);
}

static void names_lead_to_sites(void **state)
{
	(void)state;
	struct made made;
	struct span a[] = { SPAN_INIT("www.a.example"), SPAN_INIT("*.a.example") };
	struct span b[] = { SPAN_INIT("*.b.a.example"), SPAN_INIT("x.example") };
	struct span c[] = { SPAN_INIT("192.0.2.7"), SPAN_INIT("2001:db8::7") };
	struct address local;
	struct tls_server *server;
	made_init(&made, "a.example");
	struct tls_site sites[] = {
		{ .owner = a, .hosts = a, .host_count = 2, .certificates = &made.certificate, .certificate_count = 1 },
		{ .owner = b, .hosts = b, .host_count = 2, .certificates = &made.certificate, .certificate_count = 1 },
		{ .owner = c, .hosts = c, .host_count = 2, .certificates = &made.certificate, .certificate_count = 1, .min_version = TLS_1_3 },
		{ .owner = "plain", .hosts = NULL, .host_count = 0 },
	};
	assert_int_equal(tls_server_new(sites, 4, &sites[1], &tickets, NULL, &server), RESULT_OK);
	assert_int_equal(tls_server_contexts(server), 2);
	static const struct { const char *sni; int site; } cases[] = {
		{ "www.a.example", 0 }, { "WWW.A.EXAMPLE", 0 }, { "q.a.example", 0 }, { "q.r.a.example", 0 }, { "a.example", -1 },
		{ "q.b.a.example", 1 }, { "b.a.example", 0 }, { "x.example", 1 }, { "y.example", -1 }, { ".a.example", 0 },
		{ "*.a.example", -1 }, { "example", -1 }, { ".", -1 }, { "192.0.2.7", 2 }, { "", 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tls_choice *choice = tls_server_find(server, span_of(cases[i].sni), NULL);
		assert_ptr_equal(choice ? choice->owner : NULL, cases[i].site < 0 ? NULL : sites[cases[i].site].owner);
	}
	assert_int_equal(address_read(SPAN("2001:db8::7"), &local), RESULT_OK);
	assert_ptr_equal(tls_server_find(server, SPAN_NONE, &local)->owner, c);
	assert_int_equal(address_read(SPAN("192.0.2.8"), &local), RESULT_OK);
	assert_ptr_equal(tls_server_find(server, SPAN_NONE, &local)->owner, b);
	tls_server_free(server);

	struct complaints complaints;
	complaints_init(&complaints);
	sites[1].hosts = a;
	assert_int_equal(tls_server_new(sites, 4, NULL, &tickets, &complaints, &server), RESULT_REFUSED);
	assert_int_equal(complaints.errors, 1);
	made.certificate.source.key = SPAN("nothing");
	assert_int_equal(tls_server_new(sites, 4, NULL, &tickets, &complaints, &server), RESULT_REFUSED);
	assert_true(complaints.errors >= 3);
	complaints_done(&complaints);
	made_done(&made);
}

/* Each client gets the kind of certificate it can verify, with the staple of that very one. */
static void ecdsa_and_rsa_side_by_side(void **state)
{
	(void)state;
	struct issued ec, rsa;
	struct span host = SPAN("a.example");
	struct tls_server *server;
	struct staple *staples[2] = { staple_of("staple of ec"), staple_of("staple of rsa") };
	issue(&ec, "a.example", NULL, false, 1);
	issue(&rsa, "a.example", NULL, true, 2);
	struct tls_certificate both[2] = { as_certificate(&ec, staples[0]), as_certificate(&rsa, staples[1]) };
	struct tls_site site = { .owner = &ec, .hosts = &host, .host_count = 1, .certificates = both, .certificate_count = 2 };
	assert_int_equal(tls_server_new(&site, 1, NULL, &tickets, NULL, &server), RESULT_OK);
	for (int i = 0; i < 2; i++) {
		struct pair pair;
		const unsigned char *staple;
		SSL_CTX *client = client_new();
		SSL_CTX_set1_sigalgs_list(client, i == 0 ? "ECDSA+SHA256" : "RSA-PSS+SHA256");
		SSL_CTX_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp);
		pair_init(&pair, server, client, "a.example", true);
		assert_int_equal(pair_handshake(&pair), RESULT_OK);
		assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(pair.client))), i == 0 ? EVP_PKEY_EC : EVP_PKEY_RSA);
		long len = SSL_get_tlsext_status_ocsp_resp(pair.client, &staple);
		assert_int_equal(len, i == 0 ? 12 : 13);
		assert_memory_equal(staple, i == 0 ? "staple of ec" : "staple of rsa", (size_t)len);
		pair_done(&pair);
		SSL_CTX_free(client);
	}
	tls_server_free(server);
	staple_drop(staples[0]);
	staple_drop(staples[1]);
	both[0].staple = NULL;
	both[1] = both[0];
	struct complaints complaints;
	complaints_init(&complaints);
	assert_int_equal(tls_server_new(&site, 1, NULL, &tickets, &complaints, &server), RESULT_REFUSED);
	assert_int_equal(complaints.errors, 1);
	complaints_done(&complaints);
	issued_done(&ec);
	issued_done(&rsa);
}

/* What a client that asks is stapled; "" : nothing. */
static const char *stapled_text(const struct tls_server *server)
{
	static char text[64];
	const unsigned char *staple;
	struct pair pair;
	SSL_CTX *client = client_new();
	SSL_CTX_set_tlsext_status_type(client, TLSEXT_STATUSTYPE_ocsp);
	pair_init(&pair, server, client, "a.example", true);
	assert_int_equal(pair_handshake(&pair), RESULT_OK);
	long len = SSL_get_tlsext_status_ocsp_resp(pair.client, &staple);
	snprintf(text, sizeof(text), "%.*s", len > 0 ? (int)len : 0, len > 0 ? (const char *)staple : "");
	pair_done(&pair);
	SSL_CTX_free(client);
	return text;
}

/* The context holds what it staples, and sends what is there at the time of the handshake. */
static void staple_changes_under_a_server(void **state)
{
	(void)state;
	struct issued site_certificate;
	struct span host = SPAN("a.example");
	struct tls_server *server;
	struct staple *staple = staple_new();
	issue(&site_certificate, "a.example", NULL, false, 1);
	struct tls_certificate certificates[2] = { as_certificate(&site_certificate, staple), as_certificate(&site_certificate, staple) };
	struct tls_site sites[2] = {
		{ .owner = &host, .hosts = &host, .host_count = 1, .certificates = &certificates[0], .certificate_count = 1 },
		{ .owner = &server, .certificates = &certificates[1], .certificate_count = 1 },
	};
	certificates[0].is_ocsp_fetched = true;
	assert_int_equal(tls_server_new(sites, 2, NULL, &tickets, NULL, &server), RESULT_OK);
	assert_int_equal(tls_server_contexts(server), 2);  /* what is said about stapling tells them apart */
	assert_string_equal(stapled_text(server), "");
	assert_int_equal(staple_set(staple, SPAN("first"), wall_ms() + 60000), RESULT_OK);
	assert_string_equal(stapled_text(server), "first");
	assert_int_equal(staple_set(staple, SPAN("second"), wall_ms() + 60000), RESULT_OK);
	assert_string_equal(stapled_text(server), "second");
	assert_int_equal(staple_set(staple, SPAN("over"), wall_ms() - 1), RESULT_OK);
	staple_drop(staple);
	assert_string_equal(stapled_text(server), "");
	tls_server_free(server);
	issued_done(&site_certificate);
}

/* The server says at its read that the client's certificate is bad: in TLS 1.3 it comes after the client is done. */
static enum result meet(const struct tls_server *server, const char *sni, const struct issued *shown, SSL_SESSION *session,
                        struct span *der, bool *is_resumed)
{
	static char copy[4096];
	struct pair pair;
	SSL_CTX *client = client_new();
	SSL_CTX_sess_set_new_cb(client, keep_session);
	if (shown)
		assert_int_equal(SSL_CTX_use_cert_and_key(client, shown->certificate, shown->key, NULL, 1), 1);
	pair_init(&pair, server, client, sni, true);
	if (session)
		assert_int_equal(SSL_set_session(pair.client, session), 1);
	enum result result = pair_handshake(&pair);
	*der = SPAN_NONE;
	if (result == RESULT_OK) {
		char bytes[8];
		size_t sent;
		*der = transport_client_certificate(&pair.server);
		memcpy(copy, der->at ? der->at : "", der->len);
		der->at = copy;
		*is_resumed = transport_is_resumed(&pair.server);
		assert_int_equal(transport_write(&pair.server, SPAN("hello"), &sent), RESULT_OK);
		assert_int_equal(SSL_read(pair.client, bytes, sizeof(bytes)), 5);
	}
	pair_done(&pair);
	SSL_CTX_free(client);
	return result;
}

static void client_certificates(void **state)
{
	(void)state;
	struct issued ca, stranger_ca, good, revoked, stranger, site_certificate;
	struct span open_host = SPAN("open.example"), request_host = SPAN("request.example"), require_host = SPAN("require.example"), der;
	struct buffer crl;
	struct tls_server *server;
	bool is_resumed;
	issue(&ca, "Authority", NULL, false, 1);
	issue(&stranger_ca, "Stranger", NULL, false, 2);
	issue(&good, "good", &ca, false, 10);
	issue(&revoked, "revoked", &ca, false, 11);
	issue(&stranger, "stranger", &stranger_ca, false, 10);
	issue(&site_certificate, "site", NULL, false, 3);
	crl_make(&ca, 11, &crl);
	struct tls_certificate certificate = as_certificate(&site_certificate, NULL);
	struct tls_site sites[3] = {
		{ .owner = &open_host, .hosts = &open_host, .host_count = 1, .certificates = &certificate, .certificate_count = 1 },
		{ .owner = &request_host, .hosts = &request_host, .host_count = 1, .certificates = &certificate, .certificate_count = 1,
		  .client_mode = TLS_CLIENT_REQUEST, .client_ca = buffer_span(&ca.chain), .client_crl = buffer_span(&crl) },
		{ .owner = &require_host, .hosts = &require_host, .host_count = 1, .certificates = &certificate, .certificate_count = 1,
		  .client_mode = TLS_CLIENT_REQUIRE, .client_ca = buffer_span(&ca.chain), .client_crl = buffer_span(&crl) },
	};
	assert_int_equal(tls_server_new(sites, 3, NULL, &tickets, NULL, &server), RESULT_OK);
	assert_int_equal(tls_server_contexts(server), 3);
	assert_int_equal(meet(server, "open.example", &good, NULL, &der, &is_resumed), RESULT_OK);
	assert_int_equal(der.len, 0);
	assert_int_equal(meet(server, "request.example", NULL, NULL, &der, &is_resumed), RESULT_OK);
	assert_int_equal(der.len, 0);
	assert_int_equal(meet(server, "require.example", NULL, NULL, &der, &is_resumed), RESULT_REFUSED);
	for (int i = 1; i <= 2; i++) {
		const char *host = i == 1 ? "request.example" : "require.example";
		assert_int_equal(meet(server, host, &revoked, NULL, &der, &is_resumed), RESULT_REFUSED);
		assert_int_equal(meet(server, host, &stranger, NULL, &der, &is_resumed), RESULT_REFUSED);
		assert_int_equal(meet(server, host, &good, NULL, &der, &is_resumed), RESULT_OK);
		unsigned char *expected = NULL;
		int len = i2d_X509(good.certificate, &expected);
		assert_int_equal(der.len, len);
		assert_memory_equal(der.at, expected, der.len);
		OPENSSL_free(expected);
	}
	/* The session of `require` resumes there, still with the certificate; a session of `open` opens nothing at `require`. */
	SSL_SESSION *of_require = kept_session;
	kept_session = NULL;
	assert_int_equal(meet(server, "require.example", NULL, of_require, &der, &is_resumed), RESULT_OK);
	assert_true(is_resumed);
	assert_true(der.len > 0);
	assert_int_equal(meet(server, "open.example", NULL, NULL, &der, &is_resumed), RESULT_OK);
	SSL_SESSION *of_open = kept_session;
	kept_session = NULL;
	assert_int_equal(meet(server, "require.example", NULL, of_open, &der, &is_resumed), RESULT_REFUSED);
	assert_int_equal(meet(server, "require.example", &good, of_open, &der, &is_resumed), RESULT_OK);
	assert_false(is_resumed);
	/* A look at a certificate ages, however often its session resumes meanwhile and gets a ticket anew. */
	sites[2].client_fresh_s = 1;
	tls_server_free(server);
	SSL_SESSION_free(kept_session);
	kept_session = NULL;
	assert_int_equal(tls_server_new(sites, 3, NULL, &tickets, NULL, &server), RESULT_OK);
	assert_int_equal(meet(server, "require.example", &good, NULL, &der, &is_resumed), RESULT_OK);
	for (int i = 0; i < 2; i++) {
		SSL_SESSION *last = kept_session;
		kept_session = NULL;
		(void)usleep(i ? 700000 : 0);
		assert_int_equal(meet(server, "require.example", NULL, last, &der, &is_resumed), RESULT_OK);
		assert_true(is_resumed);
		SSL_SESSION_free(last);
	}
	SSL_SESSION *last = kept_session;
	kept_session = NULL;
	(void)usleep(700000);
	assert_int_equal(meet(server, "require.example", NULL, last, &der, &is_resumed), RESULT_REFUSED);
	assert_int_equal(meet(server, "require.example", &good, last, &der, &is_resumed), RESULT_OK);
	assert_false(is_resumed);
	SSL_SESSION_free(last);
	SSL_SESSION_free(of_require);
	SSL_SESSION_free(of_open);
	SSL_SESSION_free(kept_session);
	kept_session = NULL;
	tls_server_free(server);
	/* An authority file that holds none fails closed. */
	sites[2].client_ca = SPAN("nothing here");
	assert_int_equal(tls_server_new(sites, 3, NULL, &tickets, NULL, &server), RESULT_REFUSED);
	buffer_done(&crl);
	issued_done(&ca), issued_done(&stranger_ca), issued_done(&good), issued_done(&revoked), issued_done(&stranger), issued_done(&site_certificate);
}

/* A thousand sites: one certificate makes one context; the last is found like the first. */
static void a_thousand_sites(void **state)
{
	(void)state;
	enum { SITES = 1000 };
	static char names[SITES][32];
	static struct span hosts[SITES];
	static struct tls_site sites[SITES];
	struct made made;
	struct tls_server *server;
	made_init(&made, "a.example");
	for (int i = 0; i < SITES; i++) {
		hosts[i] = span_make(names[i], (size_t)snprintf(names[i], sizeof(names[i]), "site%d.example", i));
		sites[i] = (struct tls_site){ .owner = &hosts[i], .hosts = &hosts[i], .host_count = 1, .certificates = &made.certificate, .certificate_count = 1 };
	}
	assert_int_equal(tls_server_new(sites, SITES, NULL, NULL, NULL, &server), RESULT_OK);
	assert_int_equal(tls_server_contexts(server), 1);
	for (int i = 0; i < SITES; i++)
		assert_ptr_equal(tls_server_find(server, hosts[i], NULL)->owner, &hosts[i]);
	assert_null(tls_server_find(server, SPAN("site1000.example"), NULL));
	tls_server_free(server);
	made_done(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_sites),
		cmocka_unit_test(ecdsa_and_rsa_side_by_side), cmocka_unit_test(staple_changes_under_a_server),
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(a_thousand_sites),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

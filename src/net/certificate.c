#include "net/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/encode.h"

#include "base/banned.h"

static void say(struct complaints *complaints, struct span path, struct span suggestion, const char *text, const char *detail)
{
	if (!complaints)
		return;
	struct place place = { path, 0, 0 };
	complain(complaints, COMPLAINT_ERROR, place, suggestion, "%s%s%s", text, detail ? ": " : "", detail ? detail : "");
}

static const char *last_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return reason;
}

/* A passphrase is never asked for: the default of OpenSSL would read the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out, (void)size, (void)writing;
	*(bool *)context = true;
	return -1;
}

static bool has_ended_well(void)
{
	unsigned long code = ERR_peek_last_error();
	bool is_end = code == 0 || (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE);
	if (is_end)
		ERR_clear_error();
	return is_end;
}

/* Certificates in order; other PEM blocks (the key of a file with both) are skipped by PEM_read_bio_X509 itself. */
static enum result chain_collect(BIO *bio, struct certificate *into, struct span path, struct complaints *complaints)
{
	for (unsigned count = 0;; count++) {
		X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!next)
			break;
		if (count == CERTIFICATE_CHAIN_MAX) {
			X509_free(next);
			say(complaints, path, SPAN_NONE, "more than 16 certificates in one chain", NULL);
			return RESULT_LIMIT;
		}
		if (count == 0) {
			into->leaf = next;
			continue;
		}
		if (!into->chain)
			into->chain = sk_X509_new_null();
		if (!into->chain || sk_X509_push(into->chain, next) <= 0) {
			X509_free(next);
			return RESULT_NO_MEMORY;
		}
	}
	if (!has_ended_well()) {
		say(complaints, path, SPAN_NONE, "a certificate cannot be read", last_reason());
		return RESULT_MALFORMED;
	}
	if (!into->leaf) {
		say(complaints, path, SPAN("it must hold a block that begins with -----BEGIN CERTIFICATE-----"),
		    "no certificate found", NULL);
		return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

/* A chain in the wrong order works in some browsers and fails in others: refused here, where someone can read why. */
static enum result chain_check(const struct certificate *certificate, struct span path, struct complaints *complaints)
{
	X509 *subject = certificate->leaf;
	for (int i = 0; certificate->chain && i < sk_X509_num(certificate->chain); i++) {
		X509 *issuer = sk_X509_value(certificate->chain, i);
		if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(issuer)) != 0) {
			say(complaints, path, SPAN("the site's own certificate comes first, then the one that signed it, and so on"),
			    "the certificates of the chain are not in order", NULL);
			return RESULT_MALFORMED;
		}
		subject = issuer;
	}
	return RESULT_OK;
}

enum result certificate_read_chain(struct span chain, struct span path, struct complaints *complaints,
                                   struct certificate *out)
{
	struct certificate read = { 0 };
	if (chain.len > CERTIFICATE_PEM_MAX) {
		say(complaints, path, SPAN_NONE, "larger than 256 KiB: not a certificate", NULL);
		return RESULT_LIMIT;
	}
	ERR_clear_error();
	BIO *bio = BIO_new_mem_buf(chain.len > 0 ? chain.at : "", (int)chain.len);
	if (!bio)
		return RESULT_NO_MEMORY;
	enum result result = chain_collect(bio, &read, path, complaints);
	BIO_free(bio);
	if (result == RESULT_OK)
		result = chain_check(&read, path, complaints);
	if (result != RESULT_OK) {
		certificate_done(&read);
		return result;
	}
	*out = read;
	return RESULT_OK;
}

static enum result key_read(struct span pem, struct span path, struct complaints *complaints, EVP_PKEY **out)
{
	bool wants_passphrase = false;
	if (pem.len > CERTIFICATE_PEM_MAX)
		return RESULT_LIMIT;
	BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.at : "", (int)pem.len);
	if (!bio)
		return RESULT_NO_MEMORY;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &wants_passphrase);
	BIO_free(bio);
	if (key) {
		*out = key;
		return RESULT_OK;
	}
	if (wants_passphrase)
		say(complaints, path, SPAN("openssl pkey -in FILE -out NEW writes it without"),
		    "the private key is encrypted, and nobody can type its passphrase here", NULL);
	else if (!span_contains(pem, SPAN(" PRIVATE KEY-----")))
		say(complaints, path, SPAN("it must hold a block that begins with -----BEGIN PRIVATE KEY-----"),
		    "no private key found", NULL);
	else
		say(complaints, path, SPAN_NONE, "the private key cannot be read", last_reason());
	ERR_clear_error();
	return RESULT_MALFORMED;
}

enum result certificate_read(const struct certificate_source *source, struct complaints *complaints,
                             struct certificate *out)
{
	struct certificate read = { 0 };
	enum result result = certificate_read_chain(source->chain, source->chain_path, complaints, &read);
	if (result != RESULT_OK)
		return result;
	result = key_read(source->key, source->key_path, complaints, &read.key);
	if (result == RESULT_OK && X509_check_private_key(read.leaf, read.key) != 1) {
		ERR_clear_error();
		say(complaints, source->key_path, SPAN_NONE, "the private key does not match the certificate", NULL);
		result = RESULT_MALFORMED;
	}
	if (result != RESULT_OK) {
		certificate_done(&read);
		return result;
	}
	*out = read;
	return RESULT_OK;
}

void certificate_done(struct certificate *certificate)
{
	X509_free(certificate->leaf);
	sk_X509_pop_free(certificate->chain, X509_free);
	EVP_PKEY_free(certificate->key);
	*certificate = (struct certificate){ 0 };
}

static int64_t time_ms(const ASN1_TIME *time)
{
	struct tm parts;
	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return 0;
	return (int64_t)timegm(&parts) * 1000;
}

int64_t certificate_not_before_ms(const struct certificate *certificate)
{
	return time_ms(X509_get0_notBefore(certificate->leaf));
}

int64_t certificate_not_after_ms(const struct certificate *certificate)
{
	return time_ms(X509_get0_notAfter(certificate->leaf));
}

static void say_date(struct complaints *complaints, struct span path, const char *what, int64_t ms)
{
	char iso[CLOCK_ISO_LEN + 1];
	clock_write_iso_ms(ms > 0 ? (uint64_t)ms : 0, iso);
	if (complaints)
		complain(complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE, "the certificate %s %.10s", what, iso);
}

bool certificate_check_dates(const struct certificate *certificate, struct span path, int64_t now_ms,
                             struct complaints *complaints)
{
	if (now_ms >= certificate_not_after_ms(certificate)) {
		say_date(complaints, path, "expired on", certificate_not_after_ms(certificate));
		return false;
	}
	if (now_ms < certificate_not_before_ms(certificate)) {
		say_date(complaints, path, "is not valid before", certificate_not_before_ms(certificate));
		return false;
	}
	return true;
}

bool certificate_is_self_signed(const struct certificate *certificate)
{
	return X509_self_signed(certificate->leaf, 0) == 1;
}

static bool name_add(struct span text, bool is_lowered, struct arena *arena, struct span *names, size_t *count)
{
	struct span copy = arena_copy(arena, text);
	if (!copy.at)
		return false;
	char *at = (char *)(uintptr_t)copy.at;  /* ours: just copied */
	for (size_t i = 0; is_lowered && i < copy.len; i++)
		at[i] = ascii_lower(at[i]);
	names[(*count)++] = copy;
	return true;
}

static bool general_name_add(const GENERAL_NAME *name, struct arena *arena, struct span *names, size_t *count)
{
	char text[ADDRESS_TEXT_MAX];
	if (name->type == GEN_DNS) {
		struct span dns = span_make((const char *)ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
		/* A NUL inside a name is an old trick against readers that stop there; such a name is nobody's. */
		return memchr(dns.at, 0, dns.len) ? true : name_add(dns, true, arena, names, count);
	}
	if (name->type != GEN_IPADD)
		return true;
	int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
	if (family == AF_INET6 && ASN1_STRING_length(name->d.iPAddress) != 16)
		return true;
	if (!inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof(text)))
		return true;
	return name_add(span_of(text), false, arena, names, count);
}

enum result certificate_names(const struct certificate *certificate, struct arena *arena, struct span **names, size_t *count)
{
	size_t found = 0;
	struct span *list = arena_new_array(arena, struct span, CERTIFICATE_NAMES_MAX);
	if (!list)
		return RESULT_NO_MEMORY;
	GENERAL_NAMES *alternatives = X509_get_ext_d2i(certificate->leaf, NID_subject_alt_name, NULL, NULL);
	bool is_good = true;
	for (int i = 0; alternatives && is_good && i < sk_GENERAL_NAME_num(alternatives) && found < CERTIFICATE_NAMES_MAX; i++)
		is_good = general_name_add(sk_GENERAL_NAME_value(alternatives, i), arena, list, &found);
	GENERAL_NAMES_free(alternatives);
	char common[256];
	if (is_good && found == 0 &&
	    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate->leaf), NID_commonName, common, sizeof(common)) > 0)
		is_good = name_add(span_of(common), true, arena, list, &found);
	if (!is_good)
		return RESULT_NO_MEMORY;
	*names = list;
	*count = found;
	return RESULT_OK;
}

bool certificate_is_for(const struct certificate *certificate, struct span host)
{
	struct address address;
	char text[256];
	if (span_to_text(host, text, sizeof(text)) != RESULT_OK)
		return false;
	if (address_read(host, &address) == RESULT_OK) {
		const unsigned char *bytes = address.bytes + (address_is_v4(&address) ? 12 : 0);
		return X509_check_ip(certificate->leaf, bytes, address_is_v4(&address) ? 4 : 16, 0) == 1;
	}
	/* "*.x" is compared with the first label made up: any single label must be covered. */
	if (host.len > 2 && text[0] == '*' && text[1] == '.')
		text[0] = 'x';
	return X509_check_host(certificate->leaf, text, 0, 0, NULL) == 1;
}

struct span certificate_header(struct span der, struct buffer *out)
{
	size_t before = buffer_len(out);
	if (buffer_append_byte(out, ':') != RESULT_OK || base64_write(der, out) != RESULT_OK || buffer_append_byte(out, ':') != RESULT_OK)
		return SPAN_NONE;
	return span_skip(buffer_span(out), before);
}

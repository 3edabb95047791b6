#include "hub/people/account/totp.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "net/mac.h"

#include "base/banned.h"

enum result totp_make(const uint8_t secret[TOTP_SECRET_LEN], uint64_t step, char out[7])
{
	unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	uint32_t number;
	size_t at;

	for (unsigned i = 0; i < sizeof(counter); i++)
		counter[i] = (unsigned char)(step >> (56 - 8 * i));
	if (!HMAC(EVP_sha1(), secret, (int)TOTP_SECRET_LEN, counter, sizeof(counter), mac, &len)) {
		ERR_clear_error();
		return RESULT_NO_MEMORY;
	}
	at = mac[len - 1] & 15u;
	number = ((uint32_t)mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, 7, "%06u", number % 1000000u);
	return RESULT_OK;
}

enum result totp_check(const uint8_t secret[TOTP_SECRET_LEN], struct span code, uint64_t wall_s, uint64_t last_step, uint64_t *step)
{
	uint64_t now = wall_s / TOTP_STEP_S, found = 0;
	char due[7];

	if (code.len != 6 || now <= TOTP_DRIFT)
		return RESULT_REFUSED;
	for (uint64_t at = now - TOTP_DRIFT; at <= now + TOTP_DRIFT; at++) {
		enum result result = totp_make(secret, at, due);

		if (result != RESULT_OK)
			return result;
		if (mac_equal((const uint8_t *)due, (const uint8_t *)code.at, 6) && at > last_step && !found)
			found = at;
	}
	if (!found)
		return RESULT_REFUSED;
	*step = found;
	return RESULT_OK;
}

void totp_secret_write(const uint8_t secret[TOTP_SECRET_LEN], char out[TOTP_BASE32_LEN + 1])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t len = 0;

	for (unsigned bit = 0; bit < 8 * TOTP_SECRET_LEN; bit += 5) {
		unsigned pair = (unsigned)secret[bit / 8] << 8 | (bit / 8 + 1 < TOTP_SECRET_LEN ? secret[bit / 8 + 1] : 0u);

		out[len++] = alphabet[pair >> (11 - bit % 8) & 31];
	}
	out[len] = 0;
}

static enum result write_percent(struct span text, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		char c = text.at[i];
		bool is_plain = is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' || c == '.' || c == '_';

		result = is_plain ? buffer_append_byte(out, c) : buffer_print(out, "%%%02X", (unsigned char)c);
	}
	return result;
}

enum result totp_uri_write(const char *secret_base32, struct span site, struct span name, struct buffer *out)
{
	enum result result = buffer_append(out, SPAN("otpauth://totp/"));

	if (result == RESULT_OK)
		result = write_percent(site, out);
	if (result == RESULT_OK)
		result = buffer_append_byte(out, ':');
	if (result == RESULT_OK)
		result = write_percent(name, out);
	if (result == RESULT_OK)
		result = buffer_print(out, "?secret=%s&issuer=", secret_base32);
	return result == RESULT_OK ? write_percent(site, out) : result;
}

#include "event/mask.h"

#include <assert.h>

#include "base/encode.h"

#include "base/banned.h"

#define DIGITS_MIN 7u            /* shorter numbers are years, amounts, house numbers */
#define WORD_WITH_DIGITS_MIN 6u
#define WORD_MIN 20u
#define IBAN_MIN 15u             /* Norway has the shortest; ISO 13616 */
#define SEPARATORS_MAX 2u
#define NAME_RUN_DIGITS 4u       /* "2b" and "line_12" are in names; a year is at the limit */
#define NAME_SEGMENT_MAX 24u
#define NAME_TURNS 3u            /* from letters to digits and back */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
	return is_letter(c) || is_digit(c);
}

/* -- names -- */

/* Anywhere in a name. */
static const struct span secret_parts[] = {
	SPAN_INIT("passw"), SPAN_INIT("pwd"), SPAN_INIT("passphrase"), SPAN_INIT("passcode"), SPAN_INIT("secret"), SPAN_INIT("token"),
	SPAN_INIT("auth"), SPAN_INIT("cookie"), SPAN_INIT("credential"), SPAN_INIT("csrf"), SPAN_INIT("xsrf"), SPAN_INIT("session"),
	SPAN_INIT("apikey"), SPAN_INIT("privatekey"), SPAN_INIT("accesskey"), SPAN_INIT("signature"), SPAN_INIT("wachtwoord"),
	SPAN_INIT("motdepasse"), SPAN_INIT("kennwort"), SPAN_INIT("geheim"), SPAN_INIT("iban"), SPAN_INIT("creditcard"), SPAN_INIT("cardnumber"),
	SPAN_INIT("rijksregister"), SPAN_INIT("registrenational"), SPAN_INIT("nationalregister"), SPAN_INIT("nationalnumber"), SPAN_INIT("viewstate"),
};
/* Words of their own: "pin" is no part of "shopping". */
static const struct span secret_words[] = {
	SPAN_INIT("pin"), SPAN_INIT("pass"), SPAN_INIT("pw"), SPAN_INIT("otp"), SPAN_INIT("totp"), SPAN_INIT("mfa"), SPAN_INIT("tan"),
	SPAN_INIT("key"), SPAN_INIT("sid"), SPAN_INIT("sess"), SPAN_INIT("jwt"), SPAN_INIT("cvv"), SPAN_INIT("cvc"), SPAN_INIT("cvn"),
	SPAN_INIT("mdp"), SPAN_INIT("card"), SPAN_INIT("pan"), SPAN_INIT("ssn"), SPAN_INIT("niss"), SPAN_INIT("insz"), SPAN_INIT("nrn"),
	SPAN_INIT("rrn"), SPAN_INIT("nonce"), SPAN_INIT("code"), SPAN_INIT("puk"), SPAN_INIT("assertion"), SPAN_INIT("samlresponse"),
};

static bool ends_word(struct span name, size_t at)
{
	return at == name.len || !is_letter(name.at[at]) || (at && is_letter(name.at[at - 1]) && name.at[at - 1] >= 'a' && name.at[at] <= 'Z');
}

static bool has_word(struct span name, struct span word)
{
	for (size_t i = 0; i + word.len <= name.len; i++) {
		if ((i == 0 || ends_word(name, i) || !is_letter(name.at[i - 1])) && span_equal_nocase(span_make(name.at + i, word.len), word) &&
		    ends_word(name, i + word.len))
			return true;
	}
	return false;
}

/* Letters only: "api-key" and "mot_de_passe" are "apikey" and "motdepasse". */
static bool has_part(struct span name, struct span part)
{
	for (size_t i = 0; i < name.len; i++) {
		size_t at = i, found = 0;

		while (at < name.len && found < part.len) {
			if (is_letter(name.at[at]) && ascii_lower(name.at[at]) != part.at[found])
				break;
			found += is_letter(name.at[at]);
			at++;
		}
		if (found == part.len)
			return true;
	}
	return false;
}

bool mask_is_secret(struct span name)
{
	for (size_t i = 0; i < sizeof(secret_parts) / sizeof(*secret_parts); i++) {
		if (has_part(name, secret_parts[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(secret_words) / sizeof(*secret_words); i++) {
		if (has_word(name, secret_words[i]))
			return true;
	}
	return false;
}

bool mask_keeps(struct span target)
{
	static const struct span by_name[] = { SPAN_INIT("ARGS"), SPAN_INIT("ARGS_GET"), SPAN_INIT("ARGS_POST"), SPAN_INIT("FILES") };
	static const struct span whole[] = { SPAN_INIT("REQUEST_METHOD"), SPAN_INIT("REQUEST_PROTOCOL"), SPAN_INIT("REQUEST_BASENAME"),
		                             SPAN_INIT("REQUEST_HEADERS:User-Agent"), SPAN_INIT("REQUEST_HEADERS:Content-Type"),
		                             SPAN_INIT("REQUEST_HEADERS:Host"), SPAN_INIT("REQUEST_HEADERS:Accept") };
	struct span name = target, variable = span_cut(&name, ':');

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		if (span_equal_nocase(target, whole[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(by_name) / sizeof(*by_name); i++) {
		if (name.len && span_equal_nocase(variable, by_name[i]))
			return !mask_is_secret(name);
	}
	return false;
}

/* -- texts -- */

/* How many bytes at the front are a number of DIGITS_MIN digits, grouped somehow; 0: none. */
static size_t number_len(struct span text)
{
	size_t digits = 0, separators = 0, len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (is_digit(text.at[i])) {
			digits++;
			separators = 0;
			len = i + 1;
		} else if (!memchr(" .-/_+:,\t", text.at[i], 9) || ++separators > SEPARATORS_MAX) {
			break;
		}
	}
	return digits >= DIGITS_MIN ? len : 0;
}

/* "BE68 5390 0754 7034": two letters, two digits, groups. */
static size_t iban_len(struct span text)
{
	size_t signs = 0, digits = 0, len = 0;

	if (text.len < IBAN_MIN || !is_letter(text.at[0]) || !is_letter(text.at[1]))
		return 0;
	for (size_t i = 0; i < text.len && signs < 34; i++) {
		if (is_alnum(text.at[i])) {
			if ((signs == 2 || signs == 3) && !is_digit(text.at[i]))
				return 0;
			signs++;
			digits += is_digit(text.at[i]);
			len = i + 1;
		} else if (!memchr(" .-+", text.at[i], 4) || len < i) {
			break;
		}
	}
	return signs >= IBAN_MIN && digits >= DIGITS_MIN ? len : 0;
}

static size_t run_len(struct span text)
{
	size_t len = 0;

	while (len < text.len && (is_alnum(text.at[len]) || text.at[len] == '_' || text.at[len] == '-' || (unsigned char)text.at[len] >= 0x80))
		len++;
	return len;
}

static bool is_opaque(struct span word)
{
	bool has_digit = false;

	for (size_t i = 0; i < word.len; i++)
		has_digit |= is_digit(word.at[i]);
	return word.len >= WORD_MIN || (has_digit && word.len >= WORD_WITH_DIGITS_MIN);
}

/* What is said to be NAME's ("=secret", ": secret", "' = 'secret"): where it begins and ends, behind the name. */
static bool assigned(struct span rest, size_t *from, size_t *to)
{
	size_t at = 0;
	bool is_assigned = false;

	while (at < rest.len && memchr(" \t\"'=:>[]", rest.at[at], 9)) {
		is_assigned |= rest.at[at] == '=' || rest.at[at] == ':' || rest.at[at] == '>';
		at++;
	}
	*from = at;
	while (at < rest.len && !memchr(" \t\r\n&;,\"'<>", rest.at[at], 11))
		at++;
	*to = at;
	return is_assigned && *to > *from;
}

struct mask {
	struct span text;
	char *out;
	size_t at, len;
};

static void put(struct mask *mask, char c)
{
	if (mask->len < MASK_TEXT_MAX)
		mask->out[mask->len++] = c;
}

static void put_plain(struct mask *mask, size_t count)
{
	for (; count && mask->at < MASK_BYTES; count--)
		put(mask, mask->text.at[mask->at++]);
	mask->at += count;
}

static void put_masked(struct mask *mask, size_t count)
{
	char digits[DECIMAL_MAX];
	size_t len = decimal_write(count, digits);

	put(mask, '*');
	for (size_t i = 0; i < len; i++)
		put(mask, digits[i]);
	mask->at += count;
}

static void put_word(struct mask *mask, struct span word)
{
	struct span rest = span_skip(mask->text, mask->at + word.len);
	size_t from, to;

	if (is_opaque(word)) {
		put_masked(mask, word.len);
		return;
	}
	put_plain(mask, word.len);
	if (mask_is_secret(word) && assigned(rest, &from, &to)) {
		put_plain(mask, from);
		if (mask->at < MASK_BYTES)
			put_masked(mask, to - from);
	}
}

struct span mask_match(struct span text, char *out)
{
	struct mask mask = { .text = text, .out = out };

	while (mask.at < text.len && mask.at < MASK_BYTES) {
		struct span rest = span_skip(text, mask.at), word = span_take(rest, run_len(rest));
		size_t secret = iban_len(rest);

		secret = secret ? secret : number_len(rest);
		if (secret < word.len && is_opaque(word))
			secret = word.len;
		if (secret)
			put_masked(&mask, secret);
		else if (word.len)
			put_word(&mask, word);
		else
			put_plain(&mask, 1);
	}
	return span_make(out, mask.len);
}

/* A field's name as forms have them ("tx_news_pi1[item]"): not what somebody wrote into one. */
static bool is_name(struct span name)
{
	size_t digits = 0, run = 0, segment = 0, turns = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i], before = i ? name.at[i - 1] : '.';

		if (!is_alnum(c) && !memchr("_-.[]/*:@$", c, 10))
			return false;
		digits += is_digit(c);
		run = is_digit(c) ? run + 1 : 0;
		segment = is_alnum(c) ? segment + 1 : 0;
		turns = !segment ? 0 : turns + (is_alnum(before) && is_digit(c) != is_digit(before));
		if (run >= NAME_RUN_DIGITS || segment > NAME_SEGMENT_MAX || turns >= NAME_TURNS)
			return false;
	}
	return name.len <= MASK_NAME_MAX && digits < DIGITS_MIN;
}

/* "?secret" is a field without a value, or a value without a name; rules that look at names alone were given one of these. */
static bool may_be_value(struct span variable, struct span name, size_t value_len)
{
	char text[MASK_TEXT_MAX];

	return (!value_len || span_ends(variable, SPAN("_NAMES"))) && !span_equal(mask_match(name, text), name);
}

struct span mask_target(struct span target, size_t value_len, char *out, bool *is_whole)
{
	struct span name = target, variable = span_cut(&name, ':');
	char text[MASK_TEXT_MAX];
	struct span masked;

	*is_whole = !name.at || (is_name(name) && !may_be_value(variable, name, value_len));
	if (*is_whole || variable.len + 1 > MASK_TEXT_MAX / 2) {
		masked = span_take(*is_whole ? target : variable, MASK_TEXT_MAX);
		if (masked.len)
			memcpy(out, masked.at, masked.len);
		return span_make(out, masked.len);
	}
	memcpy(out, target.at, variable.len + 1);
	masked = span_take(mask_match(name, text), MASK_TEXT_MAX - variable.len - 1);
	memcpy(out + variable.len + 1, masked.at, masked.len);
	return span_make(out, variable.len + 1 + masked.len);
}

/* -- pairs -- */

static_assert(MASK_NAME_MAX + 2 + DECIMAL_MAX <= MASK_TEXT_MAX, "a pair has room");

/* NAME without its %-encoding, in OUT, which has room for as much; false: it is no name anyway. */
static bool decode_name(struct span name, char out[MASK_NAME_MAX], struct span *decoded)
{
	size_t len = 0;

	if (name.len > MASK_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len;)
		out[len++] = percent_byte(name, &i);
	*decoded = span_make(out, len);
	return true;
}

static size_t put_masked_len(char *out, size_t len)
{
	out[0] = '*';
	return 1 + decimal_write(len, out + 1);
}

/* Security, fails closed: what is no name for sure is not written. */
struct span mask_pair(struct span pair, char *out)
{
	size_t equal = span_find(pair, '='), padding = equal, len;
	struct span name = span_take(pair, equal), decoded;
	char plain[MASK_NAME_MAX];

	while (padding < pair.len && pair.at[padding] == '=')
		padding++;
	if (!pair.len || (padding == pair.len && padding - equal != 1))
		return span_make(out, pair.len ? put_masked_len(out, pair.len) : 0);
	len = name.len;
	if (decode_name(name, plain, &decoded) && is_name(decoded) && !may_be_value(SPAN_NONE, decoded, pair.len - equal - 1)) {
		if (len)
			memcpy(out, name.at, len);
	} else {
		len = put_masked_len(out, len);
	}
	out[len++] = '=';
	return span_make(out, len + put_masked_len(out + len, pair.len - equal - 1));
}

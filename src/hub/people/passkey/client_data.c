#include "hub/people/passkey/client_data.h"

#include "base/encode.h"
#include "event/json.h"

#include "base/banned.h"

static enum result check(const struct json *root, struct span type, struct span origin, uint8_t challenge[CHALLENGE_LEN])
{
	const struct json *crossing = json_find(root, "crossOrigin");
	struct span text = json_text_of(json_find(root, "challenge"));

	if (!json_has_object(root) || !json_has_text(json_find(root, "type")) || !json_has_text(json_find(root, "origin")) || (crossing && !json_has_bool(crossing)) ||
	    base64url_read(text, challenge, CHALLENGE_LEN) != RESULT_OK)
		return RESULT_MALFORMED;
	if (!span_equal(json_text_of(json_find(root, "type")), type) || !span_equal(json_text_of(json_find(root, "origin")), origin) || json_bool_of(crossing))
		return RESULT_REFUSED;
	return RESULT_OK;
}

enum result client_data_read(struct span text, struct span type, struct span origin, uint8_t challenge[CHALLENGE_LEN])
{
	struct json *root;
	enum result result;

	if (text.len > CLIENT_DATA_MAX)
		return RESULT_MALFORMED;
	result = json_read(text, &root);
	if (result != RESULT_OK)
		return result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
	result = check(root, type, origin, challenge);
	json_drop(root);
	return result;
}

/* -- CBOR, as far as it is needed -- */

enum major { CBOR_NUMBER, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_LIST, CBOR_MAP, CBOR_TAG, CBOR_SIMPLE };

struct cbor {
	struct span rest;
	bool is_bad;
};

static unsigned take_byte(struct cbor *cbor)
{
	unsigned byte = 0;

	cbor->is_bad |= !cbor->rest.len;
	if (!cbor->is_bad)
		byte = (unsigned char)cbor->rest.at[0];
	cbor->rest = span_skip(cbor->rest, 1);
	return byte;
}

/* The front of an item: its kind, and its number or length. Lengths that are not told are not canonical (CTAP2), and refused. */
static enum major take_front(struct cbor *cbor, uint64_t *number)
{
	unsigned byte = take_byte(cbor), more = byte & 31;

	*number = more;
	cbor->is_bad |= more > 27;
	if (more >= 24 && more <= 27) {
		*number = 0;
		for (unsigned i = 0; i < 1u << (more - 24); i++)
			*number = *number << 8 | take_byte(cbor);
	}
	return (enum major)(byte >> 5);
}

static struct span take_bytes(struct cbor *cbor, uint64_t count)
{
	struct span bytes;

	cbor->is_bad |= count > cbor->rest.len;
	bytes = cbor->is_bad ? SPAN_NONE : span_take(cbor->rest, (size_t)count);
	cbor->rest = span_skip(cbor->rest, bytes.len);
	return bytes;
}

static void pass_over(struct cbor *cbor, unsigned depth)
{
	uint64_t number;
	enum major major = take_front(cbor, &number);

	cbor->is_bad |= depth == ATTESTATION_DEPTH;
	if (major == CBOR_BYTES || major == CBOR_TEXT)
		(void)take_bytes(cbor, number);
	if (major != CBOR_LIST && major != CBOR_MAP && major != CBOR_TAG)
		return;
	cbor->is_bad |= number > ATTESTATION_MAX;
	for (uint64_t left = major == CBOR_TAG ? 1 : major == CBOR_MAP ? 2 * number : number; left && !cbor->is_bad; left--)
		pass_over(cbor, depth + 1);
}

static struct span take_text(struct cbor *cbor)
{
	uint64_t number;

	cbor->is_bad |= take_front(cbor, &number) != CBOR_TEXT;
	return take_bytes(cbor, number);
}

enum result attestation_read(struct span bytes, struct span *authenticator_data)
{
	struct cbor cbor = { bytes, bytes.len > ATTESTATION_MAX };
	struct span found = SPAN_NONE;
	unsigned seen = 0;
	uint64_t number;

	cbor.is_bad |= take_front(&cbor, &number) != CBOR_MAP || number != 3;
	for (unsigned i = 0; i < 3 && !cbor.is_bad; i++) {
		struct span key = take_text(&cbor);

		if (span_equal(key, SPAN("fmt"))) {
			seen |= 1;
			(void)take_text(&cbor);
		} else if (span_equal(key, SPAN("attStmt"))) {
			seen |= 2;
			pass_over(&cbor, 0);
		} else if (span_equal(key, SPAN("authData"))) {
			seen |= 4;
			cbor.is_bad |= take_front(&cbor, &number) != CBOR_BYTES;
			found = take_bytes(&cbor, number);
		}
	}
	if (cbor.is_bad || seen != 7 || cbor.rest.len)
		return RESULT_MALFORMED;
	*authenticator_data = found;
	return RESULT_OK;
}

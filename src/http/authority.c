#include "base/address.h"
#include "http/head_reader.h"
#include "message/scan.h"

#include "base/banned.h"

#define HOST_BYTES_MAX 253  /* RFC 1035, without the trailing dot */

static bool all_digits(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.at[i]))
			return false;
	}
	return text.len != 0;
}

/* Labels of letters, digits, '-' and '_', none empty. A name that ends in a number is an IPv4 address or nothing, so that
 * "1.2.3" and "0300.1.1.1" cannot mean one host to us and another to the origin. */
static bool is_host_name(struct span host)
{
	struct span rest = host, label;
	struct address address;

	if (host.len == 0 || host.len > HOST_BYTES_MAX)
		return false;
	if (scan_class(host.at, host.at + host.len, BYTE_HOST) != host.at + host.len || host.at[host.len - 1] == '.')
		return false;
	do {
		label = span_cut(&rest, '.');
		if (label.len == 0)
			return false;
	} while (rest.at);
	return !all_digits(label) || address_read(host, &address) == RESULT_OK;
}

static enum result port_read(struct span text, uint16_t *port)
{
	uint64_t value;

	if (text.len > 5 || span_to_u64(text, UINT16_MAX, &value) != RESULT_OK || value == 0)
		return RESULT_MALFORMED;
	*port = (uint16_t)value;
	return RESULT_OK;
}

enum result authority_read(struct span text, struct span *host, uint16_t *port)
{
	bool is_v6 = text.len && text.at[0] == '[';
	size_t host_len = is_v6 ? span_find(text, ']') + 1 : span_find(text, ':');
	struct span name, rest;
	struct address address;
	uint16_t number = 0;

	if (host_len > text.len)
		return RESULT_MALFORMED;
	name = span_take(text, host_len);
	rest = span_skip(text, host_len);
	if (rest.len && (rest.at[0] != ':' || port_read(span_skip(rest, 1), &number) != RESULT_OK))
		return RESULT_MALFORMED;
	if (is_v6) {
		if (address_read(name, &address) != RESULT_OK)
			return RESULT_MALFORMED;
	} else {
		if (name.len > 1 && name.at[name.len - 1] == '.')
			name.len--;
		if (!is_host_name(name))
			return RESULT_MALFORMED;
	}
	*host = name;
	*port = number;
	return RESULT_OK;
}

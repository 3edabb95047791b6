/* Host names, addresses, URLs and paths as a person writes them in a configuration. */
#include <stdio.h>

#include "config/value.h"

#include "base/banned.h"

#define LABEL_MAX 63

static bool is_label_char(char c)
{
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

static bool is_label(struct span label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_label_char(label.at[i]))
			return false;
	}
	return true;
}

/* RFC 1123 labels; "_" too, which internal names have. A last label of digits only would be an address gone wrong. */
static bool is_name(struct span text)
{
	struct span rest = text, label = SPAN_NONE;
	uint64_t number;

	if (text.len == 0 || text.len > KEY_HOST_MAX)
		return false;
	while (rest.at) {
		label = span_cut(&rest, '.');
		if (!is_label(label))
			return false;
	}
	return span_to_u64(label, UINT64_MAX, &number) == RESULT_MALFORMED;
}

static void lower(struct span text)
{
	/* The pool's own copy, not yet seen by anyone else. */
	char *at = (char *)(uintptr_t)text.at;

	for (size_t i = 0; i < text.len; i++)
		at[i] = ascii_lower(at[i]);
}

static enum result copy_lower(struct span text, struct value_reader *reader, struct span *out)
{
	struct span copy = text_pool_copy(reader->pool, text);

	if (!copy.at)
		return RESULT_NO_MEMORY;
	lower(copy);
	*out = copy;
	return RESULT_OK;
}

static enum result copy_address(const struct address *address, struct value_reader *reader, struct span *out)
{
	char text[ADDRESS_TEXT_MAX], bracketed[ADDRESS_TEXT_MAX + 2];

	address_write(address, text);
	snprintf(bracketed, sizeof(bracketed), address_is_v4(address) ? "%s" : "[%s]", text);
	return copy_lower(span_of(bracketed), reader, out);
}

static bool has_high_bytes(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] >= 0x80)
			return true;
	}
	return false;
}

static void suggest_host(struct span text, struct value_reader *reader)
{
	struct span scheme = span_starts_nocase(text, SPAN("https://")) ? SPAN("https://") : SPAN("http://");

	if (has_high_bytes(text)) {
		snprintf(reader->words, sizeof(reader->words), "write it in its xn-- form");
		return;
	}
	if (span_starts_nocase(text, scheme))
		text = span_skip(text, scheme.len);
	text = span_take(text, span_find(text, '/'));
	text = span_take(text, span_find(text, ':'));
	if (text.len && text.at[text.len - 1] == '.')
		text.len--;
	if (is_name(text) && text.len < 60)
		snprintf(reader->words, sizeof(reader->words), "did you mean %.*s?", SPAN_ARG(text));
}

enum result host_read(struct span text, struct value_reader *reader, struct span *out)
{
	struct address address;

	if (address_read(text, &address) == RESULT_OK)
		return copy_address(&address, reader, out);
	if (is_name(span_starts(text, SPAN("*.")) ? span_skip(text, 2) : text))
		return copy_lower(text, reader, out);
	suggest_host(text, reader);
	return RESULT_MALFORMED;
}

bool host_matches(struct span pattern, struct span host)
{
	if (span_equal_nocase(pattern, host))
		return true;
	if (!span_starts(pattern, SPAN("*.")) || host.len < pattern.len)
		return false;
	return span_equal_nocase(span_skip(pattern, 1), span_skip(host, host.len - (pattern.len - 1)));
}

/* "host", "host:port", "[::1]:port" of an URL. */
static bool read_authority(struct span text, struct url *url, struct span *host, struct address *address)
{
	size_t end = text.len && text.at[0] == '[' ? span_find(text, ']') + 1 : span_find(text, ':');
	uint64_t port = url->is_tls ? 443 : 80;

	if (end > text.len)
		return false;
	*host = span_take(text, end);
	if (end < text.len && (text.at[end] != ':' || span_to_u64(span_skip(text, end + 1), 65535, &port) != RESULT_OK || port == 0))
		return false;
	url->port = (uint16_t)port;
	return address_read(*host, address) == RESULT_OK || is_name(*host);
}

static bool is_path(struct span path)
{
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.at[i];

		if (c <= 0x20 || c >= 0x7f || c == '?' || c == '#' || c == '\\')
			return false;
	}
	return path.len <= KEY_TEXT_DEFAULT_MAX;
}

static void suggest_url(struct span text, struct value_reader *reader)
{
	struct address address;
	struct span host;
	struct url url = { 0 };

	if (text.len < 60 && !span_contains(text, SPAN("://")) && read_authority(span_take(text, span_find(text, '/')), &url, &host, &address))
		snprintf(reader->words, sizeof(reader->words), "did you mean http://%.*s?", SPAN_ARG(text));
}

static enum result keep_url(struct span host, const struct address *address, struct span path, struct value_reader *reader,
                            struct url *url)
{
	char text[sizeof("https://") + KEY_HOST_MAX + sizeof("[]:65535")];
	char plain[KEY_HOST_MAX + 1];
	size_t start = url->is_tls ? sizeof("https://") - 1 : sizeof("http://") - 1;
	bool is_v6 = address && !address_is_v4(address);
	int count;

	if (address)
		address_write(address, plain);
	else
		snprintf(plain, sizeof(plain), "%.*s", SPAN_ARG(host));
	count = snprintf(text, sizeof(text), "%s%s%s%s:%u", url->is_tls ? "https://" : "http://", is_v6 ? "[" : "", plain,
	                 is_v6 ? "]" : "", url->port);
	if (copy_lower(span_make(text, (size_t)count), reader, &url->text) != RESULT_OK)
		return RESULT_NO_MEMORY;
	url->host = span_make(url->text.at + start + is_v6, strlen(plain));
	url->path = path.len ? text_pool_copy(reader->pool, path) : SPAN("");
	return url->path.at ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result url_read(struct span text, struct value_reader *reader, struct url *out)
{
	struct url url = { .is_tls = span_starts_nocase(text, SPAN("https://")) };
	struct address address;
	struct span rest, host, path;
	bool has_address;

	if (!url.is_tls && !span_starts_nocase(text, SPAN("http://"))) {
		suggest_url(text, reader);
		return RESULT_MALFORMED;
	}
	rest = span_skip(text, url.is_tls ? 8 : 7);
	path = span_skip(rest, span_find(rest, '/'));
	if (!read_authority(span_take(rest, rest.len - path.len), &url, &host, &address) || !is_path(path))
		return RESULT_MALFORMED;
	has_address = address_read(host, &address) == RESULT_OK;
	if (keep_url(host, has_address ? &address : NULL, path, reader, &url) != RESULT_OK)
		return RESULT_NO_MEMORY;
	*out = url;
	return RESULT_OK;
}

/* Folder and name joined, "." and ".." and doubled slashes taken out by text (no file is looked at), so that a folder
 * granted to a tenant is compared with what will be opened. */
enum result path_read(struct span text, struct value_reader *reader, struct span *out)
{
	bool is_absolute = text.len && text.at[0] == '/';
	struct span sources[2] = { is_absolute ? SPAN_NONE : reader->folder, text };
	char joined[KEY_PATH_MAX + 2];
	size_t len = 0;

	if (text.len == 0 || !text_is_plain(text))
		return RESULT_MALFORMED;
	for (size_t i = 0; i < 2; i++) {
		struct span rest = sources[i];

		while (rest.at) {
			struct span part = span_cut(&rest, '/');

			if (part.len == 0 || span_equal(part, SPAN(".")))
				continue;
			if (span_equal(part, SPAN(".."))) {
				len = len ? span_find_last(span_make(joined, len), '/') : 0;
				continue;
			}
			if (len + 1 + part.len > KEY_PATH_MAX)
				return RESULT_LIMIT;
			joined[len++] = '/';
			memcpy(joined + len, part.at, part.len);
			len += part.len;
		}
	}
	if (len == 0)
		joined[len++] = '/';
	*out = text_pool_copy(reader->pool, span_make(joined, len));
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

#include "http/chunk.h"

#include "base/encode.h"
#include "http/field_line.h"
#include "message/scan.h"

#include "base/banned.h"

static enum result malformed(enum http_fault *fault, enum http_fault reason)
{
	*fault = reason;
	return RESULT_MALFORMED;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Past a quoted-string that begins at AT; NULL when it does not end. Its bytes are known to be BYTE_TEXT. */
static const char *quoted_skip(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && ++at == end)
			return NULL;
	}
	return NULL;
}

/* Past one ";name[=value]"; NULL when it is not one. */
static const char *extension_skip(const char *at, const char *end)
{
	const char *stop;

	at = skip_blanks(at, end);
	if (at == end || *at != ';')
		return NULL;
	at = skip_blanks(at + 1, end);
	stop = scan_token(at, end);
	if (stop == at)
		return NULL;
	at = skip_blanks(stop, end);
	if (at == end || *at != '=')
		return stop;
	at = skip_blanks(at + 1, end);
	if (at < end && *at == '"')
		return quoted_skip(at, end);
	stop = scan_token(at, end);
	return stop == at ? NULL : stop;
}

static bool are_extensions(const char *at, const char *end)
{
	while (at && at < end)
		at = extension_skip(at, end);
	return at != NULL;
}

enum result chunk_line_read(const char **at, const char *end, uint64_t *size, uint32_t *extension_bytes,
                            enum http_fault *fault)
{
	const char *digits = *at, *stop = digits, *extensions;
	uint64_t value = 0;

	for (; stop < end && hex_digit(*stop) >= 0; stop++) {
		if (stop - digits == CHUNK_DIGITS_MAX)
			return malformed(fault, HTTP_FAULT_CHUNK_SIZE);
		value = value << 4 | (uint64_t)hex_digit(*stop);
	}
	if (value > INT64_MAX)
		return malformed(fault, HTTP_FAULT_CHUNK_SIZE);
	if (stop == end)
		return RESULT_MORE;
	if (stop == digits || (*stop != '\r' && *stop != ';' && *stop != ' ' && *stop != '\t'))
		return line_fault(stop, end, HTTP_FAULT_CHUNK_SIZE, fault);
	extensions = stop;
	if (end - stop > CHUNK_EXTENSION_BYTES_MAX)
		stop = scan_text(stop, stop + CHUNK_EXTENSION_BYTES_MAX + 1);
	else
		stop = scan_text(stop, end);
	if (stop - extensions > CHUNK_EXTENSION_BYTES_MAX)
		return malformed(fault, HTTP_FAULT_CHUNK_EXTENSION);
	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return line_fault(stop, end, HTTP_FAULT_CHUNK_EXTENSION, fault);
	if (!are_extensions(extensions, stop))
		return malformed(fault, HTTP_FAULT_CHUNK_EXTENSION);
	*size = value;
	*extension_bytes = (uint32_t)(stop - extensions);
	*at = stop + 2;
	return RESULT_OK;
}

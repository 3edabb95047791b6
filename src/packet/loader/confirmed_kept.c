/* What waits noted, confirmed, read at a start, and forgotten: on disk. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "packet/lists/file.h"
#include "packet/loader/confirmed.h"
#include "packet/loader/files.h"

#include "base/banned.h"

static enum result write_network(const struct network *network, struct buffer *out)
{
	char text[NETWORK_TEXT_MAX];

	network_write(network, text);
	return buffer_print(out, "%s\n", text);
}

static enum result write_denied(const struct packet_prefixes *denied, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < denied->v4_count; i++) {
		struct packet_range range = denied->v4[i];
		struct network network;
		bool goes_on = true;

		while (goes_on && result == RESULT_OK) {
			goes_on = range_cut(&range, &network);
			result = write_network(&network, out);
		}
	}
	for (size_t i = 0; i < denied->v6_count && result == RESULT_OK; i++)
		result = write_network(&denied->v6[i], out);
	return result;
}

void confirmed_note(const struct packet_wish *wish, const struct packet_ground *ground, const struct packet_prefixes *denied, struct complaints *complaints)
{
	const char *why;
	struct buffer text;
	enum result result;

	buffer_init(&text, PREFIX_FILE_BYTES);
	result = write_denied(denied, &text);
	if (result == RESULT_OK)
		result = loader_file_write(PENDING_FOLDER, "denied", buffer_span(&text));
	buffer_reset(&text);
	if (result == RESULT_OK && wish)
		result = confirmed_write(wish, ground, &text);
	if (result == RESULT_OK && wish)
		result = loader_file_write(PENDING_FOLDER, "wish", buffer_span(&text));
	buffer_done(&text);
	if (result == RESULT_OK)
		return;
	why = result == RESULT_IO ? strerror(errno) : result_name(result);
	/* Half a note is none: a list noted beside the wish of an attach before would be confirmed with that. */
	(void)!loader_file_remove(PENDING_FOLDER, "denied");
	(void)!loader_file_remove(PENDING_FOLDER, "wish");
	LOADER_WARN(complaints, "", "it will not be attached by itself at a start of the machine, for it cannot be noted: %s", why);
}

static enum result keep(const char *name, size_t most)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, most);
	result = loader_file_read(PENDING_FOLDER, name, &text);
	if (result == RESULT_OK)
		result = loader_file_write(CONFIRMED_FOLDER, name, buffer_span(&text));
	buffer_done(&text);
	return result;
}

static enum result keep_all(void)
{
	enum result result = loader_folder_make(CONFIRMED_FOLDER);

	/* The list first: a wish without its list would deny less than was confirmed, and never more. Each note has one. */
	if (result == RESULT_OK)
		result = keep("denied", PREFIX_FILE_BYTES);
	if (result != RESULT_OK)
		return result;
	result = keep("wish", CONFIRMED_BYTES);
	return result == RESULT_NOT_FOUND ? RESULT_OK : result;  /* a list alone: what was wanted stays */
}

void confirmed_keep(struct complaints *complaints)
{
	enum result result = keep_all();
	const char *why = result == RESULT_IO ? strerror(errno) : result == RESULT_NOT_FOUND ? "there is no note of what it is about" : result_name(result);

	if (result == RESULT_OK)
		return;
	/* What was confirmed before is not what is confirmed now. */
	if (confirmed_forget(complaints) != RESULT_REFUSED)
		LOADER_WARN(complaints, "", "it stays, but is not attached by itself at the next start of the machine: " CONFIRMED_FOLDER ": %s", why);
}

enum result confirmed_forget(struct complaints *complaints)
{
	enum result result = loader_file_remove(CONFIRMED_FOLDER, "wish");

	if (result == RESULT_IO) {
		LOADER_COMPLAIN(complaints, "remove it", "what was confirmed cannot be removed, and may be attached at the next start of the machine: " CONFIRMED_FOLDER "/wish: %s", strerror(errno));
		result = RESULT_REFUSED;
	}
	(void)!loader_file_remove(CONFIRMED_FOLDER, "denied");  /* neither is attached without the other */
	return result;
}

bool confirmed_is_there(void)
{
	return access(CONFIRMED_FOLDER "/wish", F_OK) == 0;
}

static enum result read_denied(struct complaints *complaints, struct packet_prefixes *out)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, PREFIX_FILE_BYTES);
	result = loader_file_read(CONFIRMED_FOLDER, "denied", &text);
	if (result == RESULT_OK)
		result = prefix_text_read(SPAN(CONFIRMED_FOLDER "/denied"), buffer_span(&text), complaints, out);
	buffer_done(&text);
	return result;
}

enum result loader_confirmed(const struct packet_wish *wish, struct complaints *complaints, struct packet_prefixes *denied, struct packet_ground *ground)
{
	enum result result = loader_folder_make(CONFIRMED_FOLDER);
	struct buffer text;

	if (result != RESULT_OK) {
		LOADER_COMPLAIN(complaints, "remove it", CONFIRMED_FOLDER " is not a folder of this user's own, closed to others: %s", result == RESULT_IO ? strerror(errno) : "refused");
		return RESULT_REFUSED;
	}
	buffer_init(&text, CONFIRMED_BYTES);
	result = loader_file_read(CONFIRMED_FOLDER, "wish", &text);
	if (result == RESULT_OK)
		result = confirmed_compare(buffer_span(&text), wish, complaints, ground);
	buffer_done(&text);
	if (result == RESULT_OK && read_denied(complaints, denied) != RESULT_OK)
		result = RESULT_MALFORMED;
	if (result == RESULT_OK || result == RESULT_NOT_FOUND || result == RESULT_REFUSED)
		return result;
	LOADER_COMPLAIN(complaints, "bouclier packet attach, then confirm", "what was confirmed cannot be read in " CONFIRMED_FOLDER ": %s",
	                result == RESULT_IO ? strerror(errno) : result_name(result));
	return RESULT_REFUSED;
}

static void look_line(struct span line, struct spared *spared, bool *is_observing)
{
	struct span key = span_cut(&line, ':'), words = span_trim(line);
	struct network network;

	if (span_equal(key, SPAN("packet.mode")))
		*is_observing = span_equal(words, SPAN("observe"));
	if (!span_equal(key, SPAN("management, trusted_proxies")))
		return;
	while (words.len) {
		if (network_read(span_cut(&words, ' '), &network) == RESULT_OK)
			spared_add(spared, &network, SPARED_MANAGEMENT);
	}
}

enum result confirmed_look(struct spared *spared, bool *is_observing, struct packet_prefixes *denied)
{
	struct complaints unheard;
	struct buffer text;
	enum result result;

	*is_observing = false;
	complaints_init(&unheard);
	buffer_init(&text, CONFIRMED_BYTES);
	result = loader_file_read(CONFIRMED_FOLDER, "wish", &text);
	if (result == RESULT_OK) {
		struct span lines = buffer_span(&text);

		while (lines.len)
			look_line(span_cut(&lines, '\n'), spared, is_observing);
		result = read_denied(&unheard, denied);
	}
	buffer_done(&text);
	complaints_done(&unheard);
	return result;
}

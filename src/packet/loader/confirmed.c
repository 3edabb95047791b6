#include "packet/loader/confirmed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "packet/lists/file.h"
#include "packet/loader/files.h"

#include "base/banned.h"

#define WORDS_BYTES_MAX 32768u
#define PRINT(...) \
	do { \
		enum result printed_result = buffer_print(out, __VA_ARGS__); \
		if (printed_result != RESULT_OK) \
			return printed_result; \
	} while (0)

static const char *const only_names[] = { [PACKET_ANY_RUNG] = "any", [PACKET_ONLY_XDP] = "xdp", [PACKET_ONLY_NFT] = "nftables" };

/* -- lines -- */

static enum result write_numbers(const char *key, const struct list_value *numbers, struct buffer *out)
{
	const int64_t *list = numbers->items;

	PRINT("%s:", key);
	for (size_t i = 0; i < numbers->count; i++)
		PRINT(" %lld", (long long)list[i]);
	PRINT("\n");
	return RESULT_OK;
}

static enum result write_names(const char *key, const struct list_value *names, struct buffer *out)
{
	const struct span *list = names->items;

	PRINT("%s:", key);
	for (size_t i = 0; i < names->count; i++)
		PRINT(" %.*s", SPAN_ARG(list[i]));
	PRINT("\n");
	return RESULT_OK;
}

static enum result write_management(const struct packet_wish *wish, struct buffer *out)
{
	PRINT("management, trusted_proxies:");
	for (unsigned i = 0; i < wish->spared->count; i++) {
		char text[NETWORK_TEXT_MAX];

		if (wish->spared->list[i].why != SPARED_MANAGEMENT)
			continue;  /* who is connected, gateways, resolvers: as they are when it is attached */
		network_write(&wish->spared->list[i].network, text);
		PRINT(" %s", text);
	}
	PRINT("\n");
	return RESULT_OK;
}

static enum result write_rest(const struct packet_wish *wish, struct buffer *out)
{
	const struct packet_budget_settings *budget = &wish->settings->budget;

	PRINT("packet.source_budget: %lld/%lldms %lld %lld/%lldms %lld\n", (long long)budget->packets.count, (long long)budget->packets.per_ms, (long long)budget->packets_burst,
	      (long long)budget->unproven.count, (long long)budget->unproven.per_ms, (long long)budget->unproven_burst);
	PRINT("listen:");
	for (unsigned i = 0; i < wish->listen_count; i++)
		PRINT(" %u", wish->listens[i]);
	PRINT("\n");
	return RESULT_OK;
}

enum result confirmed_write(const struct packet_wish *wish, const struct packet_ground *ground, struct buffer *out)
{
	const struct packet_filter_settings *settings = wish->settings;
	enum result result = write_names("packet.interfaces", &settings->interfaces, out);

	if (result == RESULT_OK)
		result = buffer_print(out, "packet.mode: %s\npacket.strict: %s\n", settings->mode == PACKET_MODE_OBSERVE ? "observe" : "enforce", settings->is_strict ? "true" : "false");
	if (result == RESULT_OK)
		result = buffer_print(out, "packet.expose: %s\n", settings->expose.tcp.count || settings->expose.udp.count ? "on" : "off");
	if (result == RESULT_OK)
		result = write_numbers("packet.expose.tcp", &settings->expose.tcp, out);
	if (result == RESULT_OK)
		result = write_numbers("packet.expose.udp", &settings->expose.udp, out);
	if (result == RESULT_OK)
		result = write_numbers("packet.reflectors", &settings->reflectors, out);
	if (result == RESULT_OK)
		result = write_management(wish, out);
	if (result == RESULT_OK)
		result = write_rest(wish, out);
	if (result == RESULT_OK)
		result = buffer_print(out, "forwards: %s\nvlans: %s\nrung: %s\n", ground->forwards ? "yes" : "no", ground->has_vlans ? "yes" : "no", only_names[ground->only]);
	return result;
}

/* -- compared -- */

static struct span value_of(struct span line)
{
	(void)span_cut(&line, ':');
	return span_trim(line);
}

static bool read_only(struct span line, enum packet_only *out)
{
	for (unsigned i = PACKET_ONLY_XDP; i <= PACKET_ONLY_NFT; i++) {
		if (span_starts(line, SPAN("rung:")) && span_equal(value_of(line), span_of(only_names[i]))) {
			*out = (enum packet_only)i;
			return true;
		}
	}
	return false;
}

/* Where the fact of the machine called KEY belongs; NULL: it is no such line. */
static bool *fact_of(struct span key, struct packet_ground *ground)
{
	return span_equal(key, SPAN("forwards")) ? &ground->forwards : span_equal(key, SPAN("vlans")) ? &ground->has_vlans : NULL;
}

static bool read_fact(struct span line, bool *out)
{
	*out = span_equal(value_of(line), SPAN("yes"));
	return *out || span_equal(value_of(line), SPAN("no"));
}

/* What may differ all the same, because it lets more through than was confirmed: whoever adds a port does not find his machine without a filter after the next start. */
enum difference { SAME, MORE_WORDS, FEWER_WORDS, OFF };

static const struct rule {
	const char *key;
	enum difference allowed;
	const char *off;
} rules[] = {
	{ "packet.mode", OFF, "observe" }, { "packet.strict", OFF, "false" }, { "packet.expose", OFF, "off" },
	{ "packet.expose.tcp", MORE_WORDS, NULL }, { "packet.expose.udp", MORE_WORDS, NULL }, { "listen", MORE_WORDS, NULL }, { "packet.reflectors", FEWER_WORDS, NULL },
};

static bool has_word(struct span words, struct span word)
{
	while (words.len) {
		if (span_equal(span_cut(&words, ' '), word))
			return true;
	}
	return false;
}

/* More than that is compared as it stands: it would take too long. */
static bool has_all(struct span words, struct span of)
{
	if (words.len > WORDS_BYTES_MAX || of.len > WORDS_BYTES_MAX)
		return false;
	while (of.len) {
		if (!has_word(words, span_cut(&of, ' ')))
			return false;
	}
	return true;
}

static bool is_allowed(struct span key, struct span old, struct span new)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (!span_equal(key, span_of(rules[i].key)))
			continue;
		return rules[i].allowed == OFF ? span_equal(new, span_of(rules[i].off)) : rules[i].allowed == MORE_WORDS ? has_all(new, old) : has_all(old, new);
	}
	return false;
}

static struct span or_nothing(struct span value)
{
	return value.len ? span_take(value, 200) : SPAN("nothing");
}

/* Both have the same keys in the same order, or the file is of another version. Facts of the machine are no wish, and not compared; a file without them, of an older version, has none. */
static enum result compare(struct span confirmed, struct span wanted, struct complaints *complaints, struct packet_ground *ground)
{
	enum result result = RESULT_OK;
	bool hides = true;

	while (wanted.len) {
		struct span rest = confirmed, new = span_cut(&wanted, '\n'), old = span_cut(&confirmed, '\n');
		struct span key = span_take(new, span_find(new, ':'));
		bool *fact = fact_of(key, ground);

		if (fact && span_starts(old, SPAN("rung:"))) {
			confirmed = rest;
			continue;
		}
		if (!span_starts(old, span_take(new, key.len + 1)))
			return RESULT_MALFORMED;
		if (span_equal(key, SPAN("rung")))
			return read_only(old, &ground->only) && !confirmed.len ? result : RESULT_MALFORMED;
		if (fact && !read_fact(old, fact))
			return RESULT_MALFORMED;
		if (span_equal(key, SPAN("packet.expose")))
			hides = !span_equal(value_of(new), SPAN("off"));
		if (!hides && span_starts(key, SPAN("packet.expose.")))
			continue;  /* no port is hidden any more, whichever were */
		if (fact || span_equal(old, new) || is_allowed(key, value_of(old), value_of(new)))
			continue;
		LOADER_COMPLAIN(complaints, "bouclier packet attach, then confirm", "%.*s is not what was confirmed: it was %.*s, and is %.*s", SPAN_ARG(key), SPAN_ARG(or_nothing(value_of(old))),
		                SPAN_ARG(or_nothing(value_of(new))));
		result = RESULT_REFUSED;
	}
	return RESULT_MALFORMED;
}

enum result confirmed_compare(struct span confirmed, const struct packet_wish *wish, struct complaints *complaints, struct packet_ground *ground)
{
	const struct packet_ground none = { .only = PACKET_ANY_RUNG };
	struct buffer wanted;
	enum result result;

	buffer_init(&wanted, CONFIRMED_BYTES);
	result = confirmed_write(wish, &none, &wanted);
	if (result == RESULT_OK)
		result = compare(confirmed, buffer_span(&wanted), complaints, ground);
	buffer_done(&wanted);
	return result;
}

/* -- noted, kept, read -- */

static enum result write_denied(const struct packet_prefixes *denied, struct buffer *out)
{
	char text[NETWORK_TEXT_MAX];
	struct network network;

	for (size_t i = 0; i < denied->v4_count; i++) {
		struct packet_range range = denied->v4[i];
		bool goes_on = true;

		while (goes_on) {
			goes_on = range_cut(&range, &network);
			network_write(&network, text);
			PRINT("%s\n", text);
		}
	}
	for (size_t i = 0; i < denied->v6_count; i++) {
		network_write(&denied->v6[i], text);
		PRINT("%s\n", text);
	}
	return RESULT_OK;
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
	struct span words = value_of(line);
	struct network network;

	if (span_starts(line, SPAN("packet.mode:")))
		*is_observing = span_equal(words, SPAN("observe"));
	if (!span_starts(line, SPAN("management, trusted_proxies:")))
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

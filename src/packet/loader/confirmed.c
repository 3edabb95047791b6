#include "packet/loader/confirmed.h"

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

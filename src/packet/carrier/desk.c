#include "packet/carrier/desk.h"

#include "base/clock.h"
#include "base/template.h"
#include "packet/carrier/desk_words.h"

#include "base/banned.h"

#define TEXT_MAX 4096u
#define SMALL_MAX 64u

enum desk_value { VALUE_TARGETS, VALUE_PORTS, VALUE_PORT, VALUE_NUMBER, VALUE_PERCENT, VALUE_NETWORK, VALUE_DATE, VALUE_CLOCK, VALUE_SECONDS, VALUE_INTERFACES, VALUE_PACKETS, VALUE_KEPT, VALUE_COUNT };

static const struct span value_names[VALUE_COUNT] = {
	SPAN_INIT("targets"), SPAN_INIT("ports"), SPAN_INIT("port"), SPAN_INIT("number"), SPAN_INIT("percent"), SPAN_INIT("network"), SPAN_INIT("date"),
	SPAN_INIT("clock"), SPAN_INIT("seconds"), SPAN_INIT("interfaces"), SPAN_INIT("packets"), SPAN_INIT("kept"),
};

/* One message being written: what stands for each {name}, and the first failure. */
struct letter {
	const struct attack *attack;
	const struct provider_settings *provider;
	const struct desk_words *words;
	enum desk_language language;
	struct buffer targets, ports, kept, *out;
	struct span values[VALUE_COUNT];
	char small[VALUE_COUNT][SMALL_MAX];
	unsigned asks;
	enum result result;
};

const char *desk_language_name(enum desk_language language)
{
	static const char *const names[] = { "en", "nl", "fr", "de" };

	return names[language];
}

enum result desk_write_bits(uint64_t bits_s, enum desk_language language, struct buffer *out)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };
	uint64_t tenths = bits_s * 10;
	unsigned unit = 0;

	if (bits_s > UINT64_MAX / 10)
		return buffer_append(out, SPAN("> 1000 Tbit/s"));
	for (; tenths >= 10000 && unit < 4; unit++)
		tenths /= 1000;
	if (!unit)
		return buffer_print(out, "%llu %s", (unsigned long long)bits_s, units[0]);
	return buffer_print(out, "%llu%c%llu %s", (unsigned long long)(tenths / 10), desk_words[language].comma, (unsigned long long)(tenths % 10), units[unit]);
}

/* -- words with values in them -- */

static void put(struct letter *letter, struct span text)
{
	if (letter->result == RESULT_OK)
		letter->result = buffer_append(letter->out, text);
}

static void put_value(struct letter *letter, struct span name)
{
	for (unsigned i = 0; i < VALUE_COUNT; i++) {
		if (span_equal(value_names[i], name))
			put(letter, letter->values[i]);
	}
}

static void put_part(void *letter, struct span text, bool is_value)
{
	if (is_value)
		put_value(letter, text);
	else
		put(letter, text);
}

static void say(struct letter *letter, const char *words)
{
	template_fill(span_of(words), put_part, letter);
}

static void set(struct letter *letter, enum desk_value value, struct span text)
{
	letter->values[value] = text;
}

static void set_number(struct letter *letter, enum desk_value value, uint64_t number)
{
	set(letter, value, span_make(letter->small[value], decimal_write(number, letter->small[value])));
}

static void set_time(struct letter *letter, uint64_t wall_ms)
{
	char iso[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms(wall_ms <= CLOCK_ISO_MS_MAX ? wall_ms : CLOCK_ISO_MS_MAX, iso);
	memcpy(letter->small[VALUE_DATE], iso, 10);
	memcpy(letter->small[VALUE_CLOCK], iso + 11, 5);
	memcpy(letter->small[VALUE_CLOCK] + 5, " UTC", 4);
	set(letter, VALUE_DATE, span_make(letter->small[VALUE_DATE], 10));
	set(letter, VALUE_CLOCK, span_make(letter->small[VALUE_CLOCK], 9));
}

static void set_bits(struct letter *letter)
{
	struct buffer text;

	buffer_init(&text, SMALL_MAX);
	if (desk_write_bits(letter->attack->link.bits_s, letter->language, &text) == RESULT_OK) {
		memcpy(letter->small[VALUE_NUMBER], text.bytes + text.start, buffer_len(&text));
		set(letter, VALUE_NUMBER, span_make(letter->small[VALUE_NUMBER], buffer_len(&text)));
	}
	buffer_done(&text);
}

static uint64_t a_second(const struct attack *attack, uint64_t count)
{
	return attack->measured_ms ? (uint64_t)((double)count * 1000 / (double)attack->measured_ms + 0.5) : 0;
}

/* -- the parts of the message -- */

static enum result write_targets(const struct attack *attack, const struct desk_words *words, struct buffer *out)
{
	enum result result = attack->target_count ? RESULT_OK : buffer_append(out, span_of(words->no_targets));

	for (unsigned i = 0; i < attack->target_count && result == RESULT_OK; i++) {
		char text[NETWORK_TEXT_MAX];

		if (attack->targets[i].prefix == 128)
			address_write(&attack->targets[i].address, text);
		else
			network_write(&attack->targets[i], text);
		result = buffer_print(out, "%s%s", i ? ", " : "", text);
	}
	return result;
}

static enum result write_ports(const uint16_t *ports, unsigned count, struct buffer *out)
{
	enum result result = count ? RESULT_OK : buffer_append(out, SPAN("80, 443"));

	for (unsigned i = 0; i < count && result == RESULT_OK; i++)
		result = buffer_print(out, "%s%u", i ? ", " : "", ports[i]);
	return result;
}

static void put_field(struct letter *letter, const char *name, struct span value)
{
	put(letter, span_of(name));
	put(letter, SPAN(": "));
	put(letter, value.len ? value : span_of(letter->words->unknown));
	put(letter, SPAN("\n"));
}

static void put_line(struct letter *letter, const char *words)
{
	put(letter, SPAN("- "));
	say(letter, words);
	put(letter, SPAN("\n"));
}

/* Is there anything that the carrier could be asked about? A full line alone is no attack, and an attack need not fill the line. */
static bool has_unwanted(const struct attack *attack)
{
	for (unsigned i = 0; i < attack->part_count; i++) {
		if (attack_share(attack, attack->parts[i].packets) >= DESK_SHARE_LEAST)
			return true;
	}
	return false;
}

static void put_head(struct letter *letter)
{
	const struct desk_words *words = letter->words;
	bool is_quiet = letter->attack->state == LINK_QUIET, is_attack = has_unwanted(letter->attack);

	put_field(letter, words->telephone, letter->provider->telephone);
	put(letter, letter->provider->name);
	put(letter, letter->provider->name.len ? SPAN("\n") : SPAN_NONE);
	put_field(letter, words->contract, letter->provider->contract);
	put_field(letter, words->to, letter->provider->email);
	say(letter, is_attack ? words->subject : is_quiet ? words->subject_quiet : words->subject_full);
	put(letter, SPAN("\n\n"));
	say(letter, is_attack ? (is_quiet ? words->opening_room : words->opening) : is_quiet ? words->opening_quiet : words->opening_full);
	put(letter, SPAN("\n\n"));
}

static void put_measured(struct letter *letter)
{
	const struct attack *attack = letter->attack;
	const struct desk_words *words = letter->words;

	say(letter, words->measured_head);
	put(letter, SPAN(":\n"));
	set_time(letter, attack->at_ms);
	set_number(letter, VALUE_SECONDS, (attack->measured_ms + 500) / 1000);
	put_line(letter, words->at);
	if (attack->since_ms) {
		set_time(letter, attack->since_ms);
		put_line(letter, words->since);
	}
	set(letter, VALUE_INTERFACES, attack->interfaces);
	set_bits(letter);
	set_number(letter, VALUE_PERCENT, attack->link.percent);
	set_number(letter, VALUE_PACKETS, attack->link.packets_s);
	put_line(letter, attack->capacity ? words->line : words->line_bare);
	if (!attack->capacity)
		put_line(letter, words->no_capacity);
	if (attack->link.drops_s) {
		set_number(letter, VALUE_NUMBER, attack->link.drops_s);
		put_line(letter, words->dropped);
	}
	put_line(letter, words->targets);
}

static void put_share(struct letter *letter, unsigned percent)
{
	if (letter->result == RESULT_OK)
		letter->result = buffer_print(letter->out, "  %3u %%  ", percent);
}

static void put_parts(struct letter *letter)
{
	const struct attack *attack = letter->attack;
	const struct desk_words *words = letter->words;

	put(letter, SPAN("\n"));
	say(letter, attack->part_count ? words->parts_head : words->no_parts);
	put(letter, attack->part_count ? SPAN(":\n") : SPAN("\n"));
	for (unsigned i = 0; i < attack->part_count; i++) {
		const struct attack_part *part = &attack->parts[i];

		put_share(letter, attack_share(attack, part->packets));
		set_number(letter, VALUE_PORT, part->port);
		say(letter, part->vector == ATTACK_REFLECTED && !part->port ? words->reflected_any : words->vectors[part->vector].is);
		put(letter, SPAN("\n"));
	}
	if (attack->refused) {
		set_number(letter, VALUE_NUMBER, a_second(attack, attack->refused));
		say(letter, words->requests);
		put(letter, SPAN("\n"));
	}
}

static void set_network(struct letter *letter, const struct network *network)
{
	network_write(network, letter->small[VALUE_NETWORK]);
	set(letter, VALUE_NETWORK, span_of(letter->small[VALUE_NETWORK]));
}

static void put_sources(struct letter *letter)
{
	const struct attack *attack = letter->attack;

	if (!attack->source_count)
		return;
	put(letter, SPAN("\n"));
	say(letter, attack->sources_are_banned ? letter->words->banned_head : letter->words->sources_head);
	put(letter, SPAN(":\n"));
	for (unsigned i = 0; i < attack->source_count && i < DESK_SOURCES; i++) {
		put_share(letter, (unsigned)((double)attack->sources[i].packets * 100 / (double)attack->source_packets + 0.5));
		set_network(letter, &attack->sources[i].network);
		put(letter, letter->values[VALUE_NETWORK]);
		put(letter, SPAN("\n"));
	}
}

static void ask(struct letter *letter, const char *words)
{
	if (letter->result == RESULT_OK)
		letter->result = buffer_print(letter->out, "%u. ", ++letter->asks);
	say(letter, words);
	put(letter, SPAN("\n"));
}

/* One that sends a fifth of what the listed and the greedy send is worth a filter of its own. */
static void ask_about_networks(struct letter *letter)
{
	const struct attack *attack = letter->attack;
	bool is_wanted = false;

	/* Bans are counted by source, not by packet, and a network of citizens may hold a few: the carrier is asked on measured packets alone. */
	for (unsigned i = 0; !attack->sources_are_banned && i < attack->part_count; i++)
		is_wanted |= !letter->words->vectors[attack->parts[i].vector].ask && attack_share(attack, attack->parts[i].packets) >= DESK_SHARE_LEAST;
	for (unsigned i = 0; is_wanted && i < attack->source_count && attack->sources[i].packets * 5 >= attack->source_packets; i++) {
		set_network(letter, &attack->sources[i].network);
		ask(letter, letter->words->networks);
	}
}

static void put_asked(struct letter *letter)
{
	const struct attack *attack = letter->attack;
	const struct desk_words *words = letter->words;

	put(letter, SPAN("\n"));
	say(letter, words->asked_head);
	put(letter, SPAN(":\n"));
	for (unsigned i = 0; i < attack->part_count; i++) {
		const struct attack_part *part = &attack->parts[i];
		bool is_any = part->vector == ATTACK_REFLECTED && !part->port;
		const char *wish = is_any ? words->reflected_any_ask : words->vectors[part->vector].ask;

		if (part->vector == ATTACK_OTHER_PORT && !attack->kept_count)
			continue;  /* which ports must stay is not known: it would lock somebody out */
		set_number(letter, VALUE_PORT, part->port);
		if (wish && attack_share(attack, part->packets) >= DESK_SHARE_LEAST)
			ask(letter, wish);
	}
	ask_about_networks(letter);
	ask(letter, words->scrub);
	ask(letter, words->no_blackhole);
	ask(letter, words->reachable);
	ask(letter, words->ticket);
}

enum result desk_write(const struct attack *attack, const struct provider_settings *provider, enum desk_language language, struct buffer *out)
{
	struct letter letter = { .attack = attack, .provider = provider, .words = &desk_words[language], .language = language, .out = out };

	buffer_init(&letter.targets, TEXT_MAX);
	buffer_init(&letter.ports, TEXT_MAX);
	buffer_init(&letter.kept, TEXT_MAX);
	letter.result = write_targets(attack, letter.words, &letter.targets);
	if (letter.result == RESULT_OK)
		letter.result = write_ports(attack->ports, attack->port_count, &letter.ports);
	if (letter.result == RESULT_OK)
		letter.result = write_ports(attack->kept, attack->kept_count, &letter.kept);
	set(&letter, VALUE_TARGETS, buffer_span(&letter.targets));
	set(&letter, VALUE_PORTS, buffer_span(&letter.ports));
	set(&letter, VALUE_KEPT, buffer_span(&letter.kept));
	put_head(&letter);
	put_measured(&letter);
	put_parts(&letter);
	put_sources(&letter);
	if (attack->state != LINK_QUIET || has_unwanted(attack))
		put_asked(&letter);
	buffer_done(&letter.targets);
	buffer_done(&letter.ports);
	buffer_done(&letter.kept);
	return letter.result;
}

#include "waf/operator/rbl_text.h"

#include "base/buffer.h"

#include "base/banned.h"

#define TEXT_MAX_BYTES 1024

struct meaning {
	unsigned from, to;           /* of the answer's last byte */
	const char *text;
};

bool rbl_wants_key(struct span zone)
{
	return span_contains(zone, SPAN("httpbl.org"));
}

/* NULL where the table has no word for it. */
static const char *meaning_find(const struct meaning *table, size_t count, unsigned byte)
{
	for (size_t i = 0; i < count; i++) {
		if (byte >= table[i].from && byte <= table[i].to)
			return table[i].text;
	}
	return NULL;
}

static const char *meaning_of(struct span zone, unsigned byte)
{
	static const struct meaning uribl[] = {
		{ 2, 2, "BLACK" }, { 4, 4, "GREY" }, { 8, 8, "RED" }, { 14, 14, "BLACK,GREY,RED" }, { 255, 255, "DNS IS BLOCKED" },
		{ 0, 254, "WHITE" },
	};
	static const struct meaning spamhaus[] = {
		{ 2, 3, "Static UBE sources" }, { 4, 7, "Illegal 3rd party exploits" },
		{ 10, 11, "Delivering unauthenticated SMTP email" },
	};

	if (span_contains(zone, SPAN("uribl.com")))
		return meaning_find(uribl, sizeof(uribl) / sizeof(uribl[0]), byte);
	if (span_contains(zone, SPAN("spamhaus.org")))
		return meaning_find(spamhaus, sizeof(spamhaus) / sizeof(spamhaus[0]), byte);
	return NULL;
}

/* 127.DAYS.SCORE.KIND */
static enum result tell_honey_pot(struct span name, struct span variable, const uint8_t *answer, struct buffer *out)
{
	static const char *const kinds[] = {
		"Search Engine", "Suspicious IP", "Harvester IP", "Suspicious harvester IP", "Comment spammer IP",
		"Suspicious comment spammer IP", "Harvester and comment spammer IP", "Suspicious harvester comment spammer IP",
	};

	if (answer[0] != 127)
		return buffer_print(out, "RBL lookup of %.*s failed: bad response", SPAN_ARG(name));
	return buffer_print(out, "RBL lookup of %.*s succeeded at %.*s. %s: %u days since last activity, threat score %u", SPAN_ARG(name),
	                    SPAN_ARG(variable), answer[3] < 8 ? kinds[answer[3]] : " ", answer[1], answer[2]);
}

struct span rbl_tell(struct arena *arena, struct span zone, struct span name, struct span variable, const struct address *answer)
{
	const uint8_t *bytes = answer->bytes + 12;
	const char *meaning = meaning_of(zone, bytes[3]);
	struct span told = SPAN_NONE;
	struct buffer text;
	enum result result;

	variable = span_take(variable, TEXT_MAX_BYTES / 2);
	buffer_init(&text, TEXT_MAX_BYTES);
	if (rbl_wants_key(zone))
		result = tell_honey_pot(name, variable, bytes, &text);
	else if (meaning)
		result = buffer_print(&text, "RBL lookup of %.*s succeeded at %.*s (%s).", SPAN_ARG(name), SPAN_ARG(variable), meaning);
	else
		result = buffer_print(&text, "RBL lookup of %.*s succeeded at %.*s.", SPAN_ARG(name), SPAN_ARG(variable));
	if (result == RESULT_OK)
		told = arena_copy(arena, buffer_span(&text));
	buffer_done(&text);
	return told;
}

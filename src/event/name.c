#include "event/name.h"

#include "base/banned.h"

#define GUESS_MAX 48

#define TEXT(alias, full) { SPAN_INIT(alias), SPAN_INIT(full), NAME_TEXT, SPAN_INIT("") }
#define TYPED(alias, full, type) { SPAN_INIT(alias), SPAN_INIT(full), type, SPAN_INIT("") }

static const struct name names[] = {
	TYPED("time", "@timestamp", NAME_TIME),
	TYPED("status", "http.response.status_code", NAME_NUMBER),
	TEXT("site", "bouclier.site"),
	TEXT("tenant", "bouclier.tenant"),
	TEXT("node", "bouclier.node"),
	TEXT("path", "url.path"),
	TEXT("query", "url.query"),
	TEXT("host", "url.domain"),
	TEXT("scheme", "url.scheme"),
	TEXT("method", "http.request.method"),
	TEXT("version", "http.version"),
	TEXT("agent", "user_agent.original"),
	TYPED("ip", "source.ip", NAME_ADDRESS),
	TYPED("port", "source.port", NAME_NUMBER),
	TYPED("peer", "bouclier.peer.ip", NAME_ADDRESS),
	TEXT("client_key", "bouclier.client_key"),
	TEXT("decision", "bouclier.decision"),
	TEXT("reason", "bouclier.reasons"),
	TEXT("fault", "bouclier.fault"),
	{ SPAN_INIT("rule"), SPAN_INIT("bouclier.rules"), NAME_TEXT, SPAN_INIT("id") },
	TEXT("id", "bouclier.request_id"),
	TYPED("duration", "event.duration", NAME_NANOSECONDS),
	TYPED("cost", "bouclier.cost_us", NAME_MICROSECONDS),
	TYPED("wait", "bouclier.wait_us", NAME_MICROSECONDS),
	TYPED("connect", "bouclier.connect_us", NAME_MICROSECONDS),
	TYPED("first_byte", "bouclier.first_byte_us", NAME_MICROSECONDS),
	TEXT("origin", "bouclier.origin"),
	TYPED("origin_status", "bouclier.origin_status", NAME_NUMBER),
	TYPED("retries", "bouclier.retries", NAME_NUMBER),
	TYPED("worker", "bouclier.worker", NAME_NUMBER),
	TEXT("reused", "bouclier.reused"),
	TEXT("bypassed", "bouclier.bypassed"),
	TEXT("detail", "bouclier.detail"),
	TYPED("sent", "http.response.body.bytes", NAME_NUMBER),
	TYPED("received", "http.request.body.bytes", NAME_NUMBER),
	TEXT("tls", "tls.version"),
	TEXT("sni", "tls.client.server_name"),
	TEXT("ja4", "tls.client.ja4"),
	TEXT("dataset", "event.dataset"),
	TEXT("action", "event.action"),
	TYPED("sequence", "event.sequence", NAME_NUMBER),
};

#define NAMES (sizeof(names) / sizeof(names[0]))

const struct name *name_list(size_t *count)
{
	*count = NAMES;
	return names;
}

const struct name *name_find(struct span text)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (span_equal(text, names[i].alias) || span_equal(text, names[i].full))
			return &names[i];
	}
	return NULL;
}

/* Insertions, removals, changes and swaps of neighbours from A to B (optimal string alignment); both at most GUESS_MAX. */
static unsigned distance(struct span a, struct span b)
{
	unsigned rows[3][GUESS_MAX + 1];

	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *twice = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			bool is_same = ascii_lower(a.at[i - 1]) == ascii_lower(b.at[j - 1]);
			unsigned best = above[j - 1] + !is_same;

			best = above[j] + 1 < best ? above[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1] && twice[j - 2] + 1 < best)
				best = twice[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}

struct span name_guess(struct span text)
{
	unsigned best = (unsigned)text.len / 3 + 1;  /* further than this is another word */
	struct span guess = SPAN_NONE;

	if (text.len > GUESS_MAX)
		return SPAN_NONE;
	for (size_t i = 0; i < NAMES; i++) {
		unsigned of_alias = distance(text, names[i].alias), of_full = distance(text, names[i].full);

		if (of_alias < best) {
			best = of_alias;
			guess = names[i].alias;
		}
		if (of_full < best) {
			best = of_full;
			guess = names[i].full;
		}
	}
	return guess;
}

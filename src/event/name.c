#include "event/name.h"

#include "base/banned.h"

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
	TEXT("would", "bouclier.would"),
	TEXT("would_for", "bouclier.would_for"),
	TEXT("fault", "bouclier.fault"),
	{ SPAN_INIT("rule"), SPAN_INIT("bouclier.rules"), NAME_TEXT, SPAN_INIT("id") },
	TEXT("after", "bouclier.after"),
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
	TEXT("cache", "bouclier.cache"),
	TEXT("bypassed", "bouclier.bypassed"),
	TEXT("detail", "bouclier.detail"),
	TYPED("sent", "http.response.body.bytes", NAME_NUMBER),
	TYPED("received", "http.request.body.bytes", NAME_NUMBER),
	TEXT("tls", "tls.version"),
	TEXT("sni", "tls.client.server_name"),
	TEXT("ja4", "tls.client.ja4"),
	TEXT("kind", "bouclier.kind"),
	TEXT("bot", "bouclier.bot"),
	TEXT("partner", "bouclier.partner"),
	TEXT("impostor", "bouclier.impostor"),
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

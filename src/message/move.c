#include "message/move.h"

#include "base/banned.h"

static inline void move(struct span *span, struct span from, const char *to)
{
	if (span->at >= from.at && span->at <= from.at + from.len)
		span->at = to + (span->at - from.at);
}

void request_head_move(struct request_head *head, struct span from, const char *to)
{
	struct span *const spans[] = { &head->method_name, &head->target, &head->scheme, &head->host, &head->authority,
		                       &head->path, &head->query, &head->protocol, &head->version_text };

	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		move(spans[i], from, to);
	for (unsigned i = 0; i < head->fields.count; i++) {
		move(&head->fields.list[i].name, from, to);
		move(&head->fields.list[i].value, from, to);
	}
}

/* Origins and pools from a few words, without a configuration file. */
#ifndef BOUCLIER_TESTS_ORIGIN_MADE_H
#define BOUCLIER_TESTS_ORIGIN_MADE_H

#include "../base/check.h"

#include <stdlib.h>

#include "origin/pool.h"

static inline struct origin_settings made_origin(const char *host, uint16_t port)
{
	static char texts[256][64];
	static unsigned next;
	char *text = texts[next++ % 256];

	snprintf(text, 64, "http://%s:%u", host, port);
	return (struct origin_settings){ .url = { .text = span_of(text), .host = span_of(host), .port = port }, .weight = 1, .verify = true };
}

struct made_pool {
	struct origins origins;
	struct origin_settings list[POOL_MEMBERS_MAX];
	struct origins_settings settings;
	struct pool *pool;
};

/* COUNT equal origins; change made->list, then made_pool_open. */
static inline struct made_pool *made_pool_new(unsigned count, enum origin_balance balance)
{
	struct made_pool *made = calloc(1, sizeof(*made));

	assert_non_null(made);
	origins_init(&made->origins);
	for (unsigned i = 0; i < count; i++)
		made->list[i] = made_origin("10.0.0.1", (uint16_t)(8000 + i));
	made->settings = (struct origins_settings){ .origins = { made->list, count }, .balance = (int)balance,
		                                    .health = { .rise = 2, .fall = 3 }, .kept_connections = 4, .kept_ms = 1000,
		                                    .concurrency = { .floor = 4, .start = 8, .ceiling = 1024, .queue = 64, .patience_ms = 2000 } };
	return made;
}

static inline void made_pool_open(struct made_pool *made)
{
	assert_ok(pool_new(&(struct pool_needs){ .origins = &made->origins, .settings = &made->settings }, &made->pool));
}

static inline void made_pool_done(struct made_pool *made)
{
	pool_free(made->pool);
	assert_true(list_is_empty(&made->origins.all));
	origins_done(&made->origins);
	free(made);
}

/* Index of the member taken, given back at once; -1 for none. */
static inline int made_pool_visit(struct made_pool *made, struct pool_wish wish)
{
	const struct pool_member *member = pool_take(made->pool, &wish);

	if (!member)
		return -1;
	pool_give_back(member);
	return (int)(member - made->pool->members);
}

#endif

/* A server of the hub's with a few routes and no listener. */
#include <assert.h>

#include "hub/web/connection.h"

static void stage_answer(void *context, struct web_request *request, struct web_answer *answer)
{
	struct span value;

	(void)context;
	web_refuse(answer, web_query(request, SPAN("q"), &value) == RESULT_OK ? 200 : 400, "echo", "%zu", request->body.len);
}

static bool stage_admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer)
{
	return !context && !permit && !answer->status && request->path.len;
}

static const struct web_route stage_list[] = { { "/a", METHOD_GET, 0, stage_answer }, { "/a", METHOD_POST, 0, stage_answer }, { "/a/{b}", METHOD_GET, 0, stage_answer } };
static const struct web_routes stage_routes = { .tables = { { stage_list, 3, NULL } }, .table_count = 1, .admit = stage_admit };

static inline struct web_server *stage_server(struct loop *loop)
{
	struct web_birth birth = { .routes = &stage_routes };
	struct web_server *server = NULL;

	assert(loop_init(loop) == RESULT_OK && web_server_new(loop, &birth, NULL, &server) == RESULT_OK);
	return server;
}

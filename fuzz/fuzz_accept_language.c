/* Whatever Accept-Language, Accept and contact say, there is a page in one of four languages, or a problem; no markup of theirs. */
#include <assert.h>
#include <stdlib.h>

#include "edge/page.h"
#include "edge/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const heads[] = { "<!doctype html>\n<html lang=\"en\">", "<!doctype html>\n<html lang=\"nl\">", "<!doctype html>\n<html lang=\"fr\">",
		                             "<!doctype html>\n<html lang=\"de\">", "{\"status\":" };
	struct span rest = span_make((const char *)data, size), language = span_cut(&rest, '\n'), accept = span_cut(&rest, '\n');
	struct edge_settings settings = { .contact = span_take(rest, 200) };
	struct edge_route route = { .settings = &settings };
	struct worker *worker = calloc(1, sizeof(*worker));
	struct plan plan = { 0 };
	struct snapshot snapshot = { .generation = 1 };
	struct binding binding = { .plan = &plan, .snapshot = &snapshot };
	struct connection connection = { .worker = worker };
	struct request request = { .connection = &connection, .binding = &binding, .route = &route, .status = size ? 400u + data[size - 1] : 400u };
	struct page page;
	bool is_known;

	arena_init(&request.arena, 1 << 20, 4096);
	fields_init(&request.head.fields, &request.arena, 4);
	assert(fields_add(&request.head.fields, FIELD_ACCEPT_LANGUAGE, SPAN("accept-language"), language) == RESULT_OK);
	assert(fields_add(&request.head.fields, FIELD_ACCEPT, SPAN("accept"), accept) == RESULT_OK);
	for (int again = 0; again < 2; again++) {  /* made, and copied from what was kept */
		page_make(&request, request.status, &page);
		is_known = false;
		for (unsigned i = 0; i < 5; i++)
			is_known |= span_starts(page.body, span_of(heads[i]));
		assert(is_known && !span_contains(page.body, SPAN("<script")));
	}
	worker_pages_reset(&worker->pages);
	free(worker);
	arena_done(&request.arena);
	return 0;
}

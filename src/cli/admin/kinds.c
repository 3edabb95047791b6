/* What status and metrics say of the kinds of clients that a site has (guard/kinds.h). */
#include "cli/admin/inner.h"

#include <math.h>

#include "source/kind.h"

#include "base/banned.h"

#define MOST_TOLD 8u

static void put_kind(struct json_writer *json, const struct kind_told *told)
{
	char text[KIND_TEXT_LEN];

	kind_write(told->kind, text);
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("kind"), told->kind ? span_make(text, sizeof(text)) : SPAN("rare"));
	json_put_number(json, SPAN("a_second"), (uint64_t)lround(told->lately));
	json_put_number(json, SPAN("usual"), (uint64_t)lround(told->usual));
	json_put_bool(json, SPAN("floods"), told->is_flooding);
	json_close(json, '}');
}

void admin_put_kinds(struct json_writer *json, const struct edge_site *site)
{
	struct kinds_told told;

	if (!site->meter)
		return;
	kinds_look(&site->meter->kinds, &told);
	json_open(json, SPAN("kinds"), '{');
	json_put_number(json, SPAN("seen"), told.count);
	json_open(json, SPAN("flooding"), '[');
	for (unsigned i = 0; i < told.count; i++) {
		if (told.list[i].is_flooding)
			put_kind(json, &told.list[i]);
	}
	json_close(json, ']');
	json_open(json, SPAN("most_frequent"), '[');
	for (unsigned i = 0; i < told.count && i < MOST_TOLD; i++)
		put_kind(json, &told.list[i]);
	json_close(json, ']');
	json_close(json, '}');
}

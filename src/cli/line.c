#include "cli/line.h"

#include "packet/carrier/desk.h"

#include "base/banned.h"

void line_put(struct json_writer *json, const struct line_told *line)
{
	json_open(json, SPAN("line"), '{');
	json_put_text(json, SPAN("interfaces"), line->interfaces);
	json_put_text(json, SPAN("state"), span_of(link_state_name(line->state)));
	json_put_number(json, SPAN("over_ms"), line->view.over_ms);
	json_put_number(json, SPAN("bits_s"), line->view.bits_s);
	json_put_number(json, SPAN("sent_bits_s"), line->view.sent_bits_s);
	if (line->capacity) {
		json_put_number(json, SPAN("capacity_bits_s"), line->capacity);
		json_put_number(json, SPAN("percent"), line->view.percent);
	}
	json_put_number(json, SPAN("packets_s"), line->view.packets_s);
	json_put_number(json, SPAN("drops_s"), line->view.drops_s);
	json_close(json, '}');
}

enum result line_write(const struct line_told *line, struct buffer *out)
{
	enum result result = buffer_print(out, "%.*s: ", SPAN_ARG(line->interfaces));

	if (result == RESULT_OK)
		result = desk_write_bits(line->view.bits_s, DESK_EN, out);
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN(" in, "));
	if (result == RESULT_OK)
		result = desk_write_bits(line->view.sent_bits_s, DESK_EN, out);
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN(" out, "));
	if (result == RESULT_OK && line->capacity)
		result = buffer_print(out, "%u %% of its capacity, ", line->view.percent);
	return result == RESULT_OK ? buffer_print(out, "%llu packets lost a second", (unsigned long long)line->view.drops_s) : result;
}

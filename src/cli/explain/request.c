/* A raw request, judged as the shield would, and sent nowhere. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/explain/judging.h"
#include "edge/sites/plan.h"
#include "http/represent.h"

#include "base/banned.h"

/* Editors end lines with LF: in a head where no line ends otherwise, that is not what the person asks about. */
static enum result add_line_ends(struct span text, struct buffer *out)
{
	struct span rest = text;
	enum result result = RESULT_OK;

	if (span_take(text, span_find(text, '\n')).len && text.at[span_find(text, '\n') - 1] == '\r')
		return buffer_append(out, text);
	while (rest.len && result == RESULT_OK) {
		struct span line = span_cut(&rest, '\n');

		result = buffer_append(out, line);
		if (result == RESULT_OK)
			result = buffer_append(out, SPAN("\r\n"));
		if (!line.len)
			break;
	}
	return result == RESULT_OK && rest.len ? buffer_append(out, rest) : result;
}

void explained_refuse(struct explained *out, unsigned status, enum reason reason)
{
	out->decision = SPAN("block");
	out->reason = span_of(reason_name(reason));
	out->status = status;
}

void explained_refuse_fault(struct explained *out, enum http_fault fault)
{
	explained_refuse(out, http_fault_status(fault), REASON_FAULT);
	out->fault = span_of(http_fault_name(fault));
}

/* What the reader refuses is represented: rules see it all the same. */
static enum result read_head(struct judging *judging, struct span text, const struct snapshot *snapshot)
{
	struct http_limits limits = plan_limits(snapshot);
	struct head_reader reader;
	size_t used = 0;
	enum result result;

	fields_init(&judging->head.fields, judging->arena, limits.fields);
	head_reader_init(&reader);
	result = request_head_read(&reader, text, &limits, &judging->head, &used, &judging->fault);
	if (result == RESULT_MORE) {
		command_failed("the request has no end of its head: an empty line behind its fields");
		return RESULT_REFUSED;
	}
	if (result == RESULT_OK)
		judging->rest = span_skip(text, used);
	else
		request_represent(text, &limits, &judging->head);
	judging->out->method = judging->head.method_name;
	judging->out->path = judging->head.path;
	judging->out->host = judging->head.host;
	return judging->fault == HTTP_FAULT_NO_MEMORY ? RESULT_NO_MEMORY : RESULT_OK;
}

static enum result find_site(struct judging *judging, struct span name, const struct loaded *loaded)
{
	const struct snapshot *snapshot = loaded->snapshot;

	if (!name.len && judging->head.host.len)
		judging->site = config_find_site(snapshot, judging->head.host);
	for (size_t i = 0; i < snapshot->site_count && name.len; i++) {
		if (span_equal(snapshot->sites[i].name, name))
			judging->site = &snapshot->sites[i];
	}
	if (judging->site) {
		judging->out->site = judging->site->name;
		judging->out->tenant = judging->site->tenant;
		return RESULT_OK;
	}
	if (name.len)
		command_failed("there is no site %.*s in this configuration", SPAN_ARG(name));
	else if (judging->fault != HTTP_FAULT_NONE)
		return RESULT_OK;  /* it is refused whosever it is */
	else
		command_failed("no site answers for the Host of this request (%.*s): --site NAME says which", SPAN_ARG(judging->head.host));
	return RESULT_REFUSED;
}

/* What the reader takes for some site, and this one does not. */
static void check_limits(struct judging *judging, size_t head_bytes)
{
	if (judging->fault == HTTP_FAULT_NONE)
		judging->fault = edge_limits_fault(&judging->settings->limits, &judging->head, head_bytes);
}

/* step_screen: rules are not asked. */
static bool is_too_long(const struct judging *judging)
{
	const struct body_size *body = &judging->head.body;

	return judging->fault == HTTP_FAULT_NONE && body->is_known && body->bytes > (uint64_t)judging->settings->limits.body_bytes;
}

static enum result judge_by_site(struct judging *judging, struct loaded *loaded)
{
	const struct waf_settings *settings = &judging->settings->waf;
	struct rule_set *set = rule_check_find(&loaded->rules, loaded->snapshot, judging->site, settings);
	const struct edge_waf *waf;
	struct edge_wafs *wafs;
	enum result result = RESULT_NO_MEMORY;

	if (!set) {
		judging->out->trouble = SPAN("no rules are asked here: waf: mode is off for this site or route");
		return RESULT_OK;
	}
	wafs = edge_wafs_new();
	if (wafs)
		result = edge_wafs_find(wafs, settings, (enum waf_mode)settings->mode, set, &waf);
	if (result == RESULT_OK)
		result = judging_ask(judging, waf);
	if (wafs)
		edge_wafs_free(wafs);
	return result;
}

static enum result judge(struct judging *judging, struct span text, struct loaded *loaded)
{
	const struct route *route = judging->site ? explained_route(judging->site, judging->head.method, judging->head.path, judging->arena) : NULL;
	enum result result = RESULT_OK;

	judging->out->decision = SPAN("allow");
	if (judging->site && !route)
		return RESULT_NO_MEMORY;
	if (route) {
		judging->settings = edge_settings_of(route->sections);
		check_limits(judging, text.len - judging->rest.len);
		if (is_too_long(judging))
			explained_refuse(judging->out, 413, REASON_BODY_LIMIT);
		else
			result = judge_by_site(judging, loaded);
	}
	if (judging->fault != HTTP_FAULT_NONE)
		explained_refuse_fault(judging->out, judging->fault);
	return result;
}

enum result explained_of_request(struct span text, struct span site, struct loaded *loaded, struct arena *arena, struct explained *out)
{
	struct judging judging = { .arena = arena, .out = out };
	struct buffer ended;
	enum result result;

	*out = (struct explained){ .is_offline = true };
	buffer_init(&ended, 2 * text.len + 16);
	result = add_line_ends(text, &ended);
	text = result == RESULT_OK ? arena_copy(arena, buffer_span(&ended)) : SPAN_NONE;
	if (!text.at)
		result = RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = read_head(&judging, text, loaded->snapshot);
	if (result == RESULT_OK)
		result = find_site(&judging, site, loaded);
	if (result == RESULT_OK)
		result = judge(&judging, text, loaded);
	buffer_done(&ended);
	if (result == RESULT_NO_MEMORY)
		command_failed("there is not enough memory to judge this request");
	return result;
}

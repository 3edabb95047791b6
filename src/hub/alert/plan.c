#include "hub/alert/plan.h"

#include "incident/text.h"

#include "base/banned.h"

#define ARENA_MAX ((size_t)32 << 20)
#define ARENA_STEP ((size_t)8 << 10)

struct making {
	struct alert_plan *plan;
	const struct alerts_settings *settings;
	alert_file file;
	void *context;
	bool no_memory;
};

static struct span keep(struct making *making, struct span text)
{
	struct span copy = text.len ? arena_copy(&making->plan->arena, text) : SPAN_NONE;

	making->no_memory |= text.len && !copy.at;
	return copy;
}

static struct span print_url(struct making *making, const char *scheme, struct span host, uint16_t port)
{
	bool is_v6 = span_find(host, ':') < host.len;
	struct span url = arena_print(&making->plan->arena, "%s%s%.*s%s:%u", scheme, is_v6 ? "[" : "", SPAN_ARG(host), is_v6 ? "]" : "", port);

	making->no_memory |= !url.at;
	return url;
}

/* Availability, fails open: a path whose file cannot be read fails each time and is told of on the others, which work. */
static struct span take_file(struct making *making, struct alert_path *path, struct span name)
{
	struct span text;

	if (!name.len)
		return SPAN_NONE;
	if (making->file(making->context, name, &text) == RESULT_OK && text.len && text.len <= ALERT_FILE_MAX)
		return keep(making, text);
	path->why = arena_print(&making->plan->arena, "%.*s cannot be read, is empty or is too large", SPAN_ARG(name));
	making->no_memory |= !path->why.at;
	return SPAN_NONE;
}

/* The first line. */
static struct span take_secret(struct making *making, struct alert_path *path, struct span name, size_t least)
{
	struct span rest = take_file(making, path, name), line = span_cut(&rest, '\n');

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (name.len && !path->why.len && (line.len < least || !text_is_kept(line, ALERT_FILE_MAX, false)))
		path->why = arena_print(&making->plan->arena, "the first line of %.*s has fewer than %zu bytes, or is no UTF-8 text", SPAN_ARG(name), least);
	return line;
}

static struct alert_path *add(struct making *making, enum alert_path_kind kind, struct span name, int language, int severity)
{
	struct alert_plan *plan = making->plan;
	const struct span *escalate = making->settings->escalate_to.items;
	struct alert_path *path;

	if (plan->path_count == ALERT_PATHS_MAX)
		return NULL;  /* the table has refused that already */
	path = &plan->paths[plan->path_count++];
	*path = (struct alert_path){ .kind = kind, .name = keep(making, name), .severity = (enum severity)severity };
	path->language = (enum desk_language)(language < DESK_LANGUAGES ? language : making->settings->language);
	for (size_t i = 0; i < making->settings->escalate_to.count; i++) {
		if (span_equal(escalate[i], name)) {
			path->is_escalation = true;
			path->step = plan->escalations++;
		}
	}
	return path;
}

/* Steps count in the order of escalate_to, not in that of the paths. */
static void order_steps(struct making *making)
{
	const struct span *escalate = making->settings->escalate_to.items;

	for (size_t i = 0; i < making->settings->escalate_to.count; i++) {
		unsigned path = alert_plan_find(making->plan, escalate[i]);

		if (path < ALERT_PATHS_MAX)
			making->plan->paths[path].step = (unsigned)i;
	}
}

static void add_mail(struct making *making, const struct alerts_mail_settings *mail)
{
	struct alert_path *path = add(making, PATH_MAIL, mail->name, mail->language, mail->severity);
	struct alert_destination server;

	if (!path || alert_mail_server_read(mail->server, &server) != RESULT_OK)
		return;
	path->host = keep(making, server.host);
	path->port = server.port;
	path->url = print_url(making, server.is_tls ? "smtps://" : "smtp://", server.host, server.port);
	path->is_clear = !server.is_tls && mail->starttls == STARTTLS_NEVER;
	path->from = keep(making, mail->from);
	for (size_t i = 0; i < mail->to.count && i < ALERT_TO_MAX; i++)
		path->to[path->to_count++] = keep(making, ((const struct span *)mail->to.items)[i]);
	path->user = keep(making, mail->user);
	path->ca = take_file(making, path, mail->ca);
	path->secret = take_secret(making, path, mail->password_file, 1);
}

static void add_webhook(struct making *making, const struct alerts_webhook_settings *webhook)
{
	struct alert_path *path = add(making, PATH_WEBHOOK, webhook->name, webhook->language, webhook->severity);
	struct span url;

	if (!path)
		return;
	path->host = keep(making, webhook->url.host);
	path->port = webhook->url.port;
	path->is_clear = !webhook->url.is_tls;
	url = print_url(making, path->is_clear ? "http://" : "https://", webhook->url.host, webhook->url.port);
	path->url = arena_print(&making->plan->arena, "%.*s%.*s", SPAN_ARG(url), SPAN_ARG(webhook->url.path));
	making->no_memory |= !path->url.at;
	path->ca = take_file(making, path, webhook->ca);
	path->secret = take_secret(making, path, webhook->secret_file, ALERT_SECRET_LEAST);
}

static void add_syslog(struct making *making, const struct alerts_syslog_settings *syslog)
{
	struct alert_path *path = add(making, PATH_SYSLOG, syslog->name, syslog->language, syslog->severity);
	struct alert_destination destination;

	if (!path || alert_syslog_address_read(syslog->address, &destination) != RESULT_OK)
		return;
	path->host = keep(making, destination.host);
	path->port = destination.port;
	path->facility = (unsigned)syslog->facility;
	path->ca = take_file(making, path, syslog->ca);
	path->certificate = take_file(making, path, syslog->certificate);
	path->key = syslog->key.len ? take_file(making, path, syslog->key) : path->certificate;
}

static void make_paths(struct making *making)
{
	const struct alerts_settings *settings = making->settings;

	for (size_t i = 0; i < settings->mail.count; i++)
		add_mail(making, &((const struct alerts_mail_settings *)settings->mail.items)[i]);
	for (size_t i = 0; i < settings->webhooks.count; i++)
		add_webhook(making, &((const struct alerts_webhook_settings *)settings->webhooks.items)[i]);
	for (size_t i = 0; i < settings->syslog.count; i++)
		add_syslog(making, &((const struct alerts_syslog_settings *)settings->syslog.items)[i]);
	order_steps(making);
}

static void make_hours(struct alert_plan *plan, const struct alerts_settings *settings)
{
	const struct alerts_quiet_settings *quiet = settings->quiet_hours;
	const int *days = quiet ? quiet->days.items : NULL;

	plan->rate = (unsigned)settings->rate;
	plan->escalate_after_s = (uint64_t)settings->escalate_after_ms / 1000;
	plan->has_self_test = alerts_week_minute_read(settings->self_test, &plan->self_test) == RESULT_OK;
	plan->has_quiet = quiet && alerts_minute_read(quiet->from, &plan->quiet_from) == RESULT_OK && alerts_minute_read(quiet->to, &plan->quiet_to) == RESULT_OK;
	if (!plan->has_quiet)
		return;
	plan->quiet_severity = (enum severity)quiet->severity;
	for (size_t i = 0; i < quiet->days.count; i++)
		plan->quiet_days |= 1u << days[i];
	if (!plan->quiet_days)
		plan->quiet_days = 0x7f;
}

enum result alert_plan_make(const struct alerts_settings *settings, struct span hub, struct span link, alert_file file, void *context, struct alert_plan *out)
{
	struct alert_plan plan = { .rate = 12, .escalate_after_s = 900 };
	struct making making = { .plan = &plan, .settings = settings, .file = file, .context = context };

	arena_init(&plan.arena, ARENA_MAX, ARENA_STEP);
	plan.hub = keep(&making, hub);
	plan.link = keep(&making, link);
	if (settings) {
		make_paths(&making);
		make_hours(&plan, settings);
	}
	if (making.no_memory) {
		alert_plan_done(&plan);
		return RESULT_NO_MEMORY;
	}
	*out = plan;
	return RESULT_OK;
}

void alert_plan_done(struct alert_plan *plan)
{
	arena_done(&plan->arena);
	*plan = (struct alert_plan){ 0 };
}

const char *alert_path_kind_name(enum alert_path_kind kind)
{
#define X(id, name) name,
	static const char *const names[] = { ALERT_PATH_KIND_LIST(X) };
#undef X

	return names[kind];
}

unsigned alert_plan_find(const struct alert_plan *plan, struct span name)
{
	for (unsigned i = 0; i < plan->path_count; i++) {
		if (span_equal(plan->paths[i].name, name))
			return i;
	}
	return ALERT_PATHS_MAX;
}

#include "hub/alert/send/deliver.h"

#include <string.h>

#include "base/encode.h"
#include "hub/alert/send/curl.h"
#include "hub/alert/send/syslog_tls.h"
#include "incident/text.h"
#include "net/mac.h"

#include "base/banned.h"

#define SIGNED_MAX ((size_t)512 << 10)

enum result webhook_sign(struct span secret, uint64_t time_s, struct span body, char out[SIGNATURE_LEN])
{
	uint8_t mac[MAC_LEN];
	struct buffer text;
	enum result result;

	buffer_init(&text, SIGNED_MAX);
	result = buffer_append_u64(&text, time_s);
	if (result == RESULT_OK)
		result = buffer_append_byte(&text, '.');
	if (result == RESULT_OK)
		result = buffer_append(&text, body);
	if (result == RESULT_OK)
		result = mac_make_any(secret, buffer_span(&text), mac);
	if (result == RESULT_OK) {
		memcpy(out, "v1=", 3);
		hex_write(mac, sizeof(mac), out + 3);
	}
	buffer_done(&text);
	return result;
}

static enum path_outcome post(const struct alert_path *path, const struct wire_job *job, uint64_t wall_s, char *why)
{
	char signature[SIGNATURE_LEN], time[DECIMAL_MAX];
	struct curl_field fields[] = {
		{ "Content-Type", SPAN("application/json") }, { "Bouclier-Alert-Id", span_of(job->id) }, { "Bouclier-Timestamp", span_make(time, decimal_write(wall_s, time)) },
		{ "Bouclier-Signature", span_make(signature, sizeof(signature)) },
	};

	if (webhook_sign(path->secret, wall_s, buffer_span(&job->message), signature) != RESULT_OK)
		return OUTCOME_LATER;
	return curl_post(path, fields, sizeof(fields) / sizeof(fields[0]), buffer_span(&job->message), why);
}

static enum path_outcome deliver_on(const struct alert_plan *plan, const struct alert_path *path, const struct wire_job *job, uint64_t wall_s, char *why)
{
	switch (path->kind) {
	case PATH_MAIL:
		return curl_mail(path, plan->hub, buffer_span(&job->message), why);
	case PATH_WEBHOOK:
		return post(path, job, wall_s, why);
	case PATH_SYSLOG:
	case ALERT_PATH_KINDS:
		break;
	}
	return syslog_send(path, buffer_span(&job->message), why);
}

/* Security, fails closed: with a secret or an authority missing nothing is sent. */
void deliver(const struct alert_plan *plan, const struct wire_job *job, uint64_t wall_s, struct wire_report *report)
{
	unsigned index = alert_plan_find(plan, span_of(job->path));
	struct span why = index < ALERT_PATHS_MAX ? plan->paths[index].why : SPAN("there is no such path");

	*report = (struct wire_report){ .number = job->number, .outcome = OUTCOME_REFUSED };
	text_set(report->why, sizeof(report->why), why);
	if (index < ALERT_PATHS_MAX && !why.len)
		report->outcome = deliver_on(plan, &plan->paths[index], job, wall_s, report->why);
}

#include "cli/protect/probe.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/protect/talk.h"
#include "edge/worker.h"

#include "base/banned.h"

#define WAIT_MS 10000

/* Says BYTES, and waits for the head of an answer. */
static void exchange(const struct probe_target *target, struct span bytes, bool is_verified, int wait_ms, struct probe_answer *out)
{
	const struct talk_target to = { target->endpoint, target->host, target->is_tls, is_verified };
	uint64_t begun_ms = clock_mono_ms();
	struct talk talk;

	*out = (struct probe_answer){ .is_verified = is_verified };
	out->result = talk_open(&talk, &to, wait_ms);
	if (out->result == RESULT_OK && target->is_tls)
		snprintf(out->tls_version, sizeof(out->tls_version), "%.*s", SPAN_ARG(transport_tls_version(&talk.dial.transport)));
	if (out->result == RESULT_OK)
		out->result = talk_send(&talk, bytes);
	out->has_asked = out->result == RESULT_OK;
	if (out->result == RESULT_OK)
		out->result = talk_receive(&talk, &out->status);
	if (out->result != RESULT_OK)
		snprintf(out->error, sizeof(out->error), "%s", talk_error(&talk, out->result));
	out->took_ms = clock_mono_ms() - begun_ms;
	talk_close(&talk);
}

void probe_get(const struct probe_target *target, struct probe_answer *out)
{
	struct buffer text;

	buffer_init(&text, 4096);
	*out = (struct probe_answer){ .result = RESULT_NO_MEMORY };
	if (buffer_print(&text, "GET / HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: bouclier-protect\r\nAccept: */*\r\nConnection: close\r\n\r\n",
	                 SPAN_ARG(target->host)) == RESULT_OK) {
		exchange(target, buffer_span(&text), target->is_tls, WAIT_MS, out);
		/* Not verified: asked again without, before anything was said. The origin still sees one GET /. */
		if (target->is_tls && out->result == RESULT_REFUSED)
			exchange(target, buffer_span(&text), false, WAIT_MS, out);
	}
	buffer_done(&text);
}

/* What rules are asked about: a query, or a form that somebody filled in. */
static const struct application_probe {
	const char *query, *form;
} application_probes[PROBE_COUNT] = {
	[PROBE_INJECTION] = { "?id=1%27%20UNION%20SELECT%20password%20FROM%20users--%20-", NULL },
	[PROBE_SCRIPT] = { "?q=%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E", NULL },
	[PROBE_PROSE_NL] = { "", "name=Jan+D%27Hondt&message=Ik+wil+een+afspraak+maken+%2F+of+bellen+tussen+9+en+11+uur%3B+kan+dat%3F" },
	[PROBE_PROSE_FR] = { "", "name=Ad%C3%A8le+L%27Hoir&message=L%27acte+d%27%C3%A9tat+civil+n%27est+pas+arriv%C3%A9+%3A+pouvez-vous+l%27envoyer+%3F" },
	[PROBE_PROSE_EN] = { "", "name=Sean+O%27Brien&message=Please+select+a+date+from+the+list+and+update+my+address%2C+it+isn%27t+right." },
};

static enum result write_application(const struct probe_target *target, const struct application_probe *probe, struct buffer *out)
{
	enum result result = buffer_print(out, "%s /%s HTTP/1.1\r\nHost: %.*s\r\n" PROBE_HEADER ": %.*s\r\nUser-Agent: Mozilla/5.0 (bouclier probe)\r\n"
	                                  "Accept: text/html\r\n", probe->form ? "POST" : "GET", probe->query, SPAN_ARG(target->host),
	                                  SPAN_ARG(target->key));

	if (result == RESULT_OK && probe->form)
		result = buffer_print(out, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s", strlen(probe->form), probe->form);
	return result == RESULT_OK && !probe->form ? buffer_append(out, SPAN("\r\n")) : result;
}

static enum result write_attack(const struct probe_target *target, enum probe_attack attack, struct buffer *out)
{
	enum result result;

	if (application_probes[attack].query)
		return write_application(target, &application_probes[attack], out);
	result = buffer_print(out, "%s / HTTP/1.1\r\nHost: %.*s\r\n" PROBE_HEADER ": %.*s\r\n",
	                      attack == PROBE_SMUGGLING ? "POST" : "GET", SPAN_ARG(target->host), SPAN_ARG(target->key));

	switch (attack) {
	case PROBE_SMUGGLING:
		return result == RESULT_OK ? buffer_print(out, "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") : result;
	case PROBE_OVERSIZED:
		for (size_t i = 0; result == RESULT_OK && buffer_len(out) <= target->head_bytes; i++)
			result = buffer_print(out, "X-Long-%zu: %0900d\r\n", i, 0);
		break;
	case PROBE_SLOW:
		return result == RESULT_OK ? buffer_print(out, "X-Slow: ") : result;
	case PROBE_KEY: case PROBE_INJECTION: case PROBE_SCRIPT: case PROBE_PROSE_NL: case PROBE_PROSE_FR: case PROBE_PROSE_EN: case PROBE_COUNT:
		break;
	}
	return result == RESULT_OK ? buffer_append(out, SPAN("\r\n")) : result;
}

void probe_attack(const struct probe_target *target, enum probe_attack attack, struct probe_answer *out)
{
	int wait_ms = attack == PROBE_SLOW ? (int)target->head_ms + 5000 : WAIT_MS;
	struct buffer text;

	buffer_init(&text, target->head_bytes + 8192);
	*out = (struct probe_answer){ .result = RESULT_NO_MEMORY };
	if (write_attack(target, attack, &text) == RESULT_OK)
		exchange(target, buffer_span(&text), false, wait_ms, out);
	buffer_done(&text);
}

const char *probe_name(enum probe_attack attack)
{
	static const char *const names[PROBE_COUNT] = {
		[PROBE_KEY] = "key", [PROBE_SMUGGLING] = "smuggling", [PROBE_OVERSIZED] = "oversized", [PROBE_SLOW] = "slow",
		[PROBE_INJECTION] = "sql injection", [PROBE_SCRIPT] = "script", [PROBE_PROSE_NL] = "nl", [PROBE_PROSE_FR] = "fr",
		[PROBE_PROSE_EN] = "en",
	};

	return names[attack];
}

bool probe_is_well(enum probe_attack attack, const struct probe_answer *answer)
{
	bool is_cut = answer->has_asked && (answer->result == RESULT_END || answer->result == RESULT_IO);

	switch (attack) {
	case PROBE_KEY: case PROBE_PROSE_NL: case PROBE_PROSE_FR: case PROBE_PROSE_EN: return answer->result == RESULT_OK && answer->status == 204;
	case PROBE_INJECTION: case PROBE_SCRIPT: return answer->result == RESULT_OK && answer->status == 403;
	case PROBE_SMUGGLING: return answer->result == RESULT_OK && answer->status == 400;
	case PROBE_OVERSIZED: return is_cut || (answer->result == RESULT_OK && (answer->status == 431 || answer->status == 413));
	case PROBE_SLOW: return is_cut || (answer->result == RESULT_OK && answer->status == 408);
	case PROBE_COUNT: break;
	}
	return false;
}

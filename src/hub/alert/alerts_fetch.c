/* What the process that sends fetches for the hub. */
#include "hub/alert/alerts_parts.h"
#include "hub/alert/send/wire.h"

#include "base/banned.h"

enum result alerts_fetch(struct alerts *alerts, const struct alerts_fetch *fetch)
{
	struct wire_fetch asked = { alerts->fetched + 1, fetch->is_clear, fetch->url, fetch->ca, fetch->authorization, fetch->form };
	enum result result;
	unsigned i = 0;

	while (i < ALERTS_FETCHES_MAX && alerts->fetches[i].done)
		i++;
	if (alerts->watch.fd < 0)
		return RESULT_IO;
	if (i == ALERTS_FETCHES_MAX)
		return RESULT_LIMIT;
	result = wire_fetch_put(&alerts->output, &asked);
	if (result != RESULT_OK)
		return result;
	alerts_write(alerts);
	if (alerts->watch.fd < 0)
		return RESULT_IO;
	alerts->fetched++;
	alerts->fetches[i].number = alerts->fetched;
	alerts->fetches[i].done = fetch->done;
	alerts->fetches[i].context = fetch->context;
	return RESULT_OK;
}

static void end(struct alerts *alerts, unsigned i, unsigned status, struct span body, const char *why)
{
	void (*done)(void *context, unsigned status, struct span body, const char *why) = alerts->fetches[i].done;

	alerts->fetches[i].done = NULL;
	done(alerts->fetches[i].context, status, body, why);
}

bool alerts_take_fetched(struct alerts *alerts, struct span frame, size_t used)
{
	struct wire_fetched fetched;
	struct json *root;

	if (wire_fetched_read(frame, &root, &fetched) != RESULT_OK)
		return false;
	buffer_consume(&alerts->input, used);  /* before DONE, after which there may be no input */
	for (unsigned i = 0; i < ALERTS_FETCHES_MAX; i++) {
		if (alerts->fetches[i].done && alerts->fetches[i].number == fetched.number)
			end(alerts, i, fetched.status, fetched.body, fetched.why);
	}
	json_drop(root);
	return true;
}

void alerts_drop_fetches(struct alerts *alerts)
{
	for (unsigned i = 0; i < ALERTS_FETCHES_MAX; i++) {
		if (alerts->fetches[i].done)
			end(alerts, i, 0, SPAN_NONE, "the process that sends has ended");
	}
}

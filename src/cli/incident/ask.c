/* One question to the hub, over its unix socket: who may open it is the administrator of this machine. */
#include <errno.h>
#include <stdio.h>

#include "cli/incident/incident.h"
#include "cli/loaded.h"
#include "process/role.h"

#include "base/banned.h"

/* --hub, else hub.sock in the folder that the configuration gives the hub. */
static void find_hub(const struct options *options, char out[PATH_TEXT_MAX + 16])
{
	const char *given = option_text(options, "hub", NULL);
	char folder[PATH_TEXT_MAX];

	if (given) {
		snprintf(out, PATH_TEXT_MAX + 16, "%s", given);
		return;
	}
	find_hub_state(options, folder);
	snprintf(out, PATH_TEXT_MAX + 16, "%s/" HUB_SOCKET_NAME, folder);
}

static int hub_complain(const struct admin_question *question, enum result result)
{
	switch ((int)result) {
	case RESULT_NOT_FOUND:
		return command_failed("no hub answers at %s; is there a hub in the configuration, and does it run (bouclier status)?", question->socket);
	case RESULT_REFUSED:
		return command_failed("%s is not for this user: ask as root, or as the socket's group", question->socket);
	case RESULT_TIMEOUT:
		return command_failed("the hub at %s did not answer within %d s", question->socket, question->wait_ms / 1000);
	case RESULT_MALFORMED:
		return command_failed("what listens at %s gave no whole answer", question->socket);
	default:
		return command_failed("%s could not be asked: %s", question->socket, result_name(result));
	}
}

static int complain_answer(const struct hub_answer *answer)
{
	const struct json *error = json_find(answer->root, "error");
	struct span text = json_text_of(json_find(error, "text"));

	if (span_equal(json_text_of(json_find(error, "code")), SPAN("changed-meanwhile")))
		return command_failed("somebody else changed it meanwhile: look at it again, with bouclier incident show");
	return command_failed("the hub refused (%u): %.*s", answer->reply.status, SPAN_ARG(text.len ? text : SPAN("it does not say why")));
}

int hub_ask(const struct options *options, const char *method, const char *path, struct span body, struct hub_answer *out)
{
	char socket[PATH_TEXT_MAX + 16];
	struct admin_question question = { .socket = socket, .method = method, .path = path, .body = body, .wait_ms = ADMIN_ASK_MS };
	enum result result;
	int code = EXIT_DONE;

	*out = (struct hub_answer){ .root = NULL };
	find_hub(options, socket);
	result = admin_ask(&question, &out->reply);
	if (result != RESULT_OK)
		return hub_complain(&question, result);
	if (json_read(out->reply.body, &out->root) != RESULT_OK)
		code = hub_complain(&question, RESULT_MALFORMED);
	else if (out->reply.status >= 400)
		code = complain_answer(out);
	if (code != EXIT_DONE)
		hub_answer_done(out);
	return code;
}

void hub_answer_done(struct hub_answer *answer)
{
	if (answer->root)
		json_drop(answer->root);
	admin_reply_done(&answer->reply);
	answer->root = NULL;
}

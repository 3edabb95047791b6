/* `packet confirm`, `packet detach`: what waits stays; everything off. */
#include <stdio.h>

#include "cli/packet/packet.h"

#include "base/banned.h"

static int done(const struct options *options, const char *member, const char *sentence)
{
	struct packet_page page;

	if (!options->is_json) {
		printf("%s\n", sentence);
		return EXIT_DONE;
	}
	packet_page_open(&page);
	json_put_bool(&page.json, span_of(member), true);
	return packet_page_close(&page);
}

static int change(const struct options *options, enum result (*what)(struct complaints *complaints), const char *member, const char *sentence, const char *nothing)
{
	struct complaints complaints;
	enum result result;
	int code;

	complaints_init(&complaints);
	result = what(&complaints);
	code = packet_end(result, &complaints);
	complaints_done(&complaints);
	if (result == RESULT_NOT_FOUND)
		return command_failed("%s", nothing);
	return result == RESULT_OK ? done(options, member, sentence) : code;
}

/* What is there, told, and nothing done. */
static int rehearse(const struct options *options, bool (*is_there)(const struct packet_state *state), const char *sentence, const char *nothing)
{
	struct packet_state state;
	int code = packet_look(&state);

	packet_maps_close(&state.maps);
	if (code != EXIT_DONE)
		return code;
	return is_there(&state) ? done(options, "dry_run", sentence) : command_failed("%s", nothing);
}

static bool waits(const struct packet_state *state)
{
	return state->waits;
}

static bool is_there(const struct packet_state *state)
{
	return state->is_attached || state->has_nft || state->is_confirmed;
}

int packet_confirm(const struct options *options)
{
	static const char nothing[] = "nothing waits to be confirmed: bouclier packet status says what became of the last change";

	if (option_is_given(options, "dry-run"))
		return rehearse(options, waits, "What waits would stay. Nothing was changed.", nothing);
	return change(options, loader_confirm, "confirmed", "It stays.", nothing);
}

int packet_detach(const struct options *options)
{
	static const char nothing[] = "no filter is attached, and none will be at the next start of the machine";

	if (option_is_given(options, "dry-run"))
		return rehearse(options, is_there, "The filter and its lists would go, and what was confirmed be forgotten. Nothing was changed.", nothing);
	return change(options, loader_detach, "detached", "The filter and its lists are gone; no packet is filtered before the kernel's network stack.", nothing);
}

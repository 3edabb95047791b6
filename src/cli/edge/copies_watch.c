#include "cli/edge/copies_watch.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define TELL_MS 60000u

void edge_tell(struct edge_state *state, const char *action, struct span site, const char *text)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = span_of(action), .site = site, .detail = span_of(text) };

	fprintf(stderr, "bouclier: %.*s%s%s\n", SPAN_ARG(site), site.len ? ": " : "", text);
	if (state->event)
		event_notice(state->event, &notice);
}

static void tell_key(struct copies_watch *watch, const struct copies_words *words, struct edge_state *state, const struct copies_state *now)
{
	char text[320];

	if (now->has_bad_key == watch->has_bad_key)
		return;
	if (now->has_bad_key)
		snprintf(text, sizeof(text), "ALERT: %s are neither kept nor given: %s in the state folder is not a file of 32 bytes that the shield alone may read; chmod 600 "
		         "and give it to the shield's user, or remove it: then copies are made anew", words->what, words->key);
	else
		snprintf(text, sizeof(text), "%s are kept again", words->what);
	edge_tell(state, now->has_bad_key ? words->stopped : words->kept, SPAN_NONE, text);
	watch->has_bad_key = now->has_bad_key;
}

static void tell_error(struct copies_watch *watch, const struct copies_words *words, struct edge_state *state, const struct copies_state *now)
{
	char text[256];

	if (now->error == watch->error)
		return;
	if (now->error)
		snprintf(text, sizeof(text), "ALERT: %s cannot be written, or not all be read: %s; portals are served on", words->what, strerror(now->error));
	else
		snprintf(text, sizeof(text), "%s are written again", words->what);
	edge_tell(state, now->error ? words->stopped : words->kept, SPAN_NONE, text);
	watch->error = now->error;
}

static void tell_damaged(struct copies_watch *watch, const struct copies_words *words, struct edge_state *state, const struct copies_state *now)
{
	uint64_t now_ms = state->loop.now_ms;
	char text[256];

	if (now->damaged == watch->damaged || (watch->told_ms && now_ms - watch->told_ms < TELL_MS))
		return;
	snprintf(text, sizeof(text), "ALERT: %llu files of %s were damaged, of another version or not signed by this shield: they are not given, and were removed",
	         (unsigned long long)(now->damaged - watch->damaged), words->what);
	edge_tell(state, words->damaged, SPAN_NONE, text);
	watch->damaged = now->damaged;
	watch->told_ms = now_ms;
}

void copies_watch_tell(struct copies_watch *watch, const struct copies_words *words, struct edge_state *state, const struct copies_state *now)
{
	tell_key(watch, words, state, now);
	tell_error(watch, words, state, now);
	tell_damaged(watch, words, state, now);
}

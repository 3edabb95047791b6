#include "cli/drill/drill.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/drill/crew.h"
#include "cli/drill/report.h"
#include "cli/loaded.h"

#include "base/banned.h"

#define CONFIG_BYTES_MAX ((size_t)4 << 20)
#define REPORT_BYTES_MAX ((size_t)1 << 20)
#define START_MS 60000u       /* as long as the keeper gives an edge */
#define PLAY_EXTRA_MS 15000u  /* beyond the three acts: then the players hang */
#define TURN_MS 100u
#define DESCRIPTORS 8192u
#define LOG_SHOWN 4096

struct drill {
	const struct options *options;
	const struct site *site;
	struct drill_settings settings;
	struct play_plan play;
	struct drill_tally *tally;   /* shared with the crew */
	struct drill_ground ground;
	struct crew crew;
	struct admin_reply reply;
	struct json *status;         /* of the drill's shield, at the end; NULL: it did not say */
};

static const struct command *self(void)
{
	return command_find(SPAN("drill"));
}

/* -- what is wanted -- */

static int read_wishes(const struct options *options, int64_t *for_ms, uint64_t *rate)
{
	static const struct duration_limits limits = { DRILL_MS_MIN, DRILL_MS_MAX, "from 10s to 5m (20s)" };
	const char *number = option_text(options, "rate", NULL);

	*for_ms = DRILL_MS;
	*rate = DRILL_RATE;
	if (number && (span_to_u64(span_of(number), DRILL_RATE_MAX, rate) != RESULT_OK || *rate < DRILL_RATE_MIN))
		return command_misused(self(), "--rate is a number of requests a second, from %d to %d, not %s", DRILL_RATE_MIN, DRILL_RATE_MAX, number);
	return command_duration(self(), options, "for", &limits, for_ms);
}

/* A quarter of it calm, half of it attacked, a quarter afterwards. */
static bool make_tally(struct drill *drill, uint64_t for_ms)
{
	void *memory = mmap(NULL, sizeof(*drill->tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	drill->tally = memory;
	drill->tally->acts.calm_ms = drill->tally->acts.after_ms = for_ms / 4;
	drill->tally->acts.attack_ms = for_ms - 2 * (for_ms / 4);
	return true;
}

/* The shield and its clients need a few thousand between them; where there are fewer, the attack has fewer connections. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

/* -- the play -- */

static void show_log(const struct drill *drill)
{
	char text[LOG_SHOWN];
	FILE *log = fopen(drill->ground.log, "re");
	size_t len = log ? fread(text, 1, sizeof(text), log) : 0;

	command_print(stderr, span_make(text, len));
	if (log)
		fclose(log);
}

static int interrupted(void)
{
	return command_failed("the drill was ended; nothing of it is left");
}

static int lost(const struct drill *drill, enum crew_member member)
{
	static const char *const names[CREW_COUNT] = { "shield", "portal", "players" };

	if (member == CREW_SHIELD)
		show_log(drill);
	return command_failed("the drill's own %s ended before its time: there is no verdict", names[member]);
}

/* What has gone wrong meanwhile; EXIT_DONE: nothing. */
static int look_after(const struct drill *drill)
{
	if (drill->crew.is_told)
		return interrupted();
	if (!crew_is_there(&drill->crew, CREW_SHIELD))
		return lost(drill, CREW_SHIELD);
	return crew_is_there(&drill->crew, CREW_PORTAL) ? EXIT_DONE : lost(drill, CREW_PORTAL);
}

static int wait_for_shield(struct drill *drill)
{
	uint64_t until_ms = clock_mono_ms() + START_MS;
	int code = EXIT_DONE;

	while (code == EXIT_DONE && !admin_is_there(drill->ground.socket)) {
		crew_wait(&drill->crew, TURN_MS);
		code = look_after(drill);
		if (code == EXIT_DONE && clock_mono_ms() > until_ms)
			code = command_failed("the drill's own shield does not start within a minute");
	}
	return code;
}

static void tell_act(const struct drill *drill, int window)
{
	static const char *const acts[] = { "calm", NULL, "attack", "after the attack" };
	const struct drill_acts *times = &drill->tally->acts;
	const uint64_t lengths[] = { times->calm_ms, 0, times->attack_ms, times->after_ms };
	int act = window == WINDOW_ONSET ? WINDOW_ATTACK : window;

	if (!drill->options->is_json && window < WINDOW_COUNT && acts[act])
		fprintf(stderr, "%s, %s ...\n", acts[act], short_seconds(lengths[act] / 1000).text);
}

static int wait_for_players(struct drill *drill)
{
	const struct drill_acts *acts = &drill->tally->acts;
	uint64_t until_ms = clock_mono_ms() + acts->calm_ms + acts->attack_ms + acts->after_ms + PLAY_EXTRA_MS;
	int code = EXIT_DONE, told = -1;

	while (code == EXIT_DONE && crew_is_there(&drill->crew, CREW_PLAYERS)) {
		int window = drill->tally->window;

		if (window != told && !(told == WINDOW_ONSET && window == WINDOW_ATTACK))
			tell_act(drill, window);
		told = window;
		crew_wait(&drill->crew, TURN_MS);
		code = look_after(drill);
		if (code == EXIT_DONE && clock_mono_ms() > until_ms)
			code = command_failed("the drill's own players do not end: there is no verdict");
	}
	if (code == EXIT_DONE && drill->tally->window != WINDOW_COUNT)
		code = lost(drill, CREW_PLAYERS);
	return code;
}

static void ask_shield(struct drill *drill)
{
	struct admin_question question = { .socket = drill->ground.socket, .method = "GET", .path = "/status", .wait_ms = ADMIN_ASK_MS };

	if (admin_ask(&question, &drill->reply) != RESULT_OK)
		return;
	if (json_read(drill->reply.body, &drill->status) != RESULT_OK) {
		drill->status = NULL;
		admin_reply_done(&drill->reply);
	}
}

static int play(struct drill *drill)
{
	int code;

	raise_descriptors();
	if (crew_start_portal(&drill->crew, &drill->ground, drill->tally) != RESULT_OK || crew_start_shield(&drill->crew, &drill->ground) != RESULT_OK)
		return command_failed("no process can be started: %s", strerror(errno));
	code = wait_for_shield(drill);
	drill->play.port = drill->ground.shield_port;
	if (code == EXIT_DONE && crew_start_players(&drill->crew, &drill->play, drill->tally) != RESULT_OK)
		code = command_failed("no process can be started: %s", strerror(errno));
	if (code == EXIT_DONE)
		code = wait_for_players(drill);
	if (code == EXIT_DONE)
		ask_shield(drill);
	return code;
}

/* -- its report -- */

static int report(const struct drill *drill)
{
	struct drill_verdict verdict;
	struct drill_report told = { .site = drill->site->name, .rate = drill->play.rate, .tally = drill->tally, .settings = &drill->settings,
		                     .verdict = &verdict, .shield = json_item(json_find(drill->status, "sites"), 0) };
	struct buffer text;
	struct json_writer json;
	struct page page = { .out = &text, .has_color = drill->options->has_color };

	drill_verdict_make(drill->tally, &drill->settings, &verdict);
	buffer_init(&text, REPORT_BYTES_MAX);
	json_writer_init(&json, &text);
	if (drill->options->is_json)
		report_write(&json, &told);
	else
		report_print(&page, &told);
	command_print(stdout, buffer_span(&text));
	if (drill->options->is_json)
		putchar('\n');
	buffer_done(&text);
	if (json.result != RESULT_OK || page.result != RESULT_OK)
		return command_failed("there is no memory for the report");
	return verdict.kind == VERDICT_REACHABLE ? EXIT_DONE : EXIT_FAILED;
}

/* -- all of it -- */

static enum result prepare(struct drill *drill, const struct snapshot *snapshot)
{
	enum result result = ground_init(&drill->ground);
	struct buffer text;

	if (result != RESULT_OK) {
		command_failed("there is no place for a drill below /tmp and on 127.0.0.1: %s", strerror(errno));
		return result;
	}
	buffer_init(&text, CONFIG_BYTES_MAX);
	result = drill_site_write(snapshot, drill->site, &drill->ground, &text);
	if (result == RESULT_OK)
		result = ground_write_config(&drill->ground, buffer_span(&text));
	buffer_done(&text);
	if (result != RESULT_OK)
		command_failed("the configuration of the drill cannot be made: %s", result_name(result));
	return result;
}

static int run(struct drill *drill, const struct snapshot *snapshot)
{
	int code = EXIT_FAILED;

	crew_init(&drill->crew);
	if (prepare(drill, snapshot) == RESULT_OK)
		code = play(drill);
	crew_end(&drill->crew);
	ground_done(&drill->ground);
	crew_done(&drill->crew);
	if (code == EXIT_DONE)
		code = report(drill);
	if (drill->status) {
		json_drop(drill->status);
		admin_reply_done(&drill->reply);
	}
	return code;
}

int drill_command(const struct options *options)
{
	struct drill drill = { .options = options };
	struct loaded loaded;
	int64_t for_ms;
	uint64_t rate;
	int code = read_wishes(options, &for_ms, &rate);

	if (code != EXIT_DONE)
		return code;
	code = EXIT_FAILED;
	if (loaded_read(&loaded, options, LOAD_STRICT) == RESULT_OK)
		drill.site = drill_site_find(loaded.snapshot, span_of(options->argument_count ? options->arguments[0] : ""));
	else
		loaded_complain(&loaded);
	if (drill.site && !make_tally(&drill, (uint64_t)for_ms)) {
		code = command_failed("there is no memory for a drill");
	} else if (drill.site) {
		drill.settings = drill_settings_of(loaded.snapshot, drill.site);
		drill.play = (struct play_plan){ .rate = (unsigned)rate, .has_partners = drill.settings.has_partners };
		code = run(&drill, loaded.snapshot);
		munmap(drill.tally, sizeof(*drill.tally));
	}
	loaded_done(&loaded);
	return code;
}

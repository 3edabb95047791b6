/* For the hub, whose user may not read the state folder: GET /config, the texts that serve; GET /config/history; POST /config/history {"number"}, one of them
 * with its texts. And GET /config/schema, for the hub has not the tables of all rooms. Commands read the files themselves. */
#include "cli/admin/inner.h"

#include <unistd.h>

#include "cli/wiring.h"
#include "config/dump.h"
#include "event/history/history.h"

#include "base/banned.h"

static void put_text(struct json_writer *json, struct span path, struct span text)
{
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("path"), path);
	json_put_text(json, SPAN("text"), text);
	json_close(json, '}');
}

void admin_answer_config(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	const struct edge_plan *plan = &admin->state->plan;
	struct image_record record;
	struct json_writer json;
	size_t at = 0;

	(void)request;
	admin_begin_json(answer, &json);
	json_put_number(&json, SPAN("generation"), plan->generation);
	json_open(&json, SPAN("files"), '[');
	while (image_next(&plan->image, IMAGE_TEXT, &at, &record))
		put_text(&json, record.name, record.bytes);
	json_close(&json, ']');
	admin_finish_json(answer, &json);
}

void admin_answer_schema(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	(void)admin;
	(void)request;
	answer->status = 200;
	answer->type = SPAN("application/json");
	if (config_schema(wiring_sections(), &answer->body) != RESULT_OK)
		admin_refuse(answer, 503, "there is no memory for it");
}

static void put_entry(struct json_writer *json, const struct history_entry *entry)
{
	json_put_number(json, SPAN("number"), entry->number);
	json_put_number(json, SPAN("generation"), entry->generation);
	json_put_time_ms(json, SPAN("at"), entry->at_ms);
	json_put_text(json, SPAN("how"), history_how_word(entry->note.how));
	json_put_text(json, SPAN("who"), entry->note.who);
	json_put_text(json, SPAN("why"), entry->note.why);
}

/* -1: answered. */
static int open_history(struct admin *admin, struct admin_answer *answer)
{
	int folder = -1;

	if (admin->state->state_fd < 0 || history_open_to_read(admin->state->state_fd, &folder) != RESULT_OK)
		admin_refuse(answer, 404, "there is no history");
	return folder;
}

void admin_answer_history(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	int folder = open_history(admin, answer);
	uint64_t numbers[HISTORY_MAX];
	struct json_writer json;
	size_t count = 0;

	(void)request;
	if (folder < 0)
		return;
	if (history_list(folder, numbers, &count) != RESULT_OK)
		count = 0;
	admin_begin_json(answer, &json);
	json_open(&json, SPAN("configurations"), '[');
	for (size_t i = count; i; i--) {
		struct history_entry entry;

		if (history_read(folder, numbers[i - 1], &entry) != RESULT_OK)
			continue;  /* a damaged one is none; the command says so */
		json_open(&json, SPAN_NONE, '{');
		put_entry(&json, &entry);
		if (i == count && admin->state->keeper)
			json_put_time(&json, SPAN("confirm_until"), admin->state->keeper->confirm_until_wall_ns);
		json_close(&json, '}');
		history_entry_done(&entry);
	}
	json_close(&json, ']');
	admin_finish_json(answer, &json);
	close(folder);
}

/* Fails closed: all of its texts, or none. */
static void answer_entry(int folder, const struct history_entry *entry, struct admin_answer *answer)
{
	struct json_writer json;
	bool is_whole = true;

	admin_begin_json(answer, &json);
	put_entry(&json, entry);
	json_open(&json, SPAN("files"), '[');
	for (size_t i = 0; i < entry->count && is_whole; i++) {
		struct buffer text;

		buffer_init(&text, HISTORY_TEXT_MAX);
		is_whole = history_text(folder, &entry->files[i], &text) == RESULT_OK;
		put_text(&json, entry->files[i].path, buffer_span(&text));
		buffer_done(&text);
	}
	json_close(&json, ']');
	if (is_whole)
		admin_finish_json(answer, &json);
	else
		admin_refuse(answer, 409, "a text of configuration %llu is gone, or damaged", (unsigned long long)entry->number);
}

void admin_answer_history_one(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = admin_read_body(request, answer);
	uint64_t number = json_number_of(json_find(root, "number"));
	struct history_entry entry;
	enum result result;
	int folder;

	if (!root)
		return;
	json_drop(root);
	folder = open_history(admin, answer);
	if (folder < 0)
		return;
	result = history_read(folder, number, &entry);
	if (result == RESULT_OK) {
		answer_entry(folder, &entry, answer);
		history_entry_done(&entry);
	} else {
		admin_refuse(answer, 404, "there is no configuration %llu", (unsigned long long)number);
	}
	close(folder);
}

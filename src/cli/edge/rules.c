/* Rule sets as a build uses them: those that serve already where no byte of them has changed, else compiled from the image. */
#include <stdlib.h>

#include "cli/edge/build_inner.h"
#include "config/tenant.h"

#include "base/banned.h"

struct edge_rules_kept {
	struct edge_rules_kept *next;
	struct rule_set *set;
	bool is_used;           /* by the build that runs */
};

/* What check says that RULESET of OWNER is made of. */
static bool find_digest(const struct builder *builder, struct span owner, struct span ruleset, struct span *digest)
{
	struct image_record record;
	size_t at = 0;

	while (image_next(&builder->plan->image, IMAGE_RULE_SET, &at, &record)) {
		if (!span_equal(record.name, ruleset) || !span_equal(image_rules_owner(&record), owner))
			continue;
		*digest = image_rules_bytes(&record);
		return digest->len == DIGEST_LEN;
	}
	return false;
}

static struct edge_rules_kept *find_kept(const struct builder *builder, struct span digest)
{
	struct edge_rules_kept *kept = builder->state->kept_rules;

	while (kept && memcmp(kept->set->digest, digest.at, DIGEST_LEN) != 0)
		kept = kept->next;
	return kept;
}

static enum result give_texts(struct builder *builder, struct rule_files *files)
{
	struct image_record record;
	enum result result = RESULT_OK;
	size_t at = 0;

	while (result == RESULT_OK && image_next(&builder->plan->image, IMAGE_RULE_TEXT, &at, &record))
		result = rule_files_give(files, image_rules_owner(&record), record.name, image_rules_bytes(&record));
	return result;
}

/* Security, fails closed: rules that are not made of the very bytes that were checked do not serve. */
static enum result compile(struct builder *builder, const struct config_tenant *tenant, struct span ruleset, struct span digest, struct rule_set **out)
{
	struct rule_files files;
	struct rule_asker asker = { .files = &files, .tenant = tenant, .complaints = builder->complaints };
	enum result result;

	rule_files_init(&files, false);
	result = give_texts(builder, &files);
	if (result == RESULT_OK)
		result = rule_set_read(&asker, ruleset, out);
	if (result == RESULT_OK && memcmp((*out)->digest, digest.at, DIGEST_LEN) != 0) {
		complain(builder->complaints, COMPLAINT_ERROR, (struct place){ ruleset, 0, 0 }, SPAN("reload once more: its files changed meanwhile"),
		         "the rules are not those that were checked");
		rule_set_drop(*out);
		result = RESULT_REFUSED;
	}
	rule_files_done(&files);
	return result;
}

static enum result keep(struct builder *builder, struct rule_set *set, struct edge_rules_kept **out)
{
	struct edge_rules_kept *kept = calloc(1, sizeof(*kept));

	if (!kept) {
		rule_set_drop(set);
		return RESULT_NO_MEMORY;
	}
	kept->set = set;
	kept->next = builder->state->kept_rules;
	builder->state->kept_rules = kept;
	*out = kept;
	return RESULT_OK;
}

enum result edge_rules_of(void *context, const struct site *site, const struct waf_settings *settings, struct rule_set **out)
{
	struct builder *builder = context;
	const struct config_top *top = builder->snapshot->sections[ROOM_CONFIG];
	const struct config_tenant *tenant = rule_set_tenant(tenant_of_file(top, site->place.file), settings->ruleset);
	struct edge_rules_kept *kept;
	struct rule_set *set;
	struct span digest;
	enum result result = RESULT_OK;

	if (!find_digest(builder, tenant ? tenant->name : SPAN(""), settings->ruleset, &digest)) {
		complain(builder->complaints, COMPLAINT_ERROR, site->place, SPAN_NONE, "site %.*s: its rules were not checked", SPAN_ARG(site->name));
		return RESULT_NOT_FOUND;
	}
	kept = find_kept(builder, digest);
	if (!kept)
		result = compile(builder, tenant, settings->ruleset, digest, &set);
	if (!kept && result == RESULT_OK)
		result = keep(builder, set, &kept);
	if (result != RESULT_OK)
		return result;
	kept->is_used = true;
	*out = kept->set;
	return RESULT_OK;
}

static void forget(struct edge_rules_kept **at)
{
	struct edge_rules_kept *kept = *at;

	*at = kept->next;
	rule_set_drop(kept->set);
	free(kept);
}

/* A failed build leaves what it compiled for the next try, which begins where it stopped: at most one of each set. */
void edge_rules_end(struct builder *builder, bool is_good)
{
	struct edge_rules_kept **at = &builder->state->kept_rules;

	while (*at) {
		bool was_used = (*at)->is_used;

		(*at)->is_used = false;
		if (is_good && !was_used)
			forget(at);
		else
			at = &(*at)->next;
	}
}

void edge_rules_forget(struct edge_state *state)
{
	while (state->kept_rules)
		forget(&state->kept_rules);
}

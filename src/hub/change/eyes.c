#include "hub/change/eyes.h"

#include "config/document.h"

#include "base/banned.h"

/* Wherever it stands, all that is below it. */
static const char *const keys[] = { "exclusions", "audit_log", "keep", "log", NULL };
/* Of a rule that has it, the whole rule: its end, its reason, its own path. */
static const char *const rule_keys[] = { "countries", NULL };
/* Sections of the whole file. */
static const char *const sections[] = { "hub", "admin", "include", "tenants", "countries", NULL };
/* What a thing is: the same exclusion at another site is another one. */
static const char *const names[] = { "name", "hosts", "path", "tenant", NULL };

static bool is_one_of(struct span key, const char *const *list)
{
	for (; *list; list++) {
		if (span_equal(key, span_of(*list)))
			return true;
	}
	return false;
}

static bool has_one_of(const struct node *mapping, const char *const *list)
{
	for (; *list; list++) {
		if (node_find(mapping, span_of(*list)))
			return true;
	}
	return false;
}

/* -- a tree as text, of which no other tree is written the same way -- */

static enum result put_text(struct span text, struct buffer *out)
{
	enum result result = buffer_print(out, "%zu:", text.len);

	return result == RESULT_OK ? buffer_append(out, text) : result;
}

static enum result put_tree(const struct node *node, struct buffer *out)
{
	enum result result = buffer_print(out, "%c%u ", "slm"[node->kind], node->count);

	if (node->kind == NODE_SCALAR)
		return result == RESULT_OK ? put_text(node->text, out) : result;
	node_each (child, node) {
		if (result == RESULT_OK && child->key)
			result = put_tree(child->key, out);
		if (result == RESULT_OK)
			result = put_tree(child, out);
	}
	return result;
}

static enum result put_names(const struct node *mapping, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (const char *const *name = names; *name && result == RESULT_OK; name++) {
		const struct node *value = node_find(mapping, span_of(*name));

		result = buffer_print(out, "%s=", *name);
		if (result == RESULT_OK && value)
			result = put_tree(value, out);
	}
	return result;
}

/* -- what is looked at -- */

static enum result put_watched(const struct node *node, unsigned depth, struct buffer *out);

static enum result put_below(const struct node *child, unsigned depth, size_t index, struct buffer *out)
{
	size_t before = buffer_len(out), empty;
	enum result result = buffer_print(out, "[%zu ", index);

	if (result == RESULT_OK && child->key)
		result = put_tree(child->key, out);
	empty = buffer_len(out);
	if (result == RESULT_OK && child->key && (is_one_of(child->key->text, keys) || (depth == 0 && is_one_of(child->key->text, sections))))
		result = put_tree(child, out);
	else if (result == RESULT_OK)
		result = put_watched(child, depth + 1, out);
	if (result == RESULT_OK && buffer_len(out) == empty)
		buffer_drop_end(out, empty - before);  /* there is nothing of that kind */
	return result;
}

static enum result put_watched(const struct node *node, unsigned depth, struct buffer *out)
{
	size_t before = buffer_len(out), index = 0;
	enum result result = RESULT_OK;

	if (node->kind == NODE_MAPPING && depth && has_one_of(node, rule_keys))
		return put_tree(node, out);
	node_each (child, node) {
		if (result == RESULT_OK)
			result = put_below(child, depth, node->kind == NODE_LIST ? index : 0, out);
		index++;
	}
	if (result == RESULT_OK && node->kind == NODE_MAPPING && buffer_len(out) != before)
		result = put_names(node, out);
	return result;
}

static enum result watched(struct span text, struct buffer *out)
{
	static const struct span file = SPAN_INIT("proposal");
	struct complaints complaints;
	struct document document;
	struct node *root = NULL;
	enum result result;

	complaints_init(&complaints);
	document_init(&document);
	result = document_read(&document, &file, text, &complaints, &root);
	if (result == RESULT_OK && (complaints.count || complaints.dropped))
		result = RESULT_MALFORMED;
	if (result == RESULT_OK && root)
		result = put_watched(root, 0, out);
	document_done(&document);
	complaints_done(&complaints);
	return result;
}

bool eyes_are_needed(struct span before, struct span after)
{
	struct buffer one, other;
	bool is_needed;

	buffer_init(&one, EYES_TEXT_MAX);
	buffer_init(&other, EYES_TEXT_MAX);
	is_needed = watched(before, &one) != RESULT_OK || watched(after, &other) != RESULT_OK || !span_equal(buffer_span(&one), buffer_span(&other));
	buffer_done(&one);
	buffer_done(&other);
	return is_needed;
}

/* Files as a build uses them: what the keeper read for it, or what served last where that does not hold. */
#include <stdlib.h>

#include "cli/edge/build_inner.h"

#include "base/banned.h"

/* What a tenant's sites go on with although the file on disk is broken or gone. */
struct edge_file_kept {
	struct edge_file_kept *next;
	struct span path, bytes;
	bool is_used;           /* by the build that runs */
};

static struct edge_file_kept *find_kept(const struct builder *builder, struct span path)
{
	struct edge_file_kept *kept = builder->state->kept_files;

	while (kept && !span_equal(kept->path, path))
		kept = kept->next;
	return kept;
}

/* Path and bytes in one piece, behind the node. */
static struct edge_file_kept *keep(struct builder *builder, const struct image_file *file)
{
	struct edge_file_kept *kept = malloc(sizeof(*kept) + file->path.len + file->bytes.len);
	char *to = kept ? (char *)(kept + 1) : NULL;

	if (!kept)
		return NULL;
	memcpy(to, file->path.at, file->path.len);
	memcpy(to + file->path.len, file->bytes.at, file->bytes.len);
	*kept = (struct edge_file_kept){ builder->state->kept_files, span_make(to, file->path.len),
		                         span_make(to + file->path.len, file->bytes.len), false };
	builder->state->kept_files = kept;
	return kept;
}

static struct span find_last(struct builder *builder, struct span path)
{
	struct edge_file_kept *kept = find_kept(builder, path);
	struct image_file file;

	if (!kept && !image_is_empty(&builder->state->plan.files) &&
	    image_find_file(&builder->state->plan.files, path, &file) == RESULT_OK && file.bytes.len)
		kept = keep(builder, &file);
	if (!kept)
		return SPAN_NONE;
	kept->is_used = true;
	return kept->bytes;
}

struct span edge_file_find(struct builder *builder, struct span path)
{
	const struct edge_file_kept *kept = find_kept(builder, path);
	struct image_file file;

	if (builder->wants_last)
		return find_last(builder, path);
	if (kept && kept->is_used)
		return kept->bytes;
	return image_find_file(&builder->plan->files, path, &file) == RESULT_OK ? file.bytes : SPAN_NONE;
}

struct span edge_file(struct builder *builder, struct span path)
{
	struct span bytes = path.len ? edge_file_find(builder, path) : SPAN_NONE;
	struct image_file file;

	if (path.len && !bytes.len && image_find_file(&builder->plan->files, path, &file) == RESULT_OK && !file.error)
		return SPAN("");  /* it is there, and empty: whoever reads it says so */
	if (path.len && !bytes.len)
		complain(builder->complaints, COMPLAINT_ERROR, (struct place){ .file = path }, SPAN_NONE, "cannot be read");
	return bytes;
}

struct certificate_source edge_certificate(struct builder *builder, struct span chain, struct span key)
{
	struct span key_path = key.len ? key : chain;

	return (struct certificate_source){ .chain = edge_file(builder, chain), .key = edge_file(builder, key_path),
		                            .chain_path = chain, .key_path = key_path };
}

bool edge_file_is_in_use(const struct builder *builder, struct span path, struct span bytes)
{
	struct image_file file;

	return !image_is_empty(&builder->state->plan.files) && image_find_file(&builder->state->plan.files, path, &file) == RESULT_OK &&
	       span_equal(file.bytes, bytes);
}

static void forget(struct edge_file_kept **at)
{
	struct edge_file_kept *kept = *at;

	*at = kept->next;
	explicit_bzero(kept + 1, kept->path.len + kept->bytes.len);  /* keys */
	free(kept);
}

void edge_files_forget(struct edge_state *state)
{
	while (state->kept_files)
		forget(&state->kept_files);
}

void edge_files_end(struct builder *builder, bool is_good)
{
	struct edge_file_kept **at = &builder->state->kept_files;

	while (*at) {
		struct edge_file_kept *kept = *at;

		if (!is_good || kept->is_used) {
			kept->is_used = false;
			at = &kept->next;
			continue;
		}
		forget(at);
	}
}

#include "hub/web/assets.h"

#include "http/accept_encoding.h"

#include "base/banned.h"

#define KEPT SPAN("public, max-age=31536000, immutable")
#define ASKED SPAN("no-cache")

static const char missing_page[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Bouclier</title></head><body>\n"
	"<h1>Bouclier</h1>\n"
	"<p>The hub runs, but its console was not built. On the machine where Bouclier is built: install Node.js and npm, run <code>tools/console</code>, "
	"then <code>make</code> again. The API under <code>/api/v1</code> and the commands work without it.</p>\n"
	"<p lang=\"nl\">De hub draait, maar de console is niet gebouwd: <code>tools/console</code>, dan opnieuw <code>make</code>.</p>\n"
	"<p lang=\"fr\">Le hub fonctionne, mais la console n’a pas été construite : <code>tools/console</code>, puis de nouveau <code>make</code>.</p>\n"
	"<p lang=\"de\">Der Hub läuft, aber die Konsole wurde nicht gebaut: <code>tools/console</code>, dann erneut <code>make</code>.</p>\n"
	"</body></html>\n";

static const struct span coding_names[ASSET_CODINGS] = { [ASSET_GZIP] = SPAN_INIT("gzip"), [ASSET_BROTLI] = SPAN_INIT("br") };

static const struct web_asset *asset_find(const struct web_assets *assets, struct span path)
{
	for (size_t i = 0; i < assets->count; i++)
		if (span_equal(span_of(assets->list[i].path), path))
			return &assets->list[i];
	return NULL;
}

/* The smallest copy that the client reads. */
static enum asset_coding coding_choose(const struct web_asset *asset, const struct web_request *request)
{
	char text[ACCEPT_ENCODING_MAX];
	struct span accepted = accept_encoding_reduce(&request->head->fields, text);
	enum asset_coding best = ASSET_PLAIN;

	while (accepted.len) {
		struct span member = span_trim(span_cut(&accepted, ',')), name = span_cut(&member, ';');

		for (enum asset_coding coding = ASSET_GZIP; coding < ASSET_CODINGS; coding++)
			if (asset->bytes[coding].at && span_equal(name, coding_names[coding]) && asset->bytes[coding].len < asset->bytes[best].len)
				best = coding;
	}
	return best;
}

/* Weak comparison (RFC 9110, 13.1.2). */
static bool is_known(const struct web_request *request, struct span etag)
{
	const struct fields *fields = &request->head->fields;

	for (unsigned i = 0; i < fields->count; i++) {
		struct span list = fields->list[i].id == FIELD_IF_NONE_MATCH ? fields->list[i].value : SPAN_NONE;

		while (list.len) {
			struct span member = span_trim(span_cut(&list, ','));

			if (span_starts(member, SPAN("W/")))
				member = span_skip(member, 2);
			if (span_equal(member, etag) || span_equal(member, SPAN("*")))
				return true;
		}
	}
	return false;
}

/* Each coding is a representation of its own, with an ETag of its own. */
static struct span etag_write(const struct web_asset *asset, enum asset_coding coding, struct buffer *out)
{
	const char *join = coding == ASSET_PLAIN ? "" : "-";

	if (buffer_print(out, "\"%s%s%.*s\"", asset->digest, join, SPAN_ARG(coding_names[coding])) != RESULT_OK)
		return SPAN_NONE;
	return buffer_span(out);
}

static void asset_answer(const struct web_asset *asset, struct web_request *request, struct web_answer *answer)
{
	enum asset_coding coding = coding_choose(asset, request);
	struct buffer text;
	struct span etag;

	buffer_init(&text, 128);
	etag = etag_write(asset, coding, &text);
	answer->status = is_known(request, etag) ? 304 : 200;
	answer->type = span_of(asset->type);
	answer->lasting = asset->bytes[coding];
	(void)web_field(request, answer, SPAN("ETag"), etag);
	(void)web_field(request, answer, SPAN("Cache-Control"), asset->is_immutable ? KEPT : ASKED);
	(void)web_field(request, answer, SPAN("Vary"), SPAN("Accept-Encoding"));
	if (coding != ASSET_PLAIN)
		(void)web_field(request, answer, SPAN("Content-Encoding"), coding_names[coding]);
	buffer_done(&text);
}

bool web_assets_answer(const struct web_assets *assets, struct web_request *request, struct web_answer *answer)
{
	bool is_root = span_equal(request->path, SPAN("/"));
	const struct web_asset *asset = asset_find(assets, is_root ? SPAN("/index.html") : request->path);

	if (!asset && web_wants_page(request))
		asset = asset_find(assets, SPAN("/index.html"));
	if (asset) {
		asset_answer(asset, request, answer);
		return true;
	}
	if (assets->count || !(is_root || web_wants_page(request)))
		return false;
	answer->status = 503;
	answer->type = SPAN("text/html; charset=utf-8");
	answer->lasting = span_make(missing_page, sizeof(missing_page) - 1);
	return true;
}

/* The console as it was built: files compiled into the program, with copies that browsers take compressed.
 *
 * Shape    a table that tools/assets writes from a folder. "index.html" is also "/", and answers every unknown path outside /api that a browser
 *          asks for as a page (Accept: text/html), for the console finds its own way from there. A file whose name carries a hash of its
 *          content ("assets/app-Bx3kQ9_a.js") may be kept for ever; everything else is asked again with its ETag
 * Limits   none of a request's own: names are compared, never opened
 * Owns     nothing: constant
 * Threads  any
 *
 * Where the console was not built the table is empty, and every page says so, and how to build it.
 */
#ifndef BOUCLIER_HUB_WEB_ASSETS_H
#define BOUCLIER_HUB_WEB_ASSETS_H

#include "hub/web/request.h"

enum asset_coding { ASSET_PLAIN, ASSET_GZIP, ASSET_BROTLI, ASSET_CODINGS };

struct web_asset {
	const char *path;            /* "/assets/app-Bx3kQ9_a.js" */
	const char *type;            /* "text/javascript; charset=utf-8" */
	const char *digest;          /* of the content: what the ETag is made of */
	bool is_immutable;
	struct span bytes[ASSET_CODINGS];  /* at NULL: that copy was not smaller */
};

struct web_assets {
	const struct web_asset *list;
	size_t count;
};

/* What was compiled in: generated. */
extern const struct web_assets web_console;

/* Answers a GET or HEAD; false: there is nothing of that name (404 is the caller's). */
bool web_assets_answer(const struct web_assets *assets, struct web_request *request, struct web_answer *answer);

#endif

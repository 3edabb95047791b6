/* The document that a reader of XML has read, and what XPath finds in it.
 *
 * No entity is ever declared (a document that tries is an error: there is no laughing then, and no file is read), nothing is
 * loaded from anywhere.
 *
 * Source   XPath 1.0, libxml2; ModSecurity 2.9.7: of what a path finds, elements give all their text, attributes their value
 * Limits   depth and nodes of struct body_limits; XML_OPERATIONS_MAX steps of XPath
 * Threads  one at a time
 */
#ifndef BOUCLIER_WAF_BODY_XML_H
#define BOUCLIER_WAF_BODY_XML_H

#include "waf/body/reader.h"

#define XML_OPERATIONS_MAX 10000000

/* Whether libxml2 is here; if not, WHY becomes a sentence. Loads it: to be asked while rules are being read, not in a request. */
bool xml_is_here(const char **why) must_check;
#define XML_ADVICE "install Debian's package libxml2, or remove the rules that ask for it"

struct xml_namespace {
	struct span prefix, uri;
};

struct xml_sink {
	void *context;
	/* As the functions of struct body_sink. VALUE lives during the call. */
	enum result (*found)(void *context, struct span value);
};

struct xml_document;

/* NULL: READER is not of that kind, has not ended, or the body was no XML. Lives as long as the reader. */
struct xml_document *reader_document(struct reader *reader);

/* A compiled path; immutable, shared by threads. RESULT_MALFORMED, RESULT_NO_MEMORY; RESULT_NOT_FOUND: no libxml2. */
struct xml_path;
enum result xml_path_new(struct span path, const struct xml_namespace *namespaces, size_t count, struct xml_path **out) must_check;
void xml_path_free(struct xml_path *path);
/* The two paths that nearly every rule asks for: all text (slash star) and all attributes. They cost no XPath. */
bool xml_path_is_root_text(const struct xml_path *path);
bool xml_path_is_attributes(const struct xml_path *path);

/* RESULT_OK: told all, maybe nothing. RESULT_LIMIT: the path takes too long on this document; RESULT_MALFORMED: it cannot be
 * evaluated (an unknown prefix or function); RESULT_NO_MEMORY; what the sink answered. */
enum result xml_find(struct xml_document *document, const struct xml_path *path, const struct xml_sink *sink) must_check;

#endif

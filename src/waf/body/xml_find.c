/* What XPath finds in a document. */
#include "waf/body/xml_inside.h"

#include <stdlib.h>

#include "base/banned.h"

struct xml_path {
	const struct xml_library *library;
	xmlXPathCompExprPtr compiled;
	char *text;             /* prefixes and uris, each with a NUL */
	const char **names;     /* prefix, uri, prefix, uri ... */
	size_t count;
	bool is_root_text, is_attributes;
};

static struct span span_of_xml(const xmlChar *text)
{
	return span_of((const char *)text);
}

/* The next in the order of the document, without what is not text of elements; NULL behind TOP. */
static xmlNodePtr next_in(xmlNodePtr node, const xmlNode *top)
{
	if (node->type == XML_ELEMENT_NODE && node->children)
		return node->children;
	for (; node != top; node = node->parent) {
		if (node->next)
			return node->next;
	}
	return NULL;
}

static enum result tell_text(struct xml_document *document, xmlNodePtr top, const struct xml_sink *sink)
{
	enum result result = RESULT_OK;

	buffer_reset(&document->text);
	for (xmlNodePtr node = top; node && result == RESULT_OK; node = next_in(node, top)) {
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
			result = buffer_append(&document->text, span_of_xml(node->content));
	}
	return result == RESULT_OK ? sink->found(sink->context, buffer_span(&document->text)) : result;
}

/* An attribute's text is one node, or several where an unknown entity stood between. */
static enum result tell_attribute(struct xml_document *document, xmlAttrPtr attribute, const struct xml_sink *sink)
{
	enum result result = RESULT_OK;

	if (attribute->children && !attribute->children->next && attribute->children->type == XML_TEXT_NODE)
		return sink->found(sink->context, span_of_xml(attribute->children->content));
	buffer_reset(&document->text);
	for (xmlNodePtr node = attribute->children; node && result == RESULT_OK; node = node->next) {
		if (node->type == XML_TEXT_NODE)
			result = buffer_append(&document->text, span_of_xml(node->content));
	}
	return result == RESULT_OK ? sink->found(sink->context, buffer_span(&document->text)) : result;
}

static enum result tell_attributes(struct xml_document *document, const struct xml_sink *sink)
{
	xmlNodePtr root = document->library->xmlDocGetRootElement(document->tree);
	enum result result = RESULT_OK;

	for (xmlNodePtr node = root; node && result == RESULT_OK; node = next_in(node, root)) {
		xmlAttrPtr attribute = node->type == XML_ELEMENT_NODE ? node->properties : NULL;

		for (; attribute && result == RESULT_OK; attribute = attribute->next)
			result = tell_attribute(document, attribute, sink);
	}
	return result;
}

static enum result tell_node(struct xml_document *document, xmlNodePtr node, const struct xml_sink *sink)
{
	if (node->type == XML_ATTRIBUTE_NODE)
		return tell_attribute(document, (xmlAttrPtr)node, sink);
	if (node->type == XML_NAMESPACE_DECL)
		return sink->found(sink->context, span_of_xml(((xmlNsPtr)node)->href));
	if (node->type == XML_DOCUMENT_NODE)
		node = document->library->xmlDocGetRootElement(document->tree);
	if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE)
		return sink->found(sink->context, span_of_xml(node->content));
	return tell_text(document, node, sink);
}

static enum result tell_found(struct xml_document *document, xmlXPathObjectPtr found, const struct xml_sink *sink)
{
	enum result result = RESULT_OK;

	if (found->type != XPATH_NODESET || !found->nodesetval)
		return RESULT_OK;  /* a number or a text is nothing to 2.9.7 */
	for (int i = 0; i < found->nodesetval->nodeNr && result == RESULT_OK; i++)
		result = tell_node(document, found->nodesetval->nodeTab[i], sink);
	return result;
}

/* Why there is no answer. */
static enum result fault_of(const xmlXPathContext *context)
{
	int code = context->lastError.code;

	if (code == XML_ERR_NO_MEMORY || code == XML_XPATH_EXPRESSION_OK + XPATH_MEMORY_ERROR)
		return RESULT_NO_MEMORY;
	return code == XML_XPATH_EXPRESSION_OK + XPATH_OP_LIMIT_EXCEEDED ? RESULT_LIMIT : RESULT_MALFORMED;
}

void xml_path_free(struct xml_path *path)
{
	if (!path)
		return;
	if (path->compiled)
		path->library->xmlXPathFreeCompExpr(path->compiled);
	free(path->text);
	free(path->names);
	free(path);
}

/* A copy of SPAN with a NUL behind it, at AT; what follows is free. */
static char *put(char *at, struct span span)
{
	if (span.len)
		memcpy(at, span.at, span.len);
	at[span.len] = '\0';
	return at + span.len + 1;
}

static bool has_nul(struct span span)
{
	return span.len && memchr(span.at, '\0', span.len);
}

/* The texts, after the path's own. */
static enum result keep_texts(struct xml_path *path, struct span text, const struct xml_namespace *namespaces)
{
	size_t bytes = text.len + 1;
	char *at;

	for (size_t i = 0; i < path->count; i++) {
		if (has_nul(namespaces[i].prefix) || has_nul(namespaces[i].uri))
			return RESULT_MALFORMED;
		bytes += namespaces[i].prefix.len + namespaces[i].uri.len + 2;
	}
	path->text = malloc(bytes);
	path->names = calloc(path->count + 1, 2 * sizeof(*path->names));
	if (!path->text || !path->names)
		return RESULT_NO_MEMORY;
	at = put(path->text, text);
	for (size_t i = 0; i < path->count; i++) {
		path->names[2 * i] = at;
		at = put(at, namespaces[i].prefix);
		path->names[2 * i + 1] = at;
		at = put(at, namespaces[i].uri);
	}
	return RESULT_OK;
}

static enum result compile(struct xml_path *path)
{
	xmlXPathContextPtr context;
	enum result result = RESULT_OK;

	context = path->library->xmlXPathNewContext(NULL);
	if (!context)
		return RESULT_NO_MEMORY;
	context->error = xml_keep_quiet;
	path->compiled = path->library->xmlXPathCtxtCompile(context, (const xmlChar *)path->text);
	if (!path->compiled)
		result = fault_of(context);
	path->library->xmlXPathFreeContext(context);
	return result;
}

enum result xml_path_new(struct span text, const struct xml_namespace *namespaces, size_t count, struct xml_path **out)
{
	struct xml_path *path;
	enum result result;

	if (has_nul(text))
		return RESULT_MALFORMED;
	path = calloc(1, sizeof(*path));
	if (!path)
		return RESULT_NO_MEMORY;
	path->library = xml_prepare();
	if (!path->library) {
		free(path);
		return RESULT_NOT_FOUND;
	}
	path->count = count;
	path->is_root_text = span_equal(text, SPAN("/*"));
	path->is_attributes = span_equal(text, SPAN("//@*"));
	result = keep_texts(path, text, namespaces);
	if (result == RESULT_OK && !path->is_root_text && !path->is_attributes)
		result = compile(path);
	if (result != RESULT_OK) {
		xml_path_free(path);
		return result;
	}
	*out = path;
	return RESULT_OK;
}

bool xml_path_is_root_text(const struct xml_path *path)
{
	return path->is_root_text;
}

bool xml_path_is_attributes(const struct xml_path *path)
{
	return path->is_attributes;
}

enum result xml_find(struct xml_document *document, const struct xml_path *path, const struct xml_sink *sink)
{
	const struct xml_library *library = document->library;
	xmlXPathContextPtr context;
	xmlXPathObjectPtr found;
	enum result result = RESULT_OK;

	if (path->is_root_text)
		return tell_text(document, document->library->xmlDocGetRootElement(document->tree), sink);
	if (path->is_attributes)
		return tell_attributes(document, sink);
	(void)xml_prepare();  /* the document is here, and so is the library: only this thread may be new to it */
	context = library->xmlXPathNewContext(document->tree);
	if (!context)
		return RESULT_NO_MEMORY;
	context->error = xml_keep_quiet;
	context->opLimit = XML_OPERATIONS_MAX;
	for (size_t i = 0; i < path->count && result == RESULT_OK; i++) {
		if (library->xmlXPathRegisterNs(context, (const xmlChar *)path->names[2 * i], (const xmlChar *)path->names[2 * i + 1]))
			result = RESULT_NO_MEMORY;
	}
	found = result == RESULT_OK ? library->xmlXPathCompiledEval(path->compiled, context) : NULL;
	if (result == RESULT_OK)
		result = found ? tell_found(document, found, sink) : fault_of(context);
	library->xmlXPathFreeObject(found);
	library->xmlXPathFreeContext(context);
	return result;
}

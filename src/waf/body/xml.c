/* XML as it arrives, by libxml2's push parser. Only this file, xml_find.c and xml_library.c know libxml2. */
#include "waf/body/xml_inside.h"

#include "base/banned.h"

/* libxml2 2.9 does not read alike whatever the pieces (a '>' inside a DOCTYPE's literal, a broken encoding): it gets blocks of
 * one size. */
#define BLOCK_BYTES (16u << 10)

/* Nothing is printed, by nobody. */
static void keep_quiet(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

void xml_keep_quiet(void *context, xmlErrorPtr error)
{
	(void)context;
	(void)error;
}

const struct xml_library *xml_prepare(void)
{
	const char *why;
	const struct xml_library *library = xml_library_get(&why);

	if (library)
		library->xmlSetGenericErrorFunc(NULL, keep_quiet);  /* a variable of this thread */
	return library;
}

static struct xml_document *document_of(void *context)
{
	return ((xmlParserCtxtPtr)context)->_private;
}

#define stop(document, ...) \
	(reader_fail(&(document)->base, "XML parsing error: XML: " __VA_ARGS__), (document)->library->xmlStopParser((document)->parser))

/* False: the limit is passed, and parsing stops. */
static bool count_nodes(struct xml_document *document, uint64_t count)
{
	if (document->nodes + count > document->base.limits.nodes) {
		stop(document, "over %u nodes.", document->base.limits.nodes);
		return false;
	}
	document->nodes += (uint32_t)count;
	return true;
}

/* -- texts as arguments -- */

/* What the sink answers stops the reader; the reader says it to whoever feeds it. */
static void tell_text(struct xml_document *document)
{
	enum result result = reader_argument(&document->base, buffer_span(&document->path), buffer_span(&document->text));

	buffer_reset(&document->text);
	if (result == RESULT_OK)
		return;
	document->told = result;
	document->library->xmlStopParser(document->parser);
}

static bool is_blank(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_space(text.at[i]))
			return false;
	}
	return true;
}

static void fail_memory(struct xml_document *document)
{
	document->told = RESULT_NO_MEMORY;
	document->library->xmlStopParser(document->parser);
}

/* An element with children has a text of its own in front of, between and behind them: each that is not blank is told. ModSecurity tells those
 * of leaves alone, and what stands beside a child would be seen by no rule that asks ARGS. */
static void argument_element(struct xml_document *document, const xmlChar *name)
{
	if (!document->arguments || document->told != RESULT_OK)
		return;
	if (!is_blank(buffer_span(&document->text)))
		tell_text(document);
	buffer_reset(&document->text);
	document->is_leaf = true;
	if (document->told == RESULT_OK && buffer_print(&document->path, ".%s", (const char *)name) != RESULT_OK)
		fail_memory(document);
}

static void argument_element_end(struct xml_document *document, const xmlChar *name)
{
	size_t len = 1 + strlen((const char *)name);

	if (!document->arguments || document->told != RESULT_OK)
		return;
	if (document->is_leaf || !is_blank(buffer_span(&document->text)))
		tell_text(document);
	buffer_reset(&document->text);
	document->is_leaf = false;
	buffer_drop_end(&document->path, len < buffer_len(&document->path) ? len : buffer_len(&document->path));
}

static void argument_text(struct xml_document *document, const xmlChar *text, int len)
{
	/* What is longer than any argument is an error, however much longer. */
	if (document->arguments && document->told == RESULT_OK && buffer_len(&document->text) <= document->base.limits.value_bytes &&
	    buffer_append(&document->text, span_make((const char *)text, (size_t)len)) != RESULT_OK)
		fail_memory(document);
}

static void on_text(void *context, const xmlChar *text, int len)
{
	argument_text(document_of(context), text, len);
	document_of(context)->keep_text(context, text, len);
}

static void on_data(void *context, const xmlChar *text, int len)
{
	argument_text(document_of(context), text, len);
	document_of(context)->keep_data(context, text, len);
}

/* -- what libxml2 tells -- */

static void on_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespaces,
                       const xmlChar **namespace_list, int attributes, int defaulted, const xmlChar **attribute_list)
{
	struct xml_document *document = document_of(context);

	if (document->depth >= document->base.limits.depth)
		stop(document, "depth limit of %u exceeded.", document->base.limits.depth);
	else if (count_nodes(document, 1 + (uint64_t)namespaces + (uint64_t)attributes))
		document->library->xmlSAX2StartElementNs(context, name, prefix, uri, namespaces, namespace_list, attributes, defaulted, attribute_list);
	document->depth++;
	argument_element(document, name);
}

static void on_element_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	argument_element_end(document_of(context), name);
	document_of(context)->depth--;
	document_of(context)->library->xmlSAX2EndElementNs(context, name, prefix, uri);
}

static void on_end(void *context)
{
	document_of(context)->is_whole = true;
	document_of(context)->library->xmlSAX2EndDocument(context);
}

static void on_comment(void *context, const xmlChar *text)
{
	if (count_nodes(document_of(context), 1))
		document_of(context)->library->xmlSAX2Comment(context, text);
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *text)
{
	if (count_nodes(document_of(context), 1))
		document_of(context)->library->xmlSAX2ProcessingInstruction(context, target, text);
}

static void on_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id, const xmlChar *system_id, xmlChar *text)
{
	(void)name;
	(void)type;
	(void)public_id;
	(void)system_id;
	(void)text;
	stop(document_of(context), "entity declarations are refused.");
}

static void on_external_subset(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	(void)context;
	(void)name;
	(void)public_id;
	(void)system_id;
}

static xmlParserInputPtr on_resolve(void *context, const xmlChar *public_id, const xmlChar *system_id)
{
	(void)context;
	(void)public_id;
	(void)system_id;
	return NULL;
}

static void take_over(struct xml_document *document, xmlSAXHandlerPtr sax)
{
	document->keep_text = sax->characters;
	document->keep_data = sax->cdataBlock;
	sax->characters = sax->ignorableWhitespace = on_text;
	sax->cdataBlock = on_data;
	sax->startElementNs = on_element;
	sax->endElementNs = on_element_end;
	sax->endDocument = on_end;
	sax->comment = on_comment;
	sax->processingInstruction = on_instruction;
	sax->entityDecl = on_entity;
	sax->externalSubset = on_external_subset;
	sax->resolveEntity = on_resolve;
	sax->error = sax->warning = sax->fatalError = keep_quiet;
	sax->serror = xml_keep_quiet;
}

static enum result xml_begin(struct reader *reader, const struct reader_birth *birth)
{
	struct xml_document *document = (struct xml_document *)reader;

	document->arguments = birth->xml_arguments;
	document->told = RESULT_OK;
	buffer_init(&document->path, SIZE_MAX / 2);  /* bounded like the text */
	buffer_init(&document->block, BLOCK_BYTES);
	buffer_init(&document->text, SIZE_MAX / 2);  /* bounded by the document, which was */
	document->library = xml_prepare();
	if (!document->library)  /* fails closed: REQBODY_ERROR */
		return reader_fail(reader, "XML parsing error: XML: libxml2 cannot be loaded.");
	document->parser = document->library->xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
	if (!document->parser)
		return RESULT_NO_MEMORY;
	if (document->arguments && buffer_append(&document->path, SPAN("xml")) != RESULT_OK)
		return RESULT_NO_MEMORY;
	document->parser->_private = document;
	take_over(document, document->parser->sax);
	if (document->library->xmlCtxtUseOptions(document->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING))
		return RESULT_NO_MEMORY;
	return RESULT_OK;
}

static enum result fail(struct xml_document *document)
{
	return reader_fail(&document->base, "XML parser error: XML: Failed parsing document.");
}

static enum result parse(struct xml_document *document, struct span part, bool is_last)
{
	int answer = document->library->xmlParseChunk(document->parser, part.at, (int)part.len, is_last);
	const xmlError *error = document->library->xmlCtxtGetLastError(document->parser);

	if (error && error->code == XML_ERR_NO_MEMORY)
		return RESULT_NO_MEMORY;
	if (document->told != RESULT_OK)
		return document->told;
	if (body_report_has(&document->base.report, BODY_FLAG_ERROR))
		return RESULT_MALFORMED;
	/* Bytes that are none in their encoding halt libxml2, which still calls the document well-formed: as far as it came. */
	if (!document->parser->wellFormed || answer == -1 || answer == XML_ERR_INVALID_ENCODING)
		return fail(document);
	return RESULT_OK;
}

static enum result parse_block(struct xml_document *document)
{
	enum result result = parse(document, buffer_span(&document->block), false);

	buffer_reset(&document->block);
	return result;
}

static enum result xml_feed(struct reader *reader, struct span piece)
{
	struct xml_document *document = (struct xml_document *)reader;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && piece.len) {
		struct span part = span_take(piece, buffer_room(&document->block));

		result = buffer_append(&document->block, part);
		if (result == RESULT_OK && !buffer_room(&document->block))
			result = parse_block(document);
		piece = span_skip(piece, part.len);
	}
	return result;
}

static enum result xml_end(struct reader *reader)
{
	struct xml_document *document = (struct xml_document *)reader;
	enum result result = buffer_len(&document->block) ? parse_block(document) : RESULT_OK;

	if (result == RESULT_OK)
		result = parse(document, SPAN_NONE, true);
	if (result == RESULT_OK && (!document->is_whole || !document->library->xmlDocGetRootElement(document->parser->myDoc)))
		return fail(document);
	if (result == RESULT_OK && document->arguments != XML_ARGUMENTS_ONLY) {
		document->tree = document->parser->myDoc;
		document->parser->myDoc = NULL;
	}
	return result;
}

static void xml_done(struct reader *reader)
{
	struct xml_document *document = (struct xml_document *)reader;

	if (document->parser) {
		document->library->xmlFreeDoc(document->parser->myDoc);
		document->library->xmlFreeParserCtxt(document->parser);
	}
	if (document->tree)
		document->library->xmlFreeDoc(document->tree);
	buffer_done(&document->block);
	buffer_done(&document->text);
	buffer_done(&document->path);
}

const struct reader_type xml_type = { sizeof(struct xml_document), xml_begin, xml_feed, xml_end, xml_done };

struct xml_document *reader_document(struct reader *reader)
{
	struct xml_document *document = (struct xml_document *)reader;

	return reader->type == &xml_type && document->tree ? document : NULL;
}

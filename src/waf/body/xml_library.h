/* libxml2 as far as it is needed: loaded when the first rule wants XML, and kept. Linked, it would bring ICU and libstdc++ into
 * every process, also where no rule looks at XML.
 *
 * Source   Debian 12 and 13: libxml2.so.2, 2.9.14
 * Threads  any
 */
#ifndef BOUCLIER_WAF_BODY_XML_LIBRARY_H
#define BOUCLIER_WAF_BODY_XML_LIBRARY_H

#include <libxml/SAX2.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "base/result.h"

/* All that is called, under the library's names. */
#define XML_LIBRARY_FUNCTIONS(X) \
	X(xmlCreatePushParserCtxt) X(xmlCtxtGetLastError) X(xmlCtxtUseOptions) X(xmlDocGetRootElement) X(xmlFreeDoc) X(xmlFreeParserCtxt) \
	X(xmlInitParser) X(xmlParseChunk) X(xmlSAX2Comment) X(xmlSAX2EndDocument) X(xmlSAX2EndElementNs) X(xmlSAX2ProcessingInstruction) \
	X(xmlSAX2StartElementNs) X(xmlSetGenericErrorFunc) X(xmlStopParser) X(xmlXPathCompiledEval) X(xmlXPathCtxtCompile) \
	X(xmlXPathFreeCompExpr) X(xmlXPathFreeContext) X(xmlXPathFreeObject) X(xmlXPathNewContext) X(xmlXPathRegisterNs)

#define XML_LIBRARY_POINTER(name) __typeof__(&name) name;
struct xml_library {
	XML_LIBRARY_FUNCTIONS(XML_LIBRARY_POINTER)
};
#undef XML_LIBRARY_POINTER

/* NULL: there is none; WHY becomes a sentence. */
const struct xml_library *xml_library_get(const char **why) must_check;

#endif

/* What xml.c and xml_find.c share. */
#ifndef BOUCLIER_WAF_BODY_XML_INSIDE_H
#define BOUCLIER_WAF_BODY_XML_INSIDE_H

#include "waf/body/inside.h"
#include "waf/body/xml.h"
#include "waf/body/xml_library.h"

struct xml_document {
	struct reader base;     /* the reader is its document */
	const struct xml_library *library;
	xmlParserCtxtPtr parser;
	xmlDocPtr tree;         /* once it is whole */
	uint32_t nodes, depth;
	bool is_whole;          /* libxml2 came to the end, and was not halted before */
	struct buffer block;    /* what libxml2 has not got yet */
	struct buffer text;     /* of an element, while it is being told; and while it is read, if it becomes an argument */
	enum xml_arguments arguments;
	struct buffer path;     /* "xml.a.b", of the element that is open */
	enum result told;       /* what stopped the telling of arguments */
	bool is_leaf;           /* it has had no child */
	charactersSAXFunc keep_text;
	cdataBlockSAXFunc keep_data;
};

/* Before anything else is asked of libxml2, by each thread. NULL: it is not here. */
const struct xml_library *xml_prepare(void);
/* For libxml2, which would print. */
void xml_keep_quiet(void *context, xmlErrorPtr error);

#endif

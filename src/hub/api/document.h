/* docs/api/openapi.yaml as JSON, made at build by document.py.
 *
 * Owns     constants
 */
#ifndef BOUCLIER_HUB_API_DOCUMENT_H
#define BOUCLIER_HUB_API_DOCUMENT_H

#include <stddef.h>

extern const char api_document[];
extern const size_t api_document_len;

#endif

#include "waf/operator/port_file.h"

#include "base/banned.h"

enum result port_file_read(const struct operator_birth *birth, struct span path, struct span *text)
{
	enum result result = RESULT_REFUSED;

	if (birth->ports && birth->ports->file_read)
		result = birth->ports->file_read(birth->ports->context, birth->rule_file, path, text);
	if (result == RESULT_OK || result == RESULT_NO_MEMORY)
		return result;
	complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "the file \"%.*s\" cannot be read: %s", SPAN_ARG(path),
	         birth->ports && birth->ports->file_read ? result_name(result) : "no file may be read here");
	return RESULT_REFUSED;
}

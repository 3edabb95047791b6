#include "base/result.h"

const char *result_name(enum result result)
{
	switch (result) {
	case RESULT_OK: return "ok";
	case RESULT_MORE: return "more";
	case RESULT_END: return "end";
	case RESULT_LIMIT: return "limit";
	case RESULT_MALFORMED: return "malformed";
	case RESULT_REFUSED: return "refused";
	case RESULT_NOT_FOUND: return "not found";
	case RESULT_TIMEOUT: return "timeout";
	case RESULT_IO: return "io";
	case RESULT_NO_MEMORY: return "no memory";
	}
	return "unknown";
}

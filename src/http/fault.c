#include "http/fault.h"

#include "base/banned.h"

static const struct {
	unsigned status;
	const char *name, *text;
} faults[HTTP_FAULT_COUNT] = {
#define X(id, status, name, text) [HTTP_FAULT_##id] = { status, name, text },
	HTTP_FAULT_LIST(X)
#undef X
};

const char *http_fault_name(enum http_fault fault)
{
	return (unsigned)fault < HTTP_FAULT_COUNT ? faults[fault].name : "unknown";
}

const char *http_fault_text(enum http_fault fault)
{
	return (unsigned)fault < HTTP_FAULT_COUNT ? faults[fault].text : "unknown";
}

unsigned http_fault_status(enum http_fault fault)
{
	return (unsigned)fault < HTTP_FAULT_COUNT ? faults[fault].status : 400;
}

/* What the files of the library share; the engine's own headers stay behind them. */
#ifndef BOUCLIER_WAF_LIBRARY_LIBRARY_H
#define BOUCLIER_WAF_LIBRARY_LIBRARY_H

#include "waf/library/bouclier/waf.h"
#include "waf/waf.h"

struct bouclier_waf_rules {
	struct waf_rules *rules;
	struct operator_ports ports;     /* operators look at it as long as they live */
};

struct bouclier_waf_thread {
	struct operator_scratch *scratch;
	struct waf_spares *spares;
};

struct bouclier_waf_store {
	struct collection_port port;
};

/* Whose turn it is. */
enum library_stage { LIBRARY_LINE, LIBRARY_HEAD, LIBRARY_BODY, LIBRARY_ANSWER_LINE, LIBRARY_ANSWER_HEAD, LIBRARY_ANSWER_BODY, LIBRARY_OVER, LIBRARY_LOGGED };

struct bouclier_waf_transaction {
	struct waf_transaction *inner;
	struct arena arena;              /* of what the heads hold */
	struct request_head head;
	struct response_head answer;
	enum library_stage stage;
	uint64_t pause_ms;
	bool is_stopped, has_failed;
};

#endif

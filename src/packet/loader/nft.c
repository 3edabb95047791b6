#include "packet/loader/nft.h"

#include "base/library.h"

#include "base/banned.h"

#define OUTPUT_JSON (1u << 4)     /* NFT_CTX_OUTPUT_JSON */

struct nft_ctx;

static struct {
	struct nft_ctx *(*make)(uint32_t flags);
	void (*free)(struct nft_ctx *ctx);
	int (*buffer_output)(struct nft_ctx *ctx);
	const char *(*output)(struct nft_ctx *ctx);
	int (*buffer_error)(struct nft_ctx *ctx);
	const char *(*error)(struct nft_ctx *ctx);
	void (*flags)(struct nft_ctx *ctx, unsigned flags);
	int (*run)(struct nft_ctx *ctx, const char *commands);
} nft;

bool nft_is_there(void)
{
	static const struct library_function functions[] = {
		{ "nft_ctx_new", &nft.make }, { "nft_ctx_free", &nft.free },
		{ "nft_ctx_buffer_output", &nft.buffer_output }, { "nft_ctx_get_output_buffer", &nft.output },
		{ "nft_ctx_buffer_error", &nft.buffer_error }, { "nft_ctx_get_error_buffer", &nft.error },
		{ "nft_ctx_output_set_flags", &nft.flags }, { "nft_run_cmd_from_buffer", &nft.run },
	};

	return nft.run || library_open("libnftables.so.1", functions, sizeof(functions) / sizeof(*functions)) == RESULT_OK;
}

static enum result keep(struct buffer *out, const char *text)
{
	return out && text ? buffer_append(out, span_of(text)) : RESULT_OK;
}

enum result nft_run(const char *commands, bool is_json, struct buffer *out, struct buffer *error)
{
	enum result result = RESULT_OK;
	struct nft_ctx *ctx;

	if (!nft_is_there())
		return RESULT_NOT_FOUND;
	ctx = nft.make(0);
	if (!ctx)
		return RESULT_NO_MEMORY;
	nft.buffer_output(ctx);
	nft.buffer_error(ctx);
	if (is_json)
		nft.flags(ctx, OUTPUT_JSON);
	if (nft.run(ctx, commands) != 0) {
		result = RESULT_REFUSED;
		(void)keep(error, nft.error(ctx));  /* as much of it as there is room for */
	} else {
		result = keep(out, nft.output(ctx));
	}
	nft.free(ctx);
	return result;
}

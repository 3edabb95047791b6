/* The rules' part in a request's life: the steps inspect_request and inspect_response, and what others call on the way.
 *
 * In `block` nothing goes to an origin before the verdict of phase 2: the body is read here, shown to the rules and held
 * (hold.h). In `detect` nothing is held: the rules see the body as it passes, and what they find is told.
 *
 * Security, fails closed in `block`: a request that could not be judged (memory, a limit, a broken expression) is refused.
 * In `detect` it goes on.
 */
#ifndef BOUCLIER_EDGE_INSPECT_H
#define BOUCLIER_EDGE_INSPECT_H

#include "edge/request.h"

struct hold;
struct request;

/* What the origin may have next of an upload that is judged as it passes: PIECE stays until inspect_stream_take. As
 * request_body_peek; RESULT_REFUSED: inspect_stream_refuse says how. */
bool inspect_is_streaming(const struct request *request);
enum result inspect_stream_peek(struct request *request, struct span *piece) must_check;
void inspect_stream_take(struct request *request, size_t count);
bool inspect_stream_is_refused(const struct request *request);
enum step_outcome inspect_stream_refuse(struct request *request);
/* The origin's final answer is here: before the verdict it gets no more of the request, and the client gets the answer only where rules
 * do not refuse what they have seen. */
enum step_outcome inspect_stream_answered(struct request *request);
/* A piece of the body is on its way to the origin; and, after the last one. */
void inspect_passing(struct request *request, struct span piece);
void inspect_passed(struct request *request);
/* A piece of the answer's body as it came, on its way to the client; and, after the last one. */
void inspect_response_passing(struct request *request, struct span piece);
void inspect_response_passed(struct request *request);
/* What was held of the answer and not yet delivered; NULL: nothing. */
struct hold *inspect_held_answer(struct request *request);
/* Phase 5, before the fact is stated. */
void inspect_log(struct request *request);
/* Rules are asked of such a request, whether they were of this one or not. */
bool inspect_is_due(const struct request *request);
/* Would the rules have refused it? In `detect` too. */
bool inspect_is_refusal(const struct request *request);
/* Security, fails closed: whoever writes `retreat: false` for either reading of the path, or is not in `block`, has no retreats (retreat.h), also of
 * those that began before it was written. */
bool inspect_may_retreat(const struct request *request);
/* Gives back all that the rules needed. */
void inspect_end(struct request *request);

#endif

// What the gateway answers to events, as values. Pure.
#pragma once

#include <vector>

#include "common/http/response.h"
#include "producers/gateway/publish.h"
#include "producers/gateway/read_events.h"

namespace godwit::gateway {

struct RetryAfter {
  int full_seconds = 1;            // told with 429: the queue is full
  int unacknowledged_seconds = 5;  // told with 503: Kafka does not answer
};

// 400, 413 or 415 for a request refused as a whole: a problem with `pointer` and, of a batch, `index`.
http::Response refusal(const Refused& refused);

// The answer to a request whose events met these fates:
//   202 {"ids":[...],"count":n}                       all are stored
//   207 {"ids":[...],"count":n,"refused":[...]}       some are
//   a problem, of a batch with "refused":[...]        none is: 503 when one may yet be, else 429 when one was
//                                                     turned away, else 500, else the status of the first
// `refused` has, per event that is not stored, {"index","id"?,"status","pointer"?,"detail"}.
http::Response answer(const Reading& reading, const std::vector<Fate>& fates, const RetryAfter& retry = {});

}  // namespace godwit::gateway

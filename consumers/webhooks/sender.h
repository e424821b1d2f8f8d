// One try, from endpoint and body to request, and from what came back to a record of it. Pure.
#pragma once

#include <string>

#include "common/http/client.h"
#include "common/http/mail.h"
#include "consumers/webhooks/endpoint.h"
#include "consumers/webhooks/outbox.h"
#include "consumers/webhooks/retry.h"

namespace godwit::webhooks {

struct SendLimits {
  Millis connect_timeout_max{5'000};
  std::size_t answer_bytes_max = 16 * 1024;  // read of an answer; the rest is not waited for
  std::size_t answer_head_bytes_max = 4096;  // kept of it
};

// POST with the headers of Standard Webhooks; signed for `now`, which is the time of this try.
http::ClientRequest make_request(const Endpoint& endpoint, const Claimed& claimed, Timestamp now,
                                 const SendLimits& limits = {});

// The same for a kind that is sent by mail.
http::Mail make_mail(const Endpoint& endpoint, const Claimed& claimed, const SendLimits& limits = {});

Answer make_answer(Kind kind, Result<http::ClientResponse> response, const SendLimits& limits = {});

// The headers as one JSON object, without what is secret: "(hidden)" stands for a signature.
std::string shown_headers(const http::NameValues& headers);

// `chance` in [0, 1) spreads the next try.
Attempt make_attempt(const Endpoint& endpoint, const Claimed& claimed, const Answer& answer,
                     Timestamp started_at, Millis latency, double chance);

}  // namespace godwit::webhooks

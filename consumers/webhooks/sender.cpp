#include "consumers/webhooks/sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/encoding.h"
#include "consumers/webhooks/signing.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks {
namespace {

// Without it Discord answers 204 and says nothing of a message it could not keep.
std::string url_of(const Endpoint& endpoint) {
  if (endpoint.kind != Kind::discord || endpoint.url.find("wait=") != std::string::npos) return endpoint.url;
  return endpoint.url + (endpoint.url.find('?') == std::string::npos ? "?wait=true" : "&wait=true");
}

}  // namespace

http::ClientRequest make_request(const Endpoint& endpoint, const Claimed& claimed, Timestamp now,
                                 const SendLimits& limits) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  http::ClientRequest request{.method = "POST",
                              .url = url_of(endpoint),
                              .headers = {{"Content-Type", "application/json"},
                                          {"User-Agent", "godwit-webhooks/1.0"},
                                          {"webhook-id", claimed.delivery_id},
                                          {"webhook-timestamp", fmt::format("{}", seconds)}},
                              .body = claimed.body,
                              .connect_timeout = std::min(endpoint.timeout, limits.connect_timeout_max),
                              .total_timeout = endpoint.timeout,
                              .response_bytes_max = limits.answer_bytes_max,
                              .public_only = !endpoint.allow_private};
  if (!endpoint.signing_key.empty())
    request.headers.emplace_back("webhook-signature",
                                 sign(endpoint.signing_key, claimed.delivery_id, now, claimed.body));
  return request;
}

Answer make_answer(Result<http::ClientResponse> response, const SendLimits& limits) {
  if (!response) return {.failure = response.error()};
  Answer answer{.status = response->status};
  if (const auto after = response->header("retry-after")) answer.retry_after = std::string{*after};
  answer.body_head =
      http::printable(std::string_view{response->body}.substr(0, limits.answer_head_bytes_max));
  return answer;
}

Attempt make_attempt(const Endpoint& endpoint, const Claimed& claimed, const Answer& answer,
                     Timestamp started_at, Millis latency, double chance) {
  Attempt attempt{.seq = claimed.seq,
                  .delivery_id = claimed.delivery_id,
                  .endpoint = claimed.endpoint,
                  .subject = claimed.subject,
                  .vm_name = claimed.vm_name,
                  .provider = claimed.provider,
                  .try_number = claimed.try_number,
                  .started_at = started_at,
                  .latency = latency,
                  .status_code = answer.status,
                  .answer_head = answer.body_head};
  if (verdict_of(answer) == Verdict::succeeded) {
    attempt.standing = Standing::succeeded;
    return attempt;
  }
  attempt.error_code = error_code(answer);
  attempt.error = describe(answer);
  attempt.next_try_at = next_try(endpoint, answer, claimed.try_number, started_at + latency, chance);
  attempt.standing = attempt.next_try_at ? Standing::trying : Standing::exhausted;
  return attempt;
}

}  // namespace godwit::webhooks

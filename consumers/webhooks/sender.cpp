#include "consumers/webhooks/sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/encoding.h"
#include "consumers/webhooks/kinds/render.h"
#include "consumers/webhooks/signing.h"

namespace godwit::webhooks {
http::ClientRequest make_request(const Endpoint& endpoint, const Claimed& claimed, Timestamp now,
                                 const SendLimits& limits) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  kinds::Message message = kinds::make_message(endpoint.kind, endpoint.options, claimed.body);
  http::ClientRequest request{.method = "POST",
                              .url = kinds::url_to_post(endpoint.kind, endpoint.url),
                              .headers = {{"Content-Type", message.content_type},
                                          {"User-Agent", "godwit-webhooks/1.0"},
                                          {"webhook-id", claimed.delivery_id},
                                          {"webhook-timestamp", fmt::format("{}", seconds)}},
                              .body = std::move(message.body),
                              .connect_timeout = std::min(endpoint.timeout, limits.connect_timeout_max),
                              .total_timeout = endpoint.timeout,
                              .response_bytes_max = limits.answer_bytes_max,
                              .public_only = !endpoint.allow_private};
  if (!endpoint.secrets.empty())
    request.headers.emplace_back("webhook-signature",
                                 sign(endpoint.secrets, claimed.delivery_id, now, request.body));
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

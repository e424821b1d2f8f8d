#include "consumers/webhooks/sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/encoding.h"
#include "common/json/writer.h"
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
                              .public_only = !endpoint.allow_private,
                              .ca_file = endpoint.ca_file};
  if (!endpoint.secrets.empty())
    request.headers.emplace_back("webhook-signature",
                                 sign(endpoint.secrets, claimed.delivery_id, now, request.body));
  return request;
}

http::Mail make_mail(const Endpoint& endpoint, const Claimed& claimed, const SendLimits& limits) {
  kinds::Message message = kinds::make_message(endpoint.kind, endpoint.options, claimed.body);
  return {.server = endpoint.url,
          .from = std::move(message.mail_from),
          .to = std::move(message.mail_to),
          .bytes = std::move(message.body),
          .user = endpoint.options.smtp_username,
          .password = endpoint.options.smtp_password,
          .ca_file = endpoint.ca_file,
          .connect_timeout = std::min(endpoint.timeout, limits.connect_timeout_max),
          .total_timeout = endpoint.timeout,
          .public_only = !endpoint.allow_private};
}

Answer make_answer(Kind kind, Result<http::ClientResponse> response, const SendLimits& limits) {
  if (!response) return {.failure = response.error()};
  Answer answer{.status = response->status};
  const std::string_view head = std::string_view{response->body}.substr(0, limits.answer_head_bytes_max);
  answer.ruling = kinds::judge(kind, response->status, response->headers, head);
  if (const auto after = response->header("retry-after")) answer.retry_after = std::string{*after};
  answer.body_head = http::printable(head);
  return answer;
}

std::string shown_headers(const http::NameValues& headers) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, value] : headers) {
    const bool secret = http::equal_ignoring_case(name, "webhook-signature") ||
                        http::equal_ignoring_case(name, "authorization");
    out.member(http::printable(name), secret ? "(hidden)" : http::printable(value));
  }
  out.end_object();
  return out.take();
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
                  .ordered = endpoint.ordered,
                  .answer_head = answer.body_head};
  if (verdict_of(answer) == Verdict::succeeded) {
    attempt.standing = Standing::succeeded;
    return attempt;
  }
  attempt.error_code = error_code(answer);
  attempt.error = describe(answer);
  attempt.next_try_at = next_try(
      endpoint.retry, answer,
      {.number = claimed.try_number, .event_time = claimed.event_time, .now = started_at + latency}, chance);
  attempt.standing = attempt.next_try_at ? Standing::trying : Standing::exhausted;
  return attempt;
}

}  // namespace godwit::webhooks

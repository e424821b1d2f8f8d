#include "consumers/webhooks/kinds/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/json/fields.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t reason_units_max = 200;
constexpr Millis wait_max = std::chrono::hours{24};

Verdict ruled(Ruling ruling, std::string_view reason) {
  return {.ruling = ruling, .wait = {}, .reason = cut(plain_line(reason), reason_units_max)};
}

std::optional<Millis> seconds(double number) {
  if (!(number >= 0)) return std::nullopt;
  const double ms = std::min(number * 1000, static_cast<double>(wait_max.count()));
  return Millis{static_cast<std::int64_t>(std::ceil(ms))};
}

std::string_view header_of(std::span<const Header> headers, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto at = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return std::equal(header.first.begin(), header.first.end(), name.begin(), name.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
  });
  return at == headers.end() ? std::string_view{} : at->second;
}

std::optional<Millis> seconds_of(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() ? seconds(number) : std::nullopt;
}

rapidjson::Document parsed(std::string_view body) {
  rapidjson::Document out;
  out.Parse<json::parse_flags>(body.data(), body.size());
  return out;
}

std::optional<Millis> retry_after_of(const rapidjson::Document& body) {
  const auto number = body.HasParseError() ? std::nullopt : json::Object{body}.number("retry_after");
  return number ? seconds(*number) : std::nullopt;
}

bool may_pass(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

// What every HTTP endpoint means, unless its kind means something else.
Verdict judge_http(int status, std::string_view said) {
  if (status >= 200 && status < 300) return {.ruling = Ruling::success};
  const std::string reason = said.empty() ? fmt::format("the endpoint answered {}", status)
                                          : fmt::format("the endpoint answered {}: {}", status, said);
  if (may_pass(status)) return ruled(Ruling::retry, reason);
  return ruled(status == 410 ? Ruling::endpoint_dead : Ruling::permanent, reason);
}

// Slack's errors are bare words; the status beside them is documented for few and is not to be relied on.
Ruling slack_ruling(std::string_view word, Ruling otherwise) {
  constexpr std::array<std::string_view, 10> dead{"action_prohibited", "posting_to_general_channel_denied",
                                                  "invalid_token",     "channel_not_found",
                                                  "no_service",        "no_service_id",
                                                  "no_team",           "team_disabled",
                                                  "no_active_hooks",   "channel_is_archived"};
  constexpr std::array<std::string_view, 6> bad{"invalid_payload", "no_text",
                                                "invalid_blocks",  "too_many_attachments",
                                                "user_not_found",  "msg_blocks_too_long"};
  if (std::find(dead.begin(), dead.end(), word) != dead.end()) return Ruling::endpoint_dead;
  if (std::find(bad.begin(), bad.end(), word) != bad.end()) return Ruling::permanent;
  return word == "rate_limited" || word == "rollup_error" ? Ruling::retry : otherwise;
}

Verdict judge_slack(int status, std::string_view text) {
  const std::string_view word = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  const rapidjson::Document body = parsed(text);
  const bool object = !body.HasParseError() && body.IsObject();
  const json::Object fields{body};
  const std::string said = object ? fields.text("error").value_or("") : std::string{word};
  Verdict verdict = judge_http(status, said);
  if (verdict.ruling == Ruling::success) {
    const bool refused = object && ((fields.find("ok") != nullptr && !fields.flag("ok")) ||
                                    (fields.find("success") != nullptr && !fields.flag("success")));
    const Ruling ruling = slack_ruling(said, refused ? Ruling::permanent : Ruling::success);
    if (ruling != Ruling::success)
      verdict = ruled(ruling, fmt::format("the endpoint answered {}: {}", status, said));
  } else {
    verdict.ruling = slack_ruling(said, verdict.ruling);
  }
  verdict.wait = retry_after_of(body);
  return verdict;
}

Verdict judge_discord(int status, std::span<const Header> headers, std::string_view text) {
  const rapidjson::Document body = parsed(text);
  const auto said = body.HasParseError() ? std::nullopt : json::Object{body}.text("message");
  Verdict verdict = judge_http(status, said.value_or(""));
  // 401, 403 and 404 count towards a ban of the address; 10015 is an unknown webhook.
  if (status == 401 || status == 403 || status == 404) verdict.ruling = Ruling::endpoint_dead;
  if (const auto after = retry_after_of(body); after && status == 429) verdict.wait = after;
  if (!verdict.wait && header_of(headers, "x-ratelimit-remaining") == "0")
    verdict.wait = seconds_of(header_of(headers, "x-ratelimit-reset-after"));
  return verdict;
}

// Old connectors answer 200 and tell the truth in the text.
Verdict judge_teams(int status, std::string_view text) {
  constexpr std::string_view failed = "Webhook message delivery failed";
  constexpr std::string_view error = "HTTP error ";
  Verdict verdict = judge_http(status, text.substr(0, reason_units_max));
  if (verdict.ruling != Ruling::success || text.find(failed) == std::string_view::npos) return verdict;
  int real = 0;
  if (const std::size_t at = text.find(error); at != std::string_view::npos)
    std::from_chars(text.data() + at + error.size(), text.data() + text.size(), real);
  const bool final = real >= 300 && !may_pass(real);
  return ruled(final ? Ruling::permanent : Ruling::retry, text.substr(0, reason_units_max));
}

Verdict judge_pagerduty(int status, std::string_view text) {
  const rapidjson::Document body = parsed(text);
  std::string said;
  if (!body.HasParseError()) {
    const json::Object fields{body};
    said = fields.text("message").value_or("");
    fields.each("errors", [&](const rapidjson::Value& each) {
      if (each.IsString()) said += fmt::format("; {}", each.GetString());
    });
  }
  return judge_http(status, said);
}

// https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1. Credentials that are refused are refused for every
// mail.
Verdict judge_email(int code, std::string_view text) {
  if (code == 250) return {.ruling = Ruling::success};
  const std::string reason = text.empty() ? fmt::format("the mail server answered {}", code)
                                          : fmt::format("the mail server answered {}: {}", code, text);
  if (code == 530 || code == 534 || code == 535 || code == 538) return ruled(Ruling::endpoint_dead, reason);
  return ruled(code >= 500 && code < 600 ? Ruling::permanent : Ruling::retry, reason);
}

}  // namespace

Verdict judge(Kind kind, int status, std::span<const Header> headers, std::string_view body_head) {
  switch (kind) {
    case Kind::slack:
      return judge_slack(status, body_head);
    case Kind::discord:
      return judge_discord(status, headers, body_head);
    case Kind::teams:
      return judge_teams(status, body_head);
    case Kind::pagerduty:
      return judge_pagerduty(status, body_head);
    case Kind::email:
      return judge_email(status, body_head);
    case Kind::generic:
      break;
  }
  return judge_http(status, {});
}

}  // namespace godwit::webhooks::kinds

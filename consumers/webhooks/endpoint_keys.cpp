#include "consumers/webhooks/endpoint_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/http/client.h"
#include "consumers/webhooks/signing.h"

namespace godwit::webhooks {
namespace {

// One endpoint being read: where it is, and the first thing wrong with it.
struct Reading {
  const EndpointLimits& limits;
  Endpoint endpoint = {};
  bool occasion_given = false;
  std::optional<int> retries = {};
  std::optional<Millis> retry_delay = {}, age_max = {};
  std::optional<std::vector<Millis>> waits = {};
};

using Problem = std::optional<std::string>;
using Apply = Problem (*)(Reading&, const std::string& text);

// "a, b": the words between commas, without the spaces around them.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string word = text.substr(at, comma - at);
    while (!word.empty() && word.front() == ' ') word.erase(0, 1);
    while (!word.empty() && word.back() == ' ') word.pop_back();
    if (!word.empty()) out.push_back(std::move(word));
    at = comma + 1;
  }
  return out;
}

Problem to_flag(bool& target, const std::string& text) {
  if (text != "true" && text != "false") return "must be true or false";
  target = text == "true";
  return std::nullopt;
}

Problem to_occasion(Reading& reading, bool& target, const std::string& text) {
  reading.occasion_given = true;
  return to_flag(target, text);
}

// Seconds, with decimals if need be, or a number with ms, s, m or h behind it.
Problem to_millis(Millis& target, const std::string& text, Millis min, Millis max) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  constexpr std::array<std::pair<std::string_view, double>, 5> units{
      {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60'000}, {"h", 3'600'000}}};
  const auto* known =
      std::find_if(units.begin(), units.end(), [&](const auto& each) { return each.first == unit; });
  const auto range = [&] {
    return fmt::format("must be seconds from {} to {}", static_cast<double>(min.count()) / 1000,
                       static_cast<double>(max.count()) / 1000);
  };
  if (failure != std::errc{} || known == units.end()) return range();
  const double millis = number * known->second;
  if (!(millis >= static_cast<double>(min.count()) && millis <= static_cast<double>(max.count())))
    return range();
  target = Millis{static_cast<std::int64_t>(millis)};
  return std::nullopt;
}

Problem to_retries(Reading& reading, const std::string& text) {
  int number = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || number < 0 ||
      number > reading.limits.retries_max)
    return fmt::format("must be a whole number from 0 to {}", reading.limits.retries_max);
  reading.retries = number;
  return std::nullopt;
}

Problem to_count(std::int64_t& target, const std::string& text, std::int64_t min, std::int64_t max) {
  std::int64_t number = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || number < min || number > max)
    return fmt::format("must be a whole number from {} to {}", min, max);
  target = number;
  return std::nullopt;
}

Problem to_rate(Reading& reading, const std::string& text) {
  double number = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || !(number >= 0) ||
      number > reading.limits.rate_max)
    return fmt::format("must be requests a second from 0 to {}", reading.limits.rate_max);
  reading.endpoint.rate_per_second = number;
  return std::nullopt;
}

// The waits; the first try is made at once.
Problem to_waits(Reading& reading, const std::string& text) {
  std::vector<Millis> waits;
  for (const std::string& each : split(text))
    if (auto problem = to_millis(waits.emplace_back(), each, Millis{0}, reading.limits.wait_max))
      return problem;
  if (waits.empty()) return "must have one wait at least";
  if (waits.size() > reading.limits.waits_max)
    return fmt::format("must be {} waits at most", reading.limits.waits_max);
  if (waits.front() != Millis{0}) return "must begin with 0: the first try is made at once";
  reading.waits = std::move(waits);
  return std::nullopt;
}

bool is_name(std::string_view text) {
  constexpr std::size_t name_bytes_max = 64;
  return !text.empty() && text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Problem to_name(Reading& reading, const std::string& text) {
  if (!is_name(text)) return "must be 1 to 64 of letters, digits, '.', '_' and '-'";
  reading.endpoint.name = text;
  return std::nullopt;
}

Problem to_kind(Reading& reading, const std::string& text) {
  const auto kind = kind_from(text);
  if (!kind) return "must be generic, slack, discord, teams, pagerduty or email";
  reading.endpoint.kind = *kind;
  return std::nullopt;
}

Problem to_url(Reading& reading, const std::string& text) {
  const std::string scheme = text.substr(0, text.find("://"));
  const bool known = scheme == "http" || scheme == "https" || scheme == "smtp" || scheme == "smtps";
  if (!known || http::origin_of(text) == "an invalid URL") return "must be an http, https, smtp or smtps URL";
  reading.endpoint.url = text;
  return std::nullopt;
}

Problem to_active_from(Reading& reading, const std::string& text) {
  const auto time = parse_rfc3339(text);
  if (!time) return "must be an RFC 3339 time";
  reading.endpoint.active_from = *time;
  return std::nullopt;
}

Problem to_secrets(Reading& reading, const std::string& text) {
  if (const Status good = check_secrets(text); !good) return good.error().message;
  reading.endpoint.secrets = text;
  return std::nullopt;
}

template <std::string Endpoint::*Member>
Problem to_text(Reading& reading, const std::string& text) {
  reading.endpoint.*Member = text;
  return std::nullopt;
}

// Words with commas between them.
template <std::vector<std::string> Filter::*Member>
Problem to_list_of(Reading& reading, const std::string& text) {
  constexpr std::size_t words_max = 100;
  std::vector<std::string>& words = reading.endpoint.filter.*Member;
  words = split(text);
  if (words.size() > words_max) return fmt::format("must be {} at most", words_max);
  return std::nullopt;
}

Problem to_severity(Reading& reading, const std::string& text) {
  const auto severity = kinds::severity_from(text);
  if (!severity) return "must be info, warning, error or critical";
  reading.endpoint.filter.min_severity = *severity;
  return std::nullopt;
}

Problem to_quiet_hours(Reading& reading, const std::string& text) {
  const auto quiet = read_quiet_hours(text);
  if (!quiet) return "must be like 22:00-07:00 or 22:00-07:00 +02:00";
  reading.endpoint.quiet = *quiet;
  return std::nullopt;
}

template <bool Endpoint::*Member>
Problem to_flag_of(Reading& reading, const std::string& text) {
  return to_flag(reading.endpoint.*Member, text);
}

template <bool Endpoint::*Member>
Problem to_occasion_of(Reading& reading, const std::string& text) {
  return to_occasion(reading, reading.endpoint.*Member, text);
}

constexpr std::array<std::pair<std::string_view, Apply>, 27> keys{{
    {"name", to_name},
    {"events", to_list_of<&Filter::events>},
    {"providers", to_list_of<&Filter::providers>},
    {"plans", to_list_of<&Filter::plans>},
    {"users", to_list_of<&Filter::users>},
    {"min_severity", to_severity},
    {"type", to_kind},
    {"url", to_url},
    {"enabled", to_flag_of<&Endpoint::enabled>},
    {"on_start", to_occasion_of<&Endpoint::on_start>},
    {"on_complete", to_occasion_of<&Endpoint::on_complete>},
    {"on_error", to_occasion_of<&Endpoint::on_error>},
    {"on_warning", to_occasion_of<&Endpoint::on_warning>},
    {"secret", to_secrets},
    {"max_retries", to_retries},
    {"retry_delay",
     [](Reading& reading, const std::string& text) {
       return to_millis(reading.retry_delay.emplace(), text, Millis{0}, reading.limits.retry_delay_max);
     }},
    {"retry_schedule", to_waits},
    {"max_age",
     [](Reading& reading, const std::string& text) {
       return to_millis(reading.age_max.emplace(), text, Millis{1000}, reading.limits.wait_max);
     }},
    {"concurrency",
     [](Reading& reading, const std::string& text) {
       return to_count(reading.endpoint.concurrency, text, 1, reading.limits.concurrency_max);
     }},
    {"rate", to_rate},
    {"quiet_hours", to_quiet_hours},
    {"ordered", to_flag_of<&Endpoint::ordered>},
    {"disable_after",
     [](Reading& reading, const std::string& text) {
       constexpr std::int64_t refusals_max = 1'000'000;
       return to_count(reading.endpoint.disable_after, text, 0, refusals_max);
     }},
    {"ca_file", to_text<&Endpoint::ca_file>},
    {"timeout",
     [](Reading& reading, const std::string& text) {
       return to_millis(reading.endpoint.timeout, text, Millis{1}, reading.limits.timeout_max);
     }},
    {"allow_private", to_flag_of<&Endpoint::allow_private>},
    {"active_from", to_active_from},
}};

// A schedule as it is given; or so many tries, each wait double the one before; or so long, by the usual
// schedule and then at its last wait.
RetryPlan plan_of(const Reading& reading) {
  constexpr int retries_usual = 3;
  constexpr Millis delay_usual{5000};
  RetryPlan plan;
  if (reading.waits) {
    plan.waits = *reading.waits;
    plan.repeat_last = reading.age_max.has_value() && !reading.retries;
  } else if (reading.retries || reading.retry_delay) {
    plan = RetryPlan::doubling(reading.retry_delay.value_or(delay_usual),
                               reading.retries.value_or(retries_usual));
  }
  if (reading.waits && reading.retries && plan.waits.size() > static_cast<std::size_t>(*reading.retries) + 1)
    plan.waits.resize(static_cast<std::size_t>(*reading.retries) + 1);
  if (reading.age_max) plan.age_max = *reading.age_max;
  return plan;
}

constexpr std::array<std::string_view, 6> lists{"email_to",  "retry_schedule", "events",
                                                "providers", "plans",          "users"};
// Whatever is no secret may be told; what is not known here is taken for one.
constexpr std::array<std::string_view, 2> secrets{"url", "secret"};

Error wrong(int line, const std::string& what) {
  return invalid_error(line > 0 ? fmt::format("line {}: {}", line, what) : what);
}

Status apply(Reading& reading, const Setting& setting) {
  const auto* known =
      std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.first == setting.name; });
  const kinds::Key* own = kinds::find_key(setting.name);
  if (known == keys.end() && own == nullptr)
    return wrong(setting.line, fmt::format("an endpoint has no key '{}'", setting.name));
  if (setting.text.size() > reading.limits.text_bytes_max)
    return wrong(setting.line,
                 fmt::format("'{}' is longer than {} bytes", setting.name, reading.limits.text_bytes_max));
  if (const Problem problem = own != nullptr ? own->read(reading.endpoint.options, setting.text)
                                             : known->second(reading, setting.text))
    return wrong(setting.line, fmt::format("'{}' {}", setting.name, *problem));
  return Done{};
}

}  // namespace

const std::string* find_setting(const EndpointSettings& settings, std::string_view name) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& setting) { return setting.name == name; });
  return found == settings.end() ? nullptr : &found->text;
}

bool is_known_key(std::string_view name) {
  return kinds::find_key(name) != nullptr ||
         std::any_of(keys.begin(), keys.end(), [&](const auto& each) { return each.first == name; });
}

bool is_list_key(std::string_view name) { return std::find(lists.begin(), lists.end(), name) != lists.end(); }

bool is_secret_key(std::string_view name) {
  if (const kinds::Key* own = kinds::find_key(name)) return own->secret;
  return !is_known_key(name) || std::find(secrets.begin(), secrets.end(), name) != secrets.end();
}

Result<Endpoint> make_endpoint(const EndpointSettings& settings, int line, const EndpointLimits& limits) {
  Reading reading{limits};
  for (const Setting& setting : settings)
    if (auto applied = apply(reading, setting); !applied) return applied.error();
  for (const std::string_view required : {"name", "type", "url"})
    if (find_setting(settings, required) == nullptr)
      return wrong(line, fmt::format("the endpoint has no '{}'", required));
  Endpoint& endpoint = reading.endpoint;
  if (const Status good = kinds::check(endpoint.kind, endpoint.url, endpoint.options); !good)
    return wrong(line, fmt::format("the endpoint '{}' {}", endpoint.name, good.error().message));
  // Whoever chooses nothing is told everything.
  if (!reading.occasion_given && endpoint.filter.events.empty())
    endpoint.on_start = endpoint.on_complete = endpoint.on_error = endpoint.on_warning = true;
  endpoint.retry = plan_of(reading);
  return std::move(endpoint);
}

}  // namespace godwit::webhooks

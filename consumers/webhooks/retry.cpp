#include "consumers/webhooks/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace godwit::webhooks {
namespace {

bool number_at(std::string_view text, std::size_t at, std::size_t digits, int& out) {
  if (text.size() < at + digits) return false;
  const char* end = text.data() + at + digits;
  return std::from_chars(text.data() + at, end, out).ptr == end;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", the only form a sender may use today.
std::optional<Timestamp> parse_http_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t length = 29;
  if (text.size() != length || !text.ends_with(" GMT")) return std::nullopt;
  int day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const std::size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  if (!number_at(text, 5, 2, day) || !number_at(text, 12, 4, year) || !number_at(text, 17, 2, hour) ||
      !number_at(text, 20, 2, minute) || !number_at(text, 23, 2, second))
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

Millis from_seconds(double seconds) {
  const double ms = std::min(seconds * 1000, static_cast<double>(wait_max.count()));
  return Millis{static_cast<std::int64_t>(std::ceil(ms))};
}

std::optional<Millis> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size() || !(seconds >= 0)) return std::nullopt;
  return from_seconds(seconds);
}

}  // namespace

Verdict verdict_of(const Answer& answer) {
  if (!answer.status) {
    const bool hopeless = answer.failure && answer.failure->kind == ErrorKind::invalid;
    return hopeless ? Verdict::never : Verdict::again;
  }
  switch (answer.ruling.ruling) {
    case kinds::Ruling::success:
      return Verdict::succeeded;
    case kinds::Ruling::retry:
      return Verdict::again;
    default:
      return Verdict::never;
  }
}

bool is_dead(const Answer& answer) {
  return answer.status && answer.ruling.ruling == kinds::Ruling::endpoint_dead;
}

std::string describe(const Answer& answer) {
  if (!answer.status) return answer.failure ? answer.failure->message : "there was no answer";
  if (!answer.ruling.reason.empty()) return answer.ruling.reason;
  return fmt::format("the endpoint answered {}", *answer.status);
}

std::string error_code(const Answer& answer) {
  if (answer.status) return fmt::format("http_{}", *answer.status);
  return verdict_of(answer) == Verdict::never ? "refused" : "no_answer";
}

std::optional<Millis> parse_retry_after(std::string_view text, Timestamp now) {
  if (const auto date = parse_http_date(text)) return std::clamp<Millis>(*date - now, Millis{0}, wait_max);
  return parse_seconds(text);
}

std::optional<Millis> asked_pause(const Answer& answer, Timestamp now) {
  const auto after = answer.retry_after ? parse_retry_after(*answer.retry_after, now) : std::nullopt;
  if (!after || !answer.ruling.wait) return after ? after : answer.ruling.wait;
  return std::max(*after, *answer.ruling.wait);
}

std::optional<Millis> wait_after(const RetryPlan& plan, std::int64_t try_number, double chance) {
  const auto next = static_cast<std::size_t>(std::max<std::int64_t>(try_number, 0));
  if (plan.waits.empty() || (next >= plan.waits.size() && !plan.repeat_last)) return std::nullopt;
  const Millis longest = plan.waits[std::min(next, plan.waits.size() - 1)];
  return Millis{static_cast<std::int64_t>(static_cast<double>(longest.count()) * chance)};
}

std::optional<Timestamp> next_try(const RetryPlan& plan, const Answer& answer, const Tried& tried,
                                  double chance) {
  if (verdict_of(answer) != Verdict::again) return std::nullopt;
  const auto wait = wait_after(plan, tried.number, chance);
  if (!wait) return std::nullopt;
  const Timestamp at = tried.now + std::max(*wait, asked_pause(answer, tried.now).value_or(Millis{0}));
  return at - tried.event_time > plan.age_max ? std::nullopt : std::optional{at};
}

}  // namespace godwit::webhooks

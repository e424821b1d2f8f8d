#include "consumers/webhooks/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

}  // namespace

Verdict verdict_of(const Answer& answer) {
  if (!answer.status) {
    const bool hopeless = answer.failure && answer.failure->kind == ErrorKind::invalid;
    return hopeless ? Verdict::never : Verdict::again;
  }
  const int status = *answer.status;
  if (status >= 200 && status < 300) return Verdict::succeeded;
  constexpr std::array<int, 3> passing{408, 425, 429};
  const bool again = status >= 500 || std::find(passing.begin(), passing.end(), status) != passing.end();
  return again ? Verdict::again : Verdict::never;
}

std::string describe(const Answer& answer) {
  if (answer.status) return fmt::format("the endpoint answered {}", *answer.status);
  return answer.failure ? answer.failure->message : "there was no answer";
}

std::string error_code(const Answer& answer) {
  if (answer.status) return fmt::format("http_{}", *answer.status);
  return verdict_of(answer) == Verdict::never ? "refused" : "no_answer";
}

std::optional<Millis> parse_retry_after(std::string_view text, Timestamp now) {
  if (const auto date = parse_http_date(text)) return std::clamp<Millis>(*date - now, Millis{0}, wait_max);
  double seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size() || !(seconds >= 0)) return std::nullopt;
  const double ms = std::min(seconds * 1000, static_cast<double>(wait_max.count()));
  return Millis{static_cast<std::int64_t>(std::ceil(ms))};
}

Millis backoff(const Endpoint& endpoint, std::int64_t try_number, double chance) {
  constexpr double spread = 0.2;
  const double doubled =
      static_cast<double>(endpoint.retry_delay.count()) * std::exp2(static_cast<double>(try_number - 1));
  const double ms = doubled * (1 - spread + 2 * spread * chance);
  return Millis{static_cast<std::int64_t>(std::min(ms, static_cast<double>(wait_max.count())))};
}

std::optional<Timestamp> next_try(const Endpoint& endpoint, const Answer& answer, std::int64_t try_number,
                                  Timestamp now, double chance) {
  if (verdict_of(answer) != Verdict::again || try_number > endpoint.max_retries) return std::nullopt;
  const auto asked = answer.retry_after ? parse_retry_after(*answer.retry_after, now) : std::nullopt;
  return now + std::max(backoff(endpoint, try_number, chance), asked.value_or(Millis{0}));
}

}  // namespace godwit::webhooks

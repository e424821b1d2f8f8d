#include "common/base/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/base/digits.h"

namespace godwit {
namespace {

// What four digits of a year can name. Also far from where the arithmetic of calendars overflows.
constexpr Timestamp written_min{std::chrono::sys_days{std::chrono::year{0} / 1 / 1}};
constexpr Timestamp written_max{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Millis{1}};

// Reads fixed-width decimal fields from the front of a text; `failed` latches.
struct Cursor {
  std::string_view rest;
  bool failed = false;

  int digits(std::size_t width) {
    int value = 0;
    if (rest.size() < width) failed = true;
    if (failed) return 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + width, value);
    if (error != std::errc{} || end != rest.data() + width || rest[0] == '-') failed = true;
    rest.remove_prefix(width);
    return value;
  }

  bool take(std::string_view any_of) {
    if (rest.empty() || any_of.find(rest[0]) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  }

  void expect(std::string_view any_of) { failed = failed || !take(any_of); }

  int fraction_ms() {
    int ms = 0;
    int scale = 100;
    std::size_t count = 0;
    for (; count < rest.size() && rest[count] >= '0' && rest[count] <= '9'; ++count) {
      ms += (rest[count] - '0') * scale;
      scale /= 10;
    }
    failed = failed || count == 0;
    rest.remove_prefix(count);
    return ms;
  }
};

std::chrono::minutes read_offset(Cursor& in) {
  if (in.take("Zz")) return std::chrono::minutes{0};
  const bool west = in.take("-");
  if (!west) in.expect("+");
  const int hours = in.digits(2);
  in.expect(":");
  const int minutes = in.digits(2);
  if (hours > 23 || minutes > 59) in.failed = true;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return west ? -offset : offset;
}

}  // namespace

Result<Timestamp> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Cursor in{text};
  const int y = in.digits(4);
  in.expect("-");
  const int m = in.digits(2);
  in.expect("-");
  const int d = in.digits(2);
  in.expect("Tt");
  const int hh = in.digits(2);
  in.expect(":");
  const int mm = in.digits(2);
  in.expect(":");
  const int ss = in.digits(2);
  const int ms = in.take(".") ? in.fraction_ms() : 0;
  const minutes offset = read_offset(in);
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (in.failed || !in.rest.empty() || !date.ok() || hh > 23 || mm > 59 || ss > 60)
    return invalid_error(
        fmt::format("'{}' is not an RFC 3339 time such as 2026-11-21T09:54:19.257Z", text.substr(0, 64)));
  return Timestamp{sys_days{date}} + hours{hh} + minutes{mm} + seconds{ss} + Millis{ms} - offset;
}

std::string format_rfc3339(Timestamp time) {
  using namespace std::chrono;
  time = std::clamp(time, written_min, written_max);
  const auto day_start = floor<days>(time);
  const year_month_day date{day_start};
  const hh_mm_ss<Millis> clock{time - day_start};
  const auto add = [](std::string& out, auto number, std::size_t width, char after) {
    append_digits<10>(out, static_cast<std::uint64_t>(number), width);
    out += after;
  };
  std::string out;
  out.reserve(std::string_view{"2026-11-21T22:10:00.000Z"}.size());
  add(out, static_cast<int>(date.year()), 4, '-');
  add(out, static_cast<unsigned>(date.month()), 2, '-');
  add(out, static_cast<unsigned>(date.day()), 2, 'T');
  add(out, clock.hours().count(), 2, ':');
  add(out, clock.minutes().count(), 2, ':');
  add(out, clock.seconds().count(), 2, '.');
  add(out, clock.subseconds().count(), 3, 'Z');
  return out;
}

Timestamp SystemClock::now() const { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

}  // namespace godwit

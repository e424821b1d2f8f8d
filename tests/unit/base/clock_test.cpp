#include "common/base/clock.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace godwit {
namespace {

std::int64_t ms_of(std::string_view text) {
  const auto time = parse_rfc3339(text);
  REQUIRE_MESSAGE(time.ok(), std::string{text});
  return to_unix_ms(*time);
}

TEST_CASE("RFC 3339 times are read as the instants they name") {
  struct Row {
    std::string_view text;
    std::int64_t unix_ms;
  };
  for (const Row& row : {
           Row{"1970-01-01T00:00:00Z", 0},
           Row{"1969-12-31T23:59:59.999Z", -1},
           Row{"2026-11-21T09:54:19.257Z", 1795254859257},
           Row{"2026-11-21t09:54:19.257z", 1795254859257},
           Row{"2026-11-21T11:24:19.257+01:30", 1795254859257},
           Row{"2026-11-20T23:54:19.257-10:00", 1795254859257},
           Row{"2026-11-21T09:54:19.257-00:00", 1795254859257},
           Row{"2026-11-22T09:53:19.257+23:59", 1795254859257},
           Row{"2026-11-21T09:54:19.2Z", 1795254859200},
           Row{"2026-11-21T09:54:19.2579999999999Z", 1795254859257},
           Row{"2000-02-29T00:00:00Z", 951782400000},
           Row{"2024-02-29T12:00:00Z", 1709208000000},
           Row{"2016-12-31T23:59:60Z", 1483228800000},
           Row{"0000-01-01T00:00:00Z", -62167219200000},
           Row{"9999-12-31T23:59:59.999Z", 253402300799999},
       }) {
    CAPTURE(std::string{row.text});
    CHECK(ms_of(row.text) == row.unix_ms);
  }
}

TEST_CASE("what is no RFC 3339 time is refused as invalid") {
  for (const char* text : {
           "",
           "now",
           "2026",
           "2026-11-21",
           "2026-11-21T09:54:19",
           "2026-11-21 09:54:19Z",
           "2026-11-21T09:54Z",
           "2026-11-21T09:54:19.Z",
           "2026-11-21T09:54:19,5Z",
           "2026-11-21T09:54:19Z ",
           " 2026-11-21T09:54:19Z",
           "2026-11-21T09:54:19ZZ",
           "2026-11-21T09:54:19+0100",
           "2026-11-21T09:54:19+01",
           "2026-11-21T09:54:19+24:00",
           "2026-11-21T09:54:19+01:60",
           "2026-11-21T24:00:00Z",
           "2026-11-21T09:60:00Z",
           "2026-11-21T09:54:61Z",
           "2026-00-21T09:54:19Z",
           "2026-13-21T09:54:19Z",
           "2026-11-00T09:54:19Z",
           "2026-11-31T09:54:19Z",
           "2026-02-29T09:54:19Z",
           "2100-02-29T09:54:19Z",
           "+2026-11-21T09:54:19Z",
           "-026-11-21T09:54:19Z",
           "2026-+1-21T09:54:19Z",
           "2026-11-2aT09:54:19Z",
           "20261121T095419Z",
           "1795254859257",
           "2026-11-21T09:54:19.257\xD9\xA3Z",
       }) {
    CAPTURE(std::string{text});
    const auto time = parse_rfc3339(text);
    REQUIRE_FALSE(time);
    CHECK(time.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("a text cut off anywhere is no time, and its end is never read past") {
  const std::string whole = "2026-11-21T09:54:19.257+01:30";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut(whole.data(), size);
    CHECK_FALSE(parse_rfc3339(cut).ok());
  }
}

TEST_CASE("every millisecond written is read back") {
  for (std::int64_t ms = -100'000'000'000'000; ms < 200'000'000'000'000; ms += 1'234'567'890'123) {
    if (ms < -62167219200000) continue;  // before the year 0000, which has no four digits
    CHECK(ms_of(format_rfc3339(from_unix_ms(ms))) == ms);
  }
  CHECK(format_rfc3339(from_unix_ms(1795254859257)) == "2026-11-21T09:54:19.257Z");
  CHECK(format_rfc3339(from_unix_ms(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("a time that no four digits of a year can name is told as the nearest that they can") {
  constexpr std::int64_t first_ms = -62'167'219'200'000;
  constexpr std::int64_t last_ms = 253'402'300'799'999;
  for (const std::int64_t ms : {first_ms, first_ms - 1, std::numeric_limits<std::int64_t>::min() + 1,
                                std::numeric_limits<std::int64_t>::min()})
    CHECK(format_rfc3339(from_unix_ms(ms)) == "0000-01-01T00:00:00.000Z");
  for (const std::int64_t ms : {last_ms, last_ms + 1, std::numeric_limits<std::int64_t>::max() - 1,
                                std::numeric_limits<std::int64_t>::max()})
    CHECK(format_rfc3339(from_unix_ms(ms)) == "9999-12-31T23:59:59.999Z");
  CHECK(format_rfc3339(from_unix_ms(first_ms + 1)) == "0000-01-01T00:00:00.001Z");
  CHECK(format_rfc3339(from_unix_ms(last_ms - 1)) == "9999-12-31T23:59:59.998Z");
  // An offset may name a time outside the years it is written in.
  CHECK(format_rfc3339(*parse_rfc3339("0000-01-01T00:00:00+23:59")) == "0000-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(*parse_rfc3339("9999-12-31T23:59:59-23:59")) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("a fake clock moves when told and only then") {
  FakeClock clock{from_unix_ms(1000)};
  CHECK(to_unix_ms(clock.now()) == 1000);
  clock.advance(Millis{5});
  CHECK(to_unix_ms(clock.now()) == 1005);
}

TEST_CASE("the system's clock is past the day this was written") {
  CHECK(SystemClock{}.now() > parse_rfc3339("2024-01-01T00:00:00Z").value());
}

}  // namespace
}  // namespace godwit

// Time as values. Timestamp is UTC with milliseconds; Clock is the only way to ask for "now".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace godwit {

using Millis = std::chrono::milliseconds;
using Timestamp = std::chrono::sys_time<Millis>;

// RFC 3339 (section 5.6) with any offset and any number of fraction digits; finer than a millisecond is cut
// off. A leap second (:60) is read as the next second. Errors are `invalid`.
Result<Timestamp> parse_rfc3339(std::string_view text);

// "2026-11-21T09:54:19.257Z": always UTC, always milliseconds. RFC 3339 has years of four digits, so a time
// before 0000 or after 9999 is told as the first or last millisecond of these: a record's time is any 64
// bits.
std::string format_rfc3339(Timestamp time);

inline std::int64_t to_unix_ms(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp from_unix_ms(std::int64_t unix_ms) { return Timestamp{Millis{unix_ms}}; }

// A resource: shared by reference, outlives its users, safe from every thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
};

// A clock that moves when told. Not safe for concurrent writes.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Timestamp start) : now_(start) {}
  Timestamp now() const override { return now_; }
  void advance(Millis by) { now_ += by; }

 private:
  Timestamp now_;
};

}  // namespace godwit

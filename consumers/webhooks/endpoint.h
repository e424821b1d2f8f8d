// Endpoint: one receiver of webhooks, as configured. A value; its URL and key are secrets and are never
// logged nor returned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "consumers/webhooks/kinds/kind.h"
#include "consumers/webhooks/kinds/options.h"

namespace godwit::webhooks {

using kinds::Kind;
using kinds::kind_from;
using kinds::Severity;

// What an endpoint can be told of.
enum class Occasion { start, complete, error, warning };

// When a delivery that failed is tried again.
struct RetryPlan {
  // The longest wait before each try, the first among them; each is spread over its whole length. Behind the
  // last one there is none, unless `repeat_last`.
  std::vector<Millis> waits = default_waits();
  bool repeat_last = true;
  Millis age_max = std::chrono::hours{72};  // of the event, when a try is made again; then it is given up

  static std::vector<Millis> default_waits();
  // `retries` more after the first: `delay`, doubling each time, a day at most.
  static RetryPlan doubling(Millis delay, int retries);
  bool operator==(const RetryPlan&) const = default;
};

// Which events an endpoint is told of, beyond the occasions. What is empty lets everything through.
struct Filter {
  std::vector<std::string> events;     // "task.failed", "task.*"; given: these, beside the occasions chosen
  std::vector<std::string> providers;  // of the event
  std::vector<std::string> plans;      // plan_id or plan_name of the event
  std::vector<std::string> users;      // who asked for it
  Severity min_severity = Severity::info;

  bool operator==(const Filter&) const = default;
};

// The part of each day in which nothing is sent: what is owed then waits. Both empty: none.
struct QuietHours {
  Millis from{0}, to{0};  // since midnight; over midnight when `to` is before `from`
  Millis offset{0};       // of that clock from UTC

  bool operator==(const QuietHours&) const = default;
};
// "22:00-07:00", in UTC, or with an offset behind it: "22:00-07:00 +02:00".
std::optional<QuietHours> read_quiet_hours(std::string_view text);
// When they end, if it is quiet at that time.
std::optional<Timestamp> quiet_until(const QuietHours& quiet, Timestamp now);

struct Endpoint {
  std::string name;  // unique; part of a delivery's id
  Kind kind = Kind::generic;
  std::string url;
  bool enabled = true;
  bool on_start = false, on_complete = false, on_error = false, on_warning = false;
  std::string secrets = {};  // as configured: one or more, with spaces between (signing.h); empty: not signed
  kinds::Options options = {};  // what its kind alone asks for
  RetryPlan retry = {};
  std::int64_t concurrency = 4;     // requests at once, of one instance
  double rate_per_second = 0;       // requests begun, of all instances together; 0: as many as there are
  bool ordered = false;             // of one task: the next only when the one before has ended
  std::int64_t disable_after = 10;  // refusals in a row (4xx that are final); 0: never for that
  Millis timeout{10'000};           // of one try, from connecting to the last byte
  std::string ca_file = {};         // trusted certificates (PEM) instead of the system's
  bool allow_private = false;
  Filter filter = {};
  QuietHours quiet = {};
  Timestamp active_from{};  // events older than this are none of its business; the epoch: not given
  // When it was disabled: of what happened then it is told nothing, also later. The last one may be open.
  std::vector<std::pair<Timestamp, Timestamp>> off = {};
};

using Endpoints = std::vector<Endpoint>;

constexpr bool wants(const Endpoint& endpoint, Occasion occasion) {
  switch (occasion) {
    case Occasion::start:
      return endpoint.on_start;
    case Occasion::complete:
      return endpoint.on_complete;
    case Occasion::error:
      return endpoint.on_error;
    case Occasion::warning:
      return endpoint.on_warning;
  }
  return false;
}

// Whether something of that time is its business at all.
bool is_active_at(const Endpoint& endpoint, Timestamp time);

const Endpoint* find_endpoint(const Endpoints& endpoints, std::string_view name);

}  // namespace godwit::webhooks

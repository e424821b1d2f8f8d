// Random histories of one task, as its worker might tell them: attempts, stages, ticks, retries, and the
// noise that a log adds (late events, resends, second ends). The same seed gives the same history.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "common/event/event.h"

namespace godwit::test {

using Events = std::vector<event::Event>;

// The records of one task, by topic: each has an order, the three together have none.
struct History {
  Events lifecycle, progress, activity;
};

struct Noise {
  bool duplicates = true;  // the same (source, id) again: at once, later, or the whole spool hours after
  bool late = true;        // events that come after others that happened later, also after the end
  bool conflicts = true;   // a second end of an attempt
};

// An error with a hint this build has no member for.
event::Failure failure(const std::string& code, const std::string& message);

class Teller {
 public:
  explicit Teller(std::uint64_t seed) : random_(seed) {}

  History tell(const Noise& noise = {});
  // One of the orders in which two or three topics may be read: each topic keeps its own.
  Events interleave(const History& history);

  // One event of the task, with the members its type requires, a second or so after the one before.
  event::Event make(event::Type type, std::int64_t attempt);
  std::int64_t draw(std::int64_t low, std::int64_t high);  // inclusive
  bool chance(int percent) { return draw(1, 100) <= percent; }

 private:
  void tell_attempt(History& history, std::int64_t attempt, const Noise& noise);
  void tell_stage(History& history, std::int64_t attempt, const std::string& stage, std::int64_t index);
  void tell_ticks(History& history, std::int64_t attempt, const std::string& stage, std::int64_t total);
  void tell_aside(History& history, std::int64_t attempt);
  event::Event make_end(std::int64_t attempt);
  void add_noise(Events& events, const Noise& noise);

  std::mt19937_64 random_;
  std::int64_t made_ = 0;
  Timestamp now_ = from_unix_ms(1'790'000'000'000);
};

// The same records without repetitions of a (source, id).
History without_duplicates(const History& history);

// "task.started #1 export 12/100, ...": an order of events for people.
std::string to_text(const Events& events);

}  // namespace godwit::test

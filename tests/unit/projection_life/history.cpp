#include "tests/unit/projection_life/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace godwit::test {

using event::Event;
using event::Type;

namespace {

constexpr std::array<const char*, 4> stage_names{"export", "conversion", "upload", "validation"};

// Longer than what a state keeps, with letters of two bytes at every place where it may be cut.
std::string long_text(bool odd) {
  std::string out = odd ? "x" : "";
  for (int i = 0; i < 3000; ++i) out += "é";
  return out;
}

}  // namespace

event::Failure failure(const std::string& code, const std::string& message) {
  event::Failure out;
  out.code = code;
  out.message = message;
  out.retryable = true;
  out.error_class = "tool";
  out.other.push_back({"hint", "\"try again\""});
  return out;
}

std::int64_t Teller::draw(std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>{low, high}(random_);
}

Event Teller::make(Type type, std::int64_t attempt) {
  now_ += Millis{draw(0, 3000)};
  Event out;
  out.id = fmt::format("id-{}", ++made_);
  out.source = "/workers/w1";
  out.subject = "task-1";
  out.type = type;
  out.type_name = event::full_type(type);
  out.time = now_;
  out.data.vm_name = "web-1";
  out.data.provider = "vsphere";
  out.data.task_id = "task-1";
  out.data.attempt = attempt;
  return out;
}

void Teller::tell_ticks(History& history, std::int64_t attempt, const std::string& stage,
                        std::int64_t total) {
  std::int64_t done = 0;
  for (std::int64_t left = draw(0, 5); left > 0; --left) {
    const bool disk = chance(15);
    Event tick = make(disk ? Type::disk_progress : Type::stage_progress, attempt);
    done = std::min(total, done + draw(0, total / 3));
    tick.data.stage = stage;
    if (disk) tick.data.disk_index = draw(0, 1);
    if (chance(70)) tick.data.bytes_done = done;
    if (tick.data.bytes_done && chance(70)) tick.data.bytes_total = total;
    if (!tick.data.bytes_done || chance(30))
      tick.data.percentage = 100.0 * static_cast<double>(done) / static_cast<double>(total);
    if (chance(10)) tick.data.iteration = draw(0, 2);
    if (chance(20)) tick.data.host = fmt::format("host-{}", draw(1, 2));
    history.progress.push_back(std::move(tick));
  }
  if (chance(20)) history.progress.push_back(make(Type::task_heartbeat, attempt));
}

void Teller::tell_stage(History& history, std::int64_t attempt, const std::string& stage,
                        std::int64_t index) {
  const std::int64_t total = draw(1, 1'000'000);
  if (chance(90)) {
    Event start = make(Type::stage_started, attempt);
    start.data.stage = stage;
    start.data.stage_index = index;
    start.data.total_stages = 4;
    if (chance(50)) start.data.bytes_total = total;
    history.lifecycle.push_back(std::move(start));
  }
  tell_ticks(history, attempt, stage, total);
  if (!chance(85)) return;
  const bool failed = chance(15);
  Event end =
      make(failed ? Type::stage_failed : (chance(10) ? Type::stage_skipped : Type::stage_completed), attempt);
  end.data.stage = stage;
  end.data.duration_ms = draw(0, 100'000);
  if (chance(70)) end.data.bytes_done = failed ? draw(0, total) : total;
  if (failed) end.data.error = failure("tool_failed", "qemu-img ended with 1");
  if (chance(5)) end.data.message = long_text(chance(50));
  history.lifecycle.push_back(std::move(end));
}

void Teller::tell_aside(History& history, std::int64_t attempt) {
  constexpr std::array kinds{Type::warning_raised,  Type::error_raised,       Type::task_paused,
                             Type::task_resumed,    Type::snapshot_created,   Type::hook_completed,
                             Type::task_removed,    Type::cancel_requested,   Type::cutover_completed,
                             Type::downtime_ended,  Type::disk_failed,        Type::task_queued,
                             Type::precopy_started, Type::retry_scheduled,    Type::validation_failed,
                             Type::hook_failed,     Type::delivery_succeeded, Type::delivery_failed};
  Event aside = make(kinds.at(static_cast<std::size_t>(draw(0, kinds.size() - 1))), attempt);
  aside.data.message = chance(20) ? long_text(chance(50)) : "a word";
  aside.data.error = failure("tool_failed", "qemu-img ended with 1");
  aside.data.endpoint = "ops";
  aside.data.next_attempt = attempt + 1;
  if (chance(20)) aside.data.user = "ann";
  const bool activity = event::info(aside.type).topic == event::Topic::activity;
  (activity ? history.activity : history.lifecycle).push_back(std::move(aside));
}

Event Teller::make_end(std::int64_t attempt) {
  constexpr std::array kinds{Type::task_completed, Type::task_failed, Type::task_cancelled};
  Event end = make(kinds.at(static_cast<std::size_t>(draw(0, 2))), attempt);
  if (chance(70)) end.data.duration_ms = draw(0, 1'000'000);
  if (chance(50)) end.data.bytes_exported = draw(0, 2'000'000);
  if (chance(50)) end.data.bytes_uploaded = draw(0, 2'000'000);
  if (end.type == Type::task_failed) end.data.error = failure("tool_failed", "qemu-img ended with 1");
  return end;
}

void Teller::tell_attempt(History& history, std::int64_t attempt, const Noise& noise) {
  if (chance(40)) history.lifecycle.push_back(make(Type::task_queued, attempt));
  if (chance(90)) {
    Event start = make(Type::task_started, attempt);
    if (chance(50))
      for (const char* stage : stage_names)
        start.data.stages.push_back({stage, static_cast<double>(draw(0, 9)), {{"note", "1"}}});
    history.lifecycle.push_back(std::move(start));
  }
  std::int64_t index = 0;
  for (const char* stage : stage_names) {
    if (chance(80)) tell_stage(history, attempt, stage, index);
    if (chance(30)) tell_aside(history, attempt);
    ++index;
  }
  if (chance(80)) history.lifecycle.push_back(make_end(attempt));
  if (noise.conflicts && chance(30)) history.lifecycle.push_back(make_end(attempt));
  if (chance(30)) {
    Event retry = make(Type::retry_scheduled, attempt);
    retry.data.next_attempt = attempt + 1;
    retry.data.delay_ms = 1000;
    history.lifecycle.push_back(std::move(retry));
  }
}

void Teller::add_noise(Events& events, const Noise& noise) {
  const auto place = [&](std::int64_t from) {
    return events.begin() + draw(from, static_cast<std::int64_t>(events.size()));
  };
  for (std::int64_t left = noise.late ? draw(0, 3) : 0; left > 0 && !events.empty(); --left) {
    const std::int64_t from = draw(0, static_cast<std::int64_t>(events.size()) - 1);
    Event moved = events.at(static_cast<std::size_t>(from));
    events.erase(events.begin() + from);
    events.insert(place(from), std::move(moved));
  }
  for (std::int64_t left = noise.duplicates ? draw(0, 4) : 0; left > 0 && !events.empty(); --left) {
    const std::int64_t from = draw(0, static_cast<std::int64_t>(events.size()) - 1);
    Event copy = events.at(static_cast<std::size_t>(from));
    events.insert(place(from + 1), std::move(copy));
  }
  if (noise.duplicates && chance(20)) {
    const Events spool{events.begin(), place(0)};
    events.insert(events.end(), spool.begin(), spool.end());
  }
}

History Teller::tell(const Noise& noise) {
  History history;
  const std::int64_t attempts = draw(1, 3);
  for (std::int64_t attempt = 1; attempt <= attempts; ++attempt) tell_attempt(history, attempt, noise);
  add_noise(history.lifecycle, noise);
  add_noise(history.progress, noise);
  add_noise(history.activity, noise);
  return history;
}

Events Teller::interleave(const History& history) {
  Events out;
  const std::array<const Events*, 3> topics{&history.lifecycle, &history.progress, &history.activity};
  std::array<std::size_t, 3> next{};
  // Runs of random length, so that one topic may be far behind another as well as close to it.
  while (true) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < topics.size(); ++i)
      if (next.at(i) < topics.at(i)->size()) open.push_back(i);
    if (open.empty()) return out;
    const std::size_t chosen =
        open[static_cast<std::size_t>(draw(0, static_cast<std::int64_t>(open.size()) - 1))];
    for (std::int64_t run = chance(50) ? 1 : draw(1, 40);
         run > 0 && next.at(chosen) < topics.at(chosen)->size(); --run)
      out.push_back(topics.at(chosen)->at(next.at(chosen)++));
  }
}

History without_duplicates(const History& history) {
  std::set<std::string> ids;
  const auto first_only = [&](const Events& events) {
    Events out;
    for (const Event& event : events)
      if (ids.insert(event.source + " " + event.id).second) out.push_back(event);
    return out;
  };
  return {first_only(history.lifecycle), first_only(history.progress), first_only(history.activity)};
}

std::string to_text(const Events& events) {
  std::string out;
  for (const Event& event : events) {
    out += fmt::format("  {} {} #{}", event.id, event::info(event.type).name, event.data.attempt.value_or(0));
    if (event.data.stage) out += " " + *event.data.stage;
    if (event.data.bytes_done)
      out += fmt::format(" {}/{}", *event.data.bytes_done, event.data.bytes_total.value_or(0));
    if (event.data.percentage) out += fmt::format(" {}%", *event.data.percentage);
    out += "\n";
  }
  return out;
}

}  // namespace godwit::test

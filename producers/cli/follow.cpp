// godwit emit --follow: NDJSON from standard input, through the spool.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "common/event/catalogue.h"
#include "common/service/signals.h"
#include "common/stream/event_record.h"
#include "producers/cli/commands.h"
#include "producers/cli/draft.h"
#include "producers/cli/line_reader.h"
#include "producers/cli/outlet.h"

namespace godwit::cli {
namespace {

// Between two looks whether a full spool has room again.
constexpr Millis room_interval{100};

constexpr int status_refused = 1;
constexpr int status_owed = 3;

void complain(std::uint64_t number, std::string_view what) {
  fmt::print(stderr, "godwit: line {}: {}\n", number, what);
}

// One run: takes lines, and counts what became of them.
class Follower {
 public:
  Follower(Outlet& outlet, const StopSignal& stop, stream::ContentMode mode, bool acknowledges)
      : outlet_(outlet), stop_(stop), mode_(mode), acknowledges_(acknowledges) {}

  void take(std::uint64_t number, std::string_view line, const DraftDefaults& defaults) {
    const auto event = draft_to_send(line, defaults);
    if (!event) return refuse(number, event.error().message());
    stream::OutRecord record = stream::encode(*event, mode_);
    if (event::info(event->type).topic == event::Topic::progress) {
      outlet_.spool().send_tick(std::move(record));
    } else if (const Status kept = keep(number, event->type_name, record); !kept) {
      return refuse(number, kept.error().message);
    }
    ++accepted_;
    if (!acknowledges_) return;
    fmt::print("{}\n", event->id);
    std::fflush(stdout);
  }

  void refuse(std::uint64_t number, std::string_view what) {
    ++refused_;
    complain(number, what);
  }

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t refused() const { return refused_; }

 private:
  // While the spool has no room, whoever writes to us waits; only a stop signal ends that.
  Status keep(std::uint64_t number, const std::string& name, const stream::OutRecord& record) {
    bool has_said = false;
    for (;;) {
      Status kept = transient_error("the spool is full");
      if (outlet_.has_room()) kept = outlet_.spool().send(name, record);
      if (kept || kept.error().kind != ErrorKind::transient) return kept;
      if (!has_said) complain(number, "waits: " + kept.error().message);
      has_said = true;
      if (stop_.came_within(room_interval))
        return transient_error("not taken: stopped while " + kept.error().message);
      // The signal stays readable for the reader and for the wait at the end.
    }
  }

  Outlet& outlet_;
  const StopSignal& stop_;
  stream::ContentMode mode_;
  bool acknowledges_;
  std::uint64_t accepted_ = 0, refused_ = 0;
};

}  // namespace

int Emit::follow(const kafka::ClientOptions& client) const {
  service::block_stop_signals();  // before the publisher has threads
  const SystemClock clock;
  const StopSignal stop;
  auto outlet = Outlet::open(
      client, clock,
      {.spool = spool_,
       .sync = durability_ == "power-cut" ? producer::Sync::each_record : producer::Sync::interval,
       .owed_max = static_cast<std::size_t>(owed_max_)});
  if (!outlet) return service::usage_error("godwit", outlet.error().message);
  Follower follower{*outlet, stop, mode(), ack_};
  LineReader lines{STDIN_FILENO, stop.fd()};
  std::uint64_t number = 0;
  while (const auto line = lines.next()) {
    ++number;
    if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
    follower.take(number, *line, {source(), clock.now()});
  }
  if (lines.has_dropped_line()) follower.refuse(number + 1, "not taken: stopped before its end");
  stop.take();
  const std::size_t owed = outlet->settle(std::chrono::seconds{timeout_seconds_}, stop);
  fmt::print(stderr, "{} accepted, {} refused, {} owed\n", follower.accepted(), follower.refused(), owed);
  if (follower.refused() > 0) return status_refused;
  return owed > 0 ? status_owed : 0;
}

}  // namespace godwit::cli

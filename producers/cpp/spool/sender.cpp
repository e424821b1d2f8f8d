// The spool's two other threads: the sender, which publishes what is owed, and the publisher's, which says
// what has become of it.
#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "producers/cpp/spool/state.h"

namespace godwit::producer {
namespace {

constexpr std::size_t batch_max = 512;  // records dealt with at once: how long a send() may wait for the lock
constexpr Millis house_interval{200};
// After some work it waits this long for more, and is not woken by each record.
constexpr Millis nap{2};

}  // namespace

void Spool::State::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool sent = send_records();
    const bool ticked = send_ticks();
    keep_house();
    std::unique_lock lock{mutex};
    const auto has_work = [this] {
      return queue.can_take(Steady::now()) ||
             (!ticks.empty() && ticks_in_flight < options.ticks_in_flight_max);
    };
    if (sent || ticked) {
      if (!has_work()) (void)work.wait_for(lock, stop, nap, [] { return false; });
      continue;
    }
    sender_waits = true;
    (void)work.wait_for(lock, stop, std::min(house_interval, options.retry_interval), [&] {
      const std::lock_guard inner{reports_mutex};
      return !reports.empty() || has_work();
    });
    sender_waits = false;
  }
}

// The record to publish; nullopt when it cannot be read, and then it has been dealt with.
std::optional<stream::OutRecord> Spool::State::body_of(Ticket ticket) {
  Owed& owed = queue.in_flight(ticket);
  if (owed.body) {
    memory_bytes -= owed.spot.size;
    stream::OutRecord record = std::move(*owed.body);
    owed.body.reset();
    return record;
  }
  auto record = owed.hold->journal.read(owed.spot);
  if (record) return std::move(*record);
  last_error = record.error().message;
  if (record.error().kind != ErrorKind::fatal) {
    queue.fail(ticket, Steady::now());
    return std::nullopt;
  }
  log_error("an event is lost: {}", last_error);
  ++figures.given_up;
  Hold* const hold = owed.hold;
  hold->journal.settle(owed.spot);
  queue.settle(ticket);
  release(hold);
  return std::nullopt;
}

std::vector<Spool::State::Outgoing> Spool::State::take_batch() {
  std::vector<Outgoing> batch;
  const auto now = Steady::now();
  const std::lock_guard lock{mutex};
  while (batch.size() < batch_max && queue.can_take(now)) {
    const Ticket ticket = queue.take();
    if (auto record = body_of(ticket)) batch.push_back({ticket, std::move(*record)});
  }
  if (queue.empty()) settled.notify_all();
  return batch;
}

bool Spool::State::send_records() {
  const std::uint64_t failures_before = failures;
  // Asked before the reports are taken: whatever fails at the end of this session has been reported before
  // the next one begins, and what was taken to follow it is refused there.
  const std::uint64_t session = publisher.session();
  const bool has_reports = take_reports();
  std::vector<Outgoing> batch = take_batch();
  std::optional<Error> stopped;
  for (Outgoing& out : batch) {
    // None may overtake one that was not taken, or has failed meanwhile.
    if (!stopped && failures != failures_before) stopped = transient_error("an earlier event has failed");
    if (stopped) {
      report(out.ticket, *stopped);
      continue;
    }
    const Status taken =
        publisher.publish_in(session, std::move(out.record),
                             [state = shared_from_this(), ticket = out.ticket](const auto& placed) {
                               state->report(ticket, placed ? Status{Done{}} : Status{placed.error()});
                             });
    if (taken) continue;
    report(out.ticket, taken);
    if (taken.error().kind != ErrorKind::invalid) stopped = taken.error();
  }
  return has_reports || !batch.empty();
}

void Spool::State::report(Ticket ticket, Status outcome) {
  if (!outcome && outcome.error().kind != ErrorKind::invalid) ++failures;
  bool is_first = false;
  {
    const std::lock_guard lock{reports_mutex};
    is_first = reports.empty();
    reports.push_back({ticket, std::move(outcome)});
  }
  if (!is_first) return;
  const std::lock_guard lock{mutex};
  wake_sender();
}

// True when there were some.
bool Spool::State::take_reports() {
  std::vector<Report> taken;
  {
    const std::lock_guard lock{reports_mutex};
    taken.swap(reports);
  }
  for (std::size_t at = 0; at < taken.size();) {
    const std::lock_guard lock{mutex};
    for (const std::size_t end = std::min(taken.size(), at + batch_max); at < end; ++at)
      settle(taken[at].ticket, taken[at].outcome);
    if (queue.empty()) settled.notify_all();
  }
  return !taken.empty();
}

void Spool::State::settle(Ticket ticket, const Status& outcome) {
  const auto now = Steady::now();
  if (!outcome && !queue.failing()) last_error = outcome.error().message;
  if (!outcome && outcome.error().kind != ErrorKind::invalid) return queue.fail(ticket, now);
  const Owed& owed = queue.in_flight(ticket);
  Hold* const hold = owed.hold;
  if (outcome) {
    hold->journal.settle(owed.spot);
    ++figures.acknowledged;
  } else {
    // Not settled in the journal: it stays on disk, and the next process tries again.
    log_error("an event is refused for good and stays in {}: {}", hold->directory.path, last_error);
    ++figures.given_up;
  }
  queue.settle(ticket);
  progress_at = now;
  release(hold);
}

// Lets go of an adopted spool that owes nothing any more.
void Spool::State::release(Hold* hold) {
  if (hold == own.get() || !hold->journal.owes_nothing()) return;
  hold->journal.clear();
  remove_if_empty(hold->directory);
  adopted.remove_if([hold](const Hold& candidate) { return &candidate == hold; });
}

bool Spool::State::send_ticks() {
  bool any = false;
  for (std::size_t i = 0; i < batch_max; ++i) {
    std::unique_lock lock{mutex};
    if (ticks.empty() || ticks_in_flight >= options.ticks_in_flight_max) break;
    stream::OutRecord tick = std::move(ticks.front());
    ticks.pop_front();
    ++ticks_in_flight;
    lock.unlock();
    const auto gone = [state = shared_from_this()](bool stored) {
      const std::lock_guard inner{state->mutex};
      --state->ticks_in_flight;
      if (!stored) ++state->figures.ticks_dropped;
      if (state->all_settled()) state->settled.notify_all();
    };
    if (!publisher.publish(std::move(tick), [gone](const auto& placed) { gone(placed.ok()); })) gone(false);
    any = true;
  }
  return any;
}

void Spool::State::keep_house() {
  const auto now = Steady::now();
  if (now - house_kept_at < house_interval) return;
  house_kept_at = now;
  if (now - adopted_at >= options.adopt_interval) {
    adopt();
    adopted_at = now;
  }
  if (options.sync == Sync::interval && now - synced_at >= options.sync_interval) {
    std::unique_lock lock{mutex};
    if (Status safe = make_durable(lock, appended_upto); !safe) log_error("{}", safe.error().message);
    synced_at = now;
  }
  const std::lock_guard lock{mutex};
  own->journal.note_floor();
  for (Hold& hold : adopted) hold.journal.note_floor();
  complain(now);
}

void Spool::State::adopt() {
  for (HeldDirectory& orphan : home.adopt()) {
    std::list<Hold> found;
    Hold& hold =
        found.emplace_back(std::move(orphan), JournalOptions{.segment_bytes = options.segment_bytes});
    const auto spots = hold.journal.recover();
    if (!spots) {
      log_error("the spool {} of an earlier process cannot be read: {}", hold.directory.path,
                spots.error().message);
      continue;
    }
    if (spots->empty()) {
      hold.journal.clear();
      remove_if_empty(hold.directory);
      continue;
    }
    log_info("{} events that an earlier process could not deliver are sent from {}", spots->size(),
             hold.directory.path);
    std::vector<Owed> owed;
    for (const Spot& spot : *spots) owed.push_back({&hold, spot, nullptr});
    const std::lock_guard lock{mutex};
    if (queue.empty()) progress_at = Steady::now();
    figures.adopted += owed.size();
    // Before all of this process, after those of older ones.
    queue.insert(std::move(owed), [&](const Owed& other) {
      return other.hold == own.get() || other.hold->directory.name > hold.directory.name;
    });
    adopted.splice(adopted.end(), found);
  }
}

void Spool::State::complain(Steady::time_point now) {
  Backlog backlog;
  backlog.kept = queue.size();
  backlog.why = last_error;
  backlog.failing = !queue.empty() && (queue.failing() || now - progress_at > options.complain_after);
  if (backlog.failing) {
    const Owed& oldest = queue.oldest();
    backlog.oldest = fmt::format("{} of {}", oldest.spot.number, oldest.hold->directory.name);
  }
  outage.observe(now, backlog);
  if (queue.empty()) last_error.clear();
}

}  // namespace godwit::producer

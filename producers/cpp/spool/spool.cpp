#include "producers/cpp/spool/spool.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "producers/cpp/spool/state.h"

namespace godwit::producer {
namespace {

std::size_t bytes_of(const stream::OutRecord& record) {
  std::size_t bytes = 64 + record.topic.size() + (record.key ? record.key->size() : 0) +
                      (record.value ? record.value->size() : 0);
  for (const auto& [name, value] : record.headers) bytes += 8 + name.size() + value.size();
  return bytes;
}

}  // namespace

Spool::State::State(stream::Publisher& to, const Clock& time, SpoolHome where, SpoolOptions how)
    : publisher(to),
      clock(time),
      home(std::move(where)),
      options(std::move(how)),
      queue({.in_flight_max = options.in_flight_max,
             .in_flight_bytes_max = options.in_flight_bytes_max,
             .retry_interval = options.retry_interval}),
      outage(options.complain_interval),
      progress_at(Steady::now()),
      house_kept_at(progress_at),
      adopted_at(progress_at),
      synced_at(progress_at) {}

Spool::State::~State() {
  take_reports();
  const auto leave = [](Hold& hold) {
    if (!hold.journal.owes_nothing()) return hold.journal.note_floor();
    hold.journal.clear();
    remove_if_empty(hold.directory);
  };
  for (Hold& hold : adopted) leave(hold);
  if (own) leave(*own);
}

Result<std::unique_ptr<Spool>> Spool::open(stream::Publisher& publisher, const Clock& clock,
                                           SpoolOptions options) {
  // A quarter, so that room comes back while the rest is owed.
  options.segment_bytes = std::min(options.segment_bytes, options.disk_bytes_max / 4);
  auto home = SpoolHome::open(options.directory);
  if (!home) return home.error();
  auto state = std::make_shared<State>(publisher, clock, std::move(*home), std::move(options));
  state->adopt();
  auto directory = state->home.create(clock.now());
  if (!directory) return directory.error();
  state->own = std::make_unique<Hold>(std::move(*directory),
                                      JournalOptions{.segment_bytes = state->options.segment_bytes});
  return std::unique_ptr<Spool>{new Spool{std::move(state)}};  // NOLINT: private constructor
}

Spool::Spool(std::shared_ptr<State> state)
    : state_(std::move(state)),
      sender_([shared = state_.get()](const std::stop_token& stop) { shared->run(stop); }) {}

Spool::~Spool() {
  sender_.request_stop();
  sender_.join();
}

Status Spool::send(const std::string& name, stream::OutRecord record) {
  std::unique_lock lock{state_->mutex};
  return state_->accept(lock, name, std::move(record));
}

Status Spool::State::accept(std::unique_lock<std::mutex>& lock, const std::string& name,
                            stream::OutRecord record) {
  const std::size_t bytes = bytes_of(record);
  if (bytes > options.record_bytes_max)
    return refuse(name, invalid_error(fmt::format("{} bytes are more than one record may have", bytes)));
  if (queue.size() >= options.records_max || disk_bytes() + bytes > options.disk_bytes_max)
    return refuse(name, transient_error(fmt::format("the spool {} is full: {} records, {} bytes", home.path(),
                                                    queue.size(), disk_bytes())));
  const auto spot = own->journal.append(record);
  if (!spot) return refuse(name, spot.error());
  appended_upto = spot->number;
  if (queue.empty()) progress_at = Steady::now();
  Owed owed{own.get(), *spot, nullptr};
  if (memory_bytes + spot->size <= options.memory_bytes_max) {
    memory_bytes += spot->size;
    owed.body = std::make_unique<stream::OutRecord>(std::move(record));
  }
  queue.push_back(std::move(owed));
  ++figures.accepted;
  wake_sender();
  if (options.sync != Sync::each_record) return Done{};
  if (Status safe = make_durable(lock, spot->number); !safe) return refuse(name, safe.error());
  return Done{};
}

// One of the callers syncs for all that have written meanwhile.
Status Spool::State::make_durable(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
  for (;;) {
    if (sync_failed_upto >= number) return transient_error(sync_error);
    if (durable_upto >= number) return Done{};
    if (syncing) {
      durable.wait(lock);
      continue;
    }
    syncing = true;
    const std::uint64_t upto = appended_upto;
    lock.unlock();
    const Status synced = own->journal.sync();
    lock.lock();
    syncing = false;
    if (synced) {
      durable_upto = upto;
    } else {
      sync_failed_upto = upto;
      sync_error = synced.error().message;
      own->journal.close_segment();
    }
    durable.notify_all();
  }
}

Error Spool::State::refuse(const std::string& name, Error why) {
  ++figures.refused;
  const auto now = Steady::now();
  if (!refusal_logged_at || now - *refusal_logged_at >= options.complain_interval) {
    log_error("event {} is not taken: {} ({} refused so far)", name, why.message, figures.refused);
    refusal_logged_at = now;
  }
  return why;
}

std::size_t Spool::State::disk_bytes() const {
  std::size_t bytes = own ? own->journal.bytes() : 0;
  for (const Hold& hold : adopted) bytes += hold.journal.bytes();
  return bytes;
}

void Spool::State::wake_sender() {
  if (sender_waits) work.notify_one();
}

bool Spool::send_tick(stream::OutRecord record) {
  State& state = *state_;
  const std::lock_guard lock{state.mutex};
  state.ticks.push_back(std::move(record));
  if (state.ticks.size() > state.options.ticks_max) {
    state.ticks.pop_front();
    ++state.figures.ticks_dropped;
  }
  state.wake_sender();
  return true;
}

Status Spool::flush(Millis timeout) {
  State& state = *state_;
  std::unique_lock lock{state.mutex};
  const auto deadline = Steady::now() + timeout;
  if (state.settled.wait_until(lock, deadline, [&state] { return state.queue.empty(); })) {
    // A program that ends well need not lose its ticks; but they are owed to nobody.
    const auto short_wait = std::min(deadline, Steady::now() + state.options.ticks_flush_max);
    (void)state.settled.wait_until(lock, short_wait, [&state] { return state.all_settled(); });
    return Done{};
  }
  return transient_error(fmt::format(
      "{} events not acknowledged within {} ms: {}; they are kept in {}", state.queue.size(), timeout.count(),
      state.last_error.empty() ? "no answer" : state.last_error, state.home.path()));
}

SpoolFigures Spool::figures() const {
  const std::lock_guard lock{state_->mutex};
  SpoolFigures out = state_->figures;
  out.owed = state_->queue.size();
  out.disk_bytes = state_->disk_bytes();
  return out;
}

}  // namespace godwit::producer

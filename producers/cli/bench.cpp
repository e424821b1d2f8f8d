#include <fmt/format.h>

#include <atomic>

#include "common/kafka/kafka_publisher.h"
#include "common/service/signals.h"
#include "common/stream/event_record.h"
#include "producers/cli/commands.h"
#include "producers/cli/load.h"

namespace godwit::cli {
namespace {

constexpr Millis slice{10};  // the load is laid out in slices, so that a late wake-up is caught up, not lost
constexpr Millis flush_timeout{60'000};
constexpr Millis queue_full_wait{20};
constexpr std::uint64_t fill_slice = 10'000;  // events between two looks at the signals
constexpr std::int64_t longest_fill_seconds = 3'600;

}  // namespace

void BenchProduce::add(service::Flags& flags) {
  flags.integer("rate", rate_, 1, 10'000'000, "Events a second to aim for");
  flags.integer("tasks", tasks_, 1, 10'000'000, "Migrations under way at the same time");
  flags.integer("seconds", seconds_, 1, 86'400, "How long");
  flags.integer("events", events_, 0, 1'000'000'000, "Send so many, as fast as they are taken; 0: by rate");
  flags.integer("ticks", ticks_, 0, 10'000, "Progress events of a stage; 0: lifecycle events alone");
  flags.integer("seed", seed_, 0, INT64_MAX, "The same seed makes the same migrations");
  flags.text("prefix", prefix_, "What task ids begin with");
}

int BenchProduce::run(const kafka::ClientOptions& client) const {
  service::block_stop_signals();
  const SystemClock clock;
  auto publisher = kafka::KafkaPublisher::create(client);
  if (!publisher) return service::usage_error("godwit", publisher.error().message);
  Load load{{.seed = static_cast<std::uint64_t>(seed_),
             .tasks = tasks_,
             .prefix = prefix_,
             .ticks_per_stage = ticks_}};
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> failed{0};
  std::uint64_t sent = 0;
  const Timestamp begin = clock.now();
  const auto total = static_cast<std::uint64_t>(events_ > 0 ? events_ : rate_ * seconds_);
  const std::chrono::seconds longest{events_ > 0 ? longest_fill_seconds : seconds_};
  bool stopped = false;
  while (sent < total && !stopped) {
    const Timestamp now = clock.now();
    const auto by_rate = static_cast<std::uint64_t>((now - begin).count() * rate_ / 1000 + 1);
    const auto due = std::min(total, events_ > 0 ? sent + fill_slice : by_rate);
    while (sent < due) {
      const stream::OutRecord record = stream::encode(load.next(now));
      while (!(*publisher)->publish(record, [&](const Result<stream::Placed>& placed) {
        ++(placed ? stored : failed);
      })) {
        (void)(*publisher)->flush(queue_full_wait);
        if (clock.now() - begin > longest + flush_timeout) return 1;
      }
      ++sent;
    }
    stopped = service::wait_for_stop_signal(events_ > 0 ? Millis{0} : slice);
  }
  const auto flushed = (*publisher)->flush(flush_timeout);
  const double seconds = std::chrono::duration<double>(clock.now() - begin).count();
  fmt::print("{} events stored in {:.1f} s, {:.0f} a second, {} not acknowledged, {} migrations finished\n",
             stored.load(), seconds, static_cast<double>(stored) / seconds, failed.load(),
             load.tasks_finished());
  return flushed && failed == 0 ? 0 : 1;
}

}  // namespace godwit::cli

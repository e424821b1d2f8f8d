// Folding: a projection's step alone, and the way from a record in the log to a committed row.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/projection/runner.h"
#include "common/sqlite/partition_files.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"
#include "consumers/audit/tables.h"
#include "consumers/metrics/tables.h"
#include "consumers/progress/tables.h"
#include "producers/cli/load.h"
#include "tests/lib/temporary_directory.h"

namespace godwit {
namespace {

constexpr std::size_t events_told = 50'000;
constexpr std::size_t batch_records = 5'000;
constexpr std::int64_t event_interval_ms = 5;  // a hundred tasks, two ticks a second each

// Realistic migrations: of 100 events about 93 are ticks.
const std::vector<event::Event>& told() {
  static const std::vector<event::Event> events = [] {
    cli::Load load{{}};
    std::vector<event::Event> out;
    for (std::size_t i = 0; i < events_told; ++i)
      out.push_back(
          load.next(from_unix_ms(1'790'000'000'000 + static_cast<std::int64_t>(i) * event_interval_ms)));
    return out;
  }();
  return events;
}

const stream::MemoryLog& told_log() {
  static const stream::MemoryLog log = [] {
    stream::MemoryLog out{1};
    for (const event::Event& event : told()) out.append(stream::encode(event));
    return out;
  }();
  return log;
}

// The events of the topics a projection reads: what it would be given.
template <class P>
std::vector<const event::Event*> folded_by() {
  std::vector<const event::Event*> out;
  for (const event::Event& event : told())
    if (!P{}.key(event).empty()) out.push_back(&event);
  return out;
}

template <class P>
void step(benchmark::State& state) {
  const auto events = folded_by<P>();
  for (auto _ : state) {
    std::map<std::string, typename P::State> states;
    for (const event::Event* event : events) {
      typename P::Outputs out{};
      P{}.step(states[P{}.key(*event)], *event, out);
      benchmark::DoNotOptimize(out);
    }
    benchmark::DoNotOptimize(states.size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events.size()));
}

// Decodes, folds and commits everything in `topics` once.
template <class P, class Tables>
void fold_all(const std::vector<stream::TopicPartition>& topics, const std::string& directory) {
  FakeClock clock{Timestamp{}};
  stream::MemoryLog letters{1};
  sqlite::Readers readers;
  sqlite::PartitionFiles<P, Tables> stores{directory, readers};
  projection::Runner runner{
      {.consumer = std::string{P::name}, .poll = {.records_max = batch_records}}, stores, letters, clock, {}};
  stream::MemorySource source{told_log(), runner};
  source.assign(topics);
  bool at_end = false;
  while (!at_end) {
    runner.turn(source);
    at_end = true;
    for (const stream::Watermark& mark : source.watermarks()) at_end = at_end && mark.at_end;
  }
  GODWIT_CHECK(runner.stats().dead_letters.empty(), "the load is no valid load");
}

template <class P, class Tables>
void log_to_disk(benchmark::State& state, const std::vector<stream::TopicPartition>& topics) {
  std::int64_t records = 0;
  for (const stream::TopicPartition& at : topics)
    records += static_cast<std::int64_t>(told_log().records(at).size());
  for (auto _ : state) {
    state.PauseTiming();
    const testing::TemporaryDirectory directory;
    state.ResumeTiming();
    fold_all<P, Tables>(topics, directory.path());
  }
  state.SetItemsProcessed(state.iterations() * records);
}

const stream::TopicPartition lifecycle{"migrations.lifecycle", stream::Partition{0}};
const stream::TopicPartition ticks{"migrations.progress", stream::Partition{0}};

void progress_log_to_disk(benchmark::State& state) {
  log_to_disk<progress::Progress, progress::Tables>(state, {lifecycle, ticks});
}
void metrics_log_to_disk(benchmark::State& state) {
  log_to_disk<metrics_view::Metrics, metrics_view::Tables>(state, {lifecycle});
}
void audit_log_to_disk(benchmark::State& state) {
  log_to_disk<audit::Audit, audit::Tables>(state,
                                           {ticks});  // any records will do, but only of one topic partition
}

BENCHMARK(step<progress::Progress>)->Unit(benchmark::kMillisecond);
BENCHMARK(step<metrics_view::Metrics>)->Unit(benchmark::kMillisecond);
BENCHMARK(progress_log_to_disk)->Unit(benchmark::kMillisecond);
BENCHMARK(metrics_log_to_disk)->Unit(benchmark::kMillisecond);
BENCHMARK(audit_log_to_disk)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace godwit

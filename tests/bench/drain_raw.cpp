// What reading alone can do: one lane of a group reads the topics to their end, with or without decoding, and
// folds nothing. Prints one line of JSON. Run by `run_drain`, beside the consumers.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "common/kafka/kafka_group.h"
#include "common/service/flags.h"
#include "common/stream/event_record.h"
#include "tests/bench/cpu.h"

namespace godwit {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Reads every partition from its beginning.
class FromTheBeginning final : public stream::AssignmentListener {
 public:
  std::vector<stream::Position> assigned(const std::vector<stream::TopicPartition>& partitions) override {
    std::vector<stream::Position> out;
    out.reserve(partitions.size());
    for (const stream::TopicPartition& at : partitions) out.push_back({at, stream::offset_beginning});
    return out;
  }
  void revoked(const std::vector<stream::TopicPartition>&) override {}
};

struct Reading {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  double seconds = 0;
  double cpu_seconds = 0;
};

bool at_end(const stream::Source& source) {
  const auto marks = source.watermarks();
  for (const stream::Watermark& mark : marks)
    if (!mark.at_end) return false;
  return !marks.empty();
}

Reading read_all(stream::Source& source, bool decoding) {
  Reading out;
  std::optional<SteadyClock::time_point> begin;
  double cpu_before = 0;
  while (!begin || !at_end(source)) {
    const auto batch = source.poll({});
    if (!batch || batch->empty()) continue;
    if (!begin) {
      begin = SteadyClock::now();
      cpu_before = bench::cpu_seconds();
    }
    for (const stream::Record& record : batch->records) {
      ++out.records;
      out.bytes += record.value ? record.value->size() : 0;
      if (decoding && stream::decode(record)) ++out.events;
    }
  }
  out.seconds = std::chrono::duration<double>(SteadyClock::now() - *begin).count();
  out.cpu_seconds = bench::cpu_seconds() - cpu_before;
  return out;
}

int run(int argc, char** argv) {
  service::Flags flags{"drain_raw", "Reads topics to their end as one lane does, and folds nothing."};
  service::KafkaFlags kafka;
  std::vector<std::string> topics;
  bool decoding = false;
  kafka.add(flags);
  flags.texts("topic", topics, "A topic to read; may be repeated");
  flags.flag("decode", decoding, "Decode each record to an event");
  if (const auto status = flags.parse(argc, argv)) return *status;
  if (const auto finished = kafka.finish("drain_raw"); !finished)
    return service::usage_error("drain_raw", finished.error().message);
  FromTheBeginning listener;
  auto group = kafka::KafkaGroup::create(
      kafka.client,
      {.group = fmt::format("drain-raw-{}", SteadyClock::now().time_since_epoch().count()), .topics = topics},
      {&listener});
  if (!group) return service::usage_error("drain_raw", group.error().message);
  std::jthread membership{[&](const std::stop_token& stop) { (*group)->run(stop); }};
  Reading reading;
  std::jthread lane{[&](const std::stop_token& stop) {
    stream::Source& source = (*group)->lane(0);
    reading = read_all(source, decoding);
    fmt::print(R"({{"records":{},"bytes":{},"events":{},"seconds":{:.3f},"cpu_seconds":{:.3f}}})"
               "\n",
               reading.records, reading.bytes, reading.events, reading.seconds, reading.cpu_seconds);
    membership.request_stop();
    while (!stop.stop_requested()) (void)source.poll({});  // the group takes its partitions back
    source.close();
  }};
  membership.join();
  lane.request_stop();
  return 0;
}

}  // namespace
}  // namespace godwit

int main(int argc, char** argv) { return godwit::run(argc, argv); }

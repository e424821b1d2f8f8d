// What the C++ library costs beside librdkafka alone, in one run: lifecycle events a second until the last is
// acknowledged, and the 99th percentile of the call that takes one.
//
//   produce_bench [EVENTS [BROKERS]]
//
// Without BROKERS each part has librdkafka's mock broker inside its own process.
#include <fmt/format.h>

#include <string>
#include <thread>
#include <vector>

#include "common/kafka/kafka_publisher.h"
#include "common/stream/memory_log.h"
#include "producers/cpp/migration.h"
#include "producers/cpp/spool/spool.h"
#include "tests/bench/measured.h"
#include "tests/bench/raw_produce.h"
#include "tests/lib/temporary_directory.h"

namespace {

using namespace godwit;
using namespace godwit::bench;

constexpr Millis patience{120'000};

producer::Identity identity(int thread) {
  producer::Identity out;
  out.task_id = fmt::format("0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e{:02x}", thread);
  out.vm_name = "web-1";
  out.provider = "vsphere";
  out.host = "mover-3";
  out.worker_id = "0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e7f";
  return out;
}

std::string sample_event() {
  stream::MemoryLog log{1};
  const SystemClock clock;
  producer::Migration migration{log, clock, identity(0)};
  GODWIT_CHECK(migration.warning("the disk is slow").ok(), "no event");
  return std::string{*log.records({"migrations.lifecycle", stream::Partition{0}}).front().record.value};
}

Measured library(int events, int threads, producer::Sync sync, const Properties& properties) {
  const testing::TemporaryDirectory directory{"/var/tmp"};  // a disk: /tmp may be memory
  const SystemClock clock;
  auto publisher =
      kafka::KafkaPublisher::create({.client_id = "library", .properties = properties}, kafka::for_spool());
  GODWIT_CHECK(publisher.ok(), "{}", publisher.error().message);
  producer::SpoolOptions options;
  options.directory = directory.path();
  options.sync = sync;
  options.disk_bytes_max = std::size_t{4} << 30;
  options.records_max = 10'000'000;
  auto spool = producer::Spool::open(**publisher, clock, options);
  GODWIT_CHECK(spool.ok(), "{}", spool.error().message);
  std::vector<producer::Migration> migrations;
  migrations.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) migrations.emplace_back(**spool, clock, identity(i));
  const auto call = [&](int thread) {
    const Status taken = migrations[static_cast<std::size_t>(thread)].warning("the disk is slow");
    GODWIT_CHECK(taken.ok(), "{}", taken.error().message);
  };
  return measure(events, threads, 1, call, [&] {
    const Status flushed = (*spool)->flush(patience);
    GODWIT_CHECK(flushed.ok(), "{}", flushed.error().message);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const int events = argc > 1 ? std::stoi(argv[1]) : 200'000;
  const Properties properties =
      argc > 2 ? Properties{{"bootstrap.servers", argv[2]}} : Properties{{"test.mock.num.brokers", "1"}};
  print_head("producer");
  const Measured base = raw_produce(events, properties, sample_event());
  print("librdkafka, 1 thread", base, base);
  print("library, synced each second, 1 thread", library(events, 1, producer::Sync::interval, properties),
        base);
  print("library, synced each second, 2 threads", library(events, 2, producer::Sync::interval, properties),
        base);
  print("library, synced each event, 1 thread",
        library(events / 20, 1, producer::Sync::each_record, properties), base);
  print("library, synced each event, 16 threads",
        library(events / 4, 16, producer::Sync::each_record, properties), base);
  return 0;
}

// What the C++ library costs beside librdkafka alone, in one run: lifecycle events a second until the last is
// acknowledged, and the 99th percentile of the call that takes one.
//
//   produce_bench [EVENTS [BROKERS]]
//
// Without BROKERS each part has librdkafka's mock broker inside its own process.
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "common/kafka/kafka_publisher.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"
#include "producers/cpp/migration.h"
#include "producers/cpp/spool/spool.h"
#include "tests/lib/temporary_directory.h"

namespace {

using namespace godwit;
using Steady = std::chrono::steady_clock;

constexpr Millis patience{120'000};
constexpr const char* topic = "migrations.lifecycle";

using Properties = std::vector<std::pair<std::string, std::string>>;

struct Measured {
  double per_second = 0;
  double p99_us = 0;
};

// Runs call(thread) `events` times over the threads, then end(), which waits for the acknowledgements.
template <class Call, class End>
Measured measure(int events, int threads, const Call& call, const End& end) {
  call(0);  // connections and partitions are known from here on
  end();
  std::vector<std::vector<double>> took(static_cast<std::size_t>(threads));
  const auto begin = Steady::now();
  std::vector<std::thread> running;
  running.reserve(took.size());
  for (int thread = 0; thread < threads; ++thread)
    running.emplace_back([&, thread] {
      auto& mine = took[static_cast<std::size_t>(thread)];
      for (int i = 0; i < events / threads; ++i) {
        const auto before = Steady::now();
        call(thread);
        mine.push_back(std::chrono::duration<double, std::micro>(Steady::now() - before).count());
      }
    });
  for (std::thread& thread : running) thread.join();
  end();
  const std::chrono::duration<double> seconds = Steady::now() - begin;
  std::vector<double> all;
  for (const auto& part : took) all.insert(all.end(), part.begin(), part.end());
  const auto p99 = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 99 / 100);
  std::nth_element(all.begin(), p99, all.end());
  return {static_cast<double>(all.size()) / seconds.count(), *p99};
}

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
  return std::string{*log.records({topic, stream::Partition{0}}).front().record.value};
}

Measured raw(int events, const Properties& properties) {
  auto conf =
      kafka::make_conf({.client_id = "raw", .properties = properties}, {{"enable.idempotence", "true"},
                                                                        {"partitioner", "murmur2_random"},
                                                                        {"linger.ms", "5"},
                                                                        {"compression.type", "lz4"}});
  GODWIT_CHECK(conf.ok(), "{}", conf.error().message);
  auto client = kafka::make_client(kafka::ClientKind::producer, std::move(*conf));
  GODWIT_CHECK(client.ok(), "{}", client.error().message);
  rd_kafka_t* const producer = client->get();
  std::jthread poller{[producer](const std::stop_token& stop) {
    while (!stop.stop_requested()) rd_kafka_poll(producer, 10);
  }};
  const std::string value = sample_event();
  const std::string key = identity(0).task_id;
  const auto produce = [&] {
    std::array<rd_kafka_vu_t, 4> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic;
    parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[1].u.i = RD_KAFKA_MSG_F_COPY;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = {const_cast<char*>(key.data()), key.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = {const_cast<char*>(value.data()), value.size()};
    rd_kafka_error_t* const refused = rd_kafka_produceva(producer, parts.data(), parts.size());
    if (refused != nullptr) rd_kafka_error_destroy(refused);
    return refused == nullptr;
  };
  const auto call = [&produce](int) {
    while (!produce()) std::this_thread::yield();
  };
  return measure(events, 1, call, [&] { rd_kafka_flush(producer, static_cast<int>(patience.count())); });
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
  return measure(events, threads, call, [&] {
    const Status flushed = (*spool)->flush(patience);
    GODWIT_CHECK(flushed.ok(), "{}", flushed.error().message);
  });
}

void print(std::string_view name, const Measured& measured, const Measured& base) {
  fmt::print("| {} | {:.0f} | {:.2f} | {:.1f} |\n", name, measured.per_second,
             measured.per_second / base.per_second, measured.p99_us);
}

}  // namespace

int main(int argc, char** argv) {
  const int events = argc > 1 ? std::stoi(argv[1]) : 200'000;
  const Properties properties =
      argc > 2 ? Properties{{"bootstrap.servers", argv[2]}} : Properties{{"test.mock.num.brokers", "1"}};
  fmt::print("| producer | events/s | ratio | p99 us of the call |\n|---|---|---|---|\n");
  const Measured base = raw(events, properties);
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

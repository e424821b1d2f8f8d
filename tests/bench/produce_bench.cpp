// What the C++ library costs beside librdkafka alone, in one run: lifecycle events a second until the last is
// acknowledged, and the 99th percentile of the call that takes one.
//
//   produce_bench [EVENTS [BROKERS [PART]]]
//
// Without BROKERS (or with '') each row has librdkafka's mock broker inside its own process. With PART only
// the rows whose name contains it are run. Ratios are to the first row that is.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/descriptor.h"
#include "common/kafka/kafka_publisher.h"
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

// Events made and encoded as the library does, and then nowhere.
class EncodedEvents final : public producer::Outbox {
 public:
  std::string_view next() {
    GODWIT_CHECK(migration_.warning("the disk is slow").ok(), "no event");
    return *last_.value;
  }

  Status send(const std::string&, stream::OutRecord record) override {
    last_ = std::move(record);
    return Done{};
  }
  bool send_tick(stream::OutRecord) override { return false; }
  Status flush(Millis) override { return Done{}; }

 private:
  SystemClock clock_;
  stream::OutRecord last_;
  producer::Migration migration_{*this, clock_, identity(0)};
};

// The disk alone: `value` appended to a file and synced, each time.
class SyncedFile {
 public:
  SyncedFile()
      : file_(open((directory_.path() + "/file").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  void append(std::string_view value) {
    const bool done = write(file_.get(), value.data(), value.size()) > 0 && fdatasync(file_.get()) == 0;
    GODWIT_CHECK(done, "the disk does not take {} bytes", value.size());
  }

 private:
  testing::TemporaryDirectory directory_{"/var/tmp"};
  Descriptor file_;
};

struct Row {
  const char* name;
  std::function<Measured()> run;
};

}  // namespace

int main(int argc, char** argv) {
  const int events = argc > 1 ? std::stoi(argv[1]) : 200'000;
  const bool has_brokers = argc > 2 && argv[2][0] != '\0';
  const Properties properties =
      has_brokers ? Properties{{"bootstrap.servers", argv[2]}} : Properties{{"test.mock.num.brokers", "1"}};
  const std::string_view wanted = argc > 3 ? argv[3] : "";
  EncodedEvents made;
  const std::string sample{made.next()};
  using producer::Sync;
  SyncedFile file;
  const std::vector<Row> rows{
      {"librdkafka, 1 thread",
       [&] { return raw_produce(events, properties, [&] { return std::string_view{sample}; }); }},
      {"librdkafka, each event made and encoded, 1 thread",
       [&] { return raw_produce(events, properties, [&] { return made.next(); }); }},
      {"library, synced each second, 1 thread",
       [&] { return library(events, 1, Sync::interval, properties); }},
      {"library, synced each second, 2 threads",
       [&] { return library(events, 2, Sync::interval, properties); }},
      {"write and fdatasync each event, 1 thread",
       [&] {
         return measure(
             events / 20, 1, 1, [&](int) { file.append(sample); }, [] {});
       }},
      {"librdkafka, written and synced each event, 1 thread",
       [&] {
         return raw_produce(events / 20, properties, [&] {
           file.append(sample);
           return std::string_view{sample};
         });
       }},
      {"library, synced each event, 1 thread",
       [&] { return library(events / 20, 1, Sync::each_record, properties); }},
      {"library, synced each event, 16 threads",
       [&] { return library(events / 4, 16, Sync::each_record, properties); }}};
  print_head("producer");
  std::optional<Measured> base;
  for (const Row& row : rows) {
    if (std::string_view{row.name}.find(wanted) == std::string_view::npos) continue;
    const Measured measured = row.run();
    if (!base) base = measured;
    print(row.name, measured, *base);
  }
  return 0;
}

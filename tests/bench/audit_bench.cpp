// What the audit store costs: ingest beside SQLite's own inserts and SHA-256 of the same bytes, verification,
// and questions at full size, while idle and while it takes more.
//
//   audit_bench [EVENTS [QUESTIONS [DIRECTORY]]]
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <thread>

#include "common/base/check.h"
#include "common/sqlite/partition_files.h"
#include "consumers/audit/query.h"
#include "consumers/audit/tables.h"
#include "consumers/audit/verify/verify.h"
#include "tests/bench/audit_load.h"
#include "tests/bench/cpu.h"

namespace {

using namespace godwit;
using namespace godwit::bench;
using Steady = std::chrono::steady_clock;

constexpr std::int32_t partitions = 4;
constexpr std::int64_t batch = 5'000;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

// Stores of one topic, written in turns.
class Ingest {
 public:
  explicit Ingest(const std::string& data) : files_(data, readers_) {
    for (std::int32_t i = 0; i < partitions; ++i) {
      auto store = files_.open(fmt::format("migrations.lifecycle-{:04}", i), {"bench", std::nullopt});
      GODWIT_CHECK(store.ok(), "{}", store.error().message);
      stores_.push_back(std::move(*store));
    }
  }

  // The next events; how long that took without making them.
  double take(std::int64_t count) {
    const auto items = Load::make(next_, count);
    const auto begin = Steady::now();
    const auto partition = static_cast<std::int32_t>(next_ / batch % partitions);
    auto& store = *stores_[static_cast<std::size_t>(partition)];
    store.begin();
    for (const Load::Item& item : items) {
      const auto record = record_of(item, partition, next_++);
      store.fold(record, item.event);
      store.advance(record);
    }
    (void)store.commit();
    for (const Load::Item& item : items) bytes_ += item.out.value->size();
    return seconds_since(begin);
  }

  const sqlite::Readers& readers() const { return readers_; }
  std::string directory() const { return files_.directory(); }
  std::int64_t taken() const { return next_; }
  std::size_t bytes() const { return bytes_; }

 private:
  sqlite::Readers readers_;
  sqlite::PartitionFiles<audit::Audit, audit::Tables> files_;
  std::vector<std::unique_ptr<projection::PartitionStore>> stores_;
  std::int64_t next_ = 0;
  std::size_t bytes_ = 0;
};

using MakeQuestion = std::function<void(std::mt19937&, audit::Filter&, audit::PageOptions&)>;

struct Kind {
  std::string name;
  MakeQuestion make;
};

std::vector<Kind> kinds(std::int64_t events) {
  const auto any = [events](std::mt19937& random) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(events));
  };
  const auto cursor = [any](std::mt19937& random, audit::PageOptions& page) {
    page.after = audit::Place{first_ms + any(random) * ms_between, "migrations.lifecycle-0000", 0};
  };
  return {
      {"newest page", [](auto&, auto&, auto&) {}},
      {"random cursor", [=](auto& random, auto&, auto& page) { cursor(random, page); }},
      {"page 10,000",
       [](auto&, auto&, auto& page) {
         page.order = audit::Order::oldest;
         page.after = audit::Place{first_ms + 1'000'000 * ms_between, "migrations.lifecycle-0000", 0};
       }},
      {"page 1, oldest first", [](auto&, auto&, auto& page) { page.order = audit::Order::oldest; }},
      {"task", [=](auto& random, auto& filter, auto&) { filter.task_id = task_of(any(random)); }},
      {"vm", [=](auto& random, auto& filter, auto&) { filter.vm_name = vm_of(any(random)); }},
      {"user, random cursor",
       [=](auto& random, auto& filter, auto& page) {
         filter.user = user_of(any(random));
         cursor(random, page);
       }},
      {"event type", [](auto&, auto& filter, auto&) { filter.event_types = {"task_paused"}; }},
      {"type and user",
       [=](auto& random, auto& filter, auto&) {
         filter.event_types = {"task_paused"};
         filter.user = user_of(any(random));
       }},
      {"provider and user, no match",
       [=](auto& random, auto& filter, auto&) {
         const std::int64_t one = any(random);
         filter.user = user_of(one);
         filter.provider = provider_of(one) == "ovirt" ? "hyperv" : "ovirt";
       }},
      {"one hour",
       [=](auto& random, auto& filter, auto&) {
         filter.start_ms = first_ms + any(random) * ms_between;
         filter.end_ms = *filter.start_ms + 3'600'000;
       }},
  };
}

void ask(const Ingest& store, int questions, std::string_view state) {
  const audit::Archive archive{store.readers(), store.directory()};
  std::mt19937 random{7};
  for (const Kind& kind : kinds(store.taken())) {
    std::vector<double> took_ms;
    std::size_t rows = 0;
    for (int i = 0; i < questions; ++i) {
      audit::Filter filter;
      audit::PageOptions page;
      kind.make(random, filter, page);
      const auto begin = Steady::now();
      rows += archive.page(store.readers(), filter, page).rows.size();
      took_ms.push_back(seconds_since(begin) * 1000);
    }
    std::sort(took_ms.begin(), took_ms.end());
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.0f} |\n", kind.name, state, took_ms[took_ms.size() / 2],
               took_ms[took_ms.size() * 99 / 100], static_cast<double>(rows) / questions);
  }
}

void ingest(Ingest& store, std::int64_t events) {
  double seconds = 0;
  const double cpu_before = cpu_seconds();
  while (store.taken() < events) seconds += store.take(batch);
  const auto rate = [events](double in) { return static_cast<double>(events) / in; };
  audit::ledger::Hasher hasher;
  const std::string value(store.bytes() / static_cast<std::size_t>(events), 'v');
  const auto begin = Steady::now();
  constexpr int hashes = 1'000'000;
  for (int i = 0; i < hashes; ++i) (void)hasher.of(value);
  const double per_hash = seconds_since(begin) / hashes;
  fmt::print("ingest: {:.0f} events/s ({} events of {} bytes, {} partitions, {} a transaction, synced); ",
             rate(seconds), events, value.size(), partitions, batch);
  fmt::print("SHA-256 of the same bytes: {:.0f}/s; CPU {:.1f} us an event with the making of events\n",
             1 / per_hash, (cpu_seconds() - cpu_before) / static_cast<double>(events) * 1e6);
}

void verify(const std::string& data, std::int64_t events) {
  const auto begin = Steady::now();
  const auto report = audit::verify::verify_data({.data = {data}, .without_checkpoints = true});
  GODWIT_CHECK(report.ok() && report->findings_count() == 0, "the store is not sound");
  fmt::print("verify: {:.0f} events/s on one thread\n", static_cast<double>(events) / seconds_since(begin));
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t events = argc > 1 ? std::stoll(argv[1]) : 1'000'000;
  const int questions = argc > 2 ? std::stoi(argv[2]) : 300;
  const std::string data = argc > 3 ? argv[3] : "/var/tmp/godwit-audit-bench";
  std::filesystem::remove_all(data);
  std::int64_t taken = 0;
  {
    Ingest store{data};
    ingest(store, events);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    fmt::print("| question | state | p50 ms | p99 ms | rows |\n|---|---|---|---|---|\n");
    ask(store, questions, "idle");
    std::atomic<bool> asked = false;
    std::thread writer{[&] {
      while (!asked) (void)store.take(batch);
    }};
    ask(store, questions, "ingesting");
    asked = true;
    writer.join();
    taken = store.taken();
  }
  verify(data, taken);
  std::filesystem::remove_all(data);
  return 0;
}

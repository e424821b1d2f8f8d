// Emits lifecycle events through the installed interface at a rate, and says of each that it was accepted:
// "TASK NUMBER" on standard output, where NUMBER counts the task's accepted events and so is their sequence.
//
//   library_load BROKERS SPOOL ATTEMPT THREADS EVENTS_PER_SECOND SECONDS
//
// Each thread reports a task of its own, load-0, load-1, ... At the end it waits for Kafka and prints the
// figures on standard error; 0 when nothing is owed.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "producers/cpp/godwit/migration.h"

namespace {

using Steady = std::chrono::steady_clock;

constexpr int flush_ms = 120'000;

struct Load {
  int attempt, threads;
  double events_per_second, seconds;
};

void wait_until(Steady::time_point when) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  while (Steady::now() < when) never.wait_until(lock, when);
}

// The longest call, in microseconds.
std::int64_t emit(godwit::Client& client, const Load& load, int thread) {
  auto migration = client.begin({.task_id = fmt::format("load-{}", thread),
                                 .vm_name = "web-1",
                                 .provider = "vsphere",
                                 .attempt = load.attempt});
  const auto begin = Steady::now();
  const std::chrono::duration<double> pause{load.threads / load.events_per_second};
  std::int64_t longest_us = 0;
  int number = 0;
  const auto call = [&](const auto& event) {
    const auto before = Steady::now();
    const godwit::Outcome taken = event();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - before).count();
    longest_us = std::max(longest_us, std::int64_t{took});
    if (!taken) std::_Exit(3);
    const std::string line = fmt::format("{} {}\n", migration.task_id(), ++number);
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(4);
  };
  call([&] { return migration.start(); });
  for (int i = 1; i * pause.count() < load.seconds; ++i) {
    wait_until(begin + std::chrono::duration_cast<Steady::duration>(i * pause));
    call([&] { return migration.warn("still there"); });
  }
  call([&] { return migration.complete(); });
  return longest_us;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const Load load{std::atoi(argv[3]), std::atoi(argv[4]), std::atof(argv[5]), std::atof(argv[6])};
  auto [client, why] = godwit::Client::open({.brokers = argv[1], .spool = argv[2]});
  if (!client) {
    fmt::print(stderr, "{}\n", why);
    return 1;
  }
  std::atomic<std::int64_t> longest_us = 0;
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(load.threads));
  for (int i = 0; i < load.threads; ++i)
    threads.emplace_back([&, i, &emits_to = *client] {
      const std::int64_t mine = emit(emits_to, load, i);
      std::int64_t known = longest_us;
      while (known < mine && !longest_us.compare_exchange_weak(known, mine)) continue;
    });
  for (std::thread& thread : threads) thread.join();
  const godwit::Outcome flushed = client->flush(flush_ms);
  const godwit::Figures figures = client->figures();
  fmt::print(stderr, "accepted {} acknowledged {} owed {} longest_call_ms {:.1f}\n", figures.accepted,
             figures.acknowledged, figures.owed, static_cast<double>(longest_us) / 1000);
  return flushed ? 0 : 1;
}

// One row of a bench's table: events a second of several threads, and how long their calls took.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

namespace godwit::bench {

struct Measured {
  double per_second = 0;
  double p99_us = 0;
};

// Runs call(thread) over the threads until `events` are sent, `events_per_call` each time, then end(), which
// waits for what is not acknowledged yet.
template <class Call, class End>
Measured measure(int events, int threads, int events_per_call, const Call& call, const End& end) {
  using Steady = std::chrono::steady_clock;
  call(0);  // connections and partitions are known from here on
  end();
  std::vector<std::vector<double>> took(static_cast<std::size_t>(threads));
  const auto begin = Steady::now();
  std::vector<std::thread> running;
  running.reserve(took.size());
  for (int thread = 0; thread < threads; ++thread)
    running.emplace_back([&, thread] {
      auto& mine = took[static_cast<std::size_t>(thread)];
      for (int i = 0; i < std::max(1, events / events_per_call / threads); ++i) {
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
  return {static_cast<double>(all.size()) * events_per_call / seconds.count(), *p99};
}

inline void print_head(std::string_view what) {
  fmt::print("| {} | events/s | ratio | p99 us of the call |\n|---|---|---|---|\n", what);
}

inline void print(std::string_view name, const Measured& measured, const Measured& base) {
  fmt::print("| {} | {:.0f} | {:.2f} | {:.1f} |\n", name, measured.per_second,
             measured.per_second / base.per_second, measured.p99_us);
}

}  // namespace godwit::bench

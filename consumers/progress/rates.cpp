// Speed and samples as ticks tell them. Part of the projection: pure, by event time.
#include "consumers/progress/rates.h"

#include <cmath>

namespace godwit::progress {
namespace {

constexpr double rate_memory_seconds = 10;
constexpr double rate_window_seconds = 0.25;  // ticks closer than this together say nothing about speed

double blend(const std::optional<double>& before, double now, double weight) {
  return before ? *before + weight * (now - *before) : now;
}

}  // namespace

void follow(Rate& rate, const event::Event& tick, const std::optional<double>& ratio) {
  if (!rate.at) {
    rate = {.at = tick.time,
            .ratio = ratio.value_or(0),
            .bytes = tick.data.bytes_done,
            .bytes_per_second = {},
            .ratio_per_second = {}};
    return;
  }
  const double seconds = std::chrono::duration<double>(tick.time - *rate.at).count();
  if (seconds < rate_window_seconds) return;
  const double weight = 1 - std::exp(-seconds / rate_memory_seconds);
  if (ratio && *ratio >= rate.ratio)
    rate.ratio_per_second = blend(rate.ratio_per_second, (*ratio - rate.ratio) / seconds, weight);
  if (tick.data.bytes_done && rate.bytes) {
    const double moved = static_cast<double>(*tick.data.bytes_done) - *rate.bytes;
    // A new round begins at zero again: a fall is no speed.
    if (moved >= 0) rate.bytes_per_second = blend(rate.bytes_per_second, moved / seconds, weight);
  }
  rate.at = tick.time;
  if (ratio) rate.ratio = *ratio;
  if (tick.data.bytes_done) rate.bytes = static_cast<double>(*tick.data.bytes_done);
}

void Samples::take(const Sample& sample) {
  if (!all.empty() && sample.at < all.back().at + spacing) return;
  if (all.size() == count_max) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < all.size(); i += 2) all[kept++] = all[i];
    all.resize(kept);
    spacing *= 2;
    if (sample.at < all.back().at + spacing) return;
  }
  all.push_back(sample);
}

}  // namespace godwit::progress

// Random: every choice of a simulation, from one seed. The same seed gives the same choices on every machine:
// the standard's engine is exact, its distributions are not, so they are not used.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace godwit::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }
  bool chance(int percent) { return below(100) < percent; }
  std::uint64_t seed() { return engine_(); }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (int left = static_cast<int>(items.size()); left > 1; --left)
      std::swap(items[static_cast<std::size_t>(left - 1)], items[static_cast<std::size_t>(below(left))]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace godwit::sim

// FairTurns: who gets how much of a room that is too small for all. Everybody who wants something gets one in
// turn, and the next turn begins behind the last who got something, so that nobody who wants much keeps
// others from what they want.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace godwit::webhooks {

struct Wish {
  std::string name;
  std::size_t wanted = 0;
};

class FairTurns {
 public:
  // One number per wish, in order: at most what it wants, `total` together. `wishes` are sorted by name.
  std::vector<std::size_t> grant(const std::vector<Wish>& wishes, std::size_t total);

 private:
  std::string last_;
};

}  // namespace godwit::webhooks

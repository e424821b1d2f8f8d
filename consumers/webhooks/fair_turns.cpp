#include "consumers/webhooks/fair_turns.h"

#include <algorithm>

namespace godwit::webhooks {

std::vector<std::size_t> FairTurns::grant(const std::vector<Wish>& wishes, std::size_t total) {
  std::vector<std::size_t> granted(wishes.size(), 0);
  const auto behind =
      std::find_if(wishes.begin(), wishes.end(), [&](const Wish& wish) { return wish.name > last_; });
  auto at = static_cast<std::size_t>(behind - wishes.begin());
  std::size_t content = 0;  // in a row: all of them have what they want
  while (total > 0 && content < wishes.size()) {
    if (at >= wishes.size()) at = 0;
    if (granted[at] < wishes[at].wanted) {
      ++granted[at];
      --total;
      content = 0;
      last_ = wishes[at].name;
    } else {
      ++content;
    }
    ++at;
  }
  return granted;
}

}  // namespace godwit::webhooks

#include "consumers/audit/sealer.h"

#include <utility>

#include "common/base/check.h"

namespace godwit::audit {

void Sealer::begin(const Segment& segment) {
  GODWIT_CHECK(!busy(), "{} is sealed while another segment is", segment.first_index);
  thread_ = std::jthread{[this, segment](const std::stop_token& stop) {
    auto outcome = seal(segment, partition_file_, folder_, stop);
    const std::lock_guard lock{mutex_};
    outcome_ = std::move(outcome);
  }};
}

bool Sealer::finished() {
  const std::lock_guard lock{mutex_};
  return outcome_.has_value();
}

std::optional<Result<ledger::Digest>> Sealer::take_outcome() {
  if (!busy()) return std::nullopt;
  {
    const std::lock_guard lock{mutex_};
    if (!outcome_) return std::nullopt;
  }
  thread_.join();
  thread_ = {};
  return std::exchange(outcome_, std::nullopt);
}

}  // namespace godwit::audit

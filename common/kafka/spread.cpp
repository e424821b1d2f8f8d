#include "common/kafka/spread.h"

#include <iterator>
#include <set>

#include "common/base/check.h"

namespace godwit::kafka {

std::vector<std::vector<stream::TopicPartition>> spread(const std::vector<stream::TopicPartition>& assigned,
                                                        std::size_t lanes) {
  GODWIT_CHECK(lanes > 0, "no lanes to spread {} partitions over", assigned.size());
  std::set<stream::Partition> numbers;
  for (const stream::TopicPartition& at : assigned) numbers.insert(at.partition);
  std::vector<std::vector<stream::TopicPartition>> out(lanes);
  for (const stream::TopicPartition& at : assigned) {
    const auto index = static_cast<std::size_t>(std::distance(numbers.begin(), numbers.find(at.partition)));
    out[index % lanes].push_back(at);
  }
  return out;
}

}  // namespace godwit::kafka

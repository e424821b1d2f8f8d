#include "common/kafka/spread.h"

#include <iterator>
#include <map>
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

std::vector<std::vector<stream::TopicPartition>> spread_around(
    const std::vector<stream::TopicPartition>& assigned,
    const std::vector<std::vector<stream::TopicPartition>>& held, const std::vector<bool>& is_free) {
  std::map<stream::Partition, std::size_t> keeper;
  std::vector<std::size_t> takers;
  for (std::size_t i = 0; i < is_free.size(); ++i) {
    if (is_free[i]) takers.push_back(i);
    if (!is_free[i])
      for (const stream::TopicPartition& at : held.at(i)) keeper[at.partition] = i;
  }
  if (takers.empty())
    for (std::size_t i = 0; i < is_free.size(); ++i) takers.push_back(i);
  std::vector<std::vector<stream::TopicPartition>> out(is_free.size());
  std::vector<stream::TopicPartition> rest;
  for (const stream::TopicPartition& at : assigned) {
    const auto kept = keeper.find(at.partition);
    if (kept != keeper.end()) {
      out[kept->second].push_back(at);
    } else {
      rest.push_back(at);
    }
  }
  const auto shares = spread(rest, takers.size());
  for (std::size_t i = 0; i < takers.size(); ++i)
    out[takers[i]].insert(out[takers[i]].end(), shares[i].begin(), shares[i].end());
  return out;
}

}  // namespace godwit::kafka

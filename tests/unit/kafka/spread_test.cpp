#include "common/kafka/spread.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace godwit::kafka {
namespace {

using stream::Partition;
using stream::TopicPartition;

std::vector<TopicPartition> partitions_of(const std::vector<std::string>& topics,
                                          const std::vector<int>& numbers) {
  std::vector<TopicPartition> out;
  for (const std::string& topic : topics)
    for (const int number : numbers) out.push_back({topic, Partition{number}});
  return out;
}

std::vector<std::size_t> sizes(const std::vector<std::vector<TopicPartition>>& shares) {
  std::vector<std::size_t> out;
  out.reserve(shares.size());
  for (const auto& share : shares) out.push_back(share.size());
  return out;
}

TEST_CASE("every assigned partition is in exactly one lane") {
  const auto assigned = partitions_of({"a", "b"}, {3, 4, 5, 9, 10});
  for (std::size_t lanes = 1; lanes <= 7; ++lanes) {
    std::multiset<TopicPartition> seen;
    for (const auto& share : spread(assigned, lanes)) seen.insert(share.begin(), share.end());
    CHECK(seen == std::multiset<TopicPartition>{assigned.begin(), assigned.end()});
  }
}

TEST_CASE("the topics of one partition number go to one lane, since one store holds them") {
  const auto shares = spread(partitions_of({"a", "b", "c"}, {0, 1, 2, 3, 4, 5, 6}), 3);
  std::set<Partition> seen;
  for (const auto& share : shares) {
    std::set<Partition> numbers;
    for (const TopicPartition& at : share) numbers.insert(at.partition);
    CHECK(share.size() == numbers.size() * 3);
    for (const Partition number : numbers) CHECK(seen.insert(number).second);
  }
}

TEST_CASE("lanes differ by one partition number at most, whatever numbers this member was given") {
  CHECK(sizes(spread(partitions_of({"a"}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), 2)) ==
        std::vector<std::size_t>{6, 6});
  CHECK(sizes(spread(partitions_of({"a"}, {0, 2, 4, 6, 8}), 2)) == std::vector<std::size_t>{3, 2});
  CHECK(sizes(spread(partitions_of({"a"}, {5}), 3)) == std::vector<std::size_t>{1, 0, 0});
}

TEST_CASE("an empty assignment is an empty share for every lane") {
  CHECK(sizes(spread({}, 2)) == std::vector<std::size_t>{0, 0});
}

TEST_CASE("what a late lane still holds stays its own, and the free lanes share the rest") {
  const auto assigned = partitions_of({"a", "b"}, {0, 1, 2, 3});
  const auto shares = spread_around(assigned, {partitions_of({"a"}, {1, 9}), {}, {}}, {false, true, true});
  CHECK(shares[0] == partitions_of({"a", "b"}, {1}));
  CHECK(sizes(shares) == std::vector<std::size_t>{2, 4, 2});
}

TEST_CASE("with all lanes free, or none, everything is given out") {
  const auto assigned = partitions_of({"a", "b"}, {0, 1, 2, 3});
  CHECK(spread_around(assigned, {{}, {}}, {true, true}) == spread(assigned, 2));
  const auto none =
      spread_around(assigned, {partitions_of({"a"}, {0}), partitions_of({"a"}, {3})}, {false, false});
  CHECK(sizes(none) == std::vector<std::size_t>{4, 4});
}

}  // namespace
}  // namespace godwit::kafka

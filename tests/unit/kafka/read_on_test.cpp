#include "common/kafka/read_on.h"

#include <doctest/doctest.h>

namespace godwit::kafka {
namespace {

const stream::TopicPartition lifecycle{"lifecycle", stream::Partition{0}};
const stream::TopicPartition ticks{"ticks", stream::Partition{0}};

// Where the position is 7, so that the record at 6 is asked for, and the log begins at `oldest`.
struct At7 {
  At7(const stream::TopicPartition& at, std::int64_t oldest)
      : told(read_on({{at, stream::Offset{6}}}, {{at, stream::Offset{oldest}}}, {"ticks"})),
        begins(told.positions.at(0).next.value()),
        expired(told.expired.contains(at) ? told.expired.at(at) : 0) {}
  ReadOn told;
  std::int64_t begins;
  std::uint64_t expired;
};

TEST_CASE("the last folded record is read again while the log has it") {
  for (const std::int64_t oldest : {0, 5, 6}) {
    CHECK(At7{lifecycle, oldest}.begins == 6);
    CHECK(At7{ticks, oldest}.begins == 6);
  }
}

TEST_CASE("a position at the oldest record lacks nothing: it is read on from there") {
  CHECK(At7{lifecycle, 7}.begins == 7);
  CHECK(At7{ticks, 7}.begins == 7);
  CHECK(At7{ticks, 7}.expired == 0);
}

TEST_CASE("a position below the oldest record stays where it is, so that reading it fails") {
  CHECK(At7{lifecycle, 8}.begins == 6);
  CHECK(At7{lifecycle, 8}.expired == 0);
}

TEST_CASE("in an expiring topic it moves to the oldest record, and what was passed over is counted") {
  CHECK(At7{ticks, 8}.begins == 8);
  CHECK(At7{ticks, 8}.expired == 1);
  CHECK(At7{ticks, 20}.begins == 20);
  CHECK(At7{ticks, 20}.expired == 13);
}

TEST_CASE("whoever begins with the oldest record, or does not know where the log begins, is left alone") {
  const auto fresh = read_on({{ticks, stream::offset_beginning}}, {{ticks, stream::Offset{20}}}, {"ticks"});
  CHECK(fresh.positions.at(0).next == stream::offset_beginning);
  CHECK(fresh.expired.empty());
  CHECK(read_on({{ticks, stream::Offset{6}}}, {}, {"ticks"}).positions.at(0).next == stream::Offset{6});
}

}  // namespace
}  // namespace godwit::kafka

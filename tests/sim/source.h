// ShakySource: a MemorySource as a broker behaves on a bad day: polls give less than there is, topics in any
// mixture, and what was read before again.
#pragma once

#include <map>

#include "common/stream/memory_log.h"
#include "tests/sim/random.h"

namespace godwit::sim {

class ShakySource final : public stream::ManualSource {
 public:
  ShakySource(const stream::MemoryLog& log, stream::AssignmentListener& listener, Random& random)
      : inner_(log, listener), random_(random) {}

  void assign(const std::vector<stream::TopicPartition>& partitions) override { inner_.assign(partitions); }
  void revoke(const std::vector<stream::TopicPartition>& partitions) override;
  void fail_next() { inner_.fail_next(transient_error("broker away")); }
  // Reads some assigned partition again from somewhere before; false when nothing was read yet.
  bool redeliver();
  void calm() { calm_ = true; }

  Result<stream::Batch> poll(const stream::PollLimits& limits) override;
  void report(const std::vector<stream::Position>& positions) override { inner_.report(positions); }
  std::vector<stream::Watermark> watermarks() const override {
    auto out = inner_.watermarks();
    if (boasts_)
      for (stream::Watermark& mark : out) mark.at_end = true;
    return out;
  }
  // Claims to have handed out everything: a rebuild that believes it takes over too early.
  void boast() { boasts_ = true; }
  // Now and then an event comes as rubbish, as from a broker whose disk fails; `garbled` counts them. Only
  // for a rebuild: a live fold would keep it as a dead letter, for good.
  void garble(std::uint64_t* garbled) { garbled_ = garbled; }
  void pause(const std::vector<stream::TopicPartition>& partitions) override { inner_.pause(partitions); }
  // The seek does not always take.
  Status resume(const std::vector<stream::Position>& positions) override;
  std::string cluster_id() override { return inner_.cluster_id(); }
  std::map<std::string, std::int32_t> partition_counts() const override { return inner_.partition_counts(); }
  void close() override { inner_.close(); }

 private:
  stream::MemorySource inner_;
  Random& random_;
  std::map<stream::TopicPartition, stream::Offset> next_;  // where reading goes on, once it has begun
  bool calm_ = false;
  bool boasts_ = false;
  std::uint64_t* garbled_ = nullptr;
};

}  // namespace godwit::sim

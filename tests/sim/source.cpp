#include "tests/sim/source.h"

#include <deque>
#include <iterator>

#include "common/stream/event_record.h"

namespace godwit::sim {

void ShakySource::revoke(const std::vector<stream::TopicPartition>& partitions) {
  for (const auto& at : partitions) next_.erase(at);
  inner_.revoke(partitions);
}

bool ShakySource::redeliver() {
  if (next_.empty()) return false;
  auto chosen = next_.begin();
  std::advance(chosen, random_.below(static_cast<int>(next_.size())));
  const auto next = static_cast<int>(chosen->second.value());
  if (next <= 0) return false;
  chosen->second = stream::Offset{random_.below(next)};
  inner_.rewind(chosen->first, chosen->second);
  return true;
}

Status ShakySource::resume(const std::vector<stream::Position>& positions) {
  if (!calm_ && random_.chance(30)) return transient_error("the seek timed out");
  for (const stream::Position& position : positions) next_[position.at] = position.next;
  return inner_.resume(positions);
}

// Each partition gives a random share of what it has, sometimes nothing; the rest is read next time.
Result<stream::Batch> ShakySource::poll(const stream::PollLimits& limits) {
  auto batch = inner_.poll(limits);
  if (!batch || batch->empty()) return batch;
  std::map<stream::TopicPartition, std::deque<stream::Record>> open;
  for (stream::Record& record : batch->records)
    open[{std::string{record.topic}, record.partition}].push_back(std::move(record));
  std::vector<std::deque<stream::Record>> queues;
  for (auto& [at, records] : open) {
    if (!calm_ && random_.chance(60)) {
      const auto kept = static_cast<std::size_t>(
          random_.chance(30) ? 0 : random_.below(static_cast<int>(records.size()) + 1));
      if (kept < records.size()) {
        inner_.rewind(at, records[kept].offset);
        next_[at] = records[kept].offset;
        records.resize(kept);
      }
    }
    if (records.empty()) continue;
    next_[at] = stream::Offset{records.back().offset.value() + 1};
    queues.push_back(std::move(records));
  }
  batch->records.clear();
  while (!queues.empty()) {
    const auto chosen = queues.begin() + random_.below(static_cast<int>(queues.size()));
    for (int run = 1 + random_.below(8); run > 0 && !chosen->empty(); --run) {
      batch->records.push_back(std::move(chosen->front()));
      chosen->pop_front();
    }
    if (chosen->empty()) queues.erase(chosen);
  }
  if (garbled_ != nullptr && !batch->empty() && random_.chance(3)) {
    const auto unlucky = static_cast<std::size_t>(random_.below(static_cast<int>(batch->records.size())));
    if (stream::Record& record = batch->records[unlucky]; stream::decode(record)) {
      record.value = "garbled";
      ++*garbled_;
    }
  }
  return batch;
}

}  // namespace godwit::sim
